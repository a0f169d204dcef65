//! Forms that browsers post, from the wire, by nobody: a multipart body after the boundary's line. Nothing is stored, and every
//! answer is one.
#![no_main]

use std::sync::LazyLock;

use daypass_fuzz::Request as Text;
use daypass_fuzz::s3::World;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use libfuzzer_sys::fuzz_target;

static WORLD: LazyLock<World> = LazyLock::new(World::new);

fuzz_target!(|data: &[u8]| {
    let Some(end) = data.iter().position(|byte| *byte == b'\n') else {
        return;
    };
    let (kind, body) = (&data[..end], &data[end + 1..]);
    let Ok(kind) = HeaderValue::from_bytes(kind) else {
        return;
    };
    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::from_static("localhost"));
    headers.insert("content-type", kind);
    let text = Text {
        method: Method::POST,
        uri: "/bucket".parse().expect("a target"),
        headers,
        body,
    };
    let (status, body) = WORLD.enter(&text);
    let refused = status.is_client_error() || status == StatusCode::NOT_IMPLEMENTED;
    assert!(refused, "{status} {body:?}");
    let body = str::from_utf8(&body).expect("an error is text");
    assert!(body.contains("<Code>"), "{body}");
});
