//! The query that goes on: what is known of the operation, encoded anew.

use super::endpoint::encoded;
use crate::classify::is_sub_resource;
use crate::fault::{Code, Fault};
use crate::request::Request;

/// Parameters besides those that decide the operation.
const KNOWN: &[&str] = &[
    "continuation-token",
    "delimiter",
    "encoding-type",
    "fetch-owner",
    "id",
    "key-marker",
    "list-type",
    "marker",
    "max-keys",
    "max-parts",
    "max-uploads",
    "part-number-marker",
    "partNumber",
    "prefix",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "select-type",
    "start-after",
    "upload-id-marker",
    "uploadId",
    "version-id-marker",
    "versionId",
];

/// What means nothing to S3: the name of the operation that SDKs add for logs, and what their presigners put here: the
/// word for a payload that isn't signed, and the checksum of a body that isn't there yet.
fn is_ignored(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    matches!(
        name.as_str(),
        "x-id" | "x-amz-content-sha256" | "x-amz-sdk-checksum-algorithm"
    ) || name.starts_with("x-amz-checksum-")
}

/// The query of a request for the upstream. A parameter that isn't known here could ask there for something else than
/// what was authorized: reads go without it, as S3 ignores it, and writes are refused.
pub(super) fn forwarded(request: &Request) -> Result<String, Fault> {
    let mut query = String::new();
    for (name, value) in request.query.iter() {
        if is_sub_resource(name) || KNOWN.contains(&name) {
            push(&mut query, name, value);
        } else if !is_ignored(name) && !request.operation.row().read_only {
            return Err(Fault::new(Code::NotImplemented)
                .message(
                    "A query parameter you provided implies functionality that is not implemented",
                )
                .element("Parameter", name.to_owned()));
        }
    }
    Ok(query)
}

/// Adds a parameter. One that only names a sub-resource goes without `=`, as SDKs send it.
pub(super) fn push(query: &mut String, name: &str, value: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    query.push_str(&encoded(name));
    if !(value.is_empty() && is_sub_resource(name)) {
        query.push('=');
        query.push_str(&encoded(value));
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method};

    use super::*;

    fn query(method: Method, target: &str) -> Result<String, Fault> {
        let uri = target.parse().unwrap();
        forwarded(&Request::read(&method, &uri, &HeaderMap::new(), "h", &[]).unwrap())
    }

    #[test]
    fn known_parameters_go_on_encoded_once_more() {
        for (target, expected) in [
            ("/bkt?uploads", "uploads"),
            ("/bkt?acl=", "acl"),
            (
                "/bkt?list-type=2&prefix=&delimiter=%2f",
                "list-type=2&prefix=&delimiter=%2F",
            ),
            ("/bkt?prefix=a+b%252F", "prefix=a%20b%252F"),
            ("/bkt/k?versionId=a%2Bb&x-id=GetObject", "versionId=a%2Bb"),
        ] {
            assert_eq!(query(Method::GET, target).unwrap(), expected, "{target}");
        }
    }

    #[test]
    fn unknown_ones_change_nothing_or_are_refused() {
        assert_eq!(
            query(Method::GET, "/bkt?events=*&usage&prefix=a").unwrap(),
            "prefix=a"
        );
        let refused = query(Method::PUT, "/bkt/k?append&position=0").unwrap_err();
        assert_eq!(refused.code(), &Code::NotImplemented);
        let presigned =
            "x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32&x-id=PutObject";
        let target = format!("/bkt/k?{presigned}");
        assert_eq!(query(Method::PUT, &target).unwrap(), "");
    }
}
