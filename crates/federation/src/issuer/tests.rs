//! What the issuer writes, and what its keys are.

use super::*;
use crate::testing::{NOW, first_id, issuer, issuer_url};

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
        json!({"alg": "RS256", "kid": first_id(&issuer)})
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
        (&json!("AQAB"), &json!(first_id(&issuer)))
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
    assert_eq!(first_id(&issuer()), URL_SAFE_NO_PAD.encode(hash));
}

#[test]
fn stored_keys_make_the_same_issuer_again() {
    let issuer = issuer();
    let again = Issuer::from_stored(issuer_url(), &issuer.stored_keys()).unwrap();
    assert_eq!(again.jwks(), issuer.jwks());
    assert_eq!(again.key_ids(now()), issuer.key_ids(now()));
    assert!(!format!("{again:?} {:?}", again.stored_keys()).contains("48, 130"));

    let junk = StoredKey {
        private: PrivateKey::from_pkcs8(b"junk".to_vec()),
        signs_from: 0,
    };
    assert_eq!(
        Issuer::from_stored(issuer_url(), &[junk]).unwrap_err(),
        IssuerError::InvalidKey
    );
    assert_eq!(
        Issuer::from_stored(issuer_url(), &[]).unwrap_err(),
        IssuerError::KeyCount
    );
}

#[test]
fn a_new_key_is_published_before_it_signs_and_the_old_one_stays_until_it_is_retired() {
    let old = first_id(&issuer());
    let at = |seconds: i64| Timestamp::from_second(NOW + seconds).unwrap();
    let issuer = issuer().with_new_key(at(600)).unwrap();
    let ids = |after: i64| issuer.key_ids(at(after));
    let new = ids(0)[0].0.clone();
    assert_ne!(new, old);
    let signed = |after: i64| decode(&issuer.sign(&token(), at(after)).unwrap(), 0)["kid"].clone();

    assert_eq!(ids(0)[0].1, KeyUse::Next(NOW + 600));
    assert_eq!(ids(0)[1], (old.clone(), KeyUse::Signs));
    assert_eq!(signed(599), json!(old));
    assert_eq!(
        issuer.without_key(&old, at(599)).unwrap_err(),
        IssuerError::CurrentKey(old.clone())
    );
    let published: Value = serde_json::from_slice(&issuer.jwks()).unwrap();
    assert_eq!(published["keys"].as_array().unwrap().len(), 2);

    assert_eq!(ids(600)[0].1, KeyUse::Signs);
    assert_eq!(ids(600)[1].1, KeyUse::Earlier);
    assert_eq!(signed(600), json!(new));
    assert!(issuer.key(Algorithm::Rs256, Some(&old)).is_ok());
    assert_eq!(
        issuer.without_key("unknown", at(600)).unwrap_err(),
        IssuerError::UnknownKey("unknown".to_owned())
    );
    let retired = issuer.without_key(&old, at(600)).unwrap();
    assert!(retired.key(Algorithm::Rs256, Some(&old)).is_err());
    let published: Value = serde_json::from_slice(&retired.jwks()).unwrap();
    assert_eq!(published["keys"].as_array().unwrap().len(), 1);
    // With a clock that was set back the key goes on signing.
    let signed = retired.sign(&token(), at(0)).unwrap();
    assert_eq!(decode(&signed, 0)["kid"], json!(new));
}

/// A key as `openssl genrsa` and ccoctl write it, with the id that `openssl rsa -pubout -outform DER | sha256sum` gives.
#[test]
fn a_key_that_ccoctl_made_is_taken_in_either_form() {
    let pkcs8 = issuer().stored_keys().swap_remove(0).private;
    let pem = |label: &str, der: &[u8]| {
        use base64::engine::general_purpose::STANDARD;
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
    };
    // PKCS #8 of an RSA key is a header of 26 bytes and the PKCS #1 key (RFC 5958, RFC 8017).
    let pkcs1 = &pkcs8.as_pkcs8()[26..];
    for text in [
        pem("PRIVATE KEY", pkcs8.as_pkcs8()),
        pem("RSA PRIVATE KEY", pkcs1),
    ] {
        assert_eq!(PrivateKey::from_pem(text.as_bytes()).unwrap(), pkcs8);
    }
    let known = issuer().with_key(pkcs8.clone(), now()).unwrap_err();
    assert_eq!(known, IssuerError::KnownKey(first_id(&issuer())));
    for text in [
        "",
        "x",
        &pem("PUBLIC KEY", pkcs1),
        &pem("PRIVATE KEY", b"junk"),
    ] {
        let refused = PrivateKey::from_pem(text.as_bytes());
        assert_eq!(refused.unwrap_err(), IssuerError::InvalidKey);
    }
}

#[test]
fn documents_are_ccoctls_byte_for_byte() {
    let issuer = issuer();
    let discovery = String::from_utf8(issuer.discovery_document()).unwrap();
    let expected = [
        "{",
        "\t\"issuer\": \"https://host.example/id/A\",",
        "\t\"jwks_uri\": \"https://host.example/id/A/keys.json\",",
        "    \"response_types_supported\": [",
        "        \"id_token\"",
        "    ],",
        "    \"subject_types_supported\": [",
        "        \"public\"",
        "    ],",
        "    \"id_token_signing_alg_values_supported\": [",
        "        \"RS256\"",
        "    ],",
        "    \"claims_supported\": [",
        "        \"aud\",",
        "        \"exp\",",
        "        \"sub\",",
        "        \"iat\",",
        "        \"iss\",",
        "        \"sub\"",
        "    ]",
        "}",
    ];
    assert_eq!(discovery, expected.join("\n"));
    let keys = String::from_utf8(issuer.jwks()).unwrap();
    let lines: Vec<&str> = keys.lines().collect();
    let id = first_id(&issuer);
    assert_eq!(&lines[..3], ["{", "    \"keys\": [", "        {"]);
    assert_eq!(lines[3], "            \"use\": \"sig\",");
    assert_eq!(lines[4], "            \"kty\": \"RSA\",");
    assert_eq!(lines[5], format!("            \"kid\": \"{id}\","));
    assert_eq!(lines[6], "            \"alg\": \"RS256\",");
    assert!(lines[7].starts_with("            \"n\": \""));
    assert_eq!(lines[8], "            \"e\": \"AQAB\"");
    assert_eq!(&lines[9..], ["        }", "    ]", "}"]);
}
