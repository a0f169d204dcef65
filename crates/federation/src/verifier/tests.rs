//! Verification with keys of this process: what must pass and what must not.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384};
use serde_json::{Value, json};

use super::*;
use crate::testing::{NOW, encode, first_id, issuer, issuer_url, pair_of, payload, sign_with};

mod review;

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn verifier() -> Verifier {
    let verifier = Verifier::new(VerifierConfig::default()).unwrap();
    verifier.host(issuer());
    verifier
}

async fn verify(text: &str) -> Result<Claims, TokenError> {
    let provider = ProviderRef {
        url: &issuer_url(),
        thumbprints: &[],
        pushed: None,
    };
    verifier()
        .verify(&UnverifiedToken::parse(text)?, &provider, now())
        .await
}

fn header() -> String {
    json!({"alg": "RS256", "kid": crate::testing::first_id(&issuer())}).to_string()
}

fn signed(payload: &Value) -> String {
    sign_with(
        &pair_of(&issuer()),
        &RSA_PKCS1_SHA256,
        &header(),
        &payload.to_string(),
    )
}

fn assert_unverifiable(result: Result<Claims, TokenError>, case: &str) {
    assert!(
        matches!(result, Err(TokenError::Unverifiable { .. })),
        "{case}: {result:?}"
    );
}

#[tokio::test]
async fn a_hosted_issuers_token_verifies_without_a_network_call() {
    let token = crate::issuer::ServiceAccountToken {
        account: "ns/sa".parse().unwrap(),
        audiences: vec!["sts.amazonaws.com".to_owned()],
        lifetime_seconds: 86_400,
        pod: None,
    };
    let claims = verify(&issuer().sign(&token, now()).unwrap())
        .await
        .unwrap();
    assert_eq!(claims.subject, "system:serviceaccount:ns:sa");
    assert_eq!(claims.audience, ["sts.amazonaws.com"]);
    assert_eq!(claims.issuer, issuer_url());
    assert_eq!((claims.issued_at, claims.expires_at), (NOW, NOW + 86_400));
    assert_eq!(claims.not_before, Some(NOW));
    assert_eq!(claims.claim("kubernetes.io").unwrap()["namespace"], "ns");
}

#[tokio::test]
async fn an_altered_token_is_refused() {
    let text = signed(&payload(&issuer_url()));
    verify(&text).await.unwrap();
    let (head, signature) = text.rsplit_once('.').unwrap();
    let (head, _) = head.split_once('.').unwrap();
    let mut other = payload(&issuer_url());
    other["sub"] = json!("system:serviceaccount:ns:admin");
    let altered = format!("{head}.{}.{signature}", encode(other.to_string()));
    assert_unverifiable(verify(&altered).await, "payload");
    let unkeyed = format!(
        "{}.{}.{signature}",
        encode(r#"{"alg":"RS256"}"#),
        encode(payload(&issuer_url()).to_string())
    );
    assert_unverifiable(verify(&unkeyed).await, "header");
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    let (signed, _) = text.rsplit_once('.').unwrap();
    let flipped = format!("{signed}.{first}{}", &signature[1..]);
    assert_unverifiable(verify(&flipped).await, "signature");
}

#[tokio::test]
async fn an_hmac_made_with_the_public_key_is_no_signature() {
    let pair = pair_of(&issuer());
    let jwks = issuer().jwks();
    for secret in [pair.public_key().as_ref(), jwks.as_slice(), b""] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        for algorithm in ["HS256", "RS256"] {
            let head =
                json!({"alg": algorithm, "kid": crate::testing::first_id(&issuer())}).to_string();
            let signed = format!(
                "{}.{}",
                encode(head),
                encode(payload(&issuer_url()).to_string())
            );
            let tag = hmac::sign(&key, signed.as_bytes());
            let result = verify(&format!("{signed}.{}", encode(tag))).await;
            assert_eq!(result.unwrap_err().code(), "InvalidIdentityToken");
        }
    }
}

#[tokio::test]
async fn the_header_cannot_change_the_keys_algorithm_or_bring_a_key() {
    let own = pair_of(&issuer());
    let foreign = crate::Issuer::generate(issuer_url()).unwrap();
    let foreign_pair = pair_of(&foreign);
    let foreign_jwk: Value = serde_json::from_slice(&foreign.jwks()).unwrap();
    let body = payload(&issuer_url()).to_string();
    let id = crate::testing::first_id(&issuer());
    for header in [
        json!({"alg": "RS256", "jwk": foreign_jwk["keys"][0]}),
        json!({"alg": "RS256", "kid": id, "jku": "https://evil.example/keys"}),
        json!({"alg": "RS256", "kid": id, "x5u": "https://evil.example/c", "x5c": ["AA=="]}),
        json!({"alg": "RS256", "kid": crate::testing::first_id(&foreign), "jwk": foreign_jwk["keys"][0]}),
    ] {
        let text = sign_with(&foreign_pair, &RSA_PKCS1_SHA256, &header.to_string(), &body);
        assert_unverifiable(verify(&text).await, &header.to_string());
    }
    // Members that aren't looked at don't spoil a good token either.
    let header = json!({"alg": "RS256", "kid": id, "jku": "https://evil.example/keys"});
    let text = sign_with(&own, &RSA_PKCS1_SHA256, &header.to_string(), &body);
    verify(&text).await.unwrap();
    // The key is published for RS256, so the very same key doesn't verify RS384.
    let header = json!({"alg": "RS384", "kid": id});
    let text = sign_with(&own, &RSA_PKCS1_SHA384, &header.to_string(), &body);
    assert_unverifiable(verify(&text).await, "RS384");
    let header = json!({"alg": "ES256", "kid": id});
    let text = sign_with(&own, &RSA_PKCS1_SHA256, &header.to_string(), &body);
    assert_unverifiable(verify(&text).await, "ES256");
}

#[tokio::test]
async fn a_key_of_one_provider_does_not_verify_for_another() {
    let verifier = verifier();
    let other_url: IssuerUrl = "https://other.example".parse().unwrap();
    let other = Arc::new(crate::Issuer::generate(other_url.clone()).unwrap());
    verifier.host(Arc::clone(&other));
    // Signed with the first issuer's key, under its key id, but in the other's name.
    let text = signed(&payload(&other_url));
    let token = UnverifiedToken::parse(&text).unwrap();
    let provider = ProviderRef {
        url: &other_url,
        thumbprints: &[],
        pushed: None,
    };
    assert_unverifiable(
        verifier.verify(&token, &provider, now()).await,
        "kid of another",
    );
}

#[tokio::test]
async fn the_issuer_must_equal_the_provider_byte_for_byte() {
    for issuer in [
        "https://host.example/id/A/",
        "http://host.example/id/A",
        "HTTPS://host.example/id/A",
        "https://HOST.example/id/A",
        "https://host.example/id/a",
        "https://user@host.example/id/A",
        "https://host.example:443/id/A",
        "https://host.example/id/A?x",
        "https://host.example/id/A#x",
        "https://host.example/id/A.evil",
        "https://host.example",
        "host.example/id/A",
        "https://host.example/id/../id/A",
        "",
    ] {
        let mut payload = payload(&issuer_url());
        payload["iss"] = json!(issuer);
        let result = verify(&signed(&payload)).await;
        assert!(
            matches!(result, Err(TokenError::UnknownProvider { .. })),
            "{issuer}: {result:?}"
        );
    }
}

#[tokio::test]
async fn nothing_is_told_before_the_signature_is_verified() {
    // Each of these has a second fault that would have its own text.
    let foreign = crate::Issuer::generate(issuer_url()).unwrap();
    let pair = pair_of(&foreign);
    for change in [
        json!({"exp": NOW - 1}),
        json!({"exp": "never"}),
        json!({"aud": null}),
        json!({"nbf": NOW + 9999}),
        json!({"sub": 7}),
    ] {
        let mut payload = payload(&issuer_url());
        for (name, value) in change.as_object().unwrap() {
            payload[name] = value.clone();
        }
        let mut messages = Vec::new();
        for header in [
            header(),
            json!({"alg": "RS256", "kid": "unknown"}).to_string(),
        ] {
            let text = sign_with(&pair, &RSA_PKCS1_SHA256, &header, &payload.to_string());
            let error = verify(&text).await.unwrap_err();
            messages.push((error.code(), error.message(), error.http_status()));
        }
        assert_eq!(
            messages[0], messages[1],
            "a wrong signature and an unknown key look alike"
        );
        assert!(messages[0].1.contains(",  please reference"));
    }
}

#[tokio::test]
async fn a_signed_token_without_expiry_or_out_of_date_is_refused() {
    for (name, value, code) in [
        ("exp", Value::Null, "InvalidIdentityToken"),
        ("exp", json!(NOW), "ExpiredTokenException"),
        ("exp", json!(1.0e9), "InvalidIdentityToken"),
        ("iat", json!(NOW + 61), "InvalidIdentityToken"),
        ("iat", json!(NOW - 90_001), "ExpiredTokenException"),
        ("nbf", json!(NOW + 61), "InvalidIdentityToken"),
    ] {
        let mut payload = payload(&issuer_url());
        payload[name] = value;
        assert_eq!(
            verify(&signed(&payload)).await.unwrap_err().code(),
            code,
            "{name}"
        );
    }
    let mut payload = payload(&issuer_url());
    payload.as_object_mut().unwrap().remove("exp");
    assert_eq!(
        verify(&signed(&payload)).await.unwrap_err(),
        TokenError::MissingClaim("exp")
    );
    let huge = payload.to_string().replace('}', r#","exp":1e400}"#);
    let text = sign_with(&pair_of(&issuer()), &RSA_PKCS1_SHA256, &header(), &huge);
    assert!(matches!(
        verify(&text).await,
        Err(TokenError::Malformed { .. })
    ));
}

#[tokio::test]
async fn a_token_for_the_api_server_is_refused_for_sts() {
    let mut payload = payload(&issuer_url());
    payload["aud"] = json!(["https://kubernetes.default.svc"]);
    let claims = verify(&signed(&payload)).await.unwrap();
    assert_eq!(
        claims.used_audience(&["sts.amazonaws.com".to_owned()]),
        Err(TokenError::IncorrectAudience)
    );
}

#[test]
fn extra_roots_must_be_certificates() {
    for pem in [
        &b""[..],
        b"junk",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        let config = VerifierConfig {
            extra_roots_pem: Some(pem.to_vec()),
            ..VerifierConfig::default()
        };
        assert!(matches!(
            Verifier::new(config),
            Err(VerifierError::Roots(_))
        ));
    }
}

async fn verify_with(
    verifier: &Verifier,
    text: &str,
    pushed: Option<&PushedKeys>,
    after: i64,
) -> Result<Claims, TokenError> {
    let url = issuer_url();
    let provider = ProviderRef {
        url: &url,
        thumbprints: &[],
        pushed,
    };
    let now = Timestamp::from_second(NOW + after).unwrap();
    verifier
        .verify(&UnverifiedToken::parse(text).unwrap(), &provider, now)
        .await
}

/// An issuer of the same URL with a key of its own.
fn another() -> Arc<Issuer> {
    Arc::new(Issuer::generate(issuer_url()).unwrap())
}

fn knows(verifier: &Verifier, text: &str, issuer: &Issuer) -> bool {
    let token = UnverifiedToken::parse(text).unwrap();
    let key = issuer.key(token.algorithm(), token.key_id()).unwrap();
    let verified = &verifier.shared.verified;
    verified.knows(&token.digest(), key.fingerprint(), now())
}

#[tokio::test]
async fn a_remembered_token_is_still_checked_for_all_but_its_signature() {
    let verifier = verifier();
    let text = signed(&payload(&issuer_url()));
    assert!(!knows(&verifier, &text, &issuer()));
    let first = verify_with(&verifier, &text, None, 0).await.unwrap();
    assert!(knows(&verifier, &text, &issuer()));
    let second = verify_with(&verifier, &text, None, 0).await.unwrap();
    assert_eq!(first.condition_keys("a"), second.condition_keys("a"));
    assert!(second.used_audience(&["another".to_owned()]).is_err());
    let expired = verify_with(&verifier, &text, None, 3600).await;
    assert!(matches!(expired, Err(TokenError::Expired { .. })));
    // Nothing that was refused is remembered, and no other token is like this one.
    let mut other = payload(&issuer_url());
    other["sub"] = json!("system:serviceaccount:ns:admin");
    let (head, signature) = text.rsplit_once('.').unwrap();
    let (head, _) = head.split_once('.').unwrap();
    let altered = format!("{head}.{}.{signature}", encode(other.to_string()));
    for _ in 0..2 {
        assert_unverifiable(verify_with(&verifier, &altered, None, 0).await, "altered");
        assert!(!knows(&verifier, &altered, &issuer()));
    }
    let mut late = payload(&issuer_url());
    late["nbf"] = json!(NOW + 9999);
    let late = signed(&late);
    assert!(verify_with(&verifier, &late, None, 0).await.is_err());
    assert!(!knows(&verifier, &late, &issuer()));
}

#[tokio::test]
async fn a_remembered_token_is_refused_once_its_key_is_removed() {
    let issuer = another();
    let verifier = Verifier::new(VerifierConfig::default()).unwrap();
    verifier.host(Arc::clone(&issuer));
    let header = json!({"alg": "RS256", "kid": first_id(&issuer)}).to_string();
    let body = payload(&issuer_url()).to_string();
    let text = sign_with(&pair_of(&issuer), &RSA_PKCS1_SHA256, &header, &body);
    verify_with(&verifier, &text, None, 0).await.unwrap();
    let old = first_id(&issuer);
    let rotated = issuer.with_new_key(now()).unwrap();
    let retired = rotated.without_key(&old, now()).unwrap();
    verifier.host(Arc::new(rotated));
    verify_with(&verifier, &text, None, 0).await.unwrap();
    verifier.host(Arc::new(retired));
    assert_unverifiable(verify_with(&verifier, &text, None, 0).await, "retired");
}

#[tokio::test]
async fn a_remembered_token_is_refused_if_its_key_id_gets_another_key() {
    let (one, two) = (another(), another());
    let verifier = Verifier::new(VerifierConfig::default()).unwrap();
    let named = |issuer: &Issuer| {
        let mut set: Value = serde_json::from_slice(&issuer.jwks()).unwrap();
        set["keys"][0]["kid"] = json!("same");
        PushedKeys::from_jwks(set.to_string().as_bytes()).unwrap()
    };
    let header = json!({"alg": "RS256", "kid": "same"}).to_string();
    let body = payload(&issuer_url()).to_string();
    let text = sign_with(&pair_of(&one), &RSA_PKCS1_SHA256, &header, &body);
    let (first, second) = (named(&one), named(&two));
    for _ in 0..2 {
        verify_with(&verifier, &text, Some(&first), 0)
            .await
            .unwrap();
        let other = verify_with(&verifier, &text, Some(&second), 0).await;
        assert_unverifiable(other, "another key of the same id");
    }
}

#[tokio::test]
async fn forgetting_an_issuer_forgets_its_tokens() {
    let verifier = verifier();
    let text = signed(&payload(&issuer_url()));
    verify_with(&verifier, &text, None, 0).await.unwrap();
    verifier.forget(&issuer_url());
    assert!(!knows(&verifier, &text, &issuer()));
    verify_with(&verifier, &text, None, 0).await.unwrap();
}

#[tokio::test]
async fn pushed_keys_are_the_only_ones_that_count() {
    let pushed = another();
    let keys = PushedKeys::from_jwks(&pushed.jwks()).unwrap();
    let header = json!({"alg": "RS256", "kid": first_id(&pushed)}).to_string();
    let body = payload(&issuer_url()).to_string();
    let text = sign_with(&pair_of(&pushed), &RSA_PKCS1_SHA256, &header, &body);
    let claims = verify_with(&verifier(), &text, Some(&keys), 0).await;
    assert_eq!(claims.unwrap().subject, "system:serviceaccount:ns:sa");
    // The key of the issuer that this process hosts under the same URL.
    let own = signed(&payload(&issuer_url()));
    assert_unverifiable(verify_with(&verifier(), &own, Some(&keys), 0).await, "own");
    assert_unverifiable(verify_with(&verifier(), &text, None, 0).await, "not pushed");
}
