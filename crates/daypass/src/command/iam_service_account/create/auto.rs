//! `--mode auto`: the role first, then the service account, so that no pod is told a role that isn't there.

use anyhow::{Error, Result, anyhow};
use cluster::manifests::{ROLE_ARN, is_ours, namespace, service_account};
use serde_json::json;

use super::{Found, Objects, description, undo};
use crate::api_server::Place;
use crate::cli::iam_service_account::CreateIamServiceAccount;
use crate::command::aws::Aws;
use crate::command::check::Check;
use crate::print::print;

/// Makes what is missing.
pub(super) async fn run(
    options: &CreateIamServiceAccount,
    aws: &Aws,
    found: &Found<'_>,
) -> Result<()> {
    let undo = undo(options, aws);
    let mut done = Vec::new();
    let carried = carry_out(options, aws, found, &mut done).await;
    carried.map_err(|error| failed(&error, &done, &undo))?;
    print(&format!("undo: {undo}\n"))
}

fn failed(error: &Error, done: &[&str], undo: &str) -> Error {
    let left = ["role", "policies", "namespace", "service account"];
    let left: Vec<&str> = left.into_iter().filter(|it| !done.contains(it)).collect();
    let done = match done {
        [] => "nothing is done".to_owned(),
        done => format!("done: {}", done.join(", ")),
    };
    anyhow!(
        "{error:#}\n  {done}; not done: {}\n  next: the same command again, which goes on from there, or \
         `{undo}`",
        left.join(", ")
    )
}

async fn carry_out(
    options: &CreateIamServiceAccount,
    aws: &Aws,
    found: &Found<'_>,
    done: &mut Vec<&'static str>,
) -> Result<()> {
    let arn = role(options, aws, found).await?;
    done.push("role");
    for policy in found.missing(options) {
        aws.attach(&found.role_name, &policy).await?;
        told("policy", &format!("{policy} was attached"))?;
    }
    for policy in found.attached.iter() {
        told("policy", &format!("{policy} was attached before"))?;
    }
    done.push("policies");
    let Some(objects) = &found.objects else {
        return Ok(());
    };
    let name = found.account.namespace;
    match &objects.namespace {
        Some(_) => told("namespace", &format!("{name} was there"))?,
        None => {
            objects.kubernetes.apply(&namespace(name)).await?;
            told("namespace", &format!("{name} was made"))?;
        }
    }
    done.push("namespace");
    annotate(found, objects, &arn).await?;
    done.push("service account");
    Ok(())
}

/// The role's ARN.
async fn role(options: &CreateIamServiceAccount, aws: &Aws, found: &Found<'_>) -> Result<String> {
    let (name, trust) = (&found.role_name, found.account.trust_policy());
    let boundary = found.new_boundary(options);
    let Some(role) = &found.role else {
        let tags = found.account.tags();
        let tags: Vec<_> = tags
            .iter()
            .map(|(key, value)| (*key, value.as_str()))
            .collect();
        let description = description(&found.account);
        let arn = aws
            .create_role(name, &trust, &description, boundary.as_deref(), &tags)
            .await?;
        told("role", &format!("{arn} was made"))?;
        return Ok(arn);
    };
    let mut changes = Vec::new();
    if role.trust != trust {
        aws.set_trust(name, &trust).await?;
        changes.push("its trust policy is this service account's again");
    }
    if let Some(boundary) = &boundary {
        aws.set_boundary(name, boundary).await?;
        changes.push("its permissions boundary was set");
    }
    told(
        "role",
        &match changes.as_slice() {
            [] => format!("{} was there", role.arn),
            some => format!("{} was there; {}", role.arn, some.join("; ")),
        },
    )?;
    Ok(role.arn.clone())
}

async fn annotate(found: &Found<'_>, objects: &Objects, arn: &str) -> Result<()> {
    let (namespace, name) = (found.account.namespace, found.account.name);
    let shown = format!("{namespace}/{name}");
    let kubernetes = &objects.kubernetes;
    let Some(present) = &objects.service_account else {
        kubernetes
            .apply(&service_account(namespace, name, arn))
            .await?;
        return told(
            "service account",
            &format!("{shown} was made, with the role"),
        );
    };
    if objects.role() == Some(arn) {
        return told("service account", &format!("{shown} has the role"));
    }
    if is_ours(present) {
        kubernetes
            .apply(&service_account(namespace, name, arn))
            .await?;
    } else {
        let patch = json!({"metadata": {"annotations": {ROLE_ARN: arn}}});
        kubernetes
            .merge(&Place::service_account(namespace, name), &patch)
            .await?;
    }
    told(
        "service account",
        &format!("{shown} was there, and was annotated with the role"),
    )
}

fn told(subject: &'static str, text: &str) -> Result<()> {
    print(&Check::passed(subject, text).told())
}
