//! The URL of an issuer, exactly as it was written.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The URL of an OIDC issuer: `https://host[:port][/path]`, nothing else.
///
/// It is compared and stored exactly as written: case and a trailing slash are significant, because a token's
/// `iss` has to equal it byte for byte (OpenID Connect Core 1.0, section 3.1.3.7; IAM User Guide, "Create an
/// OpenID Connect identity provider"). AWS allows no port; we do, since a self-hosted issuer often has one.
/// User information, query, fragment, percent-encoding, empty or dot segments, IPv6 literals and numeric
/// hosts other than a plain IPv4 address are refused: each of them lets two spellings mean one place.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IssuerUrl(Arc<str>);

/// The text isn't the URL of an issuer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid issuer URL: {reason}")]
pub struct InvalidIssuerUrl {
    reason: &'static str,
}

impl IssuerUrl {
    /// The whole URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `host[:port][/path]`: the form that provider ARNs and condition keys have.
    pub fn without_scheme(&self) -> &str {
        self.0.get(SCHEME.len()..).unwrap_or_default()
    }

    /// The host, without port and path.
    pub fn host(&self) -> &str {
        let rest = self.without_scheme();
        let end = rest.find([':', '/']).unwrap_or(rest.len());
        rest.get(..end).unwrap_or_default()
    }

    /// The URL of a document below the issuer; `path` starts with a slash. One trailing slash of the issuer is
    /// dropped first (OpenID Connect Discovery 1.0, section 4.1).
    pub fn join(&self, path: &str) -> String {
        let base = self.0.strip_suffix('/').unwrap_or(&self.0);
        format!("{base}{path}")
    }
}

impl FromStr for IssuerUrl {
    type Err = InvalidIssuerUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = |reason| Err(InvalidIssuerUrl { reason });
        let Some(rest) = text.strip_prefix(SCHEME) else {
            return refuse("it must start with `https://`");
        };
        if text.len() > MAX_LENGTH {
            return refuse("it must not be longer than 255 characters");
        }
        let (authority, path) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, ""),
        };
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        };
        if !is_host(host) {
            return refuse("the host must be a DNS name or an IPv4 address");
        }
        if port.is_some_and(|port| !is_port(port)) {
            return refuse("the port must be a number from 1 to 65535");
        }
        if !is_path(path) {
            return refuse(
                "the path must be plain segments, without query, fragment or percent-encoding",
            );
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for IssuerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for IssuerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for IssuerUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for IssuerUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

const SCHEME: &str = "https://";
/// The limit of `CreateOpenIDConnectProvider`'s `Url`.
const MAX_LENGTH: usize = 255;

fn is_host(host: &str) -> bool {
    let labels_fit = host.split('.').all(|label| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    });
    // The URL Standard reads a host whose last label is a number as an IPv4 address in one of several
    // spellings (`0x7f.1`); only the canonical one is allowed.
    let last = host.rsplit('.').next().unwrap_or_default();
    let numeric = last.bytes().all(|byte| byte.is_ascii_digit())
        || last
            .strip_prefix("0x")
            .or_else(|| last.strip_prefix("0X"))
            .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    labels_fit && host.len() <= 253 && (!numeric || host.parse::<Ipv4Addr>().is_ok())
}

fn is_port(port: &str) -> bool {
    port.bytes().all(|byte| byte.is_ascii_digit())
        && !port.starts_with('0')
        && port.parse::<u16>().is_ok()
}

fn is_path(path: &str) -> bool {
    let Some(segments) = path.strip_prefix('/') else {
        return path.is_empty();
    };
    let segments = segments.strip_suffix('/').unwrap_or(segments);
    // "" and "/" have no segment at all.
    segments.is_empty() && path.len() <= 1
        || segments.split('/').all(|segment| {
            !segment.is_empty()
                && segment != "."
                && segment != ".."
                && segment.bytes().all(|byte| {
                    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte)
                })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_kept() {
        for text in [
            "https://oidc.eks.eu-west-1.amazonaws.com/id/ABC",
            "https://Host.Example/Path/",
            "https://host.example/",
            "https://host.example",
            "https://127.0.0.1:8443/issuer",
            "https://kubernetes.default.svc.cluster.local",
            "https://host_1.example:443",
        ] {
            let url: IssuerUrl = text.parse().unwrap();
            assert_eq!(url.to_string(), text);
            assert_eq!(format!("https://{}", url.without_scheme()), text);
            let json = serde_json::to_string(&url).unwrap();
            assert_eq!(serde_json::from_str::<IssuerUrl>(&json).unwrap(), url);
        }
    }

    #[test]
    fn issuer_urls_with_a_second_reading_are_refused() {
        for text in [
            "",
            "https://",
            "https:///path",
            "http://host.example",
            "HTTPS://host.example",
            "https://user@host.example",
            "https://user:pass@host.example",
            "https://good.example@evil.example",
            "https://good.example\\@evil.example",
            "https://host.example?x=1",
            "https://host.example/p?x",
            "https://host.example/p#f",
            "https://host.example#f",
            "https://host.example/a//b",
            "https://host.example//",
            "https://host.example/a/../b",
            "https://host.example/a/./b",
            "https://host.example/%2e%2e/b",
            "https://host.example/a b",
            " https://host.example",
            "https://host.example\n",
            "https://host.example.",
            "https://.host.example",
            "https://host..example",
            "https://host.example:",
            "https://host.example:0",
            "https://host.example:0443",
            "https://host.example:65536",
            "https://host.example:+443",
            "https://host.example:443:443",
            "https://[::1]",
            "https://[::1]:8443",
            "https://0x7f000001",
            "https://0x7f.1",
            "https://2130706433",
            "https://127.1",
            "https://0177.0.0.1",
            "https://h\u{f6}st.example",
        ] {
            assert!(text.parse::<IssuerUrl>().is_err(), "{text}");
        }
        let long = format!("https://host.example/{}", "a".repeat(300));
        assert!(long.parse::<IssuerUrl>().is_err());
    }

    #[test]
    fn parts() {
        let url: IssuerUrl = "https://Host.example:8443/a/b/".parse().unwrap();
        assert_eq!(url.host(), "Host.example");
        assert_eq!(url.without_scheme(), "Host.example:8443/a/b/");
        assert_eq!(url.join("/keys"), "https://Host.example:8443/a/b/keys");
        let bare: IssuerUrl = "https://host.example".parse().unwrap();
        assert_eq!(bare.host(), "host.example");
        assert_eq!(bare.join("/keys"), "https://host.example/keys");
    }
}
