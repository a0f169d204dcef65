//! `x-amz-copy-source`: whatever is copied is what the header says, decoded once.
#![no_main]

use std::sync::LazyLock;

use daypass_fuzz::Request as Text;
use daypass_fuzz::s3::World;
use http::{HeaderMap, HeaderValue, Method};
use libfuzzer_sys::fuzz_target;

static WORLD: LazyLock<World> = LazyLock::new(World::new);

fuzz_target!(|data: &[u8]| {
    let Ok(source) = HeaderValue::from_bytes(data) else {
        return;
    };
    let mut headers = HeaderMap::new();
    headers.insert("x-amz-copy-source", source);
    for target in ["/bucket/copy", "/bucket/part?uploadId=u&partNumber=1"] {
        let text = Text {
            method: Method::PUT,
            uri: target.parse().expect("a target"),
            headers: headers.clone(),
            body: b"",
        };
        let outcome = WORLD.call(&text, &text.uri, "localhost", &WORLD.writer);
        outcome.check(&Method::PUT);
        if outcome.status.is_success() {
            let named = decoded(data);
            let named = named.strip_prefix(b"/").unwrap_or(&named);
            let known = [&b"bucket/key"[..], b"bucket/a b/c", b"bucket/copy"];
            assert!(known.contains(&named), "{}", String::from_utf8_lossy(named));
        }
    }
});

/// The plain way: up to the version, each escape once.
fn decoded(header: &[u8]) -> Vec<u8> {
    let end = header.windows(11).position(|it| it == b"?versionId=");
    let mut bytes = header[..end.unwrap_or(header.len())].iter();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        let mut digit = || {
            char::from(*bytes.next().expect("a digit"))
                .to_digit(16)
                .expect("hex")
        };
        match byte {
            b'%' => decoded.push((digit() * 16 + digit()) as u8),
            other => decoded.push(*other),
        }
    }
    decoded
}
