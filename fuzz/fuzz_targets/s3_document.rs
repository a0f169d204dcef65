//! XML documents that S3 takes: from a caller who may do everything. What is stored comes back as a document that can be stored
//! again and is then the same.
#![no_main]

use std::sync::LazyLock;

use daypass_fuzz::Request as Text;
use daypass_fuzz::s3::World;
use http::Method;
use libfuzzer_sys::fuzz_target;

static WORLD: LazyLock<World> = LazyLock::new(World::new);

/// Where a document can be put and read.
const STORED: [&str; 10] = [
    "/bucket?tagging",
    "/bucket?cors",
    "/bucket?lifecycle",
    "/bucket?publicAccessBlock",
    "/bucket?ownershipControls",
    "/bucket?encryption",
    "/bucket?versioning",
    "/bucket?acl",
    "/bucket/key?tagging",
    "/bucket/key?acl",
];

/// Where it can only be sent.
const SENT: [&str; 4] = [
    "/bucket?delete",
    "/bucket/new?uploadId=0123456789abcdef0123456789abcdef",
    "/bucket/key?restore",
    "/bucket/key?select&select-type=2",
];

fuzz_target!(|data: &[u8]| {
    // The first byte says for what it is.
    let Some((first, body)) = data.split_first() else {
        return;
    };
    let which = usize::from(*first) % (STORED.len() + SENT.len());
    let Some(target) = STORED.get(which) else {
        let outcome = send(Method::POST, SENT[which - STORED.len()], body);
        outcome.check(&Method::POST);
        return;
    };
    let put = send(Method::PUT, target, body);
    put.check(&Method::PUT);
    if !put.status.is_success() {
        return;
    }
    let got = send(Method::GET, target, b"");
    // No tags at all are as none ever.
    if *target == "/bucket?tagging" && got.code() == Some("NoSuchTagSet") {
        let text = String::from_utf8_lossy(body);
        assert!(!text.contains("<Key") || text.contains("<!--"), "{text}");
        return;
    }
    assert!(got.status.is_success(), "{target}: {got:?}");
    let again = send(Method::PUT, target, &got.body);
    assert!(
        again.status.is_success(),
        "{target}: {:?} {again:?}",
        got.body
    );
    let same = send(Method::GET, target, b"");
    assert_eq!(same.body, got.body, "{target}");
});

fn send(method: Method, target: &str, body: &[u8]) -> daypass_fuzz::s3::Outcome {
    let text = Text {
        method,
        uri: target.parse().expect("a target"),
        headers: http::HeaderMap::new(),
        body,
    };
    WORLD.call(&text, &text.uri, "localhost", &WORLD.writer)
}
