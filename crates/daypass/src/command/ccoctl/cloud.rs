//! Calls of IAM and S3 for one account and region.

use anyhow::{Context, Result, anyhow};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cluster::ccoctl::Trusted;
use cluster::region::Region;
use http::Method;
use policy::Arn;
use serde_json::Value;
use session::sigv4::sha256;

use super::say;
use crate::cli::Data;
use crate::client::{Refused, S3Request};
use crate::command::asker::Asker;

/// Daypass or AWS, asked by one principal.
pub(super) struct Cloud {
    asker: Asker,
    account: String,
    partition: String,
}

impl Cloud {
    /// Finds out who asks whom, and says it before anything is made.
    pub(super) async fn new(region: &Region, data: &Data) -> Result<Self> {
        let asker = Asker::for_region(region, data).await?;
        let identity = asker.call("sts", "GetCallerIdentity", &[]).await?;
        let identity = identity.map_err(|refused| explained("find out who asks", &refused))?;
        let member = |name| identity.get(name).and_then(Value::as_str);
        let unnamed = "the answer to GetCallerIdentity names nobody";
        let arn: Arn = member("Arn").context(unnamed)?.parse()?;
        let account = member("Account").context(unnamed)?.to_owned();
        let whom = match asker.is_aws() {
            true => "AWS",
            false => "Daypass",
        };
        say(&format!("{whom}, account {account}, as {}", arn.as_str()))?;
        Ok(Self {
            asker,
            account,
            partition: arn.partition().to_owned(),
        })
    }

    /// Whether it is AWS itself.
    pub(super) fn is_aws(&self) -> bool {
        self.asker.is_aws()
    }

    /// What ARNs have after `arn:`.
    pub(super) fn partition(&self) -> &str {
        &self.partition
    }

    /// The provider that an issuer would have.
    pub(super) fn provider(&self, issuer: &str) -> Result<Trusted> {
        let (partition, account) = (&self.partition, &self.account);
        let issuer = issuer.trim_start_matches("https://");
        Ok(Trusted::by_arn(&format!(
            "arn:{partition}:iam::{account}:oidc-provider/{issuer}"
        ))?)
    }

    /// A call of IAM; a refusal is an answer too.
    pub(super) async fn iam(
        &self,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Result<Value, Refused>> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let parameters: Vec<_> = parameters.iter().map(owned).collect();
        self.asker.call("iam", action, &parameters).await
    }

    /// A call of IAM about something that may not exist.
    pub(super) async fn iam_or_none(
        &self,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Option<Value>> {
        match self.iam(action, parameters).await? {
            Ok(answer) => Ok(Some(answer)),
            Err(refused) if refused.code == "NoSuchEntity" => Ok(None),
            Err(refused) => {
                let about = parameters.first().map_or("", |(_, value)| value);
                Err(explained(&format!("{action} {about}"), &refused))
            }
        }
    }

    /// A call of IAM that must succeed.
    pub(super) async fn iam_done(
        &self,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Value> {
        let answer = self.iam(action, parameters).await?;
        let about = parameters.first().map_or("", |(_, value)| value);
        answer.map_err(|refused| explained(&format!("{action} {about}"), &refused))
    }

    /// All pages of a list of IAM's.
    pub(super) async fn iam_list(&self, action: &str, member: &str) -> Result<Vec<Value>> {
        let mut all = Vec::new();
        let mut marker: Option<String> = None;
        loop {
            let parameters: Vec<_> = marker.iter().map(|it| ("Marker", it.as_str())).collect();
            let answer = self.iam(action, &parameters).await?;
            let answer = answer.map_err(|refused| explained(action, &refused))?;
            if let Some(page) = answer.get(member).and_then(Value::as_array) {
                all.extend(page.iter().cloned());
            }
            let next = answer.get("Marker").and_then(Value::as_str);
            match next.filter(|next| !next.is_empty()) {
                Some(next) => marker = Some(next.to_owned()),
                None => return Ok(all),
            }
        }
    }

    /// A request about a bucket that has to be the account's own; a refusal is an answer too.
    pub(super) async fn s3(
        &self,
        method: Method,
        path: &str,
        query: &str,
    ) -> Result<Result<String, Refused>> {
        let owner = ("x-amz-expected-bucket-owner", self.account.as_str());
        let mut request = S3Request::new(method, path, query);
        request.headers.push(owner);
        self.asker.s3(request).await
    }

    /// Puts something into a bucket of the account, or makes it.
    pub(super) async fn s3_put(
        &self,
        path: &str,
        query: &str,
        headers: &[(&'static str, &str)],
        body: &[u8],
    ) -> Result<Result<String, Refused>> {
        // S3 demands a checksum of some requests; a bucket that is yet to be made has no owner.
        let checksum = STANDARD.encode(sha256(body));
        let mut request = S3Request::new(Method::PUT, path, query);
        request.headers = headers.to_vec();
        if !body.is_empty() {
            request.headers.push(("x-amz-checksum-sha256", &checksum));
        }
        let makes_bucket = query.is_empty() && path.rfind('/') == Some(0);
        if !makes_bucket {
            let owner = ("x-amz-expected-bucket-owner", self.account.as_str());
            request.headers.push(owner);
        }
        request.body = body.to_vec();
        self.asker.s3(request).await
    }
}

/// What could not be done and why.
pub(super) fn explained(what: &str, refused: &Refused) -> anyhow::Error {
    let Refused { code, message } = refused;
    anyhow!("{what}: {code}: {}", message.trim_end_matches('.'))
}
