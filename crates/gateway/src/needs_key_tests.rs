//! What copies need, and the condition keys of each need.

use bytes::Bytes;

use super::tests::{OBJECT, SOURCE, keys_of, of, request, tags};
use super::*;

#[test]
fn copying_tags_needs_to_read_and_write_them() {
    let copy = request("PUT", "/bkt/k", &[("x-amz-copy-source", "src/s")]);
    assert_eq!(
        of(&copy, Some(&tags(&[("a", "b")]))),
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
        of(&replace, Some(&tags(&[("a", "b")]))),
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
    let secret = tags(&[("class", "secret")]);
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
    let tagged = tags(&[("class", "secret")]);
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
