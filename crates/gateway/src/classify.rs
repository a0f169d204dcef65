//! Request → operation. The one place that decides it: authorization, handler and audit
//! event all follow from what is decided here.

use http::{HeaderMap, Method};

use crate::address::Address;
use crate::fault::{Code, Fault};
use crate::operation::{Level, Operation};
use crate::query::Query;

/// Query keys that decide the operation, besides `uploadId` and `list-type`.
const SUB_RESOURCES: &[&str] = &[
    "abac",
    "accelerate",
    "acl",
    "analytics",
    "attributes",
    "cors",
    "delete",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "location",
    "logging",
    "metadataConfiguration",
    "metadataInventoryTable",
    "metadataJournalTable",
    "metadataTable",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "renameObject",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "select",
    "session",
    "tagging",
    "torrent",
    "uploads",
    "versioning",
    "versions",
    "website",
];

/// What a deciding query key means for a method on a level.
type Rule = (&'static str, Level, &'static str, Operation);

#[rustfmt::skip]
const RULES: &[Rule] = {
    use Level::{Bucket, Object};
    use Operation as O;
    &[
        ("GET", Bucket, "abac", O::GetBucketAbac),
        ("PUT", Bucket, "abac", O::PutBucketAbac),
        ("GET", Bucket, "accelerate", O::GetAccelerateConfiguration),
        ("PUT", Bucket, "accelerate", O::PutAccelerateConfiguration),
        ("GET", Bucket, "acl", O::GetBucketAcl),
        ("PUT", Bucket, "acl", O::PutBucketAcl),
        ("GET", Bucket, "analytics", O::GetAnalyticsConfiguration),
        ("PUT", Bucket, "analytics", O::PutAnalyticsConfiguration),
        ("DELETE", Bucket, "analytics", O::DeleteAnalyticsConfiguration),
        ("GET", Bucket, "cors", O::GetBucketCors),
        ("PUT", Bucket, "cors", O::PutBucketCors),
        ("DELETE", Bucket, "cors", O::DeleteBucketCors),
        ("POST", Bucket, "delete", O::DeleteObjects),
        ("GET", Bucket, "encryption", O::GetBucketEncryption),
        ("PUT", Bucket, "encryption", O::PutBucketEncryption),
        ("DELETE", Bucket, "encryption", O::DeleteBucketEncryption),
        ("GET", Bucket, "intelligent-tiering", O::GetIntelligentTieringConfiguration),
        ("PUT", Bucket, "intelligent-tiering", O::PutIntelligentTieringConfiguration),
        ("DELETE", Bucket, "intelligent-tiering", O::DeleteIntelligentTieringConfiguration),
        ("GET", Bucket, "inventory", O::GetInventoryConfiguration),
        ("PUT", Bucket, "inventory", O::PutInventoryConfiguration),
        ("DELETE", Bucket, "inventory", O::DeleteInventoryConfiguration),
        ("GET", Bucket, "lifecycle", O::GetBucketLifecycle),
        ("PUT", Bucket, "lifecycle", O::PutBucketLifecycle),
        ("DELETE", Bucket, "lifecycle", O::DeleteBucketLifecycle),
        ("GET", Bucket, "location", O::GetBucketLocation),
        ("GET", Bucket, "logging", O::GetBucketLogging),
        ("PUT", Bucket, "logging", O::PutBucketLogging),
        ("GET", Bucket, "metrics", O::GetMetricsConfiguration),
        ("PUT", Bucket, "metrics", O::PutMetricsConfiguration),
        ("DELETE", Bucket, "metrics", O::DeleteMetricsConfiguration),
        ("GET", Bucket, "notification", O::GetBucketNotification),
        ("PUT", Bucket, "notification", O::PutBucketNotification),
        ("GET", Bucket, "object-lock", O::GetObjectLockConfiguration),
        ("PUT", Bucket, "object-lock", O::PutObjectLockConfiguration),
        ("GET", Bucket, "ownershipControls", O::GetBucketOwnershipControls),
        ("PUT", Bucket, "ownershipControls", O::PutBucketOwnershipControls),
        ("DELETE", Bucket, "ownershipControls", O::DeleteBucketOwnershipControls),
        ("GET", Bucket, "policy", O::GetBucketPolicy),
        ("PUT", Bucket, "policy", O::PutBucketPolicy),
        ("DELETE", Bucket, "policy", O::DeleteBucketPolicy),
        ("GET", Bucket, "policyStatus", O::GetBucketPolicyStatus),
        ("GET", Bucket, "publicAccessBlock", O::GetPublicAccessBlock),
        ("PUT", Bucket, "publicAccessBlock", O::PutPublicAccessBlock),
        ("DELETE", Bucket, "publicAccessBlock", O::DeletePublicAccessBlock),
        ("GET", Bucket, "replication", O::GetBucketReplication),
        ("PUT", Bucket, "replication", O::PutBucketReplication),
        ("DELETE", Bucket, "replication", O::DeleteBucketReplication),
        ("GET", Bucket, "requestPayment", O::GetBucketRequestPayment),
        ("PUT", Bucket, "requestPayment", O::PutBucketRequestPayment),
        ("GET", Bucket, "tagging", O::GetBucketTagging),
        ("PUT", Bucket, "tagging", O::PutBucketTagging),
        ("DELETE", Bucket, "tagging", O::DeleteBucketTagging),
        ("GET", Bucket, "uploads", O::ListMultipartUploads),
        ("GET", Bucket, "versioning", O::GetBucketVersioning),
        ("PUT", Bucket, "versioning", O::PutBucketVersioning),
        ("GET", Bucket, "versions", O::ListObjectVersions),
        ("GET", Bucket, "website", O::GetBucketWebsite),
        ("PUT", Bucket, "website", O::PutBucketWebsite),
        ("DELETE", Bucket, "website", O::DeleteBucketWebsite),
        ("GET", Object, "acl", O::GetObjectAcl),
        ("PUT", Object, "acl", O::PutObjectAcl),
        ("GET", Object, "attributes", O::GetObjectAttributes),
        ("GET", Object, "legal-hold", O::GetObjectLegalHold),
        ("PUT", Object, "legal-hold", O::PutObjectLegalHold),
        ("POST", Object, "restore", O::RestoreObject),
        ("GET", Object, "retention", O::GetObjectRetention),
        ("PUT", Object, "retention", O::PutObjectRetention),
        ("POST", Object, "select", O::SelectObjectContent),
        ("GET", Object, "tagging", O::GetObjectTagging),
        ("PUT", Object, "tagging", O::PutObjectTagging),
        ("DELETE", Object, "tagging", O::DeleteObjectTagging),
        ("GET", Object, "torrent", O::GetObjectTorrent),
        ("POST", Object, "uploads", O::CreateMultipartUpload),
    ]
};

/// Tells which operation a request asks for.
///
/// # Errors
/// `InvalidArgument` if the query names two operations at once, `MethodNotAllowed` and
/// `NotImplemented` for what S3 doesn't have and what is unknown here.
pub(crate) fn classify(
    method: &Method,
    address: &Address,
    query: &Query,
    headers: &HeaderMap,
) -> Result<Operation, Fault> {
    let level = match address {
        Address::Service => Level::Service,
        Address::Bucket(_) => Level::Bucket,
        Address::Object(..) => Level::Object,
    };
    let mut deciding = query
        .iter()
        .map(|(name, _)| name)
        .filter(|name| SUB_RESOURCES.contains(name) || *name == "uploadId");
    let first = deciding.next();
    if let (Some(first), Some(second)) = (first, deciding.next()) {
        return Err(Fault::new(Code::InvalidArgument)
            .message(format!(
                "Conflicting query string parameters: {first}, {second}"
            ))
            .element("ArgumentName", "ResourceType")
            .element("ArgumentValue", first));
    }
    match first {
        Some("uploadId") => of_upload(method, level, query, headers),
        Some(key) => RULES
            .iter()
            .find(|(m, l, k, _)| method == m && level == *l && key == *k)
            .map(|(.., operation)| *operation)
            .ok_or_else(|| not_allowed(method, level, key)),
        None => plain(method, level, query, headers),
    }
}

fn plain(
    method: &Method,
    level: Level,
    query: &Query,
    headers: &HeaderMap,
) -> Result<Operation, Fault> {
    use Operation as O;
    let copy = headers.contains_key("x-amz-copy-source");
    Ok(match (level, method.as_str()) {
        (Level::Service, "GET") => O::ListBuckets,
        (Level::Bucket, "GET") => match query.get("list-type") {
            None => O::ListObjects,
            Some("2") => O::ListObjectsV2,
            Some(other) => return Err(Fault::argument("Invalid List Type", "list-type", other)),
        },
        (Level::Bucket, "HEAD") => O::HeadBucket,
        (Level::Bucket, "PUT") => O::CreateBucket,
        (Level::Bucket, "DELETE") => O::DeleteBucket,
        (Level::Bucket, "POST") => O::PostObject,
        (Level::Object, "GET") => O::GetObject,
        (Level::Object, "HEAD") => O::HeadObject,
        (Level::Object, "PUT") if query.has("partNumber") => {
            return Err(Fault::invalid_request(
                "Missing required query parameter for this request: uploadId",
            ));
        }
        (Level::Object, "PUT") if copy => O::CopyObject,
        (Level::Object, "PUT") => O::PutObject,
        (Level::Object, "DELETE") => O::DeleteObject,
        _ => return Err(not_allowed(method, level, "")),
    })
}

fn of_upload(
    method: &Method,
    level: Level,
    query: &Query,
    headers: &HeaderMap,
) -> Result<Operation, Fault> {
    use Operation as O;
    if level != Level::Object {
        return Err(not_allowed(method, level, "uploadId"));
    }
    Ok(match method.as_str() {
        "GET" => O::ListParts,
        "POST" => O::CompleteMultipartUpload,
        "DELETE" => O::AbortMultipartUpload,
        "PUT" if !query.has("partNumber") => {
            return Err(Fault::invalid_request(
                "Missing required query parameter for this request: partNumber",
            ));
        }
        "PUT" if headers.contains_key("x-amz-copy-source") => O::UploadPartCopy,
        "PUT" => O::UploadPart,
        _ => return Err(not_allowed(method, level, "uploadId")),
    })
}

fn not_allowed(method: &Method, level: Level, key: &str) -> Fault {
    let known = RULES.iter().any(|(_, l, k, _)| level == *l && key == *k);
    let fault = if key.is_empty() || key == "uploadId" || known {
        Fault::new(Code::MethodNotAllowed)
    } else {
        Fault::new(Code::NotImplemented)
    };
    fault
        .element("Method", method.as_str())
        .element("ResourceType", key)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::operation::{Service, TABLE};

    fn of(method: &str, target: &str, headers: &[&'static str]) -> Result<Operation, Fault> {
        let (path, raw) = target.split_once('?').unwrap_or((target, ""));
        let address = Address::locate("localhost", path, &[]).unwrap();
        let headers = headers
            .iter()
            .map(|name| (http::HeaderName::from_static(name), "a/b".parse().unwrap()))
            .collect();
        classify(
            &Method::from_bytes(method.as_bytes()).unwrap(),
            &address,
            &Query::parse(raw)?,
            &headers,
        )
    }

    /// Every operation that is served, as a client sends it.
    const SERVED: &[(&str, &str, &[&str], Operation)] = {
        use Operation as O;
        &[
            ("GET", "/", &[], O::ListBuckets),
            ("PUT", "/bkt", &[], O::CreateBucket),
            ("HEAD", "/bkt", &[], O::HeadBucket),
            ("GET", "/bkt?location", &[], O::GetBucketLocation),
            ("DELETE", "/bkt", &[], O::DeleteBucket),
            ("GET", "/bkt?prefix=&delimiter=%2F", &[], O::ListObjects),
            ("GET", "/bkt/?list-type=2&prefix=a", &[], O::ListObjectsV2),
            ("GET", "/bkt?uploads&prefix=a", &[], O::ListMultipartUploads),
            ("POST", "/bkt?delete", &[], O::DeleteObjects),
            ("GET", "/bkt?policy", &[], O::GetBucketPolicy),
            ("PUT", "/bkt?policy", &[], O::PutBucketPolicy),
            ("DELETE", "/bkt?policy", &[], O::DeleteBucketPolicy),
            ("GET", "/bkt?policyStatus", &[], O::GetBucketPolicyStatus),
            ("GET", "/bkt?versioning", &[], O::GetBucketVersioning),
            (
                "GET",
                "/bkt?publicAccessBlock",
                &[],
                O::GetPublicAccessBlock,
            ),
            (
                "PUT",
                "/bkt?publicAccessBlock",
                &[],
                O::PutPublicAccessBlock,
            ),
            (
                "DELETE",
                "/bkt?publicAccessBlock",
                &[],
                O::DeletePublicAccessBlock,
            ),
            (
                "GET",
                "/bkt?ownershipControls",
                &[],
                O::GetBucketOwnershipControls,
            ),
            (
                "PUT",
                "/bkt?ownershipControls",
                &[],
                O::PutBucketOwnershipControls,
            ),
            ("GET", "/bkt?acl", &[], O::GetBucketAcl),
            ("PUT", "/bkt?acl", &[], O::PutBucketAcl),
            ("GET", "/bkt?tagging", &[], O::GetBucketTagging),
            ("PUT", "/bkt?tagging", &[], O::PutBucketTagging),
            ("DELETE", "/bkt?tagging", &[], O::DeleteBucketTagging),
            ("GET", "/bkt/k?partNumber=1", &[], O::GetObject),
            ("HEAD", "/bkt/k?versionId=null", &[], O::HeadObject),
            ("GET", "/bkt/k?attributes", &[], O::GetObjectAttributes),
            ("PUT", "/bkt/k", &[], O::PutObject),
            ("PUT", "/bkt/k", &["x-amz-copy-source"], O::CopyObject),
            ("DELETE", "/bkt/k?versionId=null", &[], O::DeleteObject),
            ("POST", "/bkt/k?uploads", &[], O::CreateMultipartUpload),
            ("PUT", "/bkt/k?uploadId=u&partNumber=1", &[], O::UploadPart),
            (
                "PUT",
                "/bkt/k?partNumber=1&uploadId=u",
                &["x-amz-copy-source"],
                O::UploadPartCopy,
            ),
            ("POST", "/bkt/k?uploadId=u", &[], O::CompleteMultipartUpload),
            ("DELETE", "/bkt/k?uploadId=u", &[], O::AbortMultipartUpload),
            ("GET", "/bkt/k?uploadId=u", &[], O::ListParts),
            ("GET", "/bkt/k?acl", &[], O::GetObjectAcl),
            ("PUT", "/bkt/k?acl", &[], O::PutObjectAcl),
            ("GET", "/bkt/k?tagging", &[], O::GetObjectTagging),
            ("PUT", "/bkt/k?tagging", &[], O::PutObjectTagging),
            ("DELETE", "/bkt/k?tagging", &[], O::DeleteObjectTagging),
        ]
    };

    #[test]
    fn every_served_operation_is_reached_as_clients_send_it() {
        for (method, target, headers, expected) in SERVED {
            assert_eq!(
                of(method, target, headers).unwrap(),
                *expected,
                "{method} {target}"
            );
        }
        let reached: BTreeSet<_> = SERVED.iter().map(|(.., o)| o.row() as *const _).collect();
        let served = TABLE.iter().filter(|row| row.service == Service::Served);
        for row in served {
            assert!(reached.contains(&(row as *const _)), "{row:?}");
        }
    }

    #[test]
    fn the_rules_agree_with_the_table_on_the_level() {
        for (_, level, key, operation) in RULES {
            assert_eq!(operation.row().level, *level, "{key}");
            assert!(SUB_RESOURCES.contains(key), "{key}");
        }
    }

    #[test]
    fn two_deciding_parameters_are_refused() {
        for target in [
            "/bkt?policy&acl",
            "/bkt?delete&uploads",
            "/bkt/k?tagging&uploadId=u",
            "/bkt/k?uploads&uploadId=u",
            "/bkt?policy&policy",
        ] {
            for method in ["GET", "PUT", "POST", "DELETE"] {
                assert!(of(method, target, &[]).is_err(), "{method} {target}");
            }
        }
    }

    #[test]
    fn what_is_not_served_never_falls_back_to_another_operation() {
        for (method, target) in [
            ("DELETE", "/bkt?acl"),
            ("DELETE", "/bkt?location"),
            ("DELETE", "/bkt?versions"),
            ("PUT", "/bkt?uploads"),
            ("PUT", "/bkt/k?torrent"),
            ("PUT", "/bkt/k?policy"),
            ("PUT", "/bkt/k?renameObject"),
            ("DELETE", "/bkt/k?acl"),
            ("HEAD", "/bkt/k?acl"),
            ("GET", "/bkt?session"),
            ("GET", "/bkt?list-type=3"),
            ("PUT", "/bkt/k?partNumber=1"),
            ("PUT", "/bkt/k?uploadId=u"),
            ("POST", "/bkt/k"),
            ("POST", "/"),
            ("OPTIONS", "/bkt/k"),
            ("PATCH", "/bkt/k"),
        ] {
            assert!(of(method, target, &[]).is_err(), "{method} {target}");
        }
    }
}
