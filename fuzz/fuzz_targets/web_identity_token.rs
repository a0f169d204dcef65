//! Web identity tokens. What begins with `{` is a payload, signed here with the issuer's own key, so that the claims are
//! reached; everything else is a token as a client sends it, and none that we did not sign may ever verify.
#![no_main]

use std::sync::{Arc, LazyLock};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use federation::{Issuer, IssuerUrl, ProviderRef, UnverifiedToken, Verifier, VerifierConfig};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use tokio::runtime::Runtime;

struct World {
    url: IssuerUrl,
    key: RsaKeyPair,
    header: String,
    verifier: Verifier,
    runtime: Runtime,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let url: IssuerUrl = "https://oidc.example/id/A".parse().expect("a URL");
    let issuer = Arc::new(Issuer::generate(url.clone()).expect("a key"));
    let verifier = Verifier::new(VerifierConfig::default()).expect("a verifier");
    verifier.host(Arc::clone(&issuer));
    let key = RsaKeyPair::from_pkcs8(issuer.stored_keys()[0].private.as_pkcs8()).expect("a key");
    let (id, _) = issuer.key_ids(Timestamp::UNIX_EPOCH).swap_remove(0);
    let header = format!(r#"{{"alg":"RS256","kid":"{id}"}}"#);
    World {
        url,
        key,
        header: URL_SAFE_NO_PAD.encode(header),
        verifier,
        runtime: tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime"),
    }
});

fuzz_target!(|text: &str| {
    let signed = text.starts_with('{');
    let token = match signed {
        true => WORLD.sign(text),
        false => text.to_owned(),
    };
    let Ok(unverified) = UnverifiedToken::parse(&token) else {
        return;
    };
    let _ = format!("{unverified:?}");
    let provider = ProviderRef {
        url: &WORLD.url,
        thumbprints: &[],
        pushed: None,
    };
    // 2026-11-21T12:00:00Z
    let now = Timestamp::from_second(1_795_262_400).expect("a time");
    let verified = WORLD
        .runtime
        .block_on(WORLD.verifier.verify(&unverified, &provider, now));
    match verified {
        Ok(claims) => {
            assert!(signed, "a token that nobody signed");
            assert_eq!(unverified.issuer(), WORLD.url.as_str());
            let audiences = ["sts.amazonaws.com".to_owned()];
            if let Ok(audience) = claims.used_audience(&audiences) {
                assert_eq!(audience, audiences[0]);
                let _ = claims.condition_keys(&audience);
                let _ = claims.session_keys(&audience);
            }
            let _ = claims.tags();
            let _ = claims.source_identity();
            let _ = claims.authorizes_role("arn:aws:iam::123456789012:role/app");
        }
        Err(error) => {
            assert!((400..500).contains(&error.http_status()), "{error:?}");
            let _ = (error.code(), error.message(), error.detail());
        }
    }
});

impl World {
    fn sign(&self, payload: &str) -> String {
        let message = format!("{}.{}", self.header, URL_SAFE_NO_PAD.encode(payload));
        let mut signature = vec![0; self.key.public_modulus_len()];
        let random = SystemRandom::new();
        let made = self.key.sign(
            &RSA_PKCS1_SHA256,
            &random,
            message.as_bytes(),
            &mut signature,
        );
        made.expect("a signature");
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}
