//! S3's request line and headers, down to the operation, bucket and key.
#![no_main]
#![allow(dead_code, unreachable_pub, reason = "only the way from a request to its operation is used")]

use daypass_fuzz::Request as Text;
use http::Uri;
use libfuzzer_sys::fuzz_target;

// The gateway keeps these to itself, as it should; so they are compiled in from its sources.
#[path = "../../crates/gateway/src/address.rs"]
mod address;
#[path = "../../crates/gateway/src/classify.rs"]
mod classify;
#[path = "../../crates/gateway/src/fault.rs"]
mod fault;
#[path = "../../crates/gateway/src/identity.rs"]
mod identity;
#[path = "../../crates/gateway/src/name.rs"]
mod name;
#[path = "../../crates/gateway/src/operation.rs"]
mod operation;
#[path = "../../crates/gateway/src/query.rs"]
mod query;
#[path = "../../crates/gateway/src/request.rs"]
mod request;
#[path = "../../crates/gateway/src/tags.rs"]
mod tags;

use crate::address::Address;
use crate::request::Request;

const DOMAIN: &str = "s3.localhost";

fuzz_target!(|data: &[u8]| {
    let Some(text) = Text::parse(data) else {
        return;
    };
    let host = text.headers.get("host").and_then(|it| it.to_str().ok());
    let host = host.unwrap_or("localhost").to_owned();
    let Some(request) = read(&text, text.path, text.query, &host) else {
        return;
    };

    // The order of the parameters changes nothing.
    let reversed: Vec<&str> = text.query.rsplit('&').collect();
    let again = read(&text, text.path, &reversed.join("&"), &host).expect("the same request");
    assert_eq!(again.operation, request.operation);
    assert_eq!(again.address, request.address);

    // Both styles name the same thing.
    if let (Some(bucket), false) = (request.address.bucket(), host.contains(DOMAIN)) {
        let (_, rest) = text.path[1..].split_once('/').unwrap_or_default();
        let host = format!("{bucket}.{DOMAIN}");
        let path = format!("/{rest}");
        let other = Address::locate(&host, &path, &[DOMAIN.to_owned()]);
        assert_eq!(other.expect("the same address"), request.address);
    }
    if let Some(key) = request.address.key() {
        assert!((1..=1024).contains(&key.as_str().len()));
        assert!(!key.as_str().contains('\0'));
    }
});

fn read(text: &Text<'_>, path: &str, query: &str, host: &str) -> Option<Request> {
    let uri: Uri = format!("{path}?{query}").parse().ok()?;
    let domains = [DOMAIN.to_owned()];
    Request::read(&text.method, &uri, &text.headers, host, &domains).ok()
}
