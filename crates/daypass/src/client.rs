//! A small client of a server: query, JSON and S3 requests, signed.

mod credentials;
mod environment;
mod profile;
mod s3;
mod settings;
mod timestamp;

use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::{Context, Result, anyhow};
use cluster::region::Region;
use http::header::{ACCEPT, CONTENT_TYPE, DATE, HOST};
use http::{HeaderMap, HeaderValue, Method};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::redirect::Policy;
use reqwest::{ClientBuilder, Url};
use serde_json::Value;
use session::sigv4::{RequestParts, Rules, SignedPayload, Signer, sha256};
use session::{AccessKeyId, Secret};

pub(crate) use credentials::{Connection, Credentials};
pub(crate) use environment::Environment;
pub(crate) use s3::{S3Request, elements};
pub(crate) use settings::Given;
pub(crate) use timestamp::timestamp;

/// Credentials of a caller.
pub(crate) struct Keys {
    pub(crate) access_key_id: AccessKeyId,
    pub(crate) secret: Secret,
    /// Of temporary credentials.
    pub(crate) session_token: Option<String>,
}

/// A client of one endpoint, or of AWS, where each service has its own.
pub(crate) struct Client {
    endpoint: Url,
    region: String,
    /// The region whose endpoints are asked, if this is AWS.
    aws: Option<Region>,
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
        Self::over(connections().no_proxy().build()?, endpoint, region)
    }

    /// A client with connections of the caller's choice.
    pub(crate) fn over(http: reqwest::Client, endpoint: &str, region: &str) -> Result<Self> {
        let parsed = endpoint.parse();
        Ok(Self {
            endpoint: parsed.with_context(|| format!("`{endpoint}` is not a URL"))?,
            region: region.to_owned(),
            aws: None,
            http,
            answered: AtomicI64::new(0),
        })
    }

    /// A client of AWS's own endpoints for a region.
    pub(crate) fn aws(http: reqwest::Client, region: &Region) -> Result<Self> {
        let client = Self::over(http, &region.endpoint("sts"), region.name())?;
        Ok(Self {
            aws: Some(region.clone()),
            ..client
        })
    }

    /// Whether AWS itself is asked.
    pub(crate) fn is_aws(&self) -> bool {
        self.aws.is_some()
    }

    /// The region that requests are signed for.
    pub(crate) fn region(&self) -> &str {
        &self.region
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
        let body = form(action, version, parameters);
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
                body,
                rules: Rules::query(service),
                keys,
            })
            .await?;
        let answer: Value = serde_json::from_slice(&body).with_context(|| {
            format!("the answer to {action} is not JSON (HTTP status {status})")
        })?;
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

    /// A call of a REST service with JSON bodies (`eks`, `eks-auth`): what it answers. `path` is percent-encoded.
    pub(crate) async fn rest(
        &self,
        service: &str,
        method: Method,
        path: &str,
        query: &str,
        body: Option<&Value>,
        keys: &Keys,
    ) -> Result<Result<Value, Refused>> {
        let (status, answer) = self
            .send(Call {
                method,
                path,
                query,
                headers: vec![(CONTENT_TYPE.as_str(), "application/json")],
                body: body.map_or_else(Vec::new, |body| body.to_string().into_bytes()),
                rules: Rules::rest_json(service),
                keys: Some(keys),
            })
            .await?;
        let answer: Value = serde_json::from_slice(&answer).context("the answer is not JSON")?;
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

    async fn send(&self, call: Call<'_>) -> Result<(u16, Vec<u8>)> {
        let service = call.rules.service.as_str();
        let (endpoint, region) = match &self.aws {
            Some(region) => (region.endpoint(service).parse()?, region.signing(service)),
            None => (self.endpoint.clone(), self.region.as_str()),
        };
        let mut url = endpoint.join(call.path)?;
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
                region,
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

/// Connections that follow no redirect, as the SDKs' don't: what is sent holds tokens, and is signed for one host.
fn connections() -> ClientBuilder {
    reqwest::Client::builder().redirect(Policy::none())
}

/// The body of a query call.
fn form(action: &str, version: &str, parameters: &[(&str, &str)]) -> Vec<u8> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", action)
        .append_pair("Version", version)
        .extend_pairs(parameters);
    form.finish().into_bytes()
}
