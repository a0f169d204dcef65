//! Which requests are heard at all.
//!
//! The agent answers at an address that every pod of the node reaches, and so does any server in a
//! pod that fetches URLs for strangers. Such a server can be made to send a request here; it can
//! hardly be made to send one without a sign of it, or one that names this very address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Headers that something between the pod and the agent adds. The instance metadata service
/// refuses the first one too.
const FORWARDED: [&str; 5] = [
    "x-forwarded-for",
    "x-forwarded-host",
    "x-real-ip",
    "forwarded",
    "via",
];

/// Where SDKs look for the agent.
const DEFAULTS: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)),
];

/// Why a request is not heard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestRefused {
    /// It came through a proxy, or from a server that fetches for others.
    #[error("Access Denied. Requests that were forwarded are not answered")]
    Forwarded,
    /// It names another host: a name that somebody resolves to this address, for instance.
    #[error("Access Denied. Called agent through invalid address, please use either [{0}] address")]
    Host(String),
}

/// Looks for signs of a proxy among the names of a request's headers, in lower case.
///
/// # Errors
/// There is one.
pub fn check_headers<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<(), RequestRefused> {
    match names.into_iter().any(|name| FORWARDED.contains(&name)) {
        true => Err(RequestRefused::Forwarded),
        false => Ok(()),
    }
}

/// The hosts that a request may name.
#[derive(Debug, Clone)]
pub struct Hosts {
    bound: Vec<IpAddr>,
}

impl Hosts {
    /// The addresses that the agent listens at, besides those where SDKs look for it.
    #[must_use]
    pub fn new(listening: impl IntoIterator<Item = IpAddr>) -> Self {
        let known = |bound: &Vec<IpAddr>, it: &IpAddr| bound.contains(it) || it.is_unspecified();
        let mut bound = Vec::new();
        for address in listening.into_iter().chain(DEFAULTS) {
            let address = address.to_canonical();
            if !known(&bound, &address) {
                bound.push(address);
            }
        }
        Self { bound }
    }

    /// Checks a request's host, with or without a port, that came in at an address of ours.
    ///
    /// Names are none of these, but for `localhost` at a loopback address: whoever owns a name can
    /// let it lead here.
    ///
    /// # Errors
    /// It is another one.
    pub fn check(&self, host: &str, came_in_at: IpAddr) -> Result<(), RequestRefused> {
        let at = came_in_at.to_canonical();
        let host = without_port(host);
        let is_known = match host.parse::<IpAddr>() {
            Ok(address) => {
                let address = address.to_canonical();
                address == at || self.bound.contains(&address)
            }
            Err(_) => host.eq_ignore_ascii_case("localhost") && at.is_loopback(),
        };
        if is_known {
            return Ok(());
        }
        let shown: Vec<_> = self.bound.iter().map(IpAddr::to_string).collect();
        Err(RequestRefused::Host(shown.join(" ")))
    }
}

/// `1.2.3.4:80`, `[::1]:80`, `[::1]` and `::1` without port and brackets.
fn without_port(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split_once(']').map_or(host, |(address, _)| address);
    }
    match host.split_once(':') {
        Some((name, port)) if !port.contains(':') => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(bound: &str, at: &str, host: &str) -> bool {
        let hosts = Hosts::new([bound.parse().unwrap()]);
        hosts.check(host, at.parse().unwrap()).is_ok()
    }

    #[test]
    fn only_addresses_of_ours_are_hosts_with_any_port() {
        for host in [
            "169.254.170.23",
            "169.254.170.23:80",
            "169.254.170.23:4213",
            "fd00:ec2::23",
            "[fd00:ec2::23]",
            "[FD00:ec2::23]:80",
            "10.0.0.7:80",
        ] {
            assert!(heard("10.0.0.7", "10.0.0.7", host), "{host}");
        }
        for host in [
            "",
            "124.3.1.2",
            "169.254.170.2",
            "localhost",
            "agent.example.com:80",
            "169.254.170.23.nip.io",
            "169.254.170.23@evil",
            "0xa9.254.170.23",
            "2852039191",
            "[fd00:ec2::23",
            "[::1]:80",
            "10.0.0.7.",
        ] {
            assert!(!heard("10.0.0.7", "10.0.0.7", host), "{host}");
        }
    }

    #[test]
    fn localhost_is_for_loopback_and_a_wildcard_is_no_host() {
        assert!(heard("127.0.0.1", "127.0.0.1", "LocalHost:8080"));
        assert!(heard("0.0.0.0", "::ffff:10.0.0.7", "10.0.0.7"));
        assert!(!heard("0.0.0.0", "10.0.0.7", "0.0.0.0"));
        assert!(!heard("0.0.0.0", "10.0.0.7", "10.0.0.8"));
    }

    #[test]
    fn a_sign_of_a_proxy_is_enough() {
        assert_eq!(check_headers(["host", "authorization"]), Ok(()));
        for name in FORWARDED {
            assert_eq!(
                check_headers(["host", name]),
                Err(RequestRefused::Forwarded)
            );
        }
    }
}
