//! The steps: from a service account's token to an object in a bucket, and back out.

use anyhow::{Context, Result, anyhow, bail};
use http::Method;
use jiff::{SignedDuration, Timestamp};
use rustix::process::geteuid;
use serde_json::{Value, json};
use services::local::Local;

use crate::client::{Client, Keys, Refused, S3Request, elements};
use crate::demo::show;
use crate::server::Server;

const ROLE: &str = "iam-app-s3-role";
const BUCKET: &str = "rosa-demo";
const SERVICE_ACCOUNT: &str = "iam-app/iam-app-s3-sa";
const OTHER: &str = "default/curious";
const TEXT: &str = "Hello from ROSA\n";

/// What the steps have made so far.
struct Walk<'a> {
    server: &'a Server,
    client: Client,
    admin: Keys,
    account: String,
    provider: String,
}

/// Walks all steps; each is checked, so a demo that ends well did what it shows.
pub(super) async fn walk(server: &Server, endpoint: &str) -> Result<()> {
    println!("daypass demo: a server of its own at {endpoint}, and nobody holds a long-lived key.");
    println!(
        "Each step is shown as the command that does it; the demo's own client makes the same calls."
    );
    let issuer = server.issuers.default_issuer().context("no issuer")?;
    let walk = Walk {
        server,
        client: Client::new(endpoint, server.door.region())?,
        admin: administrator(server).await?,
        account: server.door.account().to_string(),
        provider: issuer.url().without_scheme().to_owned(),
    };
    walk.who_am_i().await?;
    walk.register_provider().await?;
    let role_arn = walk.create_role().await?;
    walk.attach_policy().await?;
    walk.create_bucket().await?;
    let token = walk.token(6, SERVICE_ACCOUNT).await?;
    let pod = walk.assume(&role_arn, &token).await?;
    walk.write_and_list(&role_arn, &pod).await?;
    walk.refuse_another(&role_arn).await?;
    walk.events().await?;
    walk.revoke(&role_arn, &pod, &token).await
}

async fn administrator(server: &Server) -> Result<Keys> {
    let local = Local::new(&server.door, geteuid().as_raw());
    let role = format!("arn:aws:iam::{}:role/Administrator", server.door.account());
    let credentials = local.credentials(&role, None).await?;
    Ok(Keys {
        access_key_id: credentials.access_key_id,
        secret: credentials.secret_access_key,
        session_token: Some(credentials.session_token),
    })
}

impl Walk<'_> {
    async fn who_am_i(&self) -> Result<()> {
        show::step(
            1,
            "Become the administrator, for an hour, as the server's own user",
        );
        show::command("eval \"$(daypass credentials)\"");
        show::command("aws sts get-caller-identity");
        let identity = self.as_admin("sts", "GetCallerIdentity", &[]).await?;
        show::json(&identity);
        Ok(())
    }

    async fn register_provider(&self) -> Result<()> {
        show::step(2, "Register the cluster's issuer as an identity provider");
        show::command(
            "aws iam create-open-id-connect-provider --url https://$OIDC_PROVIDER \\\n    --client-id-list sts.amazonaws.com",
        );
        let url = format!("https://{}", self.provider);
        let parameters = [
            ("Url", &*url),
            ("ClientIDList.member.1", "sts.amazonaws.com"),
        ];
        let made = self
            .as_admin("iam", "CreateOpenIDConnectProvider", &parameters)
            .await?;
        show::json(&made);
        Ok(())
    }

    async fn create_role(&self) -> Result<String> {
        show::step(
            3,
            "Create a role that trusts one service account of that issuer",
        );
        let (account, provider) = (&self.account, &self.provider);
        let subject = "system:serviceaccount:iam-app:iam-app-s3-sa";
        let trust = format!(
            r#"{{
  "Version": "2012-10-17",
  "Statement": [{{
    "Effect": "Allow",
    "Principal": {{"Federated": "arn:aws:iam::{account}:oidc-provider/{provider}"}},
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Condition": {{"StringEquals": {{
      "{provider}:sub": "{subject}",
      "{provider}:aud": "sts.amazonaws.com"
    }}}}
  }}]
}}"#
        );
        show::command("cat trust.json");
        show::file(&trust);
        show::command(&format!(
            "aws iam create-role --role-name {ROLE} --assume-role-policy-document file://trust.json \\\n    --query Role.Arn --output text"
        ));
        let parameters = [("RoleName", ROLE), ("AssumeRolePolicyDocument", &*trust)];
        let made = self.as_admin("iam", "CreateRole", &parameters).await?;
        let arn = text(&made, "/Role/Arn")?;
        show::answer(&arn);
        Ok(arn)
    }

    async fn attach_policy(&self) -> Result<()> {
        show::step(
            4,
            "Find AmazonS3FullAccess in the catalogue of AWS-managed policies; attach it",
        );
        show::command(
            "aws iam list-policies --query 'Policies[?PolicyName==`AmazonS3FullAccess`].Arn' --output text",
        );
        let arn = self.find_policy("AmazonS3FullAccess").await?;
        show::answer(&arn);
        show::command(&format!(
            "aws iam attach-role-policy --role-name {ROLE} --policy-arn {arn}"
        ));
        let parameters = [("RoleName", ROLE), ("PolicyArn", &*arn)];
        self.as_admin("iam", "AttachRolePolicy", &parameters)
            .await?;
        Ok(())
    }

    /// Pages through `ListPolicies`, as the CLI does.
    async fn find_policy(&self, name: &str) -> Result<String> {
        let mut marker: Option<String> = None;
        loop {
            let mut parameters = vec![("MaxItems", "1000")];
            parameters.extend(marker.as_deref().map(|marker| ("Marker", marker)));
            let page = self.as_admin("iam", "ListPolicies", &parameters).await?;
            let policies = page.get("Policies").and_then(Value::as_array);
            let found = policies
                .into_iter()
                .flatten()
                .find(|it| it.get("PolicyName").and_then(Value::as_str) == Some(name));
            if let Some(policy) = found {
                return text(policy, "/Arn");
            }
            marker = page
                .get("Marker")
                .and_then(Value::as_str)
                .map(str::to_owned);
            if marker.is_none() {
                bail!("{name} is not in the catalogue");
            }
        }
    }

    async fn create_bucket(&self) -> Result<()> {
        show::step(5, "Create a bucket");
        show::command(&format!(
            "aws s3api create-bucket --bucket {BUCKET} --region $AWS_REGION \\\n    --create-bucket-configuration LocationConstraint=$AWS_REGION"
        ));
        let body = format!(
            "<CreateBucketConfiguration><LocationConstraint>{}</LocationConstraint></CreateBucketConfiguration>",
            self.server.door.region()
        );
        let path = format!("/{BUCKET}");
        self.client
            .s3(put(&path, body.into_bytes()), &self.admin)
            .await?
            .map_err(Refused::unexpected)?;
        show::json(&json!({"Location": format!("/{BUCKET}")}));
        Ok(())
    }

    async fn token(&self, number: usize, account: &str) -> Result<String> {
        show::step(
            number,
            "Take a token, as the kubelet would project it into the pod",
        );
        show::command(&format!(
            "daypass token --service-account {account} > token    # its claims:"
        ));
        let token = self.issue(account).await?;
        show::json(&claims(&token)?);
        Ok(token)
    }

    async fn issue(&self, account: &str) -> Result<String> {
        let issuer = self.server.issuers.default_issuer().context("no issuer")?;
        let local = Local::new(&self.server.door, geteuid().as_raw());
        let audiences = vec!["sts.amazonaws.com".to_owned()];
        let token = local.token(&issuer, account.parse()?, audiences, 86_400);
        Ok(token.await?)
    }

    async fn assume(&self, role_arn: &str, token: &str) -> Result<Keys> {
        show::step(
            7,
            "Exchange the token for credentials of exactly that role: no key, no signature",
        );
        show::command(&assume_command(role_arn));
        let answer = self.web_identity(role_arn, token).await?;
        let answer = answer.map_err(Refused::unexpected)?;
        show::json(&answer);
        keys(&answer)
    }

    async fn web_identity(&self, role_arn: &str, token: &str) -> Result<Result<Value, Refused>> {
        let parameters = [
            ("RoleArn", role_arn),
            ("RoleSessionName", "demo"),
            ("WebIdentityToken", token),
        ];
        self.client
            .query("sts", "AssumeRoleWithWebIdentity", &parameters, None)
            .await
    }

    async fn write_and_list(&self, role_arn: &str, pod: &Keys) -> Result<()> {
        show::step(8, "In the pod: write an object, list the bucket");
        show::command(&format!(
            "daypass run --role-arn {role_arn} \\\n    --service-account {SERVICE_ACCOUNT} -- bash    # a pod's environment"
        ));
        show::command("echo \"Hello from ROSA\" > rosa.txt");
        show::command(&format!("aws s3 cp rosa.txt s3://{BUCKET}/rosa.txt"));
        let path = format!("/{BUCKET}/rosa.txt");
        self.client
            .s3(put(&path, TEXT.into()), pod)
            .await?
            .map_err(Refused::unexpected)?;
        show::answer(&format!("upload: ./rosa.txt to s3://{BUCKET}/rosa.txt"));
        show::command(&format!("aws s3 ls s3://{BUCKET} --recursive"));
        let listing = self.list(pod).await?.map_err(Refused::unexpected)?;
        let texts = |name| elements(&listing, name);
        let (times, sizes) = (texts("LastModified")?, texts("Size")?);
        let mut keys = Vec::new();
        for ((key, time), size) in texts("Key")?.into_iter().zip(times).zip(sizes) {
            let time: Timestamp = time.parse()?;
            let time = time.strftime("%Y-%m-%d %H:%M:%S");
            show::answer(&format!("{time} {size:>10} {key}"));
            keys.push(key);
        }
        if keys != ["rosa.txt"] {
            bail!("the object is not in the listing: {listing}");
        }
        Ok(())
    }

    async fn list(&self, keys: &Keys) -> Result<Result<String, Refused>> {
        let path = format!("/{BUCKET}");
        let request = S3Request::new(Method::GET, &path, "list-type=2");
        self.client.s3(request, keys).await
    }

    async fn refuse_another(&self, role_arn: &str) -> Result<()> {
        show::step(
            9,
            "The same call with another service account's token is refused",
        );
        show::command(&format!("daypass token --service-account {OTHER} > token"));
        show::command(&assume_command(role_arn));
        let token = self.issue(OTHER).await?;
        let Err(refused) = self.web_identity(role_arn, &token).await? else {
            bail!("another service account got credentials");
        };
        refused.show("AssumeRoleWithWebIdentity");
        show::note(
            "The trust policy asks for another sub than this token's, system:serviceaccount:default:curious. \
             The answer doesn't tell strangers; the server's log does.",
        );
        Ok(())
    }

    async fn events(&self) -> Result<()> {
        show::step(
            10,
            "Every call was recorded before it was answered (those on objects, in the data events)",
        );
        show::command(
            "aws cloudtrail lookup-events --output json | jq -r '.Events[] | .Username as $u | .CloudTrailEvent |\n    fromjson | [.eventTime, .eventName, $u, .errorCode // \"-\"] | @tsv'",
        );
        let found = self
            .client
            .lookup_events(&json!({"MaxResults": 50}), &self.admin)
            .await?
            .map_err(|refused| anyhow!("{}: {}", refused.code, refused.message))?;
        let events = found.get("Events").and_then(Value::as_array);
        let mut names = Vec::new();
        for event in events.into_iter().flatten() {
            let record: Value = serde_json::from_str(&text(event, "/CloudTrailEvent")?)?;
            let part = |path: &str| {
                let value = record.pointer(path).and_then(Value::as_str);
                value.unwrap_or("-").to_owned()
            };
            let name = part("/eventName");
            let user = event.get("Username").and_then(Value::as_str).unwrap_or("-");
            show::answer(&format!(
                "{}  {name:<28} {:<46} {}",
                part("/eventTime"),
                user,
                part("/errorCode"),
            ));
            names.push(name);
        }
        let exchanges = names
            .iter()
            .filter(|name| *name == "AssumeRoleWithWebIdentity");
        if exchanges.count() != 2 {
            bail!("the trail does not show both exchanges: {names:?}");
        }
        Ok(())
    }

    async fn revoke(&self, role_arn: &str, pod: &Keys, token: &str) -> Result<()> {
        show::step(11, "Revoke every session that was issued up to now");
        // AWS's console adds 30 s, to cover its propagation; here the answer is the end of it.
        let until = Timestamp::now() + SignedDuration::from_secs(1);
        let until = until.strftime("%Y-%m-%dT%H:%M:%SZ");
        let revocation = format!(
            r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Deny", "Action": ["*"], "Resource": ["*"],
    "Condition": {{"DateLessThan": {{"aws:TokenIssueTime": "{until}"}}}}}}]}}"#
        );
        show::command(&format!(
            "aws iam put-role-policy --role-name {ROLE} --policy-name AWSRevokeOlderSessions \\\n    --policy-document '{revocation}'"
        ));
        let parameters = [
            ("RoleName", ROLE),
            ("PolicyName", "AWSRevokeOlderSessions"),
            ("PolicyDocument", &*revocation),
        ];
        self.as_admin("iam", "PutRolePolicy", &parameters).await?;
        show::command(&format!(
            "aws s3 ls s3://{BUCKET}    # in the pod, with its old session"
        ));
        let Err(refused) = self.list(pod).await? else {
            bail!("a revoked session still works");
        };
        refused.show("ListObjectsV2");
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let answer = self.web_identity(role_arn, token).await?;
        let renewed = keys(&answer.map_err(Refused::unexpected)?)?;
        show::command(&format!(
            "aws s3 ls s3://{BUCKET}    # a moment later, with a new session"
        ));
        let listing = self.list(&renewed).await?.map_err(Refused::unexpected)?;
        for key in elements(&listing, "Key")? {
            show::answer(&key);
        }
        Ok(())
    }

    async fn as_admin(
        &self,
        service: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Value> {
        let answer = self
            .client
            .query(service, action, parameters, Some(&self.admin))
            .await?;
        answer.map_err(Refused::unexpected)
    }
}

impl Refused {
    fn unexpected(self) -> anyhow::Error {
        anyhow!("{}: {}", self.code, self.message)
    }

    /// As the CLI words it.
    fn show(&self, operation: &str) {
        let Self { code, message } = self;
        show::answer(&format!(
            "An error occurred ({code}) when calling the {operation} operation: {message}"
        ));
    }
}

fn put(path: &str, body: Vec<u8>) -> S3Request<'_> {
    S3Request {
        body,
        ..S3Request::new(Method::PUT, path, "")
    }
}

fn assume_command(role_arn: &str) -> String {
    format!(
        "aws sts assume-role-with-web-identity --role-arn {role_arn} \\\n    --role-session-name demo --web-identity-token file://token"
    )
}

fn keys(answer: &Value) -> Result<Keys> {
    Ok(Keys {
        access_key_id: text(answer, "/Credentials/AccessKeyId")?.parse()?,
        secret: session::Secret::new(text(answer, "/Credentials/SecretAccessKey")?),
        session_token: Some(text(answer, "/Credentials/SessionToken")?),
    })
}

fn claims(token: &str) -> Result<Value> {
    use base64::Engine;
    let payload = token.split('.').nth(1).context("no JWT")?;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload)?;
    Ok(serde_json::from_slice(&bytes)?)
}

fn text(value: &Value, path: &str) -> Result<String> {
    let text = value.pointer(path).and_then(Value::as_str);
    Ok(text
        .with_context(|| format!("no {path} in the answer"))?
        .to_owned())
}
