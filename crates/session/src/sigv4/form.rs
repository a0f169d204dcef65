//! A signature in the fields of a form: browser-based uploads.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use jiff::Timestamp;

use crate::access_key::AccessKeyId;
use crate::secret::Secret;
use crate::sigv4::error::{Mismatch, SignatureError};
use crate::sigv4::parse::{check_scope, credential};
use crate::sigv4::rules::Rules;
use crate::sigv4::scope::{Scope, SigningKey};
use crate::sigv4::signed::{Credential, Location, is_ahead};
use crate::sigv4::{ALGORITHM, clock};

const LOCATION: Location = Location::Form;

/// How long a signature is good for, in seconds: as long as its key, a week ("Amazon S3 Signature Version 4 Authentication Specific
/// Policy Keys", Amazon S3 API Reference). The policy that it covers may end earlier.
const LIFE: u32 = 604_800;

/// The fields that prove who posts a form, as S3 names them when one is missing.
const REQUIRED: [&str; 5] = [
    "policy",
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Signature",
];

/// What a signed form claims. Its signature covers the policy, whose conditions the other fields have to meet.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedForm {
    /// Whose secret to verify with.
    pub access_key_id: AccessKeyId,
    /// The session token that came along.
    pub session_token: Option<String>,
    /// Day, region and service of the signature.
    pub scope: Scope,
    /// When it was made.
    pub timestamp: Timestamp,
    /// The policy as it came, base64: the text that is signed.
    pub policy: String,
    /// The signature itself, as it came.
    pub signature: String,
}

/// Reads the claim of a form; `field` finds a field by its lower-case name. `None` when no field is about a signature: the form is
/// then nobody's, whatever policy it has.
pub fn parse_form<'f>(
    field: impl Fn(&str) -> Option<&'f str>,
    rules: &Rules,
) -> Result<Option<SignedForm>, SignatureError> {
    if field("awsaccesskeyid").is_some() || field("signature").is_some() {
        return Err(SignatureError::SignatureV2);
    }
    let values = REQUIRED.map(|name| field(&name.to_ascii_lowercase()));
    let session_token = field("x-amz-security-token");
    if values[1..].iter().all(Option::is_none) && session_token.is_none() {
        return Ok(None);
    }
    let [
        Some(policy),
        Some(algorithm),
        Some(key),
        Some(date),
        Some(signature),
    ] = values
    else {
        let missing = REQUIRED.iter().zip(values).find(|(_, it)| it.is_none());
        return Err(SignatureError::IncompleteForm {
            field: missing.map_or("policy", |(name, _)| name),
        });
    };
    if algorithm != ALGORITHM {
        return Err(SignatureError::UnsupportedAlgorithm {
            location: LOCATION,
            algorithm: algorithm.to_owned(),
        });
    }
    let (access_key_id, scope) = credential(key, LOCATION)?;
    let timestamp = clock::parse_basic(date).ok_or_else(|| SignatureError::MalformedDate {
        location: LOCATION,
        value: date.to_owned(),
    })?;
    check_scope(&scope, timestamp, LOCATION, rules)?;
    Ok(Some(SignedForm {
        access_key_id,
        session_token: session_token.map(str::to_owned),
        scope,
        timestamp,
        policy: policy.to_owned(),
        signature: signature.to_owned(),
    }))
}

impl SignedForm {
    /// Which secret to look for.
    pub fn credential(&self) -> Result<Credential<'_>, SignatureError> {
        Credential::of(&self.access_key_id, self.session_token.as_deref())
    }

    /// Checks the time of the signature: not in the future, the skew allowed, and not older than its key. When the policy ends is for
    /// whoever reads it.
    pub fn check_time(&self, now: Timestamp, rules: &Rules) -> Result<(), SignatureError> {
        let allowed = rules.family.max_skew_seconds();
        if is_ahead(self.timestamp, now, allowed) {
            return Err(SignatureError::NotYetCurrent {
                location: LOCATION,
                timestamp: self.timestamp,
                now,
                allowed,
            });
        }
        if now.duration_since(self.timestamp).as_secs() >= i64::from(LIFE) {
            return Err(SignatureError::PresignedExpired {
                timestamp: self.timestamp,
                expires_seconds: LIFE,
                now,
            });
        }
        Ok(())
    }

    /// Verifies the signature of the policy with `secret`.
    pub fn verify(&self, secret: &Secret) -> Result<(), SignatureError> {
        let expected = SigningKey::derive(secret, &self.scope).sign(&self.policy);
        if verify_slices_are_equal(expected.as_bytes(), self.signature.as_bytes()).is_err() {
            return Err(SignatureError::Mismatch(Box::new(Mismatch {
                access_key_id: self.access_key_id.to_string(),
                signature_provided: self.signature.clone(),
                string_to_sign: self.policy.clone(),
                canonical_request: None,
            })));
        }
        Ok(())
    }
}

impl fmt::Debug for SignedForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedForm")
            .field("access_key_id", &self.access_key_id)
            .field("scope", &self.scope)
            .field("timestamp", &self.timestamp)
            .finish_non_exhaustive()
    }
}
