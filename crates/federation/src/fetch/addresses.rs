//! Which addresses may be connected to: an issuer's URL must not lead to this host or to its cloud's metadata.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use ipnet::IpNet;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Decides about each address that is about to be connected to.
///
/// Always refused are this link (link-local, with the metadata services at 169.254.0.0/16), metadata services at other
/// addresses, unspecified, multicast, broadcast and reserved ranges, and all of these wrapped into IPv6 (mapped,
/// compatible, 6to4, NAT64; Teredo as a whole). Loopback is refused unless a network allows it. Private ranges (RFC 1918,
/// RFC 4193, RFC 6598) are allowed, because that is where a cluster's own issuer usually is, unless the guard is told
/// otherwise.
#[derive(Debug)]
pub(super) struct AddressGuard {
    /// What is allowed although it would be refused.
    allowed: Vec<IpNet>,
    private: bool,
}

/// The guard doesn't let an address through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the address {0} isn't allowed for an issuer")]
pub(super) struct RefusedAddress(IpAddr);

/// What an address is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Public,
    Private,
    Loopback,
    /// No issuer is there.
    Never,
}

impl AddressGuard {
    pub(super) fn new(allowed: Vec<IpNet>, private: bool) -> Self {
        Self { allowed, private }
    }

    pub(super) fn check(&self, address: IpAddr) -> Result<(), RefusedAddress> {
        let inner = match address {
            IpAddr::V4(_) => None,
            IpAddr::V6(v6) => embedded(v6),
        };
        let place = match (address, inner) {
            (_, Some(v4)) | (IpAddr::V4(v4), None) => place_v4(v4),
            (IpAddr::V6(v6), None) => place_v6(v6),
        };
        let inside = |address: &IpAddr| self.allowed.iter().any(|net| net.contains(address));
        let named = || inside(&address) || inner.is_some_and(|v4| inside(&IpAddr::V4(v4)));
        let fits = match place {
            Place::Public => true,
            Place::Private => self.private || named(),
            Place::Loopback => named(),
            Place::Never => false,
        };
        fits.then_some(()).ok_or(RefusedAddress(address))
    }

    /// Those of the addresses that may be connected to.
    fn filter(
        &self,
        resolved: impl Iterator<Item = SocketAddr>,
    ) -> Result<Vec<SocketAddr>, RefusedAddress> {
        let mut refused = None;
        let mut kept = Vec::new();
        for address in resolved {
            match self.check(address.ip()) {
                Ok(()) => kept.push(address),
                Err(error) => refused = Some(error),
            }
        }
        match refused {
            Some(error) if kept.is_empty() => Err(error),
            _ => Ok(kept),
        }
    }
}

/// Asks for a name's addresses.
pub(super) trait Lookup: Send + Sync {
    fn lookup(
        &self,
        name: String,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;
}

/// The platform's resolver.
pub(super) struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(
        &self,
        name: String,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) })
    }
}

/// Resolves and hands over only what the guard lets through. The HTTP client connects to exactly these addresses, so a name
/// that resolves differently the next time gains nothing.
pub(super) struct GuardedResolver {
    pub(super) guard: Arc<AddressGuard>,
    pub(super) lookup: Arc<dyn Lookup>,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = Arc::clone(&self.guard);
        let lookup = self.lookup.lookup(name.as_str().to_owned());
        Box::pin(async move {
            let addresses = guard.filter(lookup.await?.into_iter())?;
            let addresses: Addrs = Box::new(addresses.into_iter());
            Ok(addresses)
        })
    }
}

/// The address, if the URL's host is one.
pub(super) fn literal(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    host.trim_start_matches('[')
        .trim_end_matches(']')
        .parse()
        .ok()
}

fn place_v4(address: Ipv4Addr) -> Place {
    let [first, second, third, _] = address.octets();
    let never = first == 0
        || first >= 240
        || address.is_link_local()
        || address.is_multicast()
        || METADATA_V4.contains(&address);
    // RFC 6598: shared address space, which carriers and clouds use like a private range.
    let shared = first == 100 && second & 0xc0 == 64;
    // RFC 2544 and RFC 6890: networks under test, and protocols between neighbours.
    let local = (first == 198 && second & 0xfe == 18) || (first, second, third) == (192, 0, 0);
    match address {
        _ if never => Place::Never,
        _ if address.is_loopback() => Place::Loopback,
        _ if address.is_private() || shared || local => Place::Private,
        _ => Place::Public,
    }
}

fn place_v6(address: Ipv6Addr) -> Place {
    let [first, second, third, ..] = address.segments();
    let never = address.is_unspecified()
        || address.is_multicast()
        || first & 0xffc0 == 0xfe80
        || (first, second) == TEREDO
        || (first, second) == AWS_LOCAL
        || (first, second) == GOOGLE_LOCAL
        // The local-use NAT64 prefix (RFC 8215) allows several ways to embed, so it is refused whole.
        || (first, second, third) == (0x64, 0xff9b, 1);
    match address {
        _ if never => Place::Never,
        _ if address.is_loopback() => Place::Loopback,
        // Unique local addresses, and the site-local ones that they replaced (RFC 3879), which old networks still route.
        _ if first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfec0 => Place::Private,
        _ => Place::Public,
    }
}

/// The IPv4 address that an IPv6 address leads to: mapped and compatible (RFC 4291), 6to4 (RFC 3056), NAT64 (RFC
/// 6052).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let join = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] => Some(join(high, low)),
        [0, 0, 0, 0, 0xffff, 0, high, low] => Some(join(high, low)),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(join(high, low)),
        [0x2002, high, low, ..] => Some(join(high, low)),
        _ => None,
    }
}

/// Metadata and host services outside the link-local range: Alibaba Cloud, Azure, Oracle Cloud.
const METADATA_V4: [Ipv4Addr; 3] = [
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(168, 63, 129, 16),
    Ipv4Addr::new(192, 0, 0, 192),
];
const TEREDO: (u16, u16) = (0x2001, 0);
/// AWS's own services on an instance: fd00:ec2::254 (metadata), fd00:ec2::23 (pod identity).
const AWS_LOCAL: (u16, u16) = (0xfd00, 0x0ec2);
/// Google Cloud's metadata service: fd20:ce::254.
const GOOGLE_LOCAL: (u16, u16) = (0xfd20, 0x00ce);

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(guard: &AddressGuard, address: &str) -> bool {
        guard.check(address.parse().unwrap()).is_err()
    }

    #[test]
    fn issuers_at_loopback_link_and_metadata_addresses_are_refused() {
        let guard = AddressGuard::new(Vec::new(), true);
        for address in [
            "127.0.0.1",
            "127.255.255.254",
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "169.254.170.2",
            "169.254.170.23",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "::",
            "::1",
            "fe80::1",
            "febf::1",
            "ff02::1",
            "fd00:ec2::254",
            "fd00:ec2::23",
            "fd20:ce::254",
            "2001::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::ffff:0:127.0.0.1",
            "::127.0.0.1",
            "::169.254.169.254",
            "64:ff9b::127.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::a9fe:a9fe",
            "2002:7f00:1::",
            "2002:a9fe:a9fe::1",
        ] {
            assert!(refused(&guard, address), "{address}");
        }
    }

    #[test]
    fn public_addresses_are_allowed_and_private_ones_by_configuration() {
        let open = AddressGuard::new(Vec::new(), true);
        let closed = AddressGuard::new(Vec::new(), false);
        for address in [
            "203.0.113.7",
            "8.8.8.8",
            "2606:4700::1",
            "64:ff9b::808:808",
            "2001:db8::1",
            "192.0.1.1",
            "198.17.255.255",
            "198.20.0.1",
        ] {
            assert!(
                !refused(&open, address) && !refused(&closed, address),
                "{address}"
            );
        }
        let one = AddressGuard::new(vec!["10.0.0.0/24".parse().unwrap()], false);
        for address in [
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "192.0.0.1",
            "192.0.0.255",
            "198.18.0.1",
            "198.19.255.255",
            "fd12:3456::1",
            "fec0::1",
            "feff::1",
            "::ffff:10.0.0.1",
            "::ffff:198.18.0.1",
        ] {
            assert!(
                !refused(&open, address) && refused(&closed, address),
                "{address}"
            );
            assert_eq!(refused(&one, address), !address.ends_with("10.0.0.1"));
        }
    }

    #[test]
    fn allowed_networks_open_what_they_name_and_no_more() {
        let guard = AddressGuard::new(vec!["127.0.0.0/8".parse().unwrap()], true);
        assert!(!refused(&guard, "127.0.0.1"));
        assert!(!refused(&guard, "::ffff:127.0.0.1"));
        assert!(refused(&guard, "::1"));
        assert!(refused(&guard, "169.254.169.254"));
    }

    #[test]
    fn no_configuration_opens_the_link_or_a_metadata_service() {
        let everything = vec!["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()];
        let guard = AddressGuard::new(everything, true);
        for address in [
            "169.254.169.254",
            "169.254.170.23",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "fe80::1",
            "fd00:ec2::254",
            "fd20:ce::254",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "0.0.0.0",
            "::",
            "224.0.0.1",
            "255.255.255.255",
        ] {
            assert!(refused(&guard, address), "{address}");
        }
        assert!(!refused(&guard, "127.0.0.1") && !refused(&guard, "::1"));
    }

    #[test]
    fn a_name_is_connected_only_at_the_addresses_let_through() {
        let guard = AddressGuard::new(Vec::new(), true);
        let addresses = |texts: &[&str]| -> Vec<SocketAddr> {
            texts
                .iter()
                .map(|text| SocketAddr::new(text.parse().unwrap(), 0))
                .collect()
        };
        let mixed = addresses(&["127.0.0.1", "203.0.113.7", "::1"]);
        assert_eq!(
            guard.filter(mixed.into_iter()).unwrap(),
            addresses(&["203.0.113.7"])
        );
        let bad = addresses(&["127.0.0.1", "169.254.169.254"]);
        assert!(guard.filter(bad.into_iter()).is_err());
        assert_eq!(guard.filter(std::iter::empty()).unwrap(), []);
    }

    #[test]
    fn odd_spellings_of_an_address_are_seen_through() {
        for (url, address) in [
            ("https://127.0.0.1/", "127.0.0.1"),
            ("https://127.1/", "127.0.0.1"),
            ("https://0x7f.1/", "127.0.0.1"),
            ("https://2130706433/", "127.0.0.1"),
            ("https://0177.0.0.1/", "127.0.0.1"),
            ("https://[::1]:8443/", "::1"),
            (
                "https://[::ffff:169.254.169.254]/",
                "::ffff:169.254.169.254",
            ),
            ("https://\u{ff11}27.0.0.1/", "127.0.0.1"),
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!(literal(&url), Some(address.parse().unwrap()), "{url}");
        }
        assert_eq!(literal(&Url::parse("https://host.example/").unwrap()), None);
    }
}
