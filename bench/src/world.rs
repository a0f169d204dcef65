//! What the requests need: an identity provider, a role that trusts it, a bucket with an object.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use http::Method;
use policy::AccountId;
use serde_json::{Value, json};
use session::Secret;

use crate::client::{Client, Keys};
use crate::es256::Es256Issuer;
use crate::http1::{Request, Response, exchange};
use crate::process::Process;

const ROLE: &str = "bench";
const BUCKET: &str = "daypass-bench";
/// The object's path.
pub(crate) const OBJECT: &str = "/daypass-bench/data/object";
/// The object's length in bytes.
pub(crate) const OBJECT_BYTES: usize = 1024;
const SERVICE_ACCOUNT: &str = "bench/reader";
/// The same, as tokens name it.
pub(crate) const SUBJECT: &str = "system:serviceaccount:bench:reader";

/// A running server, set up.
#[derive(Debug)]
pub(crate) struct World {
    program: PathBuf,
    data: PathBuf,
    pub(crate) server: Process,
    pub(crate) client: Client,
    /// Issuer without its scheme.
    provider: String,
    admin: Keys,
    account: AccountId,
    role_arn: String,
    /// The bucket that it has.
    pub(crate) bucket: String,
    /// An issuer elsewhere, whose key was pushed.
    pub(crate) es256: Es256Issuer,
}

impl World {
    /// Sets a fresh server up, through its API.
    pub(crate) fn build(program: &Path, data: &Path, server: Process) -> Result<Self> {
        Self::with_bucket(program, data, server, BUCKET)
    }

    /// The same, with a bucket of this name, in which there is the object `data/object`.
    pub(crate) fn with_bucket(
        program: &Path,
        data: &Path,
        server: Process,
        bucket: &str,
    ) -> Result<Self> {
        let environment = output(program, &["credentials", "--format", "env"], data)?;
        let variable = |name: &str| {
            let line = environment.lines().find_map(|line| {
                let (known, value) = line.strip_prefix("export ")?.split_once('=')?;
                (known == name).then(|| value.trim_matches('\'').to_owned())
            });
            line.with_context(|| format!("no {name} among the credentials"))
        };
        let client = Client {
            host: server.address.to_string(),
            region: variable("AWS_REGION")?,
        };
        let admin = Keys {
            access_key_id: variable("AWS_ACCESS_KEY_ID")?.parse()?,
            secret: Secret::from(variable("AWS_SECRET_ACCESS_KEY")?),
            session_token: variable("AWS_SESSION_TOKEN")?,
        };
        let account = admin
            .access_key_id
            .account()
            .context("no account in the key")?;
        let mut world = Self {
            program: program.to_owned(),
            data: data.to_owned(),
            server,
            client,
            provider: variable("OIDC_PROVIDER")?,
            admin,
            account,
            role_arn: format!("arn:aws:iam::{account}:role/{ROLE}"),
            bucket: bucket.to_owned(),
            es256: Es256Issuer::new()?,
        };
        world.set_up(&account.to_string())?;
        Ok(world)
    }

    fn set_up(&mut self, account: &str) -> Result<()> {
        let provider = &self.provider;
        let url = format!("https://{provider}");
        let es256_url = format!("https://{}", Es256Issuer::PROVIDER);
        let statement = |provider: &str| {
            json!({
                "Effect": "Allow",
                "Principal": {"Federated": format!("arn:aws:iam::{account}:oidc-provider/{provider}")},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": {
                    format!("{provider}:sub"): SUBJECT,
                    format!("{provider}:aud"): "sts.amazonaws.com",
                }},
            })
        };
        let trust = json!({
            "Version": "2012-10-17",
            "Statement": [statement(provider), statement(Es256Issuer::PROVIDER)],
        })
        .to_string();
        let calls: [(&str, &[(&str, &str)]); 4] = [
            (
                "CreateOpenIDConnectProvider",
                &[
                    ("Url", &es256_url),
                    ("ClientIDList.member.1", "sts.amazonaws.com"),
                ],
            ),
            (
                "CreateOpenIDConnectProvider",
                &[
                    ("Url", &url),
                    ("ClientIDList.member.1", "sts.amazonaws.com"),
                ],
            ),
            (
                "CreateRole",
                &[("RoleName", ROLE), ("AssumeRolePolicyDocument", &trust)],
            ),
            (
                "AttachRolePolicy",
                &[
                    ("RoleName", ROLE),
                    ("PolicyArn", "arn:aws:iam::aws:policy/AmazonS3FullAccess"),
                ],
            ),
        ];
        for (action, parameters) in calls {
            self.send(
                &self
                    .client
                    .query("iam", action, parameters, Some(&self.admin))?,
            )?;
        }
        let keys = self.data.with_extension("jwks");
        std::fs::write(&keys, self.es256.jwks())?;
        let keys = keys.to_str().context("the directory's name is no text")?;
        let push = ["oidc", "push-keys", "--provider-arn", &es256_url, keys];
        output(&self.program, &push, &self.data)?;
        let location = format!(
            "<CreateBucketConfiguration><LocationConstraint>{}</LocationConstraint></CreateBucketConfiguration>",
            self.client.region
        );
        let content = "0123456789abcdef".repeat(OBJECT_BYTES / 16);
        let bucket = format!("/{}", self.bucket);
        let object = format!("{bucket}/data/object");
        for (path, body) in [(bucket, location), (object, content)] {
            self.send(
                &self
                    .client
                    .s3(Method::PUT, &path, body.into_bytes(), &self.admin)?,
            )?;
        }
        Ok(())
    }

    /// The administrator's credentials.
    pub(crate) fn admin(&self) -> &Keys {
        &self.admin
    }

    /// Whether the trail has the data events of the bucket.
    pub(crate) fn record_objects(&self, recorded: bool) -> Result<()> {
        let equals = |field: &str, value: &str| json!({"Field": field, "Equals": [value]});
        let mut objects = vec![
            equals("eventCategory", "Data"),
            equals("resources.type", "AWS::S3::Object"),
        ];
        if !recorded {
            let arn = format!("arn:aws:s3:::{}/", self.bucket);
            objects.push(json!({"Field": "resources.ARN", "NotStartsWith": [arn]}));
        }
        let body = json!({
            "TrailName": "daypass",
            "AdvancedEventSelectors": [
                {"FieldSelectors": [equals("eventCategory", "Management")]},
                {"FieldSelectors": objects},
            ],
        });
        let target = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.PutEventSelectors";
        let request = self.client.json("cloudtrail", target, &body, &self.admin)?;
        self.send(&request).map(|_| ())
    }

    /// The same data directory under a server that `start` starts, after `between` has run on it without one.
    pub(crate) fn restarted(
        self,
        between: impl FnOnce(&Path) -> Result<()>,
        start: impl FnOnce(&Path) -> Result<Process>,
    ) -> Result<Self> {
        self.server.stop()?;
        between(&self.data)?;
        let server = start(&self.data)?;
        let client = Client {
            host: server.address.to_string(),
            region: self.client.region.clone(),
        };
        Ok(Self {
            server,
            client,
            ..self
        })
    }

    /// The account.
    pub(crate) fn account(&self) -> AccountId {
        self.account
    }

    /// A call of IAM by the administrator, `Action` among the parameters; the answer's body.
    pub(crate) fn administer(&self, parameters: &[(&str, String)]) -> Result<String> {
        let (action, rest) = parameters.split_first().context("no action")?;
        let rest: Vec<_> = rest
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let request = self
            .client
            .query("iam", &action.1, &rest, Some(&self.admin))?;
        Ok(self.send(&request)?.body)
    }

    /// A new token of the service account that the role trusts.
    pub(crate) fn token(&self) -> Result<String> {
        let arguments = ["token", "--service-account", SERVICE_ACCOUNT];
        Ok(output(&self.program, &arguments, &self.data)?
            .trim()
            .to_owned())
    }

    /// The request that exchanges a token for credentials of the role.
    pub(crate) fn exchange(&self, token: &str) -> Result<Request> {
        let parameters = [
            ("RoleArn", &*self.role_arn),
            ("RoleSessionName", "botocore-session-1795262400"),
            ("WebIdentityToken", token),
        ];
        self.client
            .query("sts", "AssumeRoleWithWebIdentity", &parameters, None)
    }

    /// Credentials of the role.
    pub(crate) fn role(&self) -> Result<Keys> {
        let answer = self.send(&self.exchange(&self.token()?)?)?.body;
        let element = |name: &str| {
            let (_, rest) = answer.split_once(&format!("<{name}>"))?;
            Some(rest.split_once('<')?.0.to_owned())
        };
        let part = |name| element(name).with_context(|| format!("no {name} in the answer"));
        Ok(Keys {
            access_key_id: part("AccessKeyId")?.parse()?,
            secret: Secret::from(part("SecretAccessKey")?),
            session_token: part("SessionToken")?,
        })
    }

    /// The default issuer's first public key.
    pub(crate) fn jwk(&self) -> Result<Value> {
        let path = self
            .provider
            .find('/')
            .map_or("", |at| &self.provider[at..]);
        let host = &self.client.host;
        let request = format!("GET {path}/keys.json HTTP/1.1\r\nhost: {host}\r\n\r\n");
        let answer = exchange(self.server.address, request.as_bytes())?;
        let keys: Value = serde_json::from_str(&answer.body).context("no key set")?;
        keys.pointer("/keys/0")
            .cloned()
            .context("no key in the set")
    }

    /// Sends one request; anything but a success is an error.
    pub(crate) fn send(&self, request: &Request) -> Result<Response> {
        let answer = exchange(self.server.address, &request.bytes())?;
        if !(200..300).contains(&answer.status) {
            bail!("{} {}: {}", request.method, request.target, answer.body);
        }
        Ok(answer)
    }
}

fn output(program: &Path, arguments: &[&str], data: &Path) -> Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .arg("--data")
        .arg(data)
        .output()
        .with_context(|| format!("cannot run `{}`", program.display()))?;
    if !output.status.success() {
        bail!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}
