//! Discovery documents: whatever an issuer answers, its key set is fetched over https or not at all, and no other issuer's
//! document passes for its own.
#![no_main]

use std::sync::LazyLock;

use federation::{IssuerUrl, key_set_url};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

static ISSUER: LazyLock<IssuerUrl> =
    LazyLock::new(|| "https://oidc.example/id/A".parse().expect("a URL"));

fuzz_target!(|document: &[u8]| {
    match key_set_url(&ISSUER, document) {
        Ok(url) => {
            assert!(url.starts_with("https://"), "{url}");
            let read: Value = serde_json::from_slice(document).expect("JSON");
            assert_eq!(read["issuer"], ISSUER.as_str());
            assert_eq!(read["jwks_uri"], url);
        }
        Err(error) => {
            assert_eq!(error.code(), "InvalidIdentityToken");
            // The caller learns nothing of the document.
            assert!(
                error
                    .message()
                    .starts_with("Couldn't retrieve verification key")
            );
        }
    }
});
