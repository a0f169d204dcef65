//! A token before verification: read strictly, and silent about everything but its issuer.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::algorithm::Algorithm;
use crate::error::TokenError;
use crate::json;
use crate::verified::TokenDigest;

/// A token that was read but not verified. All it tells is the issuer it names, to look the provider up.
///
/// It is a bearer credential: `Debug` doesn't show it, and its text is wiped when it goes.
pub struct UnverifiedToken {
    text: Zeroizing<String>,
    /// Where the part that is signed ends: before the second dot.
    signed_length: usize,
    signature: Vec<u8>,
    algorithm: Algorithm,
    key_id: Option<String>,
    issuer: String,
    payload: Arc<Map<String, Value>>,
}

impl UnverifiedToken {
    /// Reads a JWS in compact form (RFC 7515, section 7.1) whose payload is a JSON object.
    ///
    /// ASCII white space around it is dropped, since clients send a token file's last newline. Refused are:
    /// more than 20,000 characters (the limit of `WebIdentityToken`), other than three parts (so every JWE),
    /// base64url with padding or loose bits, JSON objects that name a member twice, `crit` and `b64`, a nested
    /// token (`cty`), a `typ` other than `JWT` or `JOSE`, an algorithm that isn't on the list. `jku`, `jwk`,
    /// `x5u` and `x5c` are never looked at.
    ///
    /// # Errors
    /// [`TokenError::Malformed`], or [`TokenError::MissingClaim`] for `iss`.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        let text = text.trim_matches(|char: char| char.is_ascii_whitespace());
        if text.len() > MAX_LENGTH {
            return Err(TokenError::malformed("longer than 20000 characters"));
        }
        let mut parts = text.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(TokenError::malformed("not three parts"));
        };

        let header = part(header, "header")?;
        let algorithm = algorithm(&header)?;
        let key_id = match header.get("kid") {
            None => None,
            Some(Value::String(id)) => Some(id.clone()),
            Some(_) => return Err(TokenError::malformed("`kid` isn't a string")),
        };
        let payload_members = part(payload, "payload")?;
        let issuer = match payload_members.get("iss") {
            None => return Err(TokenError::MissingClaim("iss")),
            Some(Value::String(issuer)) => issuer.clone(),
            Some(_) => return Err(TokenError::malformed("`iss` isn't a string")),
        };
        if signature.is_empty() {
            return Err(TokenError::malformed("no signature"));
        }
        let decoded = URL_SAFE_NO_PAD
            .decode(signature)
            .map_err(|_| TokenError::malformed("the signature isn't base64url"))?;

        Ok(Self {
            signed_length: text.len() - signature.len() - 1,
            text: Zeroizing::new(text.to_owned()),
            signature: decoded,
            algorithm,
            key_id,
            issuer,
            payload: Arc::new(payload_members),
        })
    }

    /// The `iss` that the token names, unverified: good for looking a provider up and for nothing else.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(crate) fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// What the signature is over: header and payload as they came.
    pub(crate) fn signed_part(&self) -> &[u8] {
        self.text
            .as_bytes()
            .get(..self.signed_length)
            .unwrap_or_default()
    }

    /// The whole token, for the cluster that issued it and for nobody else.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// SHA-256 of the whole token.
    pub(crate) fn digest(&self) -> TokenDigest {
        let mut digest = [0; 32];
        let hash = digest::digest(&digest::SHA256, self.text.as_bytes());
        for (byte, hashed) in digest.iter_mut().zip(hash.as_ref()) {
            *byte = *hashed;
        }
        digest
    }

    pub(crate) fn signature(&self) -> &[u8] {
        &self.signature
    }

    pub(crate) fn payload(&self) -> &Arc<Map<String, Value>> {
        &self.payload
    }
}

impl fmt::Debug for UnverifiedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedToken")
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

const MAX_LENGTH: usize = 20_000;

fn part(text: &str, name: &str) -> Result<Map<String, Value>, TokenError> {
    let bytes = URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| TokenError::malformed(format!("the {name} isn't base64url")))?;
    // serde_json's message holds a position and no text of the token.
    json::object(&bytes).map_err(|error| TokenError::malformed(format!("the {name}: {error}")))
}

fn algorithm(header: &Map<String, Value>) -> Result<Algorithm, TokenError> {
    for extension in ["crit", "b64", "zip", "enc"] {
        if header.contains_key(extension) {
            return Err(TokenError::malformed(format!(
                "`{extension}` isn't supported"
            )));
        }
    }
    if header.contains_key("cty") {
        return Err(TokenError::malformed("a nested token"));
    }
    match header.get("typ") {
        None => {}
        Some(Value::String(kind))
            if kind.eq_ignore_ascii_case("JWT") || kind.eq_ignore_ascii_case("JOSE") => {}
        Some(_) => return Err(TokenError::malformed("`typ` isn't `JWT`")),
    }
    header
        .get("alg")
        .and_then(Value::as_str)
        .and_then(Algorithm::from_name)
        .ok_or_else(|| TokenError::malformed("no algorithm, or one that isn't supported"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::encode;

    const PAYLOAD: &str = r#"{"iss":"https://host.example"}"#;

    fn parse(header: &str, payload: &str, signature: &str) -> Result<UnverifiedToken, TokenError> {
        UnverifiedToken::parse(&format!(
            "{}.{}.{signature}",
            encode(header),
            encode(payload)
        ))
    }

    fn assert_malformed(result: Result<UnverifiedToken, TokenError>, case: &str) {
        assert!(
            matches!(result, Err(TokenError::Malformed { .. })),
            "{case}: {result:?}"
        );
    }

    #[test]
    fn a_token_tells_its_issuer_and_hides_the_rest() {
        let token = parse(
            r#"{"alg":"RS256","kid":"k","typ":"JWT"}"#,
            r#"{"iss":"https://host.example","sub":"secret-subject"}"#,
            "c2ln",
        )
        .unwrap();
        assert_eq!(token.issuer(), "https://host.example");
        assert_eq!(token.signature(), b"sig");
        let debug = format!("{token:?}");
        assert!(!debug.contains("secret-subject") && !debug.contains("c2ln"));
    }

    #[test]
    fn alg_none_in_any_spelling_is_refused() {
        for name in [
            "none", "None", "NONE", "nOnE", "HS256", "HS384", "HS512", "PS384", "ed25519", "rs256",
            "RS256 ", "ES256K", "Ed448", "",
        ] {
            for signature in ["", "AA"] {
                let header = format!(r#"{{"alg":"{name}"}}"#);
                assert_malformed(parse(&header, PAYLOAD, signature), name);
            }
        }
        for header in [
            "{}",
            r#"{"alg":null}"#,
            r#"{"alg":["RS256"]}"#,
            r#"{"alg":0}"#,
        ] {
            assert_malformed(parse(header, PAYLOAD, "AA"), header);
        }
        assert_malformed(
            parse(r#"{"alg":"RS256"}"#, PAYLOAD, ""),
            "an empty signature",
        );
    }

    #[test]
    fn critical_extensions_nested_tokens_and_other_types_are_refused() {
        for header in [
            r#"{"alg":"RS256","crit":["exp"]}"#,
            r#"{"alg":"RS256","crit":[]}"#,
            r#"{"alg":"RS256","b64":false}"#,
            r#"{"alg":"RS256","zip":"DEF"}"#,
            r#"{"alg":"RS256","enc":"A128GCM"}"#,
            r#"{"alg":"RS256","cty":"JWT"}"#,
            r#"{"alg":"RS256","typ":"at+jwt"}"#,
            r#"{"alg":"RS256","typ":1}"#,
            r#"{"alg":"RS256","kid":1}"#,
            r#"{"alg":"RS256","kid":null}"#,
        ] {
            assert_malformed(parse(header, PAYLOAD, "AA"), header);
        }
        // JWE compact form has five parts.
        assert_malformed(UnverifiedToken::parse("a.b.c.d.e"), "JWE");
        // A nested token: the payload is a token, not an object.
        let inner = format!("{}.{}.AA", encode(r#"{"alg":"RS256"}"#), encode(PAYLOAD));
        assert_malformed(parse(r#"{"alg":"RS256"}"#, &inner, "AA"), "nested");
    }

    #[test]
    fn duplicate_members_are_refused() {
        for (header, payload) in [
            (r#"{"alg":"RS256","alg":"ES256"}"#, PAYLOAD),
            (
                r#"{"alg":"RS256"}"#,
                r#"{"iss":"https://a","iss":"https://b"}"#,
            ),
            (
                r#"{"alg":"RS256"}"#,
                r#"{"iss":"https://a","sub":"a","\u0073ub":"b"}"#,
            ),
        ] {
            assert_malformed(parse(header, payload, "AA"), payload);
        }
    }

    #[test]
    fn encodings_with_a_second_spelling_are_refused() {
        let (header, payload) = (encode(r#"{"alg":"RS256"}"#), encode(PAYLOAD));
        for text in [
            format!("{header}=.{payload}.AA"),
            format!("{header}.{payload}.AA=="),
            // The last two bits of the second letter aren't part of the byte.
            format!("{header}.{payload}.AB"),
            format!("{header}.{payload}.A/"),
            format!("{header}.{payload}.A A"),
            format!("{header}. {payload}.AA"),
            format!("{header}.{payload}"),
            format!("{header}.{payload}.AA."),
            format!(".{payload}.AA"),
            format!("{header}..AA"),
            String::new(),
            "..".to_owned(),
            "garbage".to_owned(),
        ] {
            assert_malformed(UnverifiedToken::parse(&text), &text);
        }
    }

    #[test]
    fn white_space_around_is_dropped_and_length_is_bounded() {
        let text = format!("{}.{}.AAAA", encode(r#"{"alg":"RS256"}"#), encode(PAYLOAD));
        let token = UnverifiedToken::parse(&format!(" \t{text}\r\n")).unwrap();
        assert_eq!(
            token.signed_part(),
            text.strip_suffix(".AAAA").unwrap().as_bytes()
        );
        assert_malformed(
            UnverifiedToken::parse(&format!("\u{a0}{text}")),
            "a no-break space",
        );
        let long = format!("{text}{}", "A".repeat(20_000));
        assert_malformed(UnverifiedToken::parse(&long), "too long");
    }

    #[test]
    fn the_issuer_is_a_string_or_there_is_no_token() {
        let header = r#"{"alg":"RS256"}"#;
        assert_eq!(
            parse(header, "{}", "AA").unwrap_err(),
            TokenError::MissingClaim("iss")
        );
        for payload in [
            r#"{"iss":7}"#,
            r#"{"iss":["https://a","https://b"]}"#,
            r#"{"iss":null}"#,
        ] {
            assert_malformed(parse(header, payload, "AA"), payload);
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in any::<String>()) {
            let _ = UnverifiedToken::parse(&text);
        }

        #[test]
        fn no_parts_make_the_parser_panic(
            header in proptest::collection::vec(any::<u8>(), 0..80),
            payload in proptest::collection::vec(any::<u8>(), 0..200),
            signature in proptest::collection::vec(any::<u8>(), 0..80),
        ) {
            let _ = UnverifiedToken::parse(&format!(
                "{}.{}.{}", encode(header), encode(payload), encode(signature)
            ));
        }

        #[test]
        fn a_parsed_token_keeps_what_was_signed(subject in "\\PC*") {
            let payload = serde_json::json!({"iss": "https://host.example", "sub": subject});
            let text = format!("{}.{}.AAAA", encode(r#"{"alg":"ES256"}"#), encode(payload.to_string()));
            let token = UnverifiedToken::parse(&text).unwrap();
            prop_assert_eq!(token.signed_part(), text.rsplit_once('.').unwrap().0.as_bytes());
            prop_assert_eq!(token.payload().get("sub").unwrap(), &subject);
        }
    }
}
