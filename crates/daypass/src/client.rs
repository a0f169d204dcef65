//! A small client of a server: query, JSON and S3 requests, signed.

use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::{Context, Result, anyhow};
use http::header::{ACCEPT, CONTENT_TYPE, DATE, HOST};
use http::{HeaderMap, HeaderValue, Method};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::Url;
use serde_json::Value;
use session::sigv4::{RequestParts, Rules, SignedPayload, Signer, sha256};
use session::{AccessKeyId, Secret};

/// Credentials of a caller.
pub(crate) struct Keys {
    pub(crate) access_key_id: AccessKeyId,
    pub(crate) secret: Secret,
    /// Of temporary credentials.
    pub(crate) session_token: Option<String>,
}

/// A client of one endpoint.
pub(crate) struct Client {
    endpoint: Url,
    region: String,
    http: reqwest::Client,
    /// The `Date` of the last answer, in seconds since the epoch; 0 before the first.
    answered: AtomicI64,
}

/// A refusal by the server.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) code: String,
    pub(crate) message: String,
}

/// One request.
struct Call<'a> {
    method: Method,
    path: &'a str,
    query: &'a str,
    headers: Vec<(&'static str, &'a str)>,
    body: Vec<u8>,
    rules: Rules,
    keys: Option<&'a Keys>,
}

impl Client {
    pub(crate) fn new(endpoint: &str, region: &str) -> Result<Self> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        Self::over(http, endpoint, region)
    }

    /// A client with connections of the caller's choice.
    pub(crate) fn over(http: reqwest::Client, endpoint: &str, region: &str) -> Result<Self> {
        let parsed = endpoint.parse();
        Ok(Self {
            endpoint: parsed.with_context(|| format!("`{endpoint}` is not a URL"))?,
            region: region.to_owned(),
            http,
            answered: AtomicI64::new(0),
        })
    }

    /// Where the server is.
    pub(crate) fn endpoint(&self) -> &Url {
        &self.endpoint
    }

    /// A call of IAM, STS or Daypass's own service; the result without its envelope.
    pub(crate) async fn query(
        &self,
        service: &str,
        action: &str,
        parameters: &[(&str, &str)],
        keys: Option<&Keys>,
    ) -> Result<Result<Value, Refused>> {
        let version = match service {
            "iam" => "2010-05-08",
            "daypass" => "2026-11-22",
            _ => "2011-06-15",
        };
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", action)
            .append_pair("Version", version)
            .extend_pairs(parameters);
        let (status, body) = self
            .send(Call {
                method: Method::POST,
                path: "/",
                query: "",
                headers: vec![
                    (
                        CONTENT_TYPE.as_str(),
                        "application/x-www-form-urlencoded; charset=utf-8",
                    ),
                    (ACCEPT.as_str(), "application/json"),
                ],
                body: form.finish().into_bytes(),
                rules: Rules::query(service),
                keys,
            })
            .await?;
        let answer: Value = serde_json::from_slice(&body).context("the answer is not JSON")?;
        if (200..300).contains(&status) {
            let response = answer.get(format!("{action}Response")).cloned();
            let result = response
                .as_ref()
                .and_then(|it| it.get(format!("{action}Result")))
                .cloned();
            return Ok(Ok(result.unwrap_or(Value::Null)));
        }
        let text = |name: &str| {
            let value = answer.pointer(&format!("/Error/{name}"));
            value.and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        Ok(Err(Refused {
            code: text("Code"),
            message: text("Message"),
        }))
    }

    /// The server's time, to the second, when it last answered.
    pub(crate) fn server_time(&self) -> Option<Timestamp> {
        let seconds = self.answered.load(Ordering::Relaxed);
        Timestamp::from_second(seconds)
            .ok()
            .filter(|_| seconds != 0)
    }

    /// CloudTrail's `LookupEvents`.
    pub(crate) async fn lookup_events(
        &self,
        lookup: &Value,
        keys: &Keys,
    ) -> Result<Result<Value, Refused>> {
        let (status, body) = self
            .send(Call {
                method: Method::POST,
                path: "/",
                query: "",
                headers: vec![
                    (CONTENT_TYPE.as_str(), "application/x-amz-json-1.1"),
                    (
                        "x-amz-target",
                        "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents",
                    ),
                ],
                body: lookup.to_string().into_bytes(),
                rules: Rules::json("cloudtrail"),
                keys: Some(keys),
            })
            .await?;
        let answer: Value = serde_json::from_slice(&body).context("the answer is not JSON")?;
        if (200..300).contains(&status) {
            return Ok(Ok(answer));
        }
        let text = |names: [&str; 2]| {
            let value = names.iter().find_map(|name| answer.get(name)?.as_str());
            value.unwrap_or_default().to_owned()
        };
        Ok(Err(Refused {
            code: text(["__type", "code"]),
            message: text(["message", "Message"]),
        }))
    }

    /// A request to S3; the body of the answer.
    pub(crate) async fn s3(
        &self,
        method: Method,
        path: &str,
        query: &str,
        body: Vec<u8>,
        keys: &Keys,
    ) -> Result<Result<String, Refused>> {
        let (status, answer) = self
            .send(Call {
                method,
                path,
                query,
                headers: Vec::new(),
                body,
                rules: Rules::s3(),
                keys: Some(keys),
            })
            .await?;
        let answer = String::from_utf8(answer)?;
        if (200..300).contains(&status) {
            return Ok(Ok(answer));
        }
        let text = |name| element(&answer, name).next().unwrap_or_default().to_owned();
        Ok(Err(Refused {
            code: text("Code"),
            message: text("Message").replace("&quot;", "\""),
        }))
    }

    async fn send(&self, call: Call<'_>) -> Result<(u16, Vec<u8>)> {
        let mut url = self.endpoint.join(call.path)?;
        if !call.query.is_empty() {
            url.set_query(Some(call.query));
        }
        let name = url.host_str().unwrap_or_default();
        let host = match url.port() {
            Some(port) => format!("{name}:{port}"),
            None => name.to_owned(),
        };
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_str(&host)?);
        for (name, value) in call.headers {
            headers.insert(name, HeaderValue::from_str(value)?);
        }
        if let Some(keys) = call.keys {
            let signer = Signer {
                access_key_id: &keys.access_key_id,
                secret: &keys.secret,
                session_token: keys.session_token.as_deref(),
                region: &self.region,
            };
            let parts = RequestParts {
                method: call.method.as_str(),
                path: url.path(),
                query: url.query().unwrap_or_default(),
                headers: &headers,
            };
            let payload = SignedPayload::Sha256(sha256(&call.body));
            let signed = signer
                .sign(&parts, payload, Timestamp::now(), &call.rules)
                .map_err(|error| anyhow!("cannot sign: {error}"))?;
            headers.extend(signed);
        }
        let response = self
            .http
            .request(call.method, url)
            .headers(headers)
            .body(call.body)
            .send()
            .await?;
        let date = response.headers().get(DATE);
        if let Some(date) = date.and_then(|it| rfc2822::parse(it.to_str().ok()?).ok()) {
            let seconds = date.timestamp().as_second();
            self.answered.store(seconds, Ordering::Relaxed);
        }
        let status = response.status().as_u16();
        Ok((status, response.bytes().await?.to_vec()))
    }
}

/// The texts of the elements with this name, in an answer of our own server.
pub(crate) fn element<'a>(xml: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut rest = xml;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once(&open)?;
        let (text, after) = after.split_once(&close)?;
        rest = after;
        Some(text)
    })
}
