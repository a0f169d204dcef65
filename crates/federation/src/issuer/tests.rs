//! What the issuer writes, and what its keys are.

use super::*;
use crate::testing::{NOW, issuer, issuer_url};

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn token() -> ServiceAccountToken {
    ServiceAccountToken {
        account: "ns/sa".parse().unwrap(),
        audiences: vec!["sts.amazonaws.com".to_owned()],
        lifetime_seconds: 86_400,
        pod: None,
    }
}

fn decode(text: &str, part: usize) -> Value {
    let part = text.split('.').nth(part).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[test]
fn a_token_says_what_kubernetes_says() {
    let issuer = issuer();
    let text = issuer.sign(&token(), now()).unwrap();
    assert_eq!(
        decode(&text, 0),
        json!({"alg": "RS256", "kid": issuer.key_ids()[0]})
    );
    let claims = decode(&text, 1);
    let id = claims["jti"].as_str().unwrap().to_owned();
    assert_eq!((id.len(), &id[14..15]), (36, "4"));
    assert_eq!(
        claims,
        json!({
            "aud": ["sts.amazonaws.com"],
            "exp": NOW + 86_400,
            "iat": NOW,
            "iss": "https://host.example/id/A",
            "jti": id,
            "kubernetes.io": {
                "namespace": "ns",
                "serviceaccount": {"name": "sa", "uid": token().account.uid(&issuer_url())},
            },
            "nbf": NOW,
            "sub": "system:serviceaccount:ns:sa",
        })
    );
    let again = decode(&issuer.sign(&token(), now()).unwrap(), 1);
    assert_ne!(again["jti"], json!(id), "each token has its own id");
}

#[test]
fn a_token_bound_to_a_pod_names_it() {
    let pod = PodRef {
        name: "p-1".to_owned(),
        uid: "0b7e".to_owned(),
    };
    let bound = ServiceAccountToken {
        pod: Some(pod),
        ..token()
    };
    let claims = decode(&issuer().sign(&bound, now()).unwrap(), 1);
    assert_eq!(
        claims["kubernetes.io"]["pod"],
        json!({"name": "p-1", "uid": "0b7e"})
    );
}

#[test]
fn lifetimes_and_audiences_that_no_cluster_gives_are_refused() {
    for lifetime_seconds in [0, -1, 599, 86_401, i64::MAX, i64::MIN] {
        let request = ServiceAccountToken {
            lifetime_seconds,
            ..token()
        };
        assert_eq!(
            issuer().sign(&request, now()),
            Err(IssuerError::Lifetime(lifetime_seconds))
        );
    }
    for audiences in [vec![], vec![String::new()]] {
        let request = ServiceAccountToken {
            audiences,
            ..token()
        };
        assert_eq!(issuer().sign(&request, now()), Err(IssuerError::Audience));
    }
}

#[test]
fn documents_lead_from_the_issuer_to_its_keys() {
    let issuer = issuer();
    let discovery: Value = serde_json::from_slice(&issuer.discovery_document()).unwrap();
    assert_eq!(discovery["issuer"], "https://host.example/id/A");
    assert_eq!(discovery["jwks_uri"], "https://host.example/id/A/keys.json");
    let keys: Value = serde_json::from_slice(&issuer.jwks()).unwrap();
    let key = keys["keys"][0].as_object().unwrap();
    let names: Vec<&str> = key.keys().map(String::as_str).collect();
    assert_eq!(names, ["alg", "e", "kid", "kty", "n", "use"]);
    assert_eq!(
        (&key["e"], &key["kid"]),
        (&json!("AQAB"), &json!(issuer.key_ids()[0]))
    );
    assert_eq!(key["n"].as_str().unwrap().len(), 342);
}

#[test]
fn the_key_id_is_the_hash_of_the_public_key() {
    // A SubjectPublicKeyInfo of a 2048-bit RSA key is this header and the PKCS #1 key.
    use aws_lc_rs::signature::KeyPair;
    let header = [
        0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
        0x01, 0x01, 0x05, 0x00, 0x03, 0x82, 0x01, 0x0f, 0x00,
    ];
    let pair = crate::testing::pair_of(&issuer());
    let spki = [&header[..], pair.public_key().as_ref()].concat();
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &spki);
    assert_eq!(issuer().key_ids()[0], URL_SAFE_NO_PAD.encode(hash));
}

#[test]
fn stored_keys_make_the_same_issuer_again() {
    let issuer = issuer();
    let again = Issuer::from_pkcs8(issuer_url(), &issuer.private_keys()).unwrap();
    assert_eq!(again.jwks(), issuer.jwks());
    assert_eq!(again.key_ids(), issuer.key_ids());
    assert!(!format!("{again:?} {:?}", again.private_keys()).contains("48, 130"));

    let junk = PrivateKey::from_pkcs8(b"junk".to_vec());
    assert_eq!(
        Issuer::from_pkcs8(issuer_url(), &[junk]).unwrap_err(),
        IssuerError::InvalidKey
    );
    assert_eq!(
        Issuer::from_pkcs8(issuer_url(), &[]).unwrap_err(),
        IssuerError::KeyCount
    );
}

#[test]
fn rotation_overlaps_and_retirement_ends_it() {
    let issuer = Issuer::from_pkcs8(issuer_url(), &self::issuer().private_keys()).unwrap();
    let old = issuer.key_ids()[0].clone();
    issuer.rotate().unwrap();
    let ids = issuer.key_ids();
    assert_eq!((ids.len(), &ids[1]), (2, &old));
    assert_ne!(ids[0], old);
    let signed = decode(&issuer.sign(&token(), now()).unwrap(), 0);
    assert_eq!(signed["kid"], json!(ids[0]));
    assert!(issuer.key(Algorithm::Rs256, Some(&old)).is_ok());

    assert!(!issuer.retire("unknown").unwrap());
    assert!(!issuer.retire(&ids[0]).unwrap(), "the current key stays");
    assert!(issuer.retire(&old).unwrap());
    assert!(issuer.key(Algorithm::Rs256, Some(&old)).is_err());
    let keys: Value = serde_json::from_slice(&issuer.jwks()).unwrap();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
}
