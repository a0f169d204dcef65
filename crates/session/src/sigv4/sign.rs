//! Signing a request: the client's side of the same canonical form.

use std::fmt;

use http::header::{AUTHORIZATION, HeaderName};
use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;

use crate::access_key::AccessKeyId;
use crate::secret::Secret;
use crate::sigv4::chunk_signer::ChunkSigner;
use crate::sigv4::error::SignatureError;
use crate::sigv4::parse::SECURITY_TOKEN;
use crate::sigv4::payload::{CONTENT_SHA256, PayloadHash};
use crate::sigv4::rules::Rules;
use crate::sigv4::scope::{Scope, SigningKey};
use crate::sigv4::{ALGORITHM, Family, RequestParts, canonical, clock};

/// What a signer says about the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedPayload {
    /// Its SHA-256.
    Sha256([u8; 32]),
    /// Nothing; S3 only.
    Unsigned,
    /// Nothing: it comes in chunks that aren't signed, with trailing headers; S3 only.
    UnsignedTrailer,
}

/// Signs requests with one set of credentials.
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    /// The key id.
    pub access_key_id: &'a AccessKeyId,
    /// Its secret.
    pub secret: &'a Secret,
    /// The session token, of temporary credentials.
    pub session_token: Option<&'a str>,
    /// The region to sign for.
    pub region: &'a str,
}

impl Signer<'_> {
    /// The headers to add to the request so that it is signed: `authorization`, `x-amz-date`, with temporary credentials
    /// `x-amz-security-token`, for S3 `x-amz-content-sha256`. They replace headers of the same names.
    ///
    /// Signed are `host` (which must be among the request's headers), `content-type`, `content-md5` and everything `x-amz-…`.
    pub fn sign(
        &self,
        parts: &RequestParts<'_>,
        payload: SignedPayload,
        now: Timestamp,
        rules: &Rules,
    ) -> Result<HeaderMap, SignatureError> {
        let payload = match payload {
            SignedPayload::Sha256(hash) => PayloadHash::Sha256(hash),
            SignedPayload::Unsigned => PayloadHash::Unsigned,
            SignedPayload::UnsignedTrailer => PayloadHash::StreamingUnsignedTrailer,
        };
        let (added, _) = self.sign_declared(parts, payload, now, rules)?;
        Ok(added)
    }

    /// The same for a request to S3 whose body comes in signed chunks, with `trailer` followed by trailing headers. What it
    /// answers besides signs the chunks, one after the other.
    pub fn sign_chunked(
        &self,
        parts: &RequestParts<'_>,
        trailer: bool,
        now: Timestamp,
    ) -> Result<(HeaderMap, ChunkSigner), SignatureError> {
        let payload = PayloadHash::StreamingSigned { trailer };
        self.sign_declared(parts, payload, now, &Rules::s3())
    }

    fn sign_declared(
        &self,
        parts: &RequestParts<'_>,
        payload: PayloadHash,
        now: Timestamp,
        rules: &Rules,
    ) -> Result<(HeaderMap, ChunkSigner), SignatureError> {
        let payload = payload.to_string();
        let mut added = HeaderMap::new();
        let mut add = |name: &'static str, value: &str| match HeaderValue::from_str(value) {
            Ok(value) => {
                added.insert(HeaderName::from_static(name), value);
                Ok(())
            }
            Err(_) => Err(SignatureError::AmbiguousHeader { name }),
        };
        add("x-amz-date", &clock::basic(now))?;
        if let Some(token) = self.session_token {
            add(SECURITY_TOKEN, token)?;
        }
        if rules.family == Family::S3 {
            add(CONTENT_SHA256, &payload)?;
        }
        let mut headers = parts.headers.clone();
        headers.remove(AUTHORIZATION);
        headers.extend(added.clone());
        let mut names: Vec<String> = headers
            .keys()
            .map(|name| name.as_str())
            .filter(|name| {
                matches!(*name, "host" | "content-type" | "content-md5")
                    || name.starts_with("x-amz-")
            })
            .map(str::to_owned)
            .collect();
        names.sort_unstable();
        if !names.iter().any(|name| name == "host") {
            return Err(SignatureError::SignedHeaderAbsent {
                name: "host".to_owned(),
            });
        }
        let scope = Scope {
            date: clock::basic(now)[..8].to_owned(),
            region: self.region.to_owned(),
            service: rules.service.clone(),
        };
        let parts = RequestParts {
            headers: &headers,
            ..*parts
        };
        let canonical_request = canonical::request(&parts, rules.family, &names, &payload)?;
        let string_to_sign = canonical::string_to_sign(now, &scope, &canonical_request);
        let key = SigningKey::derive(self.secret, &scope);
        let signature = key.sign(&string_to_sign);
        let authorization = format!(
            "{ALGORITHM} Credential={}/{scope}, SignedHeaders={}, Signature={signature}",
            self.access_key_id,
            names.join(";")
        );
        match HeaderValue::from_str(&authorization) {
            Ok(value) => {
                added.insert(AUTHORIZATION, value);
                Ok((added, ChunkSigner::new(key, now, scope, signature)))
            }
            Err(_) => Err(SignatureError::AmbiguousHeader {
                name: "authorization",
            }),
        }
    }
}

impl fmt::Debug for Signer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("access_key_id", self.access_key_id)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}
