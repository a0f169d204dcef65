//! The documents of an issuer, as ccoctl puts them into a bucket.

use std::fmt::Write;

use super::{Issuer, SigningKey};
use crate::url::IssuerUrl;

/// The discovery document. Its blanks and the doubled `sub` are ccoctl's; `rosa create oidc-config` writes the same with
/// other blanks.
pub(super) fn discovery(url: &IssuerUrl) -> Vec<u8> {
    let keys = url.join(Issuer::KEY_SET_PATH);
    // Neither URL has a character that JSON would escape: `IssuerUrl` refuses those.
    format!(
        r#"{{
	"issuer": "{url}",
	"jwks_uri": "{keys}",
    "response_types_supported": [
        "id_token"
    ],
    "subject_types_supported": [
        "public"
    ],
    "id_token_signing_alg_values_supported": [
        "RS256"
    ],
    "claims_supported": [
        "aud",
        "exp",
        "sub",
        "iat",
        "iss",
        "sub"
    ]
}}"#
    )
    .into_bytes()
}

/// The key set: the members in the order of kube-apiserver's library, indented by four blanks.
pub(super) fn key_set(keys: &[&SigningKey]) -> Vec<u8> {
    let mut text = "{\n    \"keys\": [".to_owned();
    for (place, key) in keys.iter().enumerate() {
        text.push_str(if place == 0 { "\n" } else { ",\n" });
        text.push_str("        {\n");
        let (n, e) = key.numbers();
        let members = [
            ("use", "sig"),
            ("kty", "RSA"),
            ("kid", key.id()),
            ("alg", "RS256"),
            ("n", &n),
            ("e", &e),
        ];
        for (place, (name, value)) in members.into_iter().enumerate() {
            let between = if place == 0 { "" } else { ",\n" };
            // Writing to a string cannot fail.
            let _ = write!(text, "{between}            \"{name}\": \"{value}\"");
        }
        text.push_str("\n        }");
    }
    text.push_str("\n    ]\n}");
    text.into_bytes()
}
