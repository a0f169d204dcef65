//! What each request needs, as a table.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method};
use jiff::Timestamp;

use super::*;
use crate::operation::{Service, TABLE};
use crate::store::Description;

fn request(method: &str, target: &str, headers: &[(&'static str, &str)]) -> Request {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(HeaderName::from_static(name), value.parse().unwrap());
    }
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    Request::read(&method, &target.parse().unwrap(), &map, "localhost", &[]).unwrap()
}

fn object(tags: &[(&str, &str)]) -> Object {
    let pairs = tags.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    Object {
        file: "0123456789abcdef0123456789abcdef".parse().unwrap(),
        size: 1,
        etag: String::new(),
        modified: Timestamp::UNIX_EPOCH,
        tags: Tags::new(pairs, 10).unwrap(),
        description: Description::default(),
    }
}

fn of(request: &Request, source: Option<&Object>) -> Vec<(&'static str, String)> {
    let input = Input::read(request, Bytes::new());
    needs(request, &input, None, source)
        .into_iter()
        .map(|need| (need.action, need.target.arn()))
        .collect()
}

fn keys_of(request: &Request, existing: Option<&Object>) -> BTreeMap<String, Value> {
    let input = Input::read(request, Bytes::new());
    let mut needs = needs(request, &input, existing, None);
    needs.remove(0).keys.into_iter().collect()
}

const BUCKET: &str = "arn:aws:s3:::bkt";
const OBJECT: &str = "arn:aws:s3:::bkt/k";
const SOURCE: &str = "arn:aws:s3:::src/s";

#[test]
fn every_operation_needs_its_actions_and_versions_switch_them() {
    let put = &[("x-amz-copy-source", "src/s")];
    let tag = &[("x-amz-tagging", "a=b")];
    let acl = &[("x-amz-acl", "public-read")];
    let lock = &[("x-amz-object-lock-mode", "GOVERNANCE")];
    let ownership = &[("x-amz-object-ownership", "ObjectWriter")];
    let version = &[("x-amz-copy-source", "src/s?versionId=null")];
    type Row<'a> = (
        &'a str,
        &'a str,
        &'a [(&'static str, &'a str)],
        &'a [(&'static str, &'a str)],
    );
    let table: &[Row<'_>] = &[
        (
            "GET",
            "/",
            &[],
            &[("s3:ListAllMyBuckets", "arn:aws:s3:::*")],
        ),
        ("PUT", "/bkt", &[], &[("s3:CreateBucket", BUCKET)]),
        (
            "PUT",
            "/bkt",
            acl,
            &[("s3:CreateBucket", BUCKET), ("s3:PutBucketAcl", BUCKET)],
        ),
        (
            "PUT",
            "/bkt",
            ownership,
            &[
                ("s3:CreateBucket", BUCKET),
                ("s3:PutBucketOwnershipControls", BUCKET),
            ],
        ),
        ("HEAD", "/bkt", &[], &[("s3:ListBucket", BUCKET)]),
        (
            "GET",
            "/bkt?location",
            &[],
            &[("s3:GetBucketLocation", BUCKET)],
        ),
        ("DELETE", "/bkt", &[], &[("s3:DeleteBucket", BUCKET)]),
        ("GET", "/bkt", &[], &[("s3:ListBucket", BUCKET)]),
        ("GET", "/bkt?list-type=2", &[], &[("s3:ListBucket", BUCKET)]),
        (
            "GET",
            "/bkt?uploads",
            &[],
            &[("s3:ListBucketMultipartUploads", BUCKET)],
        ),
        ("POST", "/bkt?delete", &[], &[]),
        ("GET", "/bkt?policy", &[], &[("s3:GetBucketPolicy", BUCKET)]),
        ("PUT", "/bkt?policy", &[], &[("s3:PutBucketPolicy", BUCKET)]),
        (
            "DELETE",
            "/bkt?policy",
            &[],
            &[("s3:DeleteBucketPolicy", BUCKET)],
        ),
        (
            "GET",
            "/bkt?policyStatus",
            &[],
            &[("s3:GetBucketPolicyStatus", BUCKET)],
        ),
        (
            "GET",
            "/bkt?versioning",
            &[],
            &[("s3:GetBucketVersioning", BUCKET)],
        ),
        (
            "GET",
            "/bkt?publicAccessBlock",
            &[],
            &[("s3:GetBucketPublicAccessBlock", BUCKET)],
        ),
        (
            "PUT",
            "/bkt?publicAccessBlock",
            &[],
            &[("s3:PutBucketPublicAccessBlock", BUCKET)],
        ),
        (
            "DELETE",
            "/bkt?publicAccessBlock",
            &[],
            &[("s3:PutBucketPublicAccessBlock", BUCKET)],
        ),
        (
            "GET",
            "/bkt?ownershipControls",
            &[],
            &[("s3:GetBucketOwnershipControls", BUCKET)],
        ),
        (
            "PUT",
            "/bkt?ownershipControls",
            &[],
            &[("s3:PutBucketOwnershipControls", BUCKET)],
        ),
        ("GET", "/bkt?acl", &[], &[("s3:GetBucketAcl", BUCKET)]),
        ("PUT", "/bkt?acl", &[], &[("s3:PutBucketAcl", BUCKET)]),
        (
            "GET",
            "/bkt?tagging",
            &[],
            &[("s3:GetBucketTagging", BUCKET)],
        ),
        (
            "PUT",
            "/bkt?tagging",
            &[],
            &[("s3:PutBucketTagging", BUCKET)],
        ),
        (
            "DELETE",
            "/bkt?tagging",
            &[],
            &[("s3:PutBucketTagging", BUCKET)],
        ),
        ("GET", "/bkt/k", &[], &[("s3:GetObject", OBJECT)]),
        (
            "GET",
            "/bkt/k?versionId=null",
            &[],
            &[("s3:GetObjectVersion", OBJECT)],
        ),
        ("HEAD", "/bkt/k", &[], &[("s3:GetObject", OBJECT)]),
        (
            "HEAD",
            "/bkt/k?versionId=x",
            &[],
            &[("s3:GetObjectVersion", OBJECT)],
        ),
        (
            "GET",
            "/bkt/k?attributes",
            &[],
            &[("s3:GetObject", OBJECT), ("s3:GetObjectAttributes", OBJECT)],
        ),
        (
            "GET",
            "/bkt/k?attributes&versionId=null",
            &[],
            &[
                ("s3:GetObjectVersion", OBJECT),
                ("s3:GetObjectVersionAttributes", OBJECT),
            ],
        ),
        ("PUT", "/bkt/k", &[], &[("s3:PutObject", OBJECT)]),
        (
            "PUT",
            "/bkt/k",
            acl,
            &[("s3:PutObject", OBJECT), ("s3:PutObjectAcl", OBJECT)],
        ),
        (
            "PUT",
            "/bkt/k",
            tag,
            &[("s3:PutObject", OBJECT), ("s3:PutObjectTagging", OBJECT)],
        ),
        (
            "PUT",
            "/bkt/k",
            lock,
            &[("s3:PutObject", OBJECT), ("s3:PutObjectRetention", OBJECT)],
        ),
        (
            "PUT",
            "/bkt/k",
            put,
            &[("s3:GetObject", SOURCE), ("s3:PutObject", OBJECT)],
        ),
        (
            "PUT",
            "/bkt/k",
            version,
            &[("s3:GetObjectVersion", SOURCE), ("s3:PutObject", OBJECT)],
        ),
        ("DELETE", "/bkt/k", &[], &[("s3:DeleteObject", OBJECT)]),
        (
            "DELETE",
            "/bkt/k?versionId=null",
            &[],
            &[("s3:DeleteObjectVersion", OBJECT)],
        ),
        (
            "DELETE",
            "/bkt/k",
            &[("x-amz-bypass-governance-retention", "true")],
            &[
                ("s3:DeleteObject", OBJECT),
                ("s3:BypassGovernanceRetention", OBJECT),
            ],
        ),
        (
            "POST",
            "/bkt/k?uploads",
            tag,
            &[("s3:PutObject", OBJECT), ("s3:PutObjectTagging", OBJECT)],
        ),
        (
            "PUT",
            "/bkt/k?uploadId=u&partNumber=1",
            &[],
            &[("s3:PutObject", OBJECT)],
        ),
        (
            "PUT",
            "/bkt/k?uploadId=u&partNumber=1",
            put,
            &[("s3:GetObject", SOURCE), ("s3:PutObject", OBJECT)],
        ),
        (
            "POST",
            "/bkt/k?uploadId=u",
            &[],
            &[("s3:PutObject", OBJECT)],
        ),
        (
            "DELETE",
            "/bkt/k?uploadId=u",
            &[],
            &[("s3:AbortMultipartUpload", OBJECT)],
        ),
        (
            "GET",
            "/bkt/k?uploadId=u",
            &[],
            &[("s3:ListMultipartUploadParts", OBJECT)],
        ),
        ("GET", "/bkt/k?acl", &[], &[("s3:GetObjectAcl", OBJECT)]),
        ("PUT", "/bkt/k?acl", &[], &[("s3:PutObjectAcl", OBJECT)]),
        (
            "GET",
            "/bkt/k?tagging",
            &[],
            &[("s3:GetObjectTagging", OBJECT)],
        ),
        (
            "GET",
            "/bkt/k?tagging&versionId=null",
            &[],
            &[("s3:GetObjectVersionTagging", OBJECT)],
        ),
        (
            "PUT",
            "/bkt/k?tagging",
            &[],
            &[("s3:PutObjectTagging", OBJECT)],
        ),
        (
            "DELETE",
            "/bkt/k?tagging",
            &[],
            &[("s3:DeleteObjectTagging", OBJECT)],
        ),
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
    for row in TABLE.iter().filter(|row| row.service == Service::Served) {
        assert!(covered.contains(&row.operation), "{:?}", row.operation);
    }
}

#[test]
fn copying_tags_needs_to_read_and_write_them() {
    let copy = request("PUT", "/bkt/k", &[("x-amz-copy-source", "src/s")]);
    assert_eq!(
        of(&copy, Some(&object(&[("a", "b")]))),
        [
            ("s3:GetObject", SOURCE.to_owned()),
            ("s3:GetObjectTagging", SOURCE.to_owned()),
            ("s3:PutObjectTagging", OBJECT.to_owned()),
            ("s3:PutObject", OBJECT.to_owned()),
        ]
    );
    let headers = [
        ("x-amz-copy-source", "src/s"),
        ("x-amz-tagging-directive", "REPLACE"),
        ("x-amz-tagging", "c=d"),
    ];
    let replace = request("PUT", "/bkt/k", &headers);
    assert_eq!(
        of(&replace, Some(&object(&[("a", "b")]))),
        [
            ("s3:GetObject", SOURCE.to_owned()),
            ("s3:PutObject", OBJECT.to_owned()),
            ("s3:PutObjectTagging", OBJECT.to_owned()),
        ]
    );
}

#[test]
fn a_copy_source_is_decided_with_its_own_tags() {
    let copy = request("PUT", "/bkt/k", &[("x-amz-copy-source", "src/s")]);
    let input = Input::read(&copy, Bytes::new());
    let secret = object(&[("class", "secret")]);
    let needs = needs(&copy, &input, None, Some(&secret));
    let tag = (
        "s3:ExistingObjectTag/class".to_owned(),
        Value::from("secret"),
    );
    assert!(needs[0].keys.contains(&tag));
    assert!(!needs[3].keys.contains(&tag));
}

#[test]
fn prefix_and_delimiter_are_present_exactly_if_they_were_sent() {
    let cli = keys_of(
        &request("GET", "/bkt?list-type=2&prefix=&delimiter=%2F", &[]),
        None,
    );
    assert_eq!(cli.get("s3:prefix"), Some(&Value::from("")));
    assert_eq!(cli.get("s3:delimiter"), Some(&Value::from("/")));
    assert_eq!(cli.get("s3:max-keys"), Some(&Value::from("1000")));
    let bare = keys_of(&request("GET", "/bkt?max-keys=7", &[]), None);
    assert_eq!(bare.get("s3:prefix"), None);
    assert_eq!(bare.get("s3:delimiter"), None);
    assert_eq!(bare.get("s3:max-keys"), Some(&Value::from("7")));
}

#[test]
fn condition_keys_come_from_their_own_headers_only() {
    let headers = [
        ("x-amz-storage-class", "STANDARD"),
        ("x-amz-tagging", "team=x"),
        ("x-forwarded-for", "10.0.0.1"),
        ("x-amz-sourceip", "10.0.0.1"),
        ("aws-sourceip", "10.0.0.1"),
        ("userid", "AIDA"),
    ];
    let keys = keys_of(&request("PUT", "/bkt/k", &headers), None);
    let names: Vec<&str> = keys.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "s3:ObjectCreationOperation",
            "s3:RequestObjectTag/team",
            "s3:RequestObjectTagKeys",
            "s3:x-amz-storage-class",
        ]
    );
}

#[test]
fn tags_of_the_object_are_known_on_every_read() {
    let tagged = object(&[("class", "secret")]);
    for target in [
        "/bkt/k",
        "/bkt/k?tagging",
        "/bkt/k?acl",
        "/bkt/k?attributes",
    ] {
        let keys = keys_of(&request("GET", target, &[]), Some(&tagged));
        assert_eq!(
            keys.get("s3:ExistingObjectTag/class"),
            Some(&Value::from("secret")),
            "{target}"
        );
    }
}
