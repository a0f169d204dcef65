//! Where the upstream is, and how its URLs name buckets and keys.

use std::fmt;
use std::str::FromStr;

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use thiserror::Error;

use crate::name::ObjectKey;

/// Everything but RFC 3986's unreserved characters: what the canonical form of a signature leaves as well.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// The upstream's URL: scheme, host and port, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamUrl {
    scheme: Scheme,
    authority: Authority,
}

/// The text isn't the URL of a store.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{0}` is not the URL of a store: http:// or https://, a host, and a port if it is another than the scheme's; no path, no credentials"
)]
pub struct InvalidUpstreamUrl(String);

/// Where a bucket's name goes in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpstreamStyle {
    /// `https://HOST/BUCKET/KEY`.
    Path,
    /// `https://BUCKET.HOST/KEY`.
    Virtual,
}

/// The target of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) uri: Uri,
    /// The `Host` header.
    pub(super) host: String,
}

impl UpstreamUrl {
    /// Whether the connection is encrypted.
    pub(super) fn is_secure(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    /// Host and port, which answers must not show.
    pub(super) fn authority(&self) -> &str {
        self.authority.as_str()
    }

    /// The URL of a bucket or an object. `query` is encoded.
    pub(super) fn place(
        &self,
        style: UpstreamStyle,
        bucket: &str,
        key: Option<&ObjectKey>,
        query: &str,
    ) -> Result<Place, http::Error> {
        let key = key.map_or_else(String::new, |key| encoded_path(key.as_str()));
        let (authority, mut target) = match style {
            UpstreamStyle::Path => (self.authority.clone(), format!("/{}", encoded(bucket))),
            UpstreamStyle::Virtual => {
                let host = format!("{bucket}.{}", self.authority);
                (host.parse::<Authority>()?, String::new())
            }
        };
        // A bucket without a slash in path style: with one, some stores see an empty key.
        if !key.is_empty() || style == UpstreamStyle::Virtual {
            target.push('/');
            target.push_str(&key);
        }
        if !query.is_empty() {
            target.push('?');
            target.push_str(query);
        }
        let host = authority.to_string();
        let uri = Uri::builder()
            .scheme(self.scheme.clone())
            .authority(authority)
            .path_and_query(target.parse::<PathAndQuery>()?)
            .build()?;
        Ok(Place { uri, host })
    }
}

/// A text as a part of a query.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// A text as a path; slashes stay.
pub(super) fn encoded_path(text: &str) -> String {
    utf8_percent_encode(text, RESERVED_IN_PATH).to_string()
}

impl FromStr for UpstreamUrl {
    type Err = InvalidUpstreamUrl;

    fn from_str(text: &str) -> Result<Self, InvalidUpstreamUrl> {
        let invalid = || InvalidUpstreamUrl(without_user(text).to_owned());
        let parts = text.parse::<Uri>().map_err(|_| invalid())?.into_parts();
        let scheme = parts
            .scheme
            .filter(|it| *it == Scheme::HTTP || *it == Scheme::HTTPS);
        let authority = parts
            .authority
            .filter(|it| !it.as_str().contains('@') && !it.host().is_empty());
        let bare = parts.path_and_query.is_none_or(|it| it.as_str() == "/");
        match (scheme, authority) {
            (Some(scheme), Some(authority)) if bare => Ok(Self { scheme, authority }),
            _ => Err(invalid()),
        }
    }
}

/// A URL without the credentials that somebody may have put into it.
fn without_user(text: &str) -> &str {
    text.rsplit_once('@').map_or(text, |(_, rest)| rest)
}

impl fmt::Display for UpstreamUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_a_scheme_and_a_host() {
        for good in [
            "http://localhost:9000",
            "https://s3.eu-west-1.amazonaws.com/",
            "http://[::1]:1",
        ] {
            let url: UpstreamUrl = good.parse().unwrap();
            assert_eq!(url.to_string(), good.trim_end_matches('/'));
        }
        for bad in [
            "",
            "localhost:9000",
            "ftp://h",
            "https://",
            "https://h/path",
            "https://h/?q",
            "https://user:canary@h",
        ] {
            let error = bad.parse::<UpstreamUrl>().unwrap_err();
            assert!(!error.to_string().contains("canary"), "{error}");
        }
    }

    #[test]
    fn keys_are_data_in_both_styles() {
        let url: UpstreamUrl = "http://h:1".parse().unwrap();
        let target = |style, key: Option<&str>, query: &str| {
            let key = key.map(|key| ObjectKey::parse(key).unwrap());
            let place = url.place(style, "bkt", key.as_ref(), query).unwrap();
            (place.host, place.uri.path_and_query().unwrap().to_string())
        };
        use UpstreamStyle::{Path, Virtual};
        for (style, key, query, host, expected) in [
            (Path, None, "", "h:1", "/bkt"),
            (Path, None, "acl", "h:1", "/bkt?acl"),
            (Virtual, None, "acl", "bkt.h:1", "/?acl"),
            (Path, Some("a b/ü"), "", "h:1", "/bkt/a%20b/%C3%BC"),
            (Path, Some("../x//y"), "", "h:1", "/bkt/../x//y"),
            (Path, Some("/"), "", "h:1", "/bkt//"),
            (Virtual, Some("a?b#c%d"), "", "bkt.h:1", "/a%3Fb%23c%25d"),
        ] {
            assert_eq!(
                target(style, key, query),
                (host.to_owned(), expected.to_owned())
            );
        }
    }
}
