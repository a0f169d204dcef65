//! The headers of an object: taken from the request that writes it, given back on reads.

use std::collections::BTreeMap;

use http::header::{ACCEPT_RANGES, CONTENT_TYPE, ETAG, LAST_MODIFIED};

use crate::encryption::Storage;
use crate::fault::{Code, Fault};
use crate::operation::Operation;
use crate::reply::{Reply, http_time};
use crate::request::Request;
use crate::store::{Description, Object, StoredChecksum};

/// System headers that are kept as they were sent.
pub(crate) const KEPT: &[&str] = &[
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
];

/// Query parameters of GetObject that replace a header of the answer.
const OVERRIDES: &[(&str, &str)] = &[
    ("response-cache-control", "cache-control"),
    ("response-content-disposition", "content-disposition"),
    ("response-content-encoding", "content-encoding"),
    ("response-content-language", "content-language"),
    ("response-content-type", "content-type"),
    ("response-expires", "expires"),
];

/// Headers that ask for what isn't implemented: taking them silently would promise
/// encryption or retention that isn't there.
const REFUSED: &[&str] = &[
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-bucket-key-enabled",
    "x-amz-server-side-encryption-context",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-server-side-encryption-customer-key",
    "x-amz-server-side-encryption-customer-key-md5",
    "x-amz-copy-source-server-side-encryption-customer-algorithm",
    "x-amz-object-lock-mode",
    "x-amz-object-lock-retain-until-date",
    "x-amz-object-lock-legal-hold",
    "x-amz-website-redirect-location",
    "x-amz-write-offset-bytes",
];

/// Most bytes of user metadata, names and values together.
const METADATA_BYTES: usize = 2048;

/// The type of an object that was put without one (S3 API Reference, PutObject).
const DEFAULT_TYPE: &str = "binary/octet-stream";

/// Refuses headers that aren't implemented, on any operation.
pub(crate) fn refuse_unimplemented(request: &Request, storage: Storage) -> Result<(), Fault> {
    storage.check(request)?;
    match REFUSED
        .iter()
        .find(|name| request.headers.contains_key(**name))
    {
        Some(name) => Err(Fault::header_not_implemented(name)),
        None => Ok(()),
    }
}

/// Headers and metadata of the object that a request writes.
pub(crate) fn describe(request: &Request) -> Result<Description, Fault> {
    match request.header("x-amz-storage-class") {
        None | Some("STANDARD") => {}
        Some(class) => {
            return Err(
                Fault::new(Code::InvalidStorageClass).element("StorageClassRequested", class)
            );
        }
    }
    let mut headers = BTreeMap::new();
    for name in KEPT {
        if let Some(value) = request.headers.get(*name) {
            headers.insert((*name).to_owned(), text(name, value)?);
        }
    }
    headers
        .entry("content-type".to_owned())
        .or_insert_with(|| DEFAULT_TYPE.to_owned());
    let mut metadata = BTreeMap::new();
    let mut bytes = 0;
    for name in request.headers.keys() {
        let Some(key) = name.as_str().strip_prefix("x-amz-meta-") else {
            continue;
        };
        let values = request
            .headers
            .get_all(name)
            .iter()
            .map(|value| text(name.as_str(), value))
            .collect::<Result<Vec<_>, _>>()?;
        let value = values.join(",");
        bytes += key.len() + value.len();
        metadata.insert(key.to_owned(), value);
    }
    if bytes > METADATA_BYTES {
        return Err(Fault::new(Code::MetadataTooLarge)
            .element("Size", bytes.to_string())
            .element("MaxSizeAllowed", METADATA_BYTES.to_string()));
    }
    Ok(Description {
        headers,
        metadata,
        ..Description::default()
    })
}

fn text(name: &str, value: &http::HeaderValue) -> Result<String, Fault> {
    std::str::from_utf8(value.as_bytes())
        .map(str::to_owned)
        .map_err(|_| Fault::argument("Header values must be UTF-8.", name, ""))
}

/// Adds what every read of an object answers with.
pub(crate) fn attach(mut reply: Reply, request: &Request, object: &Object, whole: bool) -> Reply {
    reply.set(ETAG, &format!("\"{}\"", object.etag));
    reply.set(LAST_MODIFIED, &http_time(object.modified));
    reply.set(ACCEPT_RANGES, "bytes");
    reply.set(CONTENT_TYPE, DEFAULT_TYPE);
    for (name, value) in &object.description.headers {
        reply.set_named(name, value);
    }
    for (key, value) in &object.description.metadata {
        reply.set_named(&format!("x-amz-meta-{key}"), value);
    }
    if !object.tags.is_empty() {
        reply.set_named("x-amz-tagging-count", &object.tags.len().to_string());
    }
    let wanted = request
        .header("x-amz-checksum-mode")
        .is_some_and(|mode| mode.eq_ignore_ascii_case("ENABLED"));
    // A checksum of the whole would be compared with the part that is sent.
    if wanted
        && whole
        && let Some(checksum) = &object.description.checksum
    {
        attach_checksum(&mut reply, checksum);
    }
    for (parameter, name) in OVERRIDES {
        if let Some(value) = request.query.get(parameter) {
            reply.set_named(name, value);
        }
    }
    reply
}

/// Adds a checksum's headers.
pub(crate) fn attach_checksum(reply: &mut Reply, checksum: &StoredChecksum) {
    reply.set_named(checksum.algorithm.header(), &checksum.value);
    reply.set_named("x-amz-checksum-type", checksum.kind.as_str());
}

/// Refuses overrides of unsigned requests: a link that anybody can make must not choose how
/// a browser takes the object (S3 API Reference, GetObject).
pub(crate) fn check_overrides(request: &Request, anonymous: bool) -> Result<(), Fault> {
    let reads = matches!(
        request.operation,
        Operation::GetObject | Operation::HeadObject
    );
    let used = OVERRIDES.iter().any(|(name, _)| request.query.has(name));
    if reads && used && anonymous {
        return Err(Fault::invalid_request(
            "Request specific response headers cannot be used for anonymous GET requests.",
        ));
    }
    Ok(())
}
