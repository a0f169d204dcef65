//! Deleting what was made for a name.

use std::process::ExitCode;

use anyhow::{Result, anyhow, bail};
use cluster::ccoctl::InfraName;
use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

use super::cloud::{Cloud, explained};
use super::identity_provider::is_tagged;
use super::say;
use crate::client::elements;

/// What stays as it is in a path: what SigV4 leaves alone, and the slash.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Deletes all that has the name's tag. What can't be deleted is told, and the rest is deleted all
/// the same.
///
/// Roles go first, and the bucket last: as long as there is a provider, whoever has a bucket of
/// this name is the issuer.
pub(super) async fn run(cloud: &Cloud, name: &InfraName) -> Result<ExitCode> {
    let mut left = Left::default();
    let mut deleted = left.of(roles(cloud, name).await);
    let providers = providers(cloud, name).await;
    let provider_stays = providers.iter().any(Result::is_err);
    deleted += left.of(providers);
    match provider_stays {
        true => left.note(anyhow!(
            "the bucket stays, because the identity provider does: whoever had a bucket of this name \
             would be the issuer"
        )),
        false => deleted += left.of(bucket(cloud, name).await),
    }
    if deleted == 0 && left.0 == 0 {
        say(&format!("there is nothing that was made for {name}"))?;
    }
    Ok(match left.0 {
        0 => ExitCode::SUCCESS,
        _ => {
            eprintln!(
                "daypass: not all is deleted; run the command again when the reasons are gone"
            );
            ExitCode::FAILURE
        }
    })
}

/// How much could not be deleted.
#[derive(Default)]
struct Left(usize);

impl Left {
    /// Tells what went wrong; how much is deleted.
    fn of(&mut self, results: Vec<Result<()>>) -> usize {
        let all = results.len();
        let before = self.0;
        for error in results.into_iter().filter_map(Result::err) {
            self.note(error);
        }
        all - (self.0 - before)
    }

    fn note(&mut self, error: anyhow::Error) {
        self.0 += 1;
        eprintln!("daypass: {error:#}");
    }
}

async fn roles(cloud: &Cloud, name: &InfraName) -> Vec<Result<()>> {
    let listed = match cloud.iam_list("ListRoles", "Roles").await {
        Ok(listed) => listed,
        Err(error) => return vec![Err(error)],
    };
    // Every role that was made for the name begins with it. The list has no tags.
    let prefix = name.role_prefix();
    let names = listed
        .iter()
        .filter_map(|role| role.get("RoleName")?.as_str());
    let mut results = Vec::new();
    for role in names.filter(|role| role.starts_with(&prefix)) {
        results.extend(delete_role(cloud, name, role).await.transpose());
    }
    results
}

/// `None` for a role that was not made for the name.
async fn delete_role(cloud: &Cloud, name: &InfraName, role: &str) -> Result<Option<()>> {
    let named = [("RoleName", role)];
    let answer = cloud.iam_or_none("GetRole", &named).await?;
    let tagged = answer.as_ref().and_then(|answer| answer.get("Role"));
    if !tagged.is_some_and(|role| is_tagged(role, name)) {
        return Ok(None);
    }
    let policies = cloud.iam_done("ListRolePolicies", &named).await?;
    let policies = policies.get("PolicyNames").and_then(Value::as_array);
    for policy in policies.into_iter().flatten().filter_map(Value::as_str) {
        let parameters = [("RoleName", role), ("PolicyName", policy)];
        cloud.iam_or_none("DeleteRolePolicy", &parameters).await?;
    }
    cloud.iam_or_none("DeleteRole", &named).await?;
    say(&format!("role {role}: deleted"))?;
    Ok(Some(()))
}

async fn providers(cloud: &Cloud, name: &InfraName) -> Vec<Result<()>> {
    let member = "OpenIDConnectProviderList";
    let listed = match cloud.iam_list("ListOpenIDConnectProviders", member).await {
        Ok(listed) => listed,
        Err(error) => return vec![Err(error)],
    };
    let arns = listed.iter().filter_map(|it| it.get("Arn")?.as_str());
    let mut results = Vec::new();
    for arn in arns {
        results.extend(delete_provider(cloud, name, arn).await.transpose());
    }
    results
}

/// `None` for a provider that was not made for the name.
async fn delete_provider(cloud: &Cloud, name: &InfraName, arn: &str) -> Result<Option<()>> {
    let named = [("OpenIDConnectProviderArn", arn)];
    let provider = cloud
        .iam_or_none("GetOpenIDConnectProvider", &named)
        .await?;
    if !provider.is_some_and(|provider| is_tagged(&provider, name)) {
        return Ok(None);
    }
    cloud
        .iam_or_none("DeleteOpenIDConnectProvider", &named)
        .await?;
    say(&format!("identity provider {arn}: deleted"))?;
    Ok(Some(()))
}

async fn bucket(cloud: &Cloud, name: &InfraName) -> Vec<Result<()>> {
    // A name that no bucket can have has none.
    let Ok(bucket) = name.bucket() else {
        return Vec::new();
    };
    let deleted = delete_bucket(cloud, &bucket, &name.tag_key()).await;
    deleted.transpose().into_iter().collect()
}

/// `None` if there is no bucket, or one that was not made for the name.
async fn delete_bucket(cloud: &Cloud, bucket: &str, key: &str) -> Result<Option<()>> {
    let path = format!("/{bucket}");
    let tags = match cloud.s3(Method::GET, &path, "tagging=").await? {
        Ok(xml) => elements(&xml, "Key")?,
        Err(refused) if refused.code == "NoSuchBucket" => return Ok(None),
        Err(refused) if refused.code == "NoSuchTagSet" => Vec::new(),
        Err(refused) => {
            let what = format!("read the tags of the bucket {bucket}");
            return Err(explained(&what, &refused));
        }
    };
    if !tags.iter().any(|tag| tag == key) {
        say(&format!(
            "bucket {bucket}: stays, because it has no tag `{key}`"
        ))?;
        return Ok(None);
    }
    let mut foreign = Vec::new();
    for object in objects(cloud, bucket).await? {
        if !delete_object(cloud, bucket, &object, key).await? {
            foreign.push(object);
        }
    }
    if let Some(object) = foreign.first() {
        bail!(
            "the bucket {bucket} stays, because somebody else has put {} other object(s) into it, e.g. \
             `{object}`: they have no tag `{key}`",
            foreign.len()
        );
    }
    match cloud.s3(Method::DELETE, &path, "").await? {
        Ok(_) => say(&format!("bucket {bucket}: deleted"))?,
        Err(refused) if refused.code == "NoSuchBucket" => {}
        Err(refused) => return Err(explained(&format!("delete the bucket {bucket}"), &refused)),
    }
    Ok(Some(()))
}

async fn objects(cloud: &Cloud, bucket: &str) -> Result<Vec<String>> {
    let path = format!("/{bucket}");
    let mut all = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let mut query = "encoding-type=url&list-type=2".to_owned();
        if let Some(token) = &token {
            let token = utf8_percent_encode(token, NON_ALPHANUMERIC);
            query = format!("continuation-token={token}&{query}");
        }
        let page = cloud.s3(Method::GET, &path, &query).await?;
        let page =
            page.map_err(|refused| explained(&format!("list the bucket {bucket}"), &refused))?;
        for key in elements(&page, "Key")? {
            let plus = key.replace('+', " ");
            all.push(percent_decode_str(&plus).decode_utf8()?.into_owned());
        }
        let next = elements(&page, "NextContinuationToken")?;
        match next.into_iter().next() {
            Some(next) => token = Some(next),
            None => return Ok(all),
        }
    }
}

/// Deletes an object if it was made for the name; whether it was.
async fn delete_object(cloud: &Cloud, bucket: &str, object: &str, key: &str) -> Result<bool> {
    // A URL can't name such an object; it would name another one.
    if object
        .split('/')
        .any(|segment| matches!(segment, "." | ".."))
    {
        return Ok(false);
    }
    let path = format!("/{bucket}/{}", utf8_percent_encode(object, PATH));
    let shown = format!("s3://{bucket}/{object}");
    let tags = match cloud.s3(Method::GET, &path, "tagging=").await? {
        Ok(xml) => elements(&xml, "Key")?,
        Err(refused) if refused.code == "NoSuchKey" => return Ok(true),
        Err(refused) => return Err(explained(&format!("read the tags of {shown}"), &refused)),
    };
    if !tags.iter().any(|tag| tag == key) {
        return Ok(false);
    }
    let done = cloud.s3(Method::DELETE, &path, "").await?;
    done.map_err(|refused| explained(&format!("delete {shown}"), &refused))?;
    say(&format!("{shown}: deleted"))?;
    Ok(true)
}
