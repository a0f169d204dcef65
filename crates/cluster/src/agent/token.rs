//! The token of a pod's service account, as the pod presents it.

use std::fmt;
use std::hash::{Hash, Hasher};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Number;
use zeroize::Zeroizing;

/// The longest token that is looked at, in bytes. Those of Kubernetes have one or two thousand.
const LONGEST: usize = 16 * 1024;
/// The longest subject that is kept for the log, in characters.
const SUBJECT: usize = 256;
/// How far a token's beginning may lie ahead: the API server's clock is another one than the
/// node's.
const AHEAD: SignedDuration = SignedDuration::from_mins(1);

/// A token that looks like one and has not expired.
///
/// Nothing in it is verified, so it says nothing about who presents it: that is the service's
/// word. Two tokens are one only if they are the same text.
pub struct PodToken {
    text: Zeroizing<String>,
    expires: Timestamp,
    subject: String,
}

/// Why a text is no token that is worth asking the service about. It holds nothing of the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// There is none.
    #[error("Service account token cannot be empty")]
    Empty,
    /// It is no JSON Web Token.
    #[error("Service account token cannot be parsed: {0}")]
    Unreadable(&'static str),
    /// It is one, and not for now.
    #[error("Service account token failed basic claim validations: {0}")]
    NotNow(&'static str),
}

#[derive(Deserialize)]
struct Claims {
    exp: Option<Number>,
    nbf: Option<Number>,
    sub: Option<String>,
}

impl PodToken {
    /// Reads a token at a time.
    ///
    /// # Errors
    /// What is wrong, in the words of eks-pod-identity-agent where it has some.
    pub fn parse(text: &str, now: Timestamp) -> Result<Self, InvalidToken> {
        if text.is_empty() {
            return Err(InvalidToken::Empty);
        }
        if text.len() > LONGEST {
            return Err(InvalidToken::Unreadable("token is too long"));
        }
        let mut parts = text.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(InvalidToken::Unreadable(
                "token contains an invalid number of segments",
            ));
        };
        if decoded(header)
            .and_then(|it| serde_json::from_slice::<serde_json::Value>(&it).ok())
            .is_none_or(|it| !it.is_object())
        {
            return Err(InvalidToken::Unreadable("its header is not JSON"));
        }
        if signature.is_empty() || decoded(signature).is_none() {
            return Err(InvalidToken::Unreadable("its signature is not base64url"));
        }
        let claims: Claims = decoded(payload)
            .and_then(|it| serde_json::from_slice(&it).ok())
            .ok_or(InvalidToken::Unreadable("its claims are not JSON"))?;
        let expires = claims
            .exp
            .as_ref()
            .and_then(time)
            .ok_or(InvalidToken::NotNow(
                "token has no time at which it expires",
            ))?;
        if expires <= now {
            return Err(InvalidToken::NotNow("token is expired"));
        }
        if claims
            .nbf
            .as_ref()
            .and_then(time)
            .is_some_and(|it| it > now + AHEAD)
        {
            return Err(InvalidToken::NotNow("token is not valid yet"));
        }
        Ok(Self {
            text: Zeroizing::new(text.to_owned()),
            expires,
            subject: claims
                .sub
                .unwrap_or_default()
                .chars()
                .take(SUBJECT)
                .collect(),
        })
    }

    /// The token, for the one request that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// When it expires.
    #[must_use]
    pub fn expires(&self) -> Timestamp {
        self.expires
    }

    /// Whose token it says it is. Only for the log, and escaped there: anybody can write this.
    #[must_use]
    pub fn claimed_subject(&self) -> &str {
        &self.subject
    }
}

impl PartialEq for PodToken {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for PodToken {}

impl Hash for PodToken {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Debug for PodToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PodToken(..)")
    }
}

fn decoded(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok()
}

/// Seconds since the epoch (RFC 7519, `NumericDate`); a fraction is left away.
fn time(number: &Number) -> Option<Timestamp> {
    let seconds = number
        .as_i64()
        .or_else(|| number.as_f64().map(|it| it as i64));
    Timestamp::from_second(seconds?).ok()
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(in crate::agent) fn token(claims: &str) -> String {
        let [header, payload] = [r#"{"alg":"RS256"}"#, claims].map(|it| URL_SAFE_NO_PAD.encode(it));
        format!("{header}.{payload}.c2lnbmF0dXJl")
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn a_token_is_good_up_to_the_second_before_its_end() {
        let text = token(r#"{"exp":100,"nbf":10,"sub":"system:serviceaccount:ns:sa"}"#);
        let read = PodToken::parse(&text, at(99)).unwrap();
        assert_eq!(
            (read.expires(), read.claimed_subject()),
            (at(100), "system:serviceaccount:ns:sa")
        );
        let late = PodToken::parse(&text, at(100)).unwrap_err();
        assert_eq!(late, InvalidToken::NotNow("token is expired"));
    }

    #[test]
    fn a_beginning_may_lie_a_minute_ahead() {
        let text = token(r#"{"exp":1000,"nbf":60}"#);
        assert!(PodToken::parse(&text, at(0)).is_ok());
        let early = PodToken::parse(&text, at(-1)).unwrap_err();
        assert_eq!(early, InvalidToken::NotNow("token is not valid yet"));
    }

    #[test]
    fn what_is_no_token_is_told_apart() {
        assert_eq!(PodToken::parse("", at(0)).unwrap_err(), InvalidToken::Empty);
        for text in [
            "x",
            "a.b",
            "a.b.c.d",
            "Bearer a.b.c",
            "..",
            "e30.e30.",
            "e30.W10.e30",
            "!.e30.e30",
            "MQ.e30.e30",
            &"a".repeat(LONGEST + 1),
        ] {
            let error = PodToken::parse(text, at(0)).unwrap_err();
            assert!(
                matches!(error, InvalidToken::Unreadable(_)),
                "{text}: {error}"
            );
        }
        for claims in [
            "{}",
            r#"{"exp":1e400}"#,
            r#"{"exp":1e300}"#,
            r#"{"exp":"soon"}"#,
        ] {
            assert!(PodToken::parse(&token(claims), at(0)).is_err(), "{claims}");
        }
    }

    #[test]
    fn neither_the_token_nor_its_parts_are_in_debug_or_errors() {
        let text = token(r#"{"exp":100,"sub":"canary"}"#);
        let shown = format!("{:?}", PodToken::parse(&text, at(0)).unwrap());
        assert_eq!(shown, "PodToken(..)");
        let error = PodToken::parse("canary.canary.canary", at(0)).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"));
    }

    proptest! {
        #[test]
        fn no_text_does_harm(text in "[ -~.]{0,60}") {
            let _ = PodToken::parse(&text, at(0));
        }

        #[test]
        fn tokens_with_the_same_claims_are_not_the_same(a in "[A-Za-z0-9]{8}", b in "[A-Za-z0-9]{8}") {
            let (head, _) = token(r#"{"exp":100}"#).rsplit_once('.').map(|it| (it.0.to_owned(), ())).unwrap();
            let [first, second] = [&a, &b].map(|it| PodToken::parse(&format!("{head}.{it}"), at(0)).unwrap());
            prop_assert_eq!(first == second, a == b);
        }
    }
}
