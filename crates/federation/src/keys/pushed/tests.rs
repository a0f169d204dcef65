//! Pushed keys: what is taken, what is refused, and the ids of keys in PEM.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::signature::{
    ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::algorithm::Algorithm;
use crate::testing::{first_id, issuer, pair_of};

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text
        .as_bytes()
        .chunks(64)
        .map(String::from_utf8_lossy)
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

fn rsa_pem(pair: &RsaKeyPair) -> String {
    let info = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap();
    pem("PUBLIC KEY", info.as_ref())
}

fn own() -> Value {
    serde_json::from_slice(&issuer().jwks()).unwrap()
}

fn push(set: &Value) -> Result<PushedKeys, InvalidKeys> {
    PushedKeys::read(set.to_string().as_bytes())
}

#[test]
fn a_clusters_key_set_is_taken_as_it_is() {
    let keys = push(&own()).unwrap();
    let document: Value = serde_json::from_str(&keys.document()).unwrap();
    assert_eq!(document, own());
    assert_eq!(keys.keys()[0].id, Some(first_id(&issuer())));
    let stored = serde_json::to_string(&keys).unwrap();
    assert_eq!(serde_json::from_str::<PushedKeys>(&stored).unwrap(), keys);
    assert!(keys.set().select(Algorithm::Rs256, None).is_ok());
    // What isn't used isn't kept.
    let mut more = own();
    more["keys"][0]["x5c"] = json!(["AAAA"]);
    more["extra"] = json!(1);
    assert_eq!(push(&more).unwrap().document(), keys.document());
}

#[test]
fn a_public_key_in_pem_has_the_id_that_kube_apiserver_gives_it() {
    let text = rsa_pem(&pair_of(&issuer()));
    let keys = PushedKeys::read(text.as_bytes()).unwrap();
    // Our issuer derives its ids by the same rule, from the key that it signs with.
    assert_eq!(keys.keys()[0].id, Some(first_id(&issuer())));
    assert_eq!(keys.document(), push(&own()).unwrap().document());

    let ec = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
    let ec = AsDer::<PublicKeyX509Der<'_>>::as_der(ec.public_key()).unwrap();
    let ed = Ed25519KeyPair::generate().unwrap();
    let ed = AsDer::<PublicKeyX509Der<'_>>::as_der(ed.public_key()).unwrap();
    let all = format!(
        "# a comment\n{text}{}\r\n{}",
        pem("PUBLIC KEY", ec.as_ref()),
        pem("PUBLIC KEY", ed.as_ref())
    );
    let keys = PushedKeys::read(all.as_bytes()).unwrap();
    let algorithms: Vec<_> = keys.keys().iter().map(|key| key.algorithm).collect();
    assert_eq!(algorithms, ["RS256", "ES384", "EdDSA"]);
}

#[test]
fn the_key_id_rule_is_that_of_a_published_example() {
    // The key of `openssl genpkey -algorithm ed25519`, RFC 8410, section 10.1; the id is
    // `openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | basenc --base64url`, without padding.
    let text = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
    let keys = PushedKeys::read(text.as_bytes()).unwrap();
    assert_eq!(
        keys.keys()[0].id.as_deref(),
        Some("oekVYFTgT6yJmunydRMs3Ael28TqLCrTof_G4NJTaB8")
    );
}

#[test]
fn private_and_symmetric_keys_are_refused() {
    let pair = issuer().stored_keys()[0].private.as_pkcs8().to_vec();
    for label in [
        "PRIVATE KEY",
        "RSA PRIVATE KEY",
        "EC PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
    ] {
        let text = pem(label, &pair);
        assert_eq!(
            PushedKeys::read(text.as_bytes()),
            Err(InvalidKeys::Private),
            "{label}"
        );
    }
    let mut set = own();
    set["keys"][0]["d"] = json!("AAAA");
    assert_eq!(push(&set), Err(InvalidKeys::Private));
    let symmetric = json!({"keys": [{"kty": "oct", "k": "AAAA"}]});
    assert_eq!(push(&symmetric), Err(InvalidKeys::Private));
}

#[test]
fn a_key_that_cannot_be_used_is_named() {
    let mut set = own();
    let second = json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"});
    set["keys"].as_array_mut().unwrap().push(second);
    assert!(matches!(
        push(&set),
        Err(InvalidKeys::Unusable { place: 2, .. })
    ));
    // Keys for encryption are other people's business.
    set["keys"][1]["use"] = json!("enc");
    assert_eq!(push(&set).unwrap().keys().len(), 1);
    assert_eq!(push(&json!({"keys": []})), Err(InvalidKeys::Count));
    for text in [
        "",
        "{}",
        "[]",
        "<html>",
        r#"{"keys":{}}"#,
        r#"{"keys":[],"keys":[]}"#,
    ] {
        let refused = PushedKeys::read(text.as_bytes()).unwrap_err();
        assert!(
            matches!(refused, InvalidKeys::Document(_)),
            "{text}: {refused}"
        );
    }
    for text in [
        "-----BEGIN PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\n!\n-----END PUBLIC KEY-----",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        "-----BEGIN RSA PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----",
    ] {
        let refused = PushedKeys::read(text.as_bytes()).unwrap_err();
        assert!(matches!(refused, InvalidKeys::Pem(_)), "{text}: {refused}");
    }
}

#[test]
fn two_keys_that_a_token_cannot_tell_apart_are_refused() {
    let ed = |id: &str| {
        let pair = Ed25519KeyPair::generate().unwrap();
        json!({"kty": "OKP", "crv": "Ed25519", "kid": id, "x": crate::testing::encode(pair.public_key())})
    };
    assert_eq!(
        push(&json!({"keys": [ed("a"), ed("a")]})),
        Err(InvalidKeys::Twice("a".to_owned()))
    );
    let one = ed("a");
    assert_eq!(push(&json!({"keys": [one, one]})).unwrap().keys().len(), 1);
    let many: Vec<_> = (0..101).map(|n| ed(&n.to_string())).collect();
    assert_eq!(push(&json!({"keys": many})), Err(InvalidKeys::Count));

    // Adding and taking away.
    let first = push(&json!({"keys": [ed("a"), ed("b")]})).unwrap();
    let newer = push(&json!({"keys": [ed("b"), ed("c")]})).unwrap();
    let both = first.with(&newer).unwrap();
    let ids: Vec<_> = both.keys().iter().map(|key| key.id.as_deref()).collect();
    assert_eq!(ids, [Some("b"), Some("c"), Some("a")]);
    let b = |keys: &PushedKeys| {
        let key = keys.set().select(Algorithm::EdDsa, Some("b")).unwrap();
        *key.fingerprint()
    };
    assert_eq!(b(&both), b(&newer));
    assert_eq!(both.without("b").unwrap().keys().len(), 2);
    assert_eq!(newer.without("b").unwrap().without("c"), None);
}
