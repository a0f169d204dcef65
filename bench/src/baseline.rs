//! The bare server: hyper, one signature verification where there is a token, and ready-made bytes.

use std::convert::Infallible;
use std::io::BufRead;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::net::TcpListener;

/// What the bare server does, as it is handed to it in a line of JSON.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Description {
    /// The headers of every answer, without `date` and `content-length`, which hyper writes.
    pub(crate) headers: Vec<(String, String)>,
    /// The body of every answer.
    pub(crate) body: String,
    /// The RSA or P-256 key for the `WebIdentityToken` of every request.
    pub(crate) jwk: Option<Value>,
}

/// The description, ready for use.
struct Bare {
    headers: HeaderMap,
    body: Bytes,
    key: Option<ParsedPublicKey>,
}

/// Serves until it is killed.
pub(crate) fn serve() -> Result<()> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let bare = Arc::new(Bare::new(serde_json::from_str(&line)?)?);
    // The same runtime as the real server's.
    tokio::runtime::Runtime::new()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("baseline is ready at http://{}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let bare = Arc::clone(&bare);
            tokio::spawn(async move {
                let service = service_fn(|request| answer(Arc::clone(&bare), request));
                // A client that goes away is none of our business.
                let _ = http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    })
}

impl Bare {
    fn new(description: Description) -> Result<Self> {
        let mut headers = HeaderMap::new();
        for (name, value) in description.headers {
            let name: HeaderName = name.parse()?;
            headers.append(name, HeaderValue::from_str(&value)?);
        }
        Ok(Self {
            headers,
            body: description.body.into(),
            key: description.jwk.map(|jwk| key(&jwk)).transpose()?,
        })
    }

    /// Verifies the token in a form body.
    fn verify(&self, key: &ParsedPublicKey, body: &[u8]) -> Option<()> {
        const NAME: &[u8] = b"WebIdentityToken=";
        let at = memchr::memmem::find(body, NAME)? + NAME.len();
        let token = body.get(at..)?.split(|byte| *byte == b'&').next()?;
        let dot = memchr::memrchr(b'.', token)?;
        let signature = URL_SAFE_NO_PAD.decode(token.get(dot + 1..)?).ok()?;
        key.verify_sig(token.get(..dot)?, &signature).ok()
    }
}

async fn answer(
    bare: Arc<Bare>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request.into_body().collect().await;
    let body = body.map(|it| it.to_bytes()).unwrap_or_default();
    let verified = match &bare.key {
        Some(key) => bare.verify(key, &body).is_some(),
        None => true,
    };
    let mut response = Response::new(Full::new(bare.body.clone()));
    *response.headers_mut() = bare.headers.clone();
    if !verified {
        *response.status_mut() = StatusCode::FORBIDDEN;
    }
    Ok(response)
}

fn key(jwk: &Value) -> Result<ParsedPublicKey> {
    let number = |name: &str| {
        let text = jwk.get(name).and_then(Value::as_str);
        Ok::<_, anyhow::Error>(URL_SAFE_NO_PAD.decode(text.context("no key")?)?)
    };
    if jwk.get("kty").and_then(Value::as_str) == Some("EC") {
        let point = [vec![4], number("x")?, number("y")?].concat();
        return ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
            .map_err(|_| anyhow!("no P-256 key"));
    }
    RsaPublicKeyComponents {
        n: number("n")?,
        e: number("e")?,
    }
    .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
    .map_err(|_| anyhow!("no RSA key"))
}
