//! Requests, keys and chunks for the tests, made by other code than the one under test.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "tests; not every file uses everything"
)]

pub(crate) mod requests;

use aws_lc_rs::{digest, hmac};
use http::HeaderMap;
use jiff::Timestamp;
use session::Secret;
use session::sigv4::{Presented, RequestParts, Rules, SignatureError, Signed, Verified, parse};

/// The credentials of AWS's documentation.
pub(crate) const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
}

impl Request {
    pub(crate) fn new(method: &str, target: &str, headers: &[(&str, &str)]) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                name.parse::<http::HeaderName>().unwrap(),
                value.parse().unwrap(),
            );
        }
        Self {
            method: method.into(),
            path: path.into(),
            query: query.into(),
            headers: map,
        }
    }

    pub(crate) fn parts(&self) -> RequestParts<'_> {
        RequestParts {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &self.headers,
        }
    }

    pub(crate) fn set(&mut self, name: &'static str, value: &str) -> &mut Self {
        self.headers.insert(name, value.parse().unwrap());
        self
    }

    pub(crate) fn signed(&self, rules: &Rules) -> Result<Signed, SignatureError> {
        match parse(&self.parts(), rules)? {
            Presented::Signed(signed) => Ok(*signed),
            Presented::SignedV2(_) => Err(SignatureError::SignatureV2),
            Presented::Anonymous => Err(SignatureError::MissingAuthentication),
        }
    }

    /// Everything a server does, at `now`.
    pub(crate) fn check(
        &self,
        rules: &Rules,
        now: Timestamp,
        body: Option<&[u8]>,
    ) -> Result<Verified, SignatureError> {
        let signed = self.signed(rules)?;
        signed.check_time(now, rules)?;
        signed.verify(
            &self.parts(),
            &Secret::from(SECRET),
            body.map(session::sigv4::sha256),
            rules,
        )
    }
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// The signing key, derived independently.
pub(crate) fn signing_key(date: &str, region: &str, service: &str) -> Vec<u8> {
    [date, region, service, "aws4_request"]
        .iter()
        .fold(format!("AWS4{SECRET}").into_bytes(), |key, part| {
            hmac_sha256(&key, part.as_bytes())
        })
}

pub(crate) fn hmac_sha256(key: &[u8], data: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), data)
        .as_ref()
        .to_vec()
}

/// An `aws-chunked` body with signed chunks, continuing from `seed`.
pub(crate) struct ChunkSigner {
    pub(crate) key: Vec<u8>,
    pub(crate) date: String,
    pub(crate) scope: String,
    pub(crate) previous: String,
}

impl ChunkSigner {
    pub(crate) fn chunk(&mut self, data: &[u8]) -> Vec<u8> {
        let text = format!(
            "AWS4-HMAC-SHA256-PAYLOAD\n{}\n{}\n{}\n{}\n{}",
            self.date,
            self.scope,
            self.previous,
            sha256_hex(b""),
            sha256_hex(data)
        );
        self.previous = hex(&hmac_sha256(&self.key, text.as_bytes()));
        let mut chunk =
            format!("{:x};chunk-signature={}\r\n", data.len(), self.previous).into_bytes();
        if !data.is_empty() {
            chunk.extend_from_slice(data);
            chunk.extend_from_slice(b"\r\n");
        }
        chunk
    }

    pub(crate) fn trailers(&mut self, trailers: &[(&str, &str)]) -> Vec<u8> {
        let signed: String = trailers
            .iter()
            .map(|(name, value)| format!("{name}:{value}\n"))
            .collect();
        let text = format!(
            "AWS4-HMAC-SHA256-TRAILER\n{}\n{}\n{}\n{}",
            self.date,
            self.scope,
            self.previous,
            sha256_hex(signed.as_bytes())
        );
        self.previous = hex(&hmac_sha256(&self.key, text.as_bytes()));
        let lines: String = trailers
            .iter()
            .map(|(name, value)| format!("{name}:{value}\r\n"))
            .collect();
        format!("{lines}x-amz-trailer-signature:{}\r\n\r\n", self.previous).into_bytes()
    }
}
