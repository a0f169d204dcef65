//! Keys against vectors of RFC 7515, and against what must not pass.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
    ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::*;
use crate::testing::{encode, issuer, pair_of};
use crate::token::UnverifiedToken;

fn set(keys: Value) -> KeySet {
    KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

fn own_jwk() -> Value {
    let document: Value = serde_json::from_slice(&issuer().jwks()).unwrap();
    document["keys"][0].clone()
}

/// The JWK with some members changed; null removes one.
fn with(jwk: &Value, change: Value) -> Value {
    let mut jwk = jwk.clone();
    for (name, value) in change.as_object().unwrap() {
        match value {
            Value::Null => {
                jwk.as_object_mut().unwrap().remove(name);
            }
            value => jwk[name] = value.clone(),
        }
    }
    jwk
}

fn ec_key(algorithm: &'static EcdsaSigningAlgorithm, curve: &str) -> (EcdsaKeyPair, Value) {
    let pair = EcdsaKeyPair::generate(algorithm).unwrap();
    let point = pair.public_key().as_ref();
    let (x, y) = point[1..].split_at(point.len() / 2);
    let jwk = json!({"kty": "EC", "crv": curve, "kid": "ec", "x": encode(x), "y": encode(y)});
    (pair, jwk)
}

#[test]
fn vectors_of_rfc_7515_verify() {
    // Appendix A.2 and A.3: the payload is {"iss":"joe", …}.
    let rsa = json!({"kty": "RSA", "e": "AQAB", "n": concat!(
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZ",
        "S-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2",
        "R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcD",
        "TW9gb54h4FRWyuXpoQ",
    )});
    let ec = json!({"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"});
    let payload = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let rs256 = concat!(
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CU",
        "Ar7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_d",
        "O--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0ig",
        "cN_IoypGlUPQGe77Rw",
    );
    let es256 =
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    let keys = set(json!([rsa, ec]));
    for (header, signature) in [
        ("eyJhbGciOiJSUzI1NiJ9", rs256),
        ("eyJhbGciOiJFUzI1NiJ9", es256),
    ] {
        let token = UnverifiedToken::parse(&format!("{header}.{payload}.{signature}")).unwrap();
        assert_eq!(token.issuer(), "joe");
        let key = keys.select(token.algorithm(), token.key_id()).unwrap();
        key.verify(token.signed_part(), token.signature()).unwrap();
        let mut altered = token.signed_part().to_vec();
        *altered.last_mut().unwrap() ^= 1;
        assert!(key.verify(&altered, token.signature()).is_err());
    }
}

#[test]
fn every_algorithm_verifies_its_own_signatures_only() {
    let message = b"header.payload";
    let pair = pair_of(&issuer());
    let rsa: [(Algorithm, &'static dyn RsaEncoding); 4] = [
        (Algorithm::Rs256, &RSA_PKCS1_SHA256),
        (Algorithm::Rs384, &RSA_PKCS1_SHA384),
        (Algorithm::Rs512, &RSA_PKCS1_SHA512),
        (Algorithm::Ps256, &RSA_PSS_SHA256),
    ];
    for (algorithm, encoding) in rsa {
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(encoding, &SystemRandom::new(), message, &mut signature)
            .unwrap();
        for (other, _) in rsa {
            let keys = set(json!([with(&own_jwk(), json!({"alg": other.name()}))]));
            let key = keys.select(other, None).unwrap();
            assert_eq!(key.verify(message, &signature).is_ok(), other == algorithm);
            // A token can't ask the key for another algorithm than the one it was loaded for.
            assert_eq!(keys.select(algorithm, None).is_ok(), other == algorithm);
        }
    }
    for (algorithm, curve, signing) in [
        (Algorithm::Es256, "P-256", &ECDSA_P256_SHA256_FIXED_SIGNING),
        (Algorithm::Es384, "P-384", &ECDSA_P384_SHA384_FIXED_SIGNING),
        (Algorithm::Es512, "P-521", &ECDSA_P521_SHA512_FIXED_SIGNING),
    ] {
        let (pair, jwk) = ec_key(signing, curve);
        let signature = pair.sign(&SystemRandom::new(), message).unwrap();
        let keys = set(json!([jwk]));
        keys.select(algorithm, Some("ec"))
            .unwrap()
            .verify(message, signature.as_ref())
            .unwrap();
        for other in [
            Algorithm::Es256,
            Algorithm::Es384,
            Algorithm::Es512,
            Algorithm::Rs256,
        ] {
            assert_eq!(
                keys.select(other, Some("ec")).is_ok(),
                other == algorithm,
                "{other:?}"
            );
        }
    }
}

#[test]
fn an_rsa_key_that_names_no_algorithm_is_for_rs256_and_nothing_else() {
    let keys = set(json!([with(&own_jwk(), json!({"alg": null}))]));
    assert_eq!(keys.all.len(), 1);
    assert!(keys.select(Algorithm::Rs256, None).is_ok());
    for other in [Algorithm::Rs384, Algorithm::Rs512, Algorithm::Ps256] {
        assert!(keys.select(other, None).is_err(), "{other:?}");
    }
    // Published for two algorithms, it is two keys.
    let twice = set(json!([
        with(&own_jwk(), json!({"kid": "a", "alg": "PS256"})),
        with(&own_jwk(), json!({"kid": "b", "alg": "RS256"})),
    ]));
    assert!(twice.select(Algorithm::Ps256, Some("a")).is_ok());
    assert!(twice.select(Algorithm::Rs256, Some("a")).is_err());
    assert!(twice.select(Algorithm::Ps256, Some("b")).is_err());
}

#[test]
fn ed25519_keys_verify_the_vector_of_rfc_8037() {
    // Appendix A.4: the payload is no JSON, so the signature is verified without a token around it.
    let jwk =
        json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let signed = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    let signature = URL_SAFE_NO_PAD
        .decode("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg")
        .unwrap();
    for change in [
        json!({}),
        json!({"alg": "EdDSA"}),
        json!({"alg": "Ed25519"}),
    ] {
        let keys = set(json!([with(&jwk, change)]));
        let key = keys.select(Algorithm::EdDsa, None).unwrap();
        key.verify(signed, &signature).unwrap();
        assert!(key.verify(b"other", &signature).is_err());
        assert!(key.verify(signed, &[0; 64]).is_err());
        assert!(key.verify(signed, &signature[..63]).is_err());
    }
    for change in [
        json!({"alg": "ES256"}),
        json!({"alg": "RS256"}),
        json!({"crv": "X25519"}),
        json!({"crv": "Ed448"}),
        json!({"crv": null}),
        json!({"kty": "EC"}),
        json!({"x": encode([1; 31])}),
        json!({"x": null}),
    ] {
        let keys = set(json!([with(&jwk, change.clone())]));
        assert!(keys.all.is_empty(), "{change}");
    }
}

#[test]
fn ed25519_keys_are_counted_by_themselves() {
    let own = |n: usize| {
        let pair = Ed25519KeyPair::generate().unwrap();
        json!({"kty": "OKP", "crv": "Ed25519", "kid": format!("k{n}"), "x": encode(pair.public_key())})
    };
    let mut keys: Vec<Value> = (0..100).map(own).collect();
    keys.push(own_jwk());
    assert_eq!(set(json!(keys)).all.len(), 101);
    keys.push(own(100));
    let many = set(json!(keys));
    assert!(many.select(Algorithm::EdDsa, Some("k0")).is_err());
    assert_eq!(many.all.len(), 1);
}

#[test]
fn ecdsa_signatures_of_zeros_are_refused() {
    let (pair, jwk) = ec_key(&ECDSA_P256_SHA256_FIXED_SIGNING, "P-256");
    let keys = set(json!([jwk]));
    let key = keys.select(Algorithm::Es256, None).unwrap();
    let good = pair.sign(&SystemRandom::new(), b"m").unwrap();
    let half_zero = [&[0; 32][..], &good.as_ref()[32..]].concat();
    let too_long = [good.as_ref(), &[0]].concat();
    for signature in [
        &[0; 64][..],
        &[],
        &[0; 63],
        &half_zero,
        &too_long,
        &good.as_ref()[..63],
    ] {
        assert!(key.verify(b"m", signature).is_err());
    }
    key.verify(b"m", good.as_ref()).unwrap();
}

#[test]
fn short_rsa_keys_and_points_off_the_curve_are_left_out() {
    let jwk = own_jwk();
    let short = [&[0x81][..], &[0x55; 126], &[0x01]].concat();
    let almost = [&[0x7f][..], &[0x55; 254], &[0x01]].concat();
    let even = [&[0x81][..], &[0x55; 254], &[0x02]].concat();
    let padded_short = [&[0; 128][..], &short].concat();
    for n in [
        &[][..],
        &[1],
        &short,
        &almost,
        &even,
        &padded_short,
        &[0xff; 1025],
    ] {
        let keys = set(json!([with(&jwk, json!({"n": encode(n)}))]));
        assert!(keys.all.is_empty(), "{} bytes", n.len());
    }
    for e in [&[][..], &[0], &[1], &[2], &[1, 0, 0], &[0xff; 16]] {
        assert!(
            set(json!([with(&jwk, json!({"e": encode(e)}))]))
                .all
                .is_empty(),
            "{e:?}"
        );
    }
    let (_, ec) = ec_key(&ECDSA_P256_SHA256_FIXED_SIGNING, "P-256");
    for change in [
        json!({"x": encode([1; 32])}),
        json!({"x": encode([0; 32]), "y": encode([0; 32])}),
        json!({"x": encode([0xff; 32])}),
        json!({"x": encode([1; 31])}),
        json!({"y": encode([1; 33])}),
        json!({"crv": "P-384"}),
        json!({"crv": "secp256k1"}),
        json!({"crv": null}),
        json!({"x": null}),
        json!({"y": "!"}),
    ] {
        assert!(
            set(json!([with(&ec, change.clone())])).all.is_empty(),
            "{change}"
        );
    }
    assert_eq!(set(json!([jwk, ec])).all.len(), 2);
}

#[test]
fn keys_that_are_not_for_signatures_are_left_out() {
    let (_, ec) = ec_key(&ECDSA_P256_SHA256_FIXED_SIGNING, "P-256");
    for (jwk, change) in [
        (&own_jwk(), json!({"use": "enc"})),
        (&own_jwk(), json!({"use": 1})),
        (&own_jwk(), json!({"key_ops": ["sign"]})),
        (&own_jwk(), json!({"key_ops": []})),
        (&own_jwk(), json!({"key_ops": "verify"})),
        (&own_jwk(), json!({"alg": "PS384"})),
        (&own_jwk(), json!({"alg": "EdDSA"})),
        (&own_jwk(), json!({"alg": "HS256"})),
        (&own_jwk(), json!({"alg": "ES256"})),
        (&own_jwk(), json!({"alg": "RSA-OAEP"})),
        (&own_jwk(), json!({"kty": "EC"})),
        (&own_jwk(), json!({"kty": "oct", "k": "AAAA"})),
        (&own_jwk(), json!({"kty": "OKP"})),
        (&own_jwk(), json!({"kty": null})),
        (&own_jwk(), json!({"kid": 7})),
        (&own_jwk(), json!({"kid": "k".repeat(1025)})),
        (&ec, json!({"alg": "RS256"})),
        (&ec, json!({"alg": "ES384"})),
        (&ec, json!({"kty": "RSA"})),
    ] {
        assert!(
            set(json!([with(jwk, change.clone())])).all.is_empty(),
            "{change}"
        );
    }
    let fine = with(
        &own_jwk(),
        json!({"key_ops": ["verify"], "use": null, "x5c": ["junk"]}),
    );
    assert_eq!(set(json!([fine, 7, null, "x", []])).all.len(), 1);
}

#[test]
fn one_id_for_two_keys_is_decided_by_algorithm_then_order() {
    let (_, ec) = ec_key(&ECDSA_P256_SHA256_FIXED_SIGNING, "P-256");
    let (_, second) = ec_key(&ECDSA_P256_SHA256_FIXED_SIGNING, "P-256");
    let rsa = with(&own_jwk(), json!({"kid": "ec"}));
    let keys = set(json!([ec, rsa, second]));
    let first = set(json!([ec]));
    let chosen = keys.select(Algorithm::Es256, Some("ec")).unwrap();
    let expected = first.select(Algorithm::Es256, Some("ec")).unwrap();
    assert_eq!(chosen.key.as_ref(), expected.key.as_ref());
    assert!(keys.select(Algorithm::Rs256, Some("ec")).is_ok());
    assert!(keys.select(Algorithm::Rs384, Some("ec")).is_err());
}

#[test]
fn a_key_id_is_only_a_name() {
    let keys = set(json!([own_jwk()]));
    for id in [
        "../../etc/passwd",
        "' OR 1=1 --",
        "\0",
        "https://evil.example/key",
        " ",
    ] {
        assert!(keys.select(Algorithm::Rs256, Some(id)).is_err());
    }
    let odd = set(json!([with(&own_jwk(), json!({"kid": "../x"}))]));
    assert!(odd.select(Algorithm::Rs256, Some("../x")).is_ok());
    assert!(odd.select(Algorithm::Rs256, Some("x")).is_err());
}

#[test]
fn a_token_without_key_id_gets_the_only_key_of_its_algorithm() {
    let (_, one) = ec_key(&ECDSA_P256_SHA256_FIXED_SIGNING, "P-256");
    let (_, two) = ec_key(&ECDSA_P256_SHA256_FIXED_SIGNING, "P-256");
    let rsa = own_jwk();
    for id in [None, Some("")] {
        assert!(set(json!([rsa, one])).select(Algorithm::Es256, id).is_ok());
        assert!(set(json!([one, two])).select(Algorithm::Es256, id).is_err());
        assert!(set(json!([rsa])).select(Algorithm::Es256, id).is_err());
        assert!(set(json!([])).select(Algorithm::Rs256, id).is_err());
        // Old clusters publish a key twice, once with an empty id.
        let empty = with(&one, json!({"kid": ""}));
        assert!(
            set(json!([one, empty]))
                .select(Algorithm::Es256, id)
                .is_ok()
        );
        assert!(
            set(json!([empty, two]))
                .select(Algorithm::Es256, id)
                .is_ok()
        );
    }
    let nameless = set(json!([with(&rsa, json!({"kid": null}))]));
    assert!(nameless.select(Algorithm::Rs256, None).is_ok());
    assert!(nameless.select(Algorithm::Rs256, Some("k")).is_err());
}

#[test]
fn more_than_a_hundred_keys_of_a_type_are_refused() {
    let (_, ec) = ec_key(&ECDSA_P256_SHA256_FIXED_SIGNING, "P-256");
    let rsa = own_jwk();
    let of = |count: usize, other: &Value| {
        let mut keys: Vec<Value> = (0..count)
            .map(|n| with(&rsa, json!({"kid": format!("k{n}")})))
            .collect();
        keys.push(other.clone());
        set(json!(keys))
    };
    assert!(of(100, &ec).select(Algorithm::Rs256, Some("k99")).is_ok());
    let many = of(101, &ec);
    assert!(many.select(Algorithm::Rs256, Some("k0")).is_err());
    assert!(many.select(Algorithm::Es256, Some("ec")).is_ok());
    let flood = of(2_000, &ec);
    assert_eq!(
        flood.all.len(),
        1,
        "keys beyond the limit aren't even parsed"
    );
}

#[test]
fn documents_that_are_no_key_sets_are_refused() {
    for text in [
        "",
        "[]",
        "{}",
        r#"{"keys":{}}"#,
        r#"{"keys":[],"keys":[]}"#,
        r#"{"keys":[{"kty":"RSA","kty":"EC"}]}"#,
    ] {
        assert!(KeySet::parse(text.as_bytes()).is_err(), "{text}");
    }
}
