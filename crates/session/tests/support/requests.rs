//! Requests signed the plain way.

use http::HeaderName;
use jiff::Timestamp;
use session::sigv4::{Family, Rules, SignatureError};

use super::{KEY_ID, Request, at, hex, hmac_sha256, sha256_hex, signing_key};

pub(crate) const DATE: &str = "20261121T201234Z";
pub(crate) const UNSIGNED_TRAILER: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

pub(crate) fn now() -> Timestamp {
    at("2026-11-21T20:12:34Z")
}

/// Signs a bare request the plain way: all of `request`'s headers, its query and path taken as they are.
pub(crate) fn sign_as(
    mut request: Request,
    service: &str,
    region: &str,
    date: &str,
    payload: &str,
) -> Request {
    let day = &date[..8];
    if request.headers.get("x-amz-date").is_none() {
        request.headers.insert("x-amz-date", date.parse().unwrap());
    }
    let mut names: Vec<&str> = request.headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    let headers: String = names
        .iter()
        .map(|name| format!("{name}:{}\n", request.headers[*name].to_str().unwrap()))
        .collect();
    let names = names.join(";");
    let canonical = format!(
        "{}\n{}\n{}\n{headers}\n{names}\n{payload}",
        request.method, request.path, request.query
    );
    let scope = format!("{day}/{region}/{service}/aws4_request");
    let text = format!(
        "AWS4-HMAC-SHA256\n{date}\n{scope}\n{}",
        sha256_hex(canonical.as_bytes())
    );
    let signature = hex(&hmac_sha256(
        &signing_key(day, region, service),
        text.as_bytes(),
    ));
    let value = format!(
        "AWS4-HMAC-SHA256 Credential={KEY_ID}/{scope}, SignedHeaders={names}, Signature={signature}"
    );
    request
        .headers
        .insert("authorization", value.parse().unwrap());
    request
}

pub(crate) fn put(payload: &str) -> Request {
    let request = Request::new(
        "PUT",
        "/b/k",
        &[("host", "h"), ("x-amz-content-sha256", payload)],
    );
    sign_as(request, "s3", "eu-west-1", DATE, payload)
}

pub(crate) fn call(service: &str) -> Request {
    let request = Request::new(
        "POST",
        "/",
        &[
            ("host", "h"),
            ("content-type", "application/x-www-form-urlencoded"),
        ],
    );
    sign_as(
        request,
        service,
        "eu-west-1",
        DATE,
        &sha256_hex(b"Action=GetCallerIdentity"),
    )
}

pub(crate) const BODY: &[u8] = b"Action=GetCallerIdentity";

pub(crate) fn presigned(changes: &[(&str, &str)], headers: &[(&str, &str)]) -> Request {
    let mut parameters = vec![
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256".to_owned()),
        (
            "X-Amz-Credential",
            format!("{KEY_ID}%2F20261121%2Feu-west-1%2Fs3%2Faws4_request"),
        ),
        ("X-Amz-Date", DATE.to_owned()),
        ("X-Amz-Expires", "300".to_owned()),
        ("X-Amz-SignedHeaders", "host".to_owned()),
    ];
    for (name, value) in changes {
        parameters.retain(|(known, _)| known != name);
        if !value.is_empty() {
            parameters.push((name, (*value).to_owned()));
        }
    }
    parameters.sort();
    let query = parameters
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect::<Vec<_>>()
        .join("&");
    let canonical = format!("GET\n/b/k\n{query}\nhost:h\n\nhost\nUNSIGNED-PAYLOAD");
    let text = format!(
        "AWS4-HMAC-SHA256\n{DATE}\n20261121/eu-west-1/s3/aws4_request\n{}",
        sha256_hex(canonical.as_bytes())
    );
    let signature = hex(&hmac_sha256(
        &signing_key("20261121", "eu-west-1", "s3"),
        text.as_bytes(),
    ));
    let mut request = Request::new(
        "GET",
        &format!("/b/k?{query}&X-Amz-Signature={signature}"),
        &[("host", "h")],
    );
    for (name, value) in headers {
        request
            .headers
            .insert(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    request
}

pub(crate) fn s3(request: &Request) -> Result<(), SignatureError> {
    request.check(&Rules::s3(), now(), None).map(|_| ())
}

pub(crate) fn code(result: Result<(), SignatureError>) -> (u16, &'static str) {
    result.map_or_else(
        |error| (error.status(Family::S3), error.code(Family::S3)),
        |()| (200, ""),
    )
}
