//! What each request needs, as a table.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method};

use super::*;
use crate::operation::{Service, TABLE};

pub(super) fn request(method: &str, target: &str, headers: &[(&'static str, &str)]) -> Request {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(HeaderName::from_static(name), value.parse().unwrap());
    }
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    Request::read(&method, &target.parse().unwrap(), &map, "localhost", &[]).unwrap()
}

pub(super) fn tags(pairs: &[(&str, &str)]) -> Tags {
    let pairs = pairs
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    Tags::new(pairs, 10).unwrap()
}

pub(super) fn of(request: &Request, source: Option<&Tags>) -> Vec<(&'static str, String)> {
    let input = Input::read(request, Bytes::new());
    needs(request, &input, None, source)
        .into_iter()
        .map(|need| (need.action, need.target.arn()))
        .collect()
}

pub(super) fn keys_of(request: &Request, existing: Option<&Tags>) -> BTreeMap<String, Value> {
    let input = Input::read(request, Bytes::new());
    let mut needs = needs(request, &input, existing, None);
    needs.remove(0).keys.into_iter().collect()
}

const BUCKET: &str = "arn:aws:s3:::bkt";
pub(super) const OBJECT: &str = "arn:aws:s3:::bkt/k";
pub(super) const SOURCE: &str = "arn:aws:s3:::src/s";

#[test]
fn every_operation_needs_its_actions_and_versions_switch_them() {
    let put = &[("x-amz-copy-source", "src/s")];
    let tag = &[("x-amz-tagging", "a=b")];
    let acl = &[("x-amz-acl", "public-read")];
    let lock = &[("x-amz-object-lock-mode", "GOVERNANCE")];
    let ownership = &[("x-amz-object-ownership", "ObjectWriter")];
    let version = &[("x-amz-copy-source", "src/s?versionId=null")];
    let account = &[("x-amz-account-id", "123456789012")];
    let block = "/v20180820/configuration/publicAccessBlock";
    let tags = "/v20180820/tags/arn%3Aaws%3As3%3A%3A%3Abkt";
    type Row<'a> = (
        &'a str,
        &'a str,
        &'a [(&'static str, &'a str)],
        &'a [(&'static str, &'a str)],
    );
    #[rustfmt::skip]
    let table: &[Row<'_>] = &[
        ("GET", "/", &[], &[("s3:ListAllMyBuckets", "arn:aws:s3:::*")]),
        ("PUT", "/bkt", &[], &[("s3:CreateBucket", BUCKET)]),
        ("PUT", "/bkt", acl, &[("s3:CreateBucket", BUCKET), ("s3:PutBucketAcl", BUCKET)]),
        ("PUT", "/bkt", ownership, &[("s3:CreateBucket", BUCKET), ("s3:PutBucketOwnershipControls", BUCKET)]),
        ("HEAD", "/bkt", &[], &[("s3:ListBucket", BUCKET)]),
        ("GET", "/bkt?abac", &[], &[("s3:GetBucketAbac", BUCKET)]),
        ("PUT", "/bkt?abac", &[], &[("s3:PutBucketAbac", BUCKET)]),
        ("GET", block, account, &[("s3:GetAccountPublicAccessBlock", "*")]),
        ("PUT", block, account, &[("s3:PutAccountPublicAccessBlock", "*")]),
        ("DELETE", block, account, &[("s3:PutAccountPublicAccessBlock", "*")]),
        ("GET", tags, account, &[("s3:ListTagsForResource", BUCKET)]),
        ("POST", tags, account, &[("s3:TagResource", BUCKET)]),
        ("DELETE", tags, account, &[("s3:UntagResource", BUCKET)]),
        ("GET", "/bkt?location", &[], &[("s3:GetBucketLocation", BUCKET)]),
        ("DELETE", "/bkt", &[], &[("s3:DeleteBucket", BUCKET)]),
        ("GET", "/bkt", &[], &[("s3:ListBucket", BUCKET)]),
        ("GET", "/bkt?list-type=2", &[], &[("s3:ListBucket", BUCKET)]),
        ("GET", "/bkt?uploads", &[], &[("s3:ListBucketMultipartUploads", BUCKET)]),
        ("POST", "/bkt?delete", &[], &[]),
        ("GET", "/bkt?policy", &[], &[("s3:GetBucketPolicy", BUCKET)]),
        ("PUT", "/bkt?policy", &[], &[("s3:PutBucketPolicy", BUCKET)]),
        ("DELETE", "/bkt?policy", &[], &[("s3:DeleteBucketPolicy", BUCKET)]),
        ("GET", "/bkt?policyStatus", &[], &[("s3:GetBucketPolicyStatus", BUCKET)]),
        ("GET", "/bkt?versions&prefix=a", &[], &[("s3:ListBucketVersions", BUCKET)]),
        ("PUT", "/bkt?versioning", &[], &[("s3:PutBucketVersioning", BUCKET)]),
        ("GET", "/bkt?versioning", &[], &[("s3:GetBucketVersioning", BUCKET)]),
        ("GET", "/bkt?publicAccessBlock", &[], &[("s3:GetBucketPublicAccessBlock", BUCKET)]),
        ("PUT", "/bkt?publicAccessBlock", &[], &[("s3:PutBucketPublicAccessBlock", BUCKET)]),
        ("DELETE", "/bkt?publicAccessBlock", &[], &[("s3:PutBucketPublicAccessBlock", BUCKET)]),
        ("GET", "/bkt?ownershipControls", &[], &[("s3:GetBucketOwnershipControls", BUCKET)]),
        ("PUT", "/bkt?ownershipControls", &[], &[("s3:PutBucketOwnershipControls", BUCKET)]),
        ("GET", "/bkt?acl", &[], &[("s3:GetBucketAcl", BUCKET)]),
        ("PUT", "/bkt?acl", &[], &[("s3:PutBucketAcl", BUCKET)]),
        ("GET", "/bkt?tagging", &[], &[("s3:GetBucketTagging", BUCKET)]),
        ("PUT", "/bkt?tagging", &[], &[("s3:PutBucketTagging", BUCKET)]),
        ("DELETE", "/bkt?tagging", &[], &[("s3:PutBucketTagging", BUCKET)]),
        ("GET", "/bkt/k", &[], &[("s3:GetObject", OBJECT)]),
        ("GET", "/bkt/k?versionId=null", &[], &[("s3:GetObjectVersion", OBJECT)]),
        ("HEAD", "/bkt/k", &[], &[("s3:GetObject", OBJECT)]),
        ("HEAD", "/bkt/k?versionId=x", &[], &[("s3:GetObjectVersion", OBJECT)]),
        ("GET", "/bkt/k?attributes", &[], &[("s3:GetObject", OBJECT), ("s3:GetObjectAttributes", OBJECT)]),
        ("GET", "/bkt/k?attributes&versionId=null", &[], &[("s3:GetObjectVersion", OBJECT), ("s3:GetObjectVersionAttributes", OBJECT)]),
        ("PUT", "/bkt/k", &[], &[("s3:PutObject", OBJECT)]),
        ("PUT", "/bkt/k", acl, &[("s3:PutObject", OBJECT), ("s3:PutObjectAcl", OBJECT)]),
        ("PUT", "/bkt/k", tag, &[("s3:PutObject", OBJECT), ("s3:PutObjectTagging", OBJECT)]),
        ("PUT", "/bkt/k", lock, &[("s3:PutObject", OBJECT), ("s3:PutObjectRetention", OBJECT)]),
        ("PUT", "/bkt/k", put, &[("s3:GetObject", SOURCE), ("s3:PutObject", OBJECT)]),
        ("PUT", "/bkt/k", version, &[("s3:GetObjectVersion", SOURCE), ("s3:PutObject", OBJECT)]),
        ("DELETE", "/bkt/k", &[], &[("s3:DeleteObject", OBJECT)]),
        ("DELETE", "/bkt/k?versionId=null", &[], &[("s3:DeleteObjectVersion", OBJECT)]),
        ("DELETE", "/bkt/k", &[("x-amz-bypass-governance-retention", "true")], &[("s3:DeleteObject", OBJECT), ("s3:BypassGovernanceRetention", OBJECT)]),
        ("POST", "/bkt/k?uploads", tag, &[("s3:PutObject", OBJECT), ("s3:PutObjectTagging", OBJECT)]),
        ("PUT", "/bkt/k?uploadId=u&partNumber=1", &[], &[("s3:PutObject", OBJECT)]),
        ("PUT", "/bkt/k?uploadId=u&partNumber=1", put, &[("s3:GetObject", SOURCE), ("s3:PutObject", OBJECT)]),
        ("POST", "/bkt/k?uploadId=u", &[], &[("s3:PutObject", OBJECT)]),
        ("DELETE", "/bkt/k?uploadId=u", &[], &[("s3:AbortMultipartUpload", OBJECT)]),
        ("GET", "/bkt/k?uploadId=u", &[], &[("s3:ListMultipartUploadParts", OBJECT)]),
        ("GET", "/bkt/k?acl", &[], &[("s3:GetObjectAcl", OBJECT)]),
        ("PUT", "/bkt/k?acl", &[], &[("s3:PutObjectAcl", OBJECT)]),
        ("GET", "/bkt/k?tagging", &[], &[("s3:GetObjectTagging", OBJECT)]),
        ("GET", "/bkt/k?tagging&versionId=null", &[], &[("s3:GetObjectVersionTagging", OBJECT)]),
        ("PUT", "/bkt/k?tagging", &[], &[("s3:PutObjectTagging", OBJECT)]),
        ("DELETE", "/bkt/k?tagging", &[], &[("s3:DeleteObjectTagging", OBJECT)]),
        ("GET", "/bkt?cors", &[], &[("s3:GetBucketCORS", BUCKET)]),
        ("PUT", "/bkt?cors", &[], &[("s3:PutBucketCORS", BUCKET)]),
        ("DELETE", "/bkt?cors", &[], &[("s3:PutBucketCORS", BUCKET)]),
        ("GET", "/bkt?lifecycle", &[], &[("s3:GetLifecycleConfiguration", BUCKET)]),
        ("PUT", "/bkt?lifecycle", &[], &[("s3:PutLifecycleConfiguration", BUCKET)]),
        ("DELETE", "/bkt?lifecycle", &[], &[("s3:PutLifecycleConfiguration", BUCKET)]),
        ("GET", "/bkt?encryption", &[], &[("s3:GetEncryptionConfiguration", BUCKET)]),
        ("PUT", "/bkt?encryption", &[], &[("s3:PutEncryptionConfiguration", BUCKET)]),
        ("DELETE", "/bkt?encryption", &[], &[("s3:PutEncryptionConfiguration", BUCKET)]),
        ("GET", "/bkt?website", &[], &[("s3:GetBucketWebsite", BUCKET)]),
        ("DELETE", "/bkt?website", &[], &[("s3:DeleteBucketWebsite", BUCKET)]),
        ("GET", "/bkt?logging", &[], &[("s3:GetBucketLogging", BUCKET)]),
        ("PUT", "/bkt?logging", &[], &[("s3:PutBucketLogging", BUCKET)]),
        ("GET", "/bkt?notification", &[], &[("s3:GetBucketNotification", BUCKET)]),
        ("PUT", "/bkt?notification", &[], &[("s3:PutBucketNotification", BUCKET)]),
        ("GET", "/bkt?requestPayment", &[], &[("s3:GetBucketRequestPayment", BUCKET)]),
        ("PUT", "/bkt?requestPayment", &[], &[("s3:PutBucketRequestPayment", BUCKET)]),
        ("GET", "/bkt?replication", &[], &[("s3:GetReplicationConfiguration", BUCKET)]),
        ("DELETE", "/bkt?replication", &[], &[("s3:PutReplicationConfiguration", BUCKET)]),
        ("GET", "/bkt?accelerate", &[], &[("s3:GetAccelerateConfiguration", BUCKET)]),
        ("GET", "/bkt?analytics&id=a", &[], &[("s3:GetAnalyticsConfiguration", BUCKET)]),
        ("GET", "/bkt?analytics", &[], &[("s3:GetAnalyticsConfiguration", BUCKET)]),
        ("GET", "/bkt?inventory&id=a", &[], &[("s3:GetInventoryConfiguration", BUCKET)]),
        ("GET", "/bkt?inventory", &[], &[("s3:GetInventoryConfiguration", BUCKET)]),
        ("GET", "/bkt?metrics&id=a", &[], &[("s3:GetMetricsConfiguration", BUCKET)]),
        ("GET", "/bkt?metrics", &[], &[("s3:GetMetricsConfiguration", BUCKET)]),
        ("GET", "/bkt?intelligent-tiering&id=a", &[], &[("s3:GetIntelligentTieringConfiguration", BUCKET)]),
        ("GET", "/bkt?intelligent-tiering", &[], &[("s3:GetIntelligentTieringConfiguration", BUCKET)]),
        ("GET", "/bkt?object-lock", &[], &[("s3:GetBucketObjectLockConfiguration", BUCKET)]),
        ("GET", "/bkt/k?retention", &[], &[("s3:GetObjectRetention", OBJECT)]),
        ("GET", "/bkt/k?legal-hold", &[], &[("s3:GetObjectLegalHold", OBJECT)]),
        ("OPTIONS", "/bkt/k", &[], &[]),
    ];
    let mut covered = Vec::new();
    for (method, target, headers, expected) in table {
        let request = request(method, target, headers);
        let expected: Vec<_> = expected
            .iter()
            .map(|(a, r)| (*a, (*r).to_owned()))
            .collect();
        assert_eq!(
            of(&request, None),
            expected,
            "{method} {target} {headers:?}"
        );
        covered.push(request.operation);
    }
    // The key of a form is in its body: tests/gateway/forms.rs has what those need.
    covered.push(Operation::PostObject);
    for row in TABLE {
        if !matches!(row.service, Service::Served | Service::Own) {
            continue;
        }
        assert!(covered.contains(&row.operation), "{:?}", row.operation);
    }
}
