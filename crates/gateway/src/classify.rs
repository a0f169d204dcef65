//! Request → operation. The one place that decides it: authorization, handler and audit
//! event all follow from what is decided here.

mod rules;

use http::{HeaderMap, Method};

use crate::address::Address;
use crate::fault::{Code, Fault};
use crate::operation::{Level, Operation};
use crate::query::Query;
use rules::{RULES, SUB_RESOURCES};

/// Whether a query key decides the operation.
pub(crate) fn is_sub_resource(name: &str) -> bool {
    SUB_RESOURCES.contains(&name)
}

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
        // Settled by their path; see `control`.
        Address::Account(_) => return Err(not_allowed(method, Level::Account, "")),
    };
    // A browser asks about a request of the page with that request's URL, whatever it decides.
    if method == Method::OPTIONS && level != Level::Service {
        return Ok(Operation::Preflight);
    }
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
            .map(|(.., operation)| one_or_all(*operation, query))
            .ok_or_else(|| not_allowed(method, level, key)),
        None => plain(method, level, query, headers),
    }
}

/// Configurations that a bucket has several of are listed when the request names none.
fn one_or_all(operation: Operation, query: &Query) -> Operation {
    use Operation as O;
    if query.has("id") {
        return operation;
    }
    match operation {
        O::GetAnalyticsConfiguration => O::ListAnalyticsConfigurations,
        O::GetInventoryConfiguration => O::ListInventoryConfigurations,
        O::GetMetricsConfiguration => O::ListMetricsConfigurations,
        O::GetIntelligentTieringConfiguration => O::ListIntelligentTieringConfigurations,
        other => other,
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
        (Level::Service, "GET")
            if query.has("max-directory-buckets")
                || query.get("x-id") == Some("ListDirectoryBuckets") =>
        {
            O::ListDirectoryBuckets
        }
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
            ("POST", "/bkt", &[], O::PostObject),
            ("GET", "/bkt?policy", &[], O::GetBucketPolicy),
            ("PUT", "/bkt?policy", &[], O::PutBucketPolicy),
            ("DELETE", "/bkt?policy", &[], O::DeleteBucketPolicy),
            ("GET", "/bkt?policyStatus", &[], O::GetBucketPolicyStatus),
            ("GET", "/bkt?versioning", &[], O::GetBucketVersioning),
            ("PUT", "/bkt?versioning", &[], O::PutBucketVersioning),
            ("GET", "/bkt?versions&prefix=a", &[], O::ListObjectVersions),
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
            ("GET", "/bkt?abac", &[], O::GetBucketAbac),
            ("PUT", "/bkt?abac", &[], O::PutBucketAbac),
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
            ("GET", "/bkt?cors", &[], O::GetBucketCors),
            ("PUT", "/bkt?cors", &[], O::PutBucketCors),
            ("DELETE", "/bkt?cors", &[], O::DeleteBucketCors),
            ("GET", "/bkt?lifecycle", &[], O::GetBucketLifecycle),
            ("PUT", "/bkt?lifecycle", &[], O::PutBucketLifecycle),
            ("DELETE", "/bkt?lifecycle", &[], O::DeleteBucketLifecycle),
            ("GET", "/bkt?encryption", &[], O::GetBucketEncryption),
            ("PUT", "/bkt?encryption", &[], O::PutBucketEncryption),
            ("DELETE", "/bkt?encryption", &[], O::DeleteBucketEncryption),
            ("GET", "/bkt?website", &[], O::GetBucketWebsite),
            ("DELETE", "/bkt?website", &[], O::DeleteBucketWebsite),
            ("GET", "/bkt?logging", &[], O::GetBucketLogging),
            ("PUT", "/bkt?logging", &[], O::PutBucketLogging),
            ("GET", "/bkt?notification", &[], O::GetBucketNotification),
            ("PUT", "/bkt?notification", &[], O::PutBucketNotification),
            (
                "GET",
                "/bkt?requestPayment",
                &[],
                O::GetBucketRequestPayment,
            ),
            (
                "PUT",
                "/bkt?requestPayment",
                &[],
                O::PutBucketRequestPayment,
            ),
            ("GET", "/bkt?replication", &[], O::GetBucketReplication),
            (
                "DELETE",
                "/bkt?replication",
                &[],
                O::DeleteBucketReplication,
            ),
            ("GET", "/bkt?accelerate", &[], O::GetAccelerateConfiguration),
            (
                "GET",
                "/bkt?analytics&id=a",
                &[],
                O::GetAnalyticsConfiguration,
            ),
            (
                "GET",
                "/bkt?inventory&id=a",
                &[],
                O::GetInventoryConfiguration,
            ),
            ("GET", "/bkt?metrics&id=a", &[], O::GetMetricsConfiguration),
            (
                "GET",
                "/bkt?intelligent-tiering&id=a",
                &[],
                O::GetIntelligentTieringConfiguration,
            ),
            (
                "GET",
                "/bkt?object-lock",
                &[],
                O::GetObjectLockConfiguration,
            ),
            ("GET", "/bkt/k?retention", &[], O::GetObjectRetention),
            ("GET", "/bkt/k?legal-hold", &[], O::GetObjectLegalHold),
            ("GET", "/bkt?analytics", &[], O::ListAnalyticsConfigurations),
            ("GET", "/bkt?inventory", &[], O::ListInventoryConfigurations),
            ("GET", "/bkt?metrics", &[], O::ListMetricsConfigurations),
            (
                "GET",
                "/bkt?intelligent-tiering",
                &[],
                O::ListIntelligentTieringConfigurations,
            ),
            ("OPTIONS", "/bkt?policy&acl", &[], O::Preflight),
            ("OPTIONS", "/bkt/k?uploadId=u", &[], O::Preflight),
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
    fn what_is_declined_is_told_apart_too() {
        for (method, target, expected) in [
            (
                "GET",
                "/bkt?analytics&id=a",
                Operation::GetAnalyticsConfiguration,
            ),
            (
                "GET",
                "/bkt?analytics",
                Operation::ListAnalyticsConfigurations,
            ),
            (
                "GET",
                "/bkt?inventory&continuation-token=x",
                Operation::ListInventoryConfigurations,
            ),
            ("GET", "/bkt?metrics", Operation::ListMetricsConfigurations),
            (
                "GET",
                "/bkt?intelligent-tiering",
                Operation::ListIntelligentTieringConfigurations,
            ),
            (
                "DELETE",
                "/bkt?analytics",
                Operation::DeleteAnalyticsConfiguration,
            ),
            ("GET", "/bkt?session", Operation::CreateSession),
            (
                "PUT",
                "/bkt/k?encryption",
                Operation::UpdateObjectEncryption,
            ),
            ("PUT", "/bkt?encryption", Operation::PutBucketEncryption),
            ("PUT", "/bkt/k?renameObject", Operation::RenameObject),
            (
                "GET",
                "/?max-directory-buckets=1",
                Operation::ListDirectoryBuckets,
            ),
            (
                "GET",
                "/?x-id=ListDirectoryBuckets",
                Operation::ListDirectoryBuckets,
            ),
            ("GET", "/?x-id=ListBuckets", Operation::ListBuckets),
        ] {
            assert_eq!(
                of(method, target, &[]).unwrap(),
                expected,
                "{method} {target}"
            );
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
            ("DELETE", "/bkt/k?acl"),
            ("HEAD", "/bkt/k?acl"),
            ("PUT", "/bkt?session"),
            ("PUT", "/bkt?metadataTable"),
            ("GET", "/bkt?metadataJournalTable"),
            ("GET", "/bkt?list-type=3"),
            ("PUT", "/bkt/k?partNumber=1"),
            ("PUT", "/bkt/k?uploadId=u"),
            ("POST", "/bkt/k"),
            ("POST", "/"),
            ("OPTIONS", "/"),
            ("PATCH", "/bkt/k"),
        ] {
            assert!(of(method, target, &[]).is_err(), "{method} {target}");
        }
    }
}
