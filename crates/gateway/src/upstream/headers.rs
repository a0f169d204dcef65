//! Which headers go on, in both directions. What isn't named here stays.

use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE,
    CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, EXPIRES, IF_MATCH, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, LAST_MODIFIED, RANGE,
};
use http::{HeaderMap, HeaderName};

use crate::fault::Fault;
use crate::request::Request;

/// Request headers of HTTP that go on. `Content-Length` and `Content-MD5` are about the body and set with it.
const REQUEST: &[HeaderName] = &[
    CACHE_CONTROL,
    CONTENT_DISPOSITION,
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    CONTENT_TYPE,
    EXPIRES,
    IF_MATCH,
    IF_MODIFIED_SINCE,
    IF_NONE_MATCH,
    IF_RANGE,
    IF_UNMODIFIED_SINCE,
    RANGE,
];

/// Request headers of S3 that go on, or all that begin like this with a `*`.
const REQUEST_AMZ: &[&str] = &[
    "x-amz-bypass-governance-retention",
    "x-amz-checksum-*",
    "x-amz-copy-source-if-*",
    "x-amz-copy-source-range",
    "x-amz-copy-source-server-side-encryption-*",
    "x-amz-if-match-last-modified-time",
    "x-amz-if-match-size",
    "x-amz-max-parts",
    "x-amz-meta-*",
    "x-amz-metadata-directive",
    "x-amz-mp-object-size",
    "x-amz-object-attributes",
    "x-amz-object-lock-*",
    "x-amz-optional-object-attributes",
    "x-amz-part-number-marker",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-*",
    "x-amz-storage-class",
    "x-amz-tagging-directive",
    "x-amz-transition-default-minimum-object-size",
    "x-amz-website-redirect-location",
];

/// Request headers of S3 that end here: they belong to the signature or the connection, are decided here, are written
/// anew (`x-amz-copy-source`, `x-amz-tagging`, trailers), or tell of the client (`x-amz-api-version` of the SDK for C++).
const ENDING: &[&str] = &[
    "x-amz-acl",
    "x-amz-api-version",
    "x-amz-bucket-object-lock-enabled",
    "x-amz-content-sha256",
    "x-amz-copy-source",
    "x-amz-date",
    "x-amz-decoded-content-length",
    "x-amz-expected-bucket-owner",
    "x-amz-grant-*",
    "x-amz-object-ownership",
    "x-amz-request-payer",
    "x-amz-security-token",
    "x-amz-source-expected-bucket-owner",
    "x-amz-tagging",
    "x-amz-te",
    "x-amz-trailer",
    "x-amz-user-agent",
];

/// Response headers of HTTP that come back.
const RESPONSE: &[HeaderName] = &[
    ACCEPT_RANGES,
    CACHE_CONTROL,
    CONTENT_DISPOSITION,
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    CONTENT_LENGTH,
    CONTENT_RANGE,
    CONTENT_TYPE,
    ETAG,
    EXPIRES,
    LAST_MODIFIED,
];

/// Response headers of S3 that come back.
const RESPONSE_AMZ: &[&str] = &[
    "x-amz-abort-date",
    "x-amz-abort-rule-id",
    "x-amz-archive-status",
    "x-amz-checksum-*",
    "x-amz-copy-source-version-id",
    "x-amz-delete-marker",
    "x-amz-expiration",
    "x-amz-meta-*",
    "x-amz-missing-meta",
    "x-amz-mp-parts-count",
    "x-amz-object-lock-*",
    "x-amz-object-size",
    "x-amz-replication-status",
    "x-amz-restore",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-*",
    "x-amz-storage-class",
    "x-amz-tagging-count",
    "x-amz-transition-default-minimum-object-size",
    "x-amz-version-id",
    "x-amz-website-redirect-location",
];

/// Response headers that an error keeps.
const OF_ERRORS: &[&str] = &[
    "allow",
    "content-range",
    "etag",
    "last-modified",
    "retry-after",
    "x-amz-delete-marker",
    "x-amz-version-id",
];

fn names(list: &[&str], name: &str) -> bool {
    list.iter().any(|known| match known.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => *known == name,
    })
}

/// The headers of a request that go on. One of S3's that isn't known here would be lost: reads go without it, as S3
/// ignores it, and writes are refused.
pub(super) fn forwarded(request: &Request) -> Result<HeaderMap, Fault> {
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        let text = name.as_str();
        // Stores that keep headers as CGI does see a hyphen in an underscore, and then a header that nobody decided on.
        let is_one = !text.contains('_') || text.starts_with("x-amz-meta-");
        if REQUEST.contains(name) || is_one && names(REQUEST_AMZ, text) {
            headers.append(name.clone(), value.clone());
        } else if text.starts_with("x-amz-")
            && !(is_one && names(ENDING, text))
            && !request.operation.row().read_only
        {
            return Err(Fault::header_not_implemented(text));
        }
    }
    Ok(headers)
}

/// The headers of an answer that come back.
pub(super) fn returned(headers: &HeaderMap) -> HeaderMap {
    let back = |name: &HeaderName| RESPONSE.contains(name) || names(RESPONSE_AMZ, name.as_str());
    select(headers, back)
}

/// The headers of an error that come back.
pub(super) fn of_error(headers: &HeaderMap) -> HeaderMap {
    select(headers, |name| names(OF_ERRORS, name.as_str()))
}

fn select(headers: &HeaderMap, is_it: impl Fn(&HeaderName) -> bool) -> HeaderMap {
    let selected = headers.iter().filter(|(name, _)| is_it(name));
    let mut map = HeaderMap::new();
    for (name, value) in selected {
        map.append(name.clone(), value.clone());
    }
    map
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    fn of(method: Method, headers: &[(&'static str, &'static str)]) -> Result<HeaderMap, Fault> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let uri = "/bkt/k".parse().unwrap();
        forwarded(&Request::read(&method, &uri, &map, "h", &[]).unwrap())
    }

    fn shown(headers: &HeaderMap) -> Vec<&str> {
        let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn credentials_and_what_is_decided_here_never_go_on() {
        let sent = [
            ("authorization", "AWS4-HMAC-SHA256 x"),
            ("cookie", "c"),
            ("connection", "keep-alive, x-hop"),
            ("x-hop", "1"),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("host", "h"),
            ("expect", "100-continue"),
            ("origin", "https://o"),
            ("x-forwarded-for", "192.0.2.1"),
            ("accept-encoding", "gzip"),
            ("x-amz-security-token", "t"),
            ("x-amz-date", "d"),
            ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
            ("x-amz-acl", "bucket-owner-full-control"),
            ("x-amz-expected-bucket-owner", "123456789012"),
            ("x-amz-trailer", "x-amz-checksum-crc32"),
            ("content-type", "text/plain"),
            ("if-none-match", "*"),
            ("x-amz-meta-a", "1"),
            ("x-amz-checksum-crc32", "AAAAAA=="),
            ("x-amz-server-side-encryption", "AES256"),
        ];
        let headers = of(Method::PUT, &sent).unwrap();
        let expected = [
            "content-type",
            "if-none-match",
            "x-amz-checksum-crc32",
            "x-amz-meta-a",
            "x-amz-server-side-encryption",
        ];
        assert_eq!(shown(&headers), expected);
    }

    #[test]
    fn an_unknown_header_is_refused_on_writes_only() {
        let sent = [("x-amz-write-offset-bytes", "7")];
        assert!(of(Method::PUT, &sent).is_err());
        assert!(of(Method::GET, &sent).unwrap().is_empty());
    }

    #[test]
    fn an_underscore_makes_no_known_header() {
        for name in [
            "x-amz-object-lock-legal_hold",
            "x-amz-object-lock-retain_until-date",
            "x-amz-server-side-encryption-aws_kms-key-id",
            "x-amz-grant-full_control",
        ] {
            assert!(of(Method::PUT, &[(name, "ON")]).is_err(), "{name}");
            assert!(of(Method::GET, &[(name, "ON")]).unwrap().is_empty());
        }
        assert_eq!(
            of(Method::PUT, &[("x-amz-meta-a_b", "1")]).unwrap().len(),
            1
        );
    }

    #[test]
    fn answers_show_objects_and_not_who_keeps_them() {
        let mut map = HeaderMap::new();
        for name in [
            "server",
            "via",
            "date",
            "connection",
            "location",
            "set-cookie",
            "x-amz-request-id",
            "x-amz-id-2",
            "x-amz-bucket-region",
            "x-minio-deployment-id",
            "x-rgw-object-type",
            "access-control-allow-origin",
            "etag",
            "x-amz-version-id",
            "x-amz-meta-a",
        ] {
            map.insert(name, "v".parse().unwrap());
        }
        assert_eq!(
            shown(&returned(&map)),
            ["etag", "x-amz-meta-a", "x-amz-version-id"]
        );
        assert_eq!(shown(&of_error(&map)), ["etag", "x-amz-version-id"]);
    }
}
