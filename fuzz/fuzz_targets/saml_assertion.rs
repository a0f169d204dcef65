//! SAML responses as clients send them, before their base64, and metadata. The seeds were signed by another
//! implementation; whatever the fuzzer makes of them, nothing but what was signed may be read from it.
#![no_main]

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use saml::{Metadata, PrivateKey, ServiceProvider, Trust, verify};

struct World {
    metadata: Metadata,
    key: PrivateKey,
    service: ServiceProvider,
    now: Timestamp,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let text = include_str!("../../crates/saml/tests/data/metadata.xml");
    let pem = include_str!("../../crates/saml/tests/data/decryption.pem");
    World {
        metadata: Metadata::parse(text, Timestamp::UNIX_EPOCH).expect("metadata"),
        key: PrivateKey::from_pem(pem).expect("a key"),
        service: ServiceProvider::with_endpoint("http://127.0.0.1:8480"),
        now: "2026-11-21T12:01:00Z".parse().expect("a time"),
    }
});

fuzz_target!(|text: &str| {
    let _ = Metadata::parse(text, Timestamp::UNIX_EPOCH);
    let trust = Trust {
        issuer: &WORLD.metadata.entity_id,
        keys: &WORLD.metadata.keys,
        valid_until: WORLD.metadata.valid_until,
        provider_id: "ID",
        encryption_required: false,
    };
    let keys = || std::slice::from_ref(&WORLD.key);
    match verify(
        &STANDARD.encode(text),
        &trust,
        keys,
        &WORLD.service,
        WORLD.now,
    ) {
        Ok(assertion) => {
            // What the provider signed in the seeds, and nothing else.
            assert_eq!(assertion.subject, "alice@example.com");
            assert_eq!(assertion.issuer, WORLD.metadata.entity_id);
            let request = assertion.session_request().expect("a session's name");
            assert_eq!(request.name, "alice");
            let role = "arn:aws:iam::123456789012:role/app";
            let provider = "arn:aws:iam::123456789012:saml-provider/idp";
            assert!(assertion.check_role(role, provider).is_ok());
            assert!(
                assertion
                    .check_role("arn:aws:iam::123456789012:role/other", provider)
                    .is_err()
            );
            let _ = assertion.condition_keys("123456789012", "idp");
        }
        Err(error) => {
            let _ = (error.message(), error.detail());
        }
    }
});
