//! Signed requests, as the SDKs write them.

use anyhow::{Result, anyhow};
use http::header::{ACCEPT_ENCODING, CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method};
use jiff::Timestamp;
use session::sigv4::{RequestParts, Rules, SignedPayload, Signer, sha256};
use session::{AccessKeyId, Secret};

use crate::http1::Request;

/// What a current AWS CLI says it is; its length is part of the cost.
const AGENT: &str = "aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1 os/linux#6.12 md/arch#x86_64 lang/python#3.13.7 \
                     md/pyimpl#CPython m/E,b,Z cfg/retry-mode#standard md/installer#exe md/prompt#off";

/// Credentials of a caller.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(crate) access_key_id: AccessKeyId,
    pub(crate) secret: Secret,
    pub(crate) session_token: String,
}

/// Makes requests to one endpoint.
#[derive(Debug)]
pub(crate) struct Client {
    /// The value of `host`.
    pub(crate) host: String,
    pub(crate) region: String,
}

impl Client {
    /// A call of IAM or STS; unsigned without keys.
    pub(crate) fn query(
        &self,
        service: &str,
        action: &str,
        parameters: &[(&str, &str)],
        keys: Option<&Keys>,
    ) -> Result<Request> {
        let version = match service {
            "iam" => "2010-05-08",
            _ => "2011-06-15",
        };
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", action)
            .append_pair("Version", version)
            .extend_pairs(parameters);
        let mut headers = self.headers()?;
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8");
        headers.insert(CONTENT_TYPE, kind);
        let request = Request {
            method: Method::POST,
            target: "/".to_owned(),
            headers,
            body: form.finish().into_bytes(),
        };
        match keys {
            Some(keys) => self.signed(request, keys, &Rules::query(service)),
            None => Ok(request),
        }
    }

    /// A request to S3.
    pub(crate) fn s3(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
        keys: &Keys,
    ) -> Result<Request> {
        let request = Request {
            method,
            target: path.to_owned(),
            headers: self.headers()?,
            body,
        };
        self.signed(request, keys, &Rules::s3())
    }

    /// A request to S3 whose body is not held: its hash is said instead. The caller sends as many bytes as it says.
    pub(crate) fn s3_hashed(
        &self,
        method: Method,
        target: &str,
        hash: [u8; 32],
        keys: &Keys,
    ) -> Result<Request> {
        let request = Request {
            method,
            target: target.to_owned(),
            headers: self.headers()?,
            body: Vec::new(),
        };
        self.signed_for(request, hash, keys, &Rules::s3())
    }

    /// A call of a JSON service, e.g. CloudTrail; `target` is the value of `X-Amz-Target`.
    pub(crate) fn json(
        &self,
        service: &'static str,
        target: &str,
        body: &serde_json::Value,
        keys: &Keys,
    ) -> Result<Request> {
        let mut headers = self.headers()?;
        let kind = HeaderValue::from_static("application/x-amz-json-1.1");
        headers.insert(CONTENT_TYPE, kind);
        headers.insert("x-amz-target", HeaderValue::from_str(target)?);
        let request = Request {
            method: Method::POST,
            target: "/".to_owned(),
            headers,
            body: body.to_string().into_bytes(),
        };
        self.signed(request, keys, &Rules::json(service))
    }

    fn headers(&self) -> Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_str(&self.host)?);
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        let attempt = HeaderValue::from_static("attempt=1");
        headers.insert("amz-sdk-request", attempt);
        Ok(headers)
    }

    fn signed(&self, request: Request, keys: &Keys, rules: &Rules) -> Result<Request> {
        let hash = sha256(&request.body);
        self.signed_for(request, hash, keys, rules)
    }

    fn signed_for(
        &self,
        mut request: Request,
        hash: [u8; 32],
        keys: &Keys,
        rules: &Rules,
    ) -> Result<Request> {
        let signer = Signer {
            access_key_id: &keys.access_key_id,
            secret: &keys.secret,
            session_token: Some(&keys.session_token),
            region: &self.region,
        };
        let (path, query) = request
            .target
            .split_once('?')
            .unwrap_or((&request.target, ""));
        let parts = RequestParts {
            method: request.method.as_str(),
            path,
            query,
            headers: &request.headers,
        };
        let payload = SignedPayload::Sha256(hash);
        let signed = signer
            .sign(&parts, payload, Timestamp::now(), rules)
            .map_err(|error| anyhow!("cannot sign: {error}"))?;
        request.headers.extend(signed);
        Ok(request)
    }
}
