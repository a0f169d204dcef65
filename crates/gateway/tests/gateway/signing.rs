//! Requests that are signed by hand, in every way, and go through the door as from the wire.

mod chunks;
mod form;

pub use form::PostForm;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use door::{Api, Connection, Door};
use http::{HeaderMap, HeaderName, Method, StatusCode};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use session::{Credentials, Session, SessionKind, SessionPolicies};

use self::chunks::{chunks, signed_chunks};
use crate::harness::{ALL, HOME, new_door, open, role, walk};

pub const UNSIGNED: &str = "UNSIGNED-PAYLOAD";
pub const CHUNKS: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
pub const CHUNKS_TRAILER: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
pub const UNSIGNED_TRAILER: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

/// A server without a socket, and the keys of somebody who may do everything in S3.
pub struct Wire {
    pub dir: tempfile::TempDir,
    pub door: Arc<Door>,
    pub api: Arc<dyn Api>,
    pub keys: Keys,
}

/// Credentials, of which each part can be made wrong.
#[derive(Clone)]
pub struct Keys {
    pub id: String,
    pub secret: String,
    pub token: String,
}

/// A request on the wire.
#[derive(Clone)]
pub struct Raw {
    pub method: Method,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// What came back.
#[derive(Debug)]
pub struct Got {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Wire {
    pub async fn new(sigv2: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let door = new_door(dir.path()).await;
        let gateway = open(dir.path()).await.with_sigv2_query(sigv2);
        let keys = keys(&door, "admin", ALL).await;
        let wire = Self {
            dir,
            door: Arc::new(door),
            api: Arc::new(gateway),
            keys,
        };
        let made = Raw::new("PUT", "/bkt").signed(&wire.keys, UNSIGNED);
        assert_eq!(wire.send(&made).await.status, 200);
        wire
    }

    /// Credentials of a role with this policy.
    pub async fn keys(&self, name: &str, policy: &str) -> Keys {
        keys(&self.door, name, policy).await
    }

    pub async fn send(&self, raw: &Raw) -> Got {
        let mut request = http::Request::new(door::full(Bytes::from(raw.body.clone())));
        *request.method_mut() = raw.method.clone();
        *request.uri_mut() = raw.target.parse().unwrap();
        for (name, value) in &raw.headers {
            let name: HeaderName = name.parse().unwrap();
            request.headers_mut().append(name, value.parse().unwrap());
        }
        if !raw.is("content-length") {
            let length = raw.body.len().into();
            request.headers_mut().insert("content-length", length);
        }
        let by = Connection {
            source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            tls: None,
        };
        let response = self.door.enter(&self.api, &by, request).await;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Got {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    /// Everything that can be seen of the bucket, and how many files there are.
    pub async fn state(&self) -> Vec<String> {
        let mut seen = Vec::new();
        for target in [
            "/",
            "/bkt?list-type=2",
            "/bkt?uploads",
            "/bkt?policy",
            "/bkt?tagging",
            "/bkt?publicAccessBlock",
            "/bkt/old",
            "/bkt/old?tagging",
            "/bkt/new",
        ] {
            let got = self
                .send(&Raw::new("GET", target).signed(&self.keys, UNSIGNED))
                .await;
            let text = got.text.split("<RequestId>").next().unwrap_or_default();
            seen.push(format!("{target}: {} {text}", got.status));
        }
        seen.push(walk(&self.dir.path().join("s3/data")).to_string());
        seen
    }
}

async fn keys(door: &Door, name: &str, policy: &str) -> Keys {
    role(door, HOME, name, policy, "").await;
    let now = door.now().as_second();
    let session = Session {
        account: HOME.parse().unwrap(),
        kind: SessionKind::Role {
            role_id: format!("AROA{}{HOME}", name.to_uppercase()),
        },
        name: "test".parse().unwrap(),
        issued_at: now,
        expires_at: now + 3600,
        source_identity: None,
        tags: Vec::new(),
        policies: SessionPolicies::default(),
        federated: None,
        mfa: None,
        chained: false,
        attested: Vec::new(),
    };
    let Credentials {
        access_key_id,
        secret_access_key,
        session_token,
        ..
    } = door.keyring().mint(&session).unwrap();
    Keys {
        id: access_key_id.to_string(),
        secret: secret_access_key.expose_text().unwrap().to_owned(),
        token: session_token,
    }
}

impl Keys {
    /// The same key id and token with another secret.
    pub fn wrong(&self) -> Self {
        Self {
            secret: "x".repeat(40),
            ..self.clone()
        }
    }
}

impl Got {
    /// The error's code; empty for a success.
    pub fn code(&self) -> &str {
        let (_, rest) = self.text.split_once("<Code>").unwrap_or_default();
        rest.split("</Code>").next().unwrap_or_default()
    }

    /// The error's message.
    pub fn message(&self) -> &str {
        let (_, rest) = self.text.split_once("<Message>").unwrap_or_default();
        rest.split("</Message>").next().unwrap_or_default()
    }
}

/// The date of now, as signatures have it.
pub fn date() -> String {
    Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

pub fn hmac_of(algorithm: hmac::Algorithm, key: &[u8], data: &[u8]) -> Vec<u8> {
    let key = hmac::Key::new(algorithm, key);
    hmac::sign(&key, data).as_ref().to_vec()
}

fn hmac_sha256(key: &[u8], data: &[u8]) -> Vec<u8> {
    hmac_of(hmac::HMAC_SHA256, key, data)
}

const RESERVED: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

pub fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, RESERVED).to_string()
}

pub fn scope(date: &str) -> String {
    format!("{}/us-east-1/s3/aws4_request", &date[..8])
}

/// The key of a day.
pub fn signing_key(secret: &str, date: &str) -> Vec<u8> {
    [&date[..8], "us-east-1", "s3", "aws4_request"]
        .iter()
        .fold(format!("AWS4{secret}").into_bytes(), |key, part| {
            hmac_sha256(&key, part.as_bytes())
        })
}

/// The signature of a text: of a policy, a string to sign, a chunk.
pub fn sign(keys: &Keys, date: &str, text: &str) -> String {
    hex(&hmac_sha256(
        &signing_key(&keys.secret, date),
        text.as_bytes(),
    ))
}

impl Raw {
    pub fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.parse().unwrap(),
            target: target.to_owned(),
            headers: vec![("host".to_owned(), "localhost:8480".to_owned())],
            body: Vec::new(),
        }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = bytes.into();
        self
    }

    pub fn is(&self, name: &str) -> bool {
        self.headers.iter().any(|(known, _)| known == name)
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    fn canonical(&self, names: &[&str], query: &str, payload: &str) -> String {
        let lines: String = names
            .iter()
            .map(|name| format!("{name}:{}\n", self.get(name).unwrap()))
            .collect();
        let path = self.target.split('?').next().unwrap();
        format!(
            "{}\n{path}\n{query}\n{lines}\n{}\n{payload}",
            self.method,
            names.join(";")
        )
    }

    /// The query in its canonical form; those of the tests have nothing to escape.
    fn query(&self) -> String {
        let (_, query) = self.target.split_once('?').unwrap_or_default();
        let mut pairs: Vec<String> = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| match pair.contains('=') {
                true => pair.to_owned(),
                false => format!("{pair}="),
            })
            .collect();
        pairs.sort_unstable();
        pairs.join("&")
    }

    /// Signs in the header. `payload` is what the request says of its body; the body is then put into
    /// that form, with the trailers that are announced.
    pub fn signed(self, keys: &Keys, payload: &str) -> Self {
        self.signed_with(keys, payload, &[])
    }

    /// The same with these trailers.
    pub fn signed_with(mut self, keys: &Keys, payload: &str, trailers: &[(&str, &str)]) -> Self {
        let date = date();
        let hash = match payload {
            "HASH" => sha256_hex(&self.body),
            other => other.to_owned(),
        };
        if payload.starts_with("STREAMING-") {
            let length = self.body.len().to_string();
            self = self
                .header("content-encoding", "aws-chunked")
                .header("x-amz-decoded-content-length", &length);
            if !trailers.is_empty() {
                let names: Vec<&str> = trailers.iter().map(|(name, _)| *name).collect();
                self = self.header("x-amz-trailer", &names.join(","));
            }
        }
        self.set("x-amz-date", &date);
        if !keys.token.is_empty() {
            self.set("x-amz-security-token", &keys.token);
        }
        if !hash.is_empty() {
            self.set("x-amz-content-sha256", &hash);
        }
        let owned: Vec<String> = self.headers.iter().map(|(name, _)| name.clone()).collect();
        let mut names: Vec<&str> = owned.iter().map(String::as_str).collect();
        names.sort_unstable();
        let canonical = self.canonical(&names, &self.query(), &hash);
        let text = format!(
            "AWS4-HMAC-SHA256\n{date}\n{}\n{}",
            scope(&date),
            sha256_hex(canonical.as_bytes())
        );
        let signature = sign(keys, &date, &text);
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={signature}",
            keys.id,
            scope(&date),
            names.join(";")
        );
        self.set("authorization", &authorization);
        match payload {
            CHUNKS | CHUNKS_TRAILER => {
                let trailers = (payload == CHUNKS_TRAILER).then_some(trailers);
                self.body = signed_chunks(keys, &date, &signature, &self.body, trailers);
            }
            UNSIGNED_TRAILER => self.body = chunks(&self.body, trailers),
            _ => {}
        }
        self
    }

    /// Signs in the query; with a payload other than none, its header is signed too.
    pub fn presigned(mut self, keys: &Keys, payload: Option<&str>) -> Self {
        let date = date();
        let hash = match payload {
            Some("HASH") => sha256_hex(&self.body),
            Some(other) => other.to_owned(),
            None => UNSIGNED.to_owned(),
        };
        let mut names = vec!["host"];
        if payload.is_some() {
            self.set("x-amz-content-sha256", &hash);
            names.push("x-amz-content-sha256");
        }
        let separator = if self.target.contains('?') { '&' } else { '?' };
        let added = [
            ("X-Amz-Algorithm", "AWS4-HMAC-SHA256".to_owned()),
            ("X-Amz-Credential", format!("{}/{}", keys.id, scope(&date))),
            ("X-Amz-Date", date.clone()),
            ("X-Amz-Expires", "300".to_owned()),
            ("X-Amz-Security-Token", keys.token.clone()),
            ("X-Amz-SignedHeaders", names.join(";")),
        ]
        .map(|(name, value)| format!("{name}={}", encode(&value)))
        .join("&");
        self.target = format!("{}{separator}{added}", self.target);
        let canonical = self.canonical(&names, &self.query(), &hash);
        let text = format!(
            "AWS4-HMAC-SHA256\n{date}\n{}\n{}",
            scope(&date),
            sha256_hex(canonical.as_bytes())
        );
        let signature = sign(keys, &date, &text);
        self.target = format!("{}&X-Amz-Signature={signature}", self.target);
        self
    }

    /// Signs by version 2, in the query.
    pub fn signed_v2(mut self, keys: &Keys) -> Self {
        let expires = (Timestamp::now().as_second() + 300).to_string();
        let (path, query) = self.target.split_once('?').unwrap_or((&self.target, ""));
        let mut covered: Vec<&str> = query.split('&').filter(|it| !it.is_empty()).collect();
        covered.sort_unstable();
        let resource = match covered.is_empty() {
            true => path.to_owned(),
            false => format!("{path}?{}", covered.join("&")),
        };
        let mut amz: Vec<String> = self
            .headers
            .iter()
            .filter(|(name, _)| name.starts_with("x-amz-"))
            .map(|(name, value)| format!("{name}:{value}\n"))
            .collect();
        if !keys.token.is_empty() {
            amz.push(format!("x-amz-security-token:{}\n", keys.token));
        }
        amz.sort_unstable();
        let text = format!(
            "{}\n{}\n{}\n{expires}\n{}{resource}",
            self.method,
            self.get("content-md5").unwrap_or_default(),
            self.get("content-type").unwrap_or_default(),
            amz.concat()
        );
        let signature = STANDARD.encode(hmac_of(
            hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            keys.secret.as_bytes(),
            text.as_bytes(),
        ));
        let separator = if self.target.contains('?') { '&' } else { '?' };
        let token = match keys.token.is_empty() {
            true => String::new(),
            false => format!("&x-amz-security-token={}", encode(&keys.token)),
        };
        self.target = format!(
            "{}{separator}AWSAccessKeyId={}&Expires={expires}&Signature={}{token}",
            self.target,
            keys.id,
            encode(&signature)
        );
        self
    }
}
