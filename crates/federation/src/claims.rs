//! What a verified token claims.

mod attested;
mod condition_keys;
mod session;

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::error::TokenError;
use crate::url::IssuerUrl;

pub use session::SessionTags;

/// The claims of a token whose signature and dates have been verified; there is no other way to get one.
///
/// The audience hasn't been matched yet: that is [`Claims::used_audience`], the next step.
#[derive(Debug, Clone)]
pub struct Claims {
    /// The issuer, equal to the provider's URL.
    pub issuer: IssuerUrl,
    /// `sub`, not empty.
    pub subject: String,
    /// `aud`: one element or more.
    pub audience: Vec<String>,
    /// `azp`.
    pub authorized_party: Option<String>,
    /// `iat`, seconds since 1970.
    pub issued_at: i64,
    /// `exp`, seconds since 1970.
    pub expires_at: i64,
    /// `nbf`, seconds since 1970.
    pub not_before: Option<i64>,
    raw: Arc<Map<String, Value>>,
}

impl Claims {
    /// Reads the claims that every token needs. To be called with what a verified signature covers.
    pub(crate) fn read(
        issuer: &IssuerUrl,
        raw: &Arc<Map<String, Value>>,
    ) -> Result<Self, TokenError> {
        let audience = match required(raw, "aud")? {
            Value::String(audience) => vec![audience.clone()],
            Value::Array(elements) => strings(elements)
                .ok_or_else(|| TokenError::invalid("aud", "an element isn't a string"))?,
            _ => return Err(TokenError::invalid("aud", "neither a string nor a list")),
        };
        if audience.is_empty() {
            return Err(TokenError::MissingClaim("aud"));
        }
        let subject = text(required(raw, "sub")?, "sub")?;
        if subject.is_empty() {
            return Err(TokenError::MissingClaim("sub"));
        }
        Ok(Self {
            issuer: issuer.clone(),
            subject,
            audience,
            authorized_party: raw.get("azp").map(|azp| text(azp, "azp")).transpose()?,
            issued_at: date(required(raw, "iat")?, "iat")?,
            expires_at: date(required(raw, "exp")?, "exp")?,
            not_before: raw.get("nbf").map(|nbf| date(nbf, "nbf")).transpose()?,
            raw: Arc::clone(raw),
        })
    }

    /// Checks the dates: no tolerance for `exp`, [`SKEW_SECONDS`] for `iat` and `nbf`.
    pub(crate) fn check_dates(&self, now: Timestamp, max_age: i64) -> Result<(), TokenError> {
        let now = now.as_second();
        if now >= self.expires_at {
            return Err(TokenError::Expired {
                now,
                expires_at: self.expires_at,
            });
        }
        for not_before in [Some(self.issued_at), self.not_before]
            .into_iter()
            .flatten()
        {
            if not_before > now.saturating_add(SKEW_SECONDS) {
                return Err(TokenError::NotYetValid { now, not_before });
            }
        }
        let age = now.saturating_sub(self.issued_at);
        if age > max_age {
            return Err(TokenError::TooOld { age });
        }
        Ok(())
    }

    /// The audience that AWS matches against the provider's client ids and reports: `azp` if there is one,
    /// else the first element of `aud` that is registered (IAM User Guide, "Available keys for AWS OIDC
    /// federation").
    ///
    /// # Errors
    /// [`TokenError::IncorrectAudience`] if it isn't among `client_ids`.
    pub fn used_audience(&self, client_ids: &[String]) -> Result<String, TokenError> {
        let mut candidates = match &self.authorized_party {
            Some(party) => std::slice::from_ref(party).iter(),
            None => self.audience.iter(),
        };
        candidates
            .find(|candidate| client_ids.contains(candidate))
            .cloned()
            .ok_or(TokenError::IncorrectAudience)
    }

    /// A verified claim as it stands in the token, for the audit record. Claims that aren't condition keys
    /// must not decide anything: AWS ignores them.
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.raw.get(name)
    }
}

/// How far `iat` and `nbf` may lie ahead of our clock. AWS doesn't document its tolerance.
const SKEW_SECONDS: i64 = 60;

fn required<'a>(raw: &'a Map<String, Value>, name: &'static str) -> Result<&'a Value, TokenError> {
    raw.get(name).ok_or(TokenError::MissingClaim(name))
}

fn text(value: &Value, name: &'static str) -> Result<String, TokenError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        _ => Err(TokenError::invalid(name, "not a string")),
    }
}

/// A NumericDate. AWS takes integers only, so `1.0e9` and `"1000000000"` are refused.
fn date(value: &Value, name: &'static str) -> Result<i64, TokenError> {
    value
        .as_i64()
        .ok_or_else(|| TokenError::invalid(name, "not an integer"))
}

fn strings(values: &[Value]) -> Option<Vec<String>> {
    values
        .iter()
        .map(|value| value.as_str().map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{NOW, claims, issuer_url};

    fn read(change: Value) -> Result<Claims, TokenError> {
        let mut raw = json!({
            "aud": ["sts.amazonaws.com"], "sub": "system:serviceaccount:ns:sa",
            "iat": NOW - 10, "exp": NOW + 10,
        });
        for (name, value) in change.as_object().unwrap() {
            if value == "ABSENT" {
                raw.as_object_mut().unwrap().remove(name);
            } else {
                raw.as_object_mut()
                    .unwrap()
                    .insert(name.clone(), value.clone());
            }
        }
        let raw = Arc::new(raw.as_object().unwrap().clone());
        let claims = Claims::read(&issuer_url(), &raw)?;
        claims.check_dates(Timestamp::from_second(NOW).unwrap(), 90_000)?;
        Ok(claims)
    }

    #[test]
    fn a_token_without_expiry_audience_subject_or_issue_time_is_refused() {
        for name in ["aud", "sub", "iat", "exp"] {
            let error = read(json!({ name: "ABSENT" })).unwrap_err();
            assert_eq!(error, TokenError::MissingClaim(name));
        }
        for empty in [json!({"aud": []}), json!({"sub": ""})] {
            assert!(matches!(read(empty), Err(TokenError::MissingClaim(_))));
        }
    }

    #[test]
    fn claims_of_another_type_are_refused() {
        for change in [
            json!({"aud": {}}),
            json!({"aud": 7}),
            json!({"aud": null}),
            json!({"aud": ["sts.amazonaws.com", 7]}),
            json!({"sub": 7}),
            json!({"sub": ["system:serviceaccount:ns:sa"]}),
            json!({"sub": null}),
            json!({"azp": 7}),
            json!({"azp": null}),
            json!({"exp": NOW as f64 + 10.0}),
            json!({"exp": NOW as f64 + 10.5}),
            json!({"exp": "never"}),
            json!({"exp": (NOW + 10).to_string()}),
            json!({"exp": null}),
            json!({"exp": u64::MAX}),
            json!({"iat": NOW as f64}),
            json!({"iat": true}),
            json!({"nbf": "now"}),
            json!({"nbf": null}),
        ] {
            let result = read(change.clone());
            assert!(
                matches!(result, Err(TokenError::InvalidClaim { .. })),
                "{change}: {result:?}"
            );
        }
    }

    #[test]
    fn expiry_has_no_tolerance() {
        assert!(read(json!({"exp": NOW + 1})).is_ok());
        for exp in [NOW, NOW - 1, 0, -1, i64::MIN] {
            assert_eq!(
                read(json!({ "exp": exp })).unwrap_err(),
                TokenError::Expired {
                    now: NOW,
                    expires_at: exp
                }
            );
        }
    }

    #[test]
    fn issue_and_start_may_lie_one_minute_ahead() {
        let far = json!({"exp": NOW + 3600});
        for name in ["iat", "nbf"] {
            for (ahead, fine) in [(0, true), (60, true), (61, false), (i64::MAX - NOW, false)] {
                let mut change = far.clone();
                change[name] = json!(NOW + ahead);
                let result = read(change);
                assert_eq!(result.is_ok(), fine, "{name} {ahead}: {result:?}");
            }
        }
    }

    #[test]
    fn a_token_of_a_day_works_to_its_last_second_and_age_is_bounded() {
        assert!(read(json!({"iat": NOW - 86_399, "exp": NOW + 1})).is_ok());
        assert!(read(json!({"iat": NOW - 90_000, "exp": NOW + 1})).is_ok());
        assert_eq!(
            read(json!({"iat": NOW - 90_001, "exp": NOW + 1})).unwrap_err(),
            TokenError::TooOld { age: 90_001 }
        );
        assert!(read(json!({"iat": i64::MIN, "exp": NOW + 1})).is_err());
        assert!(read(json!({"exp": i64::MAX})).is_ok());
    }

    #[test]
    fn the_authorized_party_is_the_audience_when_there_is_one() {
        let ids = ["sts.amazonaws.com".to_owned(), "app".to_owned()];
        let table = [
            (
                json!({"aud": "sts.amazonaws.com"}),
                Some("sts.amazonaws.com"),
            ),
            (json!({"aud": ["x", "app"]}), Some("app")),
            (json!({"aud": ["x"]}), None),
            (json!({"aud": "https://kubernetes.default.svc"}), None),
            (json!({"aud": "STS.amazonaws.com"}), None),
            (json!({"aud": "x", "azp": "app"}), Some("app")),
            (json!({"aud": "app", "azp": "x"}), None),
            (json!({"aud": "app", "azp": ""}), None),
        ];
        for (change, used) in table {
            let result = claims(change.clone()).used_audience(&ids);
            match used {
                Some(used) => assert_eq!(result.unwrap(), used, "{change}"),
                None => assert_eq!(result.unwrap_err(), TokenError::IncorrectAudience),
            }
        }
        assert!(claims(json!({})).used_audience(&[]).is_err());
    }

    #[test]
    fn azp_alone_is_no_audience() {
        assert_eq!(
            read(json!({"aud": "ABSENT", "azp": "sts.amazonaws.com"})).unwrap_err(),
            TokenError::MissingClaim("aud")
        );
    }
}
