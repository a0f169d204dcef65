//! A signed request: its claim, the check of its time, and of its signature.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use jiff::Timestamp;

use crate::access_key::AccessKeyId;
use crate::hex;
use crate::secret::Secret;
use crate::sigv4::error::{Mismatch, SignatureError};
use crate::sigv4::payload::PayloadHash;
use crate::sigv4::rules::{Family, Rules};
use crate::sigv4::scope::{Scope, SigningKey};
use crate::sigv4::{RequestParts, canonical};

/// Where a signature was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// The `Authorization` header.
    Header,
    /// The query: a presigned request.
    Query {
        /// `X-Amz-Expires`, 1–604,800.
        expires_seconds: u32,
    },
    /// The fields of a form that a browser posts.
    Form,
}

/// What a signed request claims. Nothing in it is true before [`verify`](Self::verify) says so.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed {
    /// Whose secret to verify with.
    pub access_key_id: AccessKeyId,
    /// The session token that came along.
    pub session_token: Option<String>,
    /// Day, region and service of the signature.
    pub scope: Scope,
    /// When it was made.
    pub timestamp: Timestamp,
    /// Where it was found.
    pub location: Location,
    /// The headers that it covers: lower-case, sorted, `host` among them.
    pub signed_headers: Vec<String>,
    /// What it says about the body.
    pub payload: PayloadHash,
    /// The signature itself, as it came.
    pub signature: String,
}

/// The kind of secret that a signed request needs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Credential<'a> {
    /// A long-term key: its secret is on file.
    LongTerm(&'a AccessKeyId),
    /// A session: its secret comes out of the token.
    Temporary(&'a AccessKeyId, &'a str),
}

/// The proof that a request is its signer's, and what signed chunks continue from. Only [`Signed::verify`] makes it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Verified {
    /// The key of the signature.
    pub signing_key: SigningKey,
    /// The request's signature, the first link of the chain of chunk signatures.
    pub seed_signature: String,
    /// When the request was signed.
    pub timestamp: Timestamp,
    /// Day, region and service.
    pub scope: Scope,
}

impl<'a> Credential<'a> {
    /// What a key id and the token beside it, if any, ask for.
    pub(super) fn of(id: &'a AccessKeyId, token: Option<&'a str>) -> Result<Self, SignatureError> {
        match (id.is_temporary(), token) {
            (true, Some(token)) => Ok(Self::Temporary(id, token)),
            (false, None) => Ok(Self::LongTerm(id)),
            (true, None) => Err(SignatureError::UnknownAccessKey {
                access_key_id: id.to_string(),
            }),
            (false, Some(_)) => Err(SignatureError::InvalidToken),
        }
    }
}

impl Signed {
    /// Which secret to look for. A temporary key without its token is an unknown key; a long-term key with a token has an invalid
    /// one.
    pub fn credential(&self) -> Result<Credential<'_>, SignatureError> {
        Credential::of(&self.access_key_id, self.session_token.as_deref())
    }

    /// Checks the time of the signature against the server's: within the family's skew for a header signature; for a presigned
    /// request not before its time (the skew allowed) and not past its own expiry.
    pub fn check_time(&self, now: Timestamp, rules: &Rules) -> Result<(), SignatureError> {
        let allowed = rules.family.max_skew_seconds();
        let age = now.duration_since(self.timestamp);
        if is_ahead(self.timestamp, now, allowed) {
            return Err(SignatureError::NotYetCurrent {
                location: self.location,
                timestamp: self.timestamp,
                now,
                allowed,
            });
        }
        let exceeds = |limit: i64| {
            age.as_secs() > limit || (age.as_secs() == limit && age.subsec_nanos() > 0)
        };
        match self.location {
            Location::Header if exceeds(allowed) => Err(SignatureError::Expired {
                timestamp: self.timestamp,
                now,
                allowed,
            }),
            Location::Query { expires_seconds } if exceeds(i64::from(expires_seconds)) => {
                Err(SignatureError::PresignedExpired {
                    timestamp: self.timestamp,
                    expires_seconds,
                    now,
                })
            }
            _ => Ok(()),
        }
    }

    /// Verifies the signature with `secret`.
    ///
    /// `body_sha256` is the hash of the body as it came. All services but S3 need it. For S3 it may be `None`: the signature then
    /// vouches for the *declared* hash, and the caller has to hold the body to it ([`PayloadHasher`](crate::sigv4::PayloadHasher),
    /// [`ChunkDecoder`](crate::sigv4::ChunkDecoder)).
    pub fn verify(
        &self,
        parts: &RequestParts<'_>,
        secret: &Secret,
        body_sha256: Option<[u8; 32]>,
        rules: &Rules,
    ) -> Result<Verified, SignatureError> {
        self.verify_with_key(
            parts,
            SigningKey::derive(secret, &self.scope),
            body_sha256,
            rules,
        )
    }

    /// As [`verify`](Self::verify), with a signing key that the caller kept: it must have been derived for this very
    /// [`scope`](Self::scope).
    pub fn verify_with_key(
        &self,
        parts: &RequestParts<'_>,
        signing_key: SigningKey,
        body_sha256: Option<[u8; 32]>,
        rules: &Rules,
    ) -> Result<Verified, SignatureError> {
        let payload = self.payload_line(body_sha256, rules)?;
        let canonical_request =
            canonical::request(parts, rules.family, &self.signed_headers, &payload)?;
        let string_to_sign =
            canonical::string_to_sign(self.timestamp, &self.scope, &canonical_request);
        let expected = signing_key.sign(&string_to_sign);
        if verify_slices_are_equal(expected.as_bytes(), self.signature.as_bytes()).is_err() {
            return Err(SignatureError::Mismatch(Box::new(Mismatch {
                access_key_id: self.access_key_id.to_string(),
                signature_provided: self.signature.clone(),
                string_to_sign,
                canonical_request: Some(String::from_utf8_lossy(&canonical_request).into_owned()),
            })));
        }
        // Only once the signature holds: the declared hash is then the signer's word.
        if let (PayloadHash::Sha256(declared), Some(computed)) = (self.payload, body_sha256)
            && declared != computed
        {
            return Err(SignatureError::PayloadMismatch { declared, computed });
        }
        Ok(Verified {
            signing_key,
            seed_signature: expected,
            timestamp: self.timestamp,
            scope: self.scope.clone(),
        })
    }

    /// The last line of the canonical request: what S3 was told, or what the others see for themselves.
    fn payload_line(
        &self,
        body_sha256: Option<[u8; 32]>,
        rules: &Rules,
    ) -> Result<String, SignatureError> {
        match (rules.family, self.payload, body_sha256) {
            (Family::S3, PayloadHash::Absent, _) => Err(SignatureError::MissingPayloadHash),
            (Family::S3, declared, _) => Ok(declared.to_string()),
            (Family::Query | Family::Json | Family::RestJson, _, Some(hash)) => {
                Ok(hex::encode(&hash))
            }
            (Family::Query | Family::Json | Family::RestJson, _, None) => {
                Err(SignatureError::BodyNotHashed)
            }
        }
    }
}

/// Whether a signature is from further in the future than `allowed` seconds.
pub(super) fn is_ahead(timestamp: Timestamp, now: Timestamp, allowed: i64) -> bool {
    let age = now.duration_since(timestamp);
    age.as_secs() < -allowed || (age.as_secs() == -allowed && age.subsec_nanos() < 0)
}

impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signed")
            .field("access_key_id", &self.access_key_id)
            .field("session_token", &self.session_token.as_ref().map(|_| "…"))
            .field("scope", &self.scope)
            .field("timestamp", &self.timestamp)
            .field("location", &self.location)
            .field("signed_headers", &self.signed_headers)
            .field("payload", &self.payload)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LongTerm(id) => write!(f, "LongTerm({id})"),
            Self::Temporary(id, _) => write!(f, "Temporary({id}, …)"),
        }
    }
}
