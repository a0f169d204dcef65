//! The documents of an issuer, as ccoctl puts them into a bucket.

use std::fmt::Write;

use super::{Issuer, PublishedKey};

/// The discovery document of an issuer with this URL, byte for byte as ccoctl writes it, whose key set is at
/// [`Issuer::KEY_SET_PATH`] below it. Its blanks and the doubled `sub` are ccoctl's; `rosa create oidc-config` writes the
/// same with other blanks.
///
/// The URL may be a text that somebody has yet to replace: what JSON escapes is escaped.
#[must_use]
pub fn discovery_document(url: &str) -> Vec<u8> {
    let issuer = json_text(url);
    let base = url.strip_suffix('/').unwrap_or(url);
    let keys = json_text(&format!("{base}{}", Issuer::KEY_SET_PATH));
    format!(
        r#"{{
	"issuer": {issuer},
	"jwks_uri": {keys},
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
pub(super) fn key_set<'k>(keys: impl IntoIterator<Item = &'k PublishedKey>) -> Vec<u8> {
    let mut text = "{\n    \"keys\": [".to_owned();
    for (place, key) in keys.into_iter().enumerate() {
        text.push_str(if place == 0 { "\n" } else { ",\n" });
        text.push_str("        {\n");
        for (place, (name, value)) in key.members().enumerate() {
            let between = if place == 0 { "" } else { ",\n" };
            let name = json_text(name);
            // Writing to a string cannot fail.
            let _ = write!(text, "{between}            {name}: {value}");
        }
        text.push_str("\n        }");
    }
    text.push_str("\n    ]\n}");
    text.into_bytes()
}

fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
