//! `daypass describe cluster`.

use std::process::ExitCode;

use anyhow::Result;
use cluster::manifests::{CLUSTER, MANAGED_BY, MANAGER};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cli::Data;
use crate::cli::cluster::DescribeCluster;
use crate::cli::policy::Output;
use crate::command::aws::Aws;
use crate::print::print;

/// Prints what the server knows of a cluster.
pub(crate) async fn run(options: &DescribeCluster, data: &Data) -> Result<ExitCode> {
    let aws = Aws::new(data).await?;
    let cluster = aws.known_cluster(&options.name).await?;
    let arn = aws.provider_arn(cluster.issuer_path());
    let provider = aws.provider(&arn).await?;
    let pushed = match &provider {
        Some(_) => aws.pushed_keys(&arn).await?,
        None => Vec::new(),
    };
    let roles = aws.roles_trusting(&arn).await?;
    let of_cluster = |tags: &crate::command::aws::Tags| {
        tags.get(MANAGED_BY).is_some_and(|it| it == MANAGER)
            && tags.get(CLUSTER).is_some_and(|it| it == &cluster.name)
    };
    let accounts = roles.iter().filter(|it| of_cluster(&it.tags)).count();
    let associations = aws.associations(&options.name).await?;
    // Seconds and their parts, as EKS writes times.
    let created = cluster
        .created
        .and_then(|it| Timestamp::from_second(it as i64).ok());
    let described = json!({
        "name": cluster.name,
        "arn": cluster.arn,
        "created": created.map(|it| it.to_string()),
        "issuer": cluster.issuer,
        "provider": provider.as_ref().map(|it| json!({
            "arn": arn,
            "clientIds": it.client_ids,
            "thumbprints": it.thumbprints,
        })),
        "pushedKeys": pushed,
        "iamServiceAccounts": accounts,
        "otherRoles": roles.len() - accounts,
        "podIdentityAssociations": associations.len(),
    });
    print(&match options.output {
        Output::Json => format!("{described:#}\n"),
        Output::Text => told(&described),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn told(described: &Value) -> String {
    let text = |path: &str| {
        described
            .pointer(path)
            .and_then(Value::as_str)
            .unwrap_or("-")
            .to_owned()
    };
    let list = |path: &str| {
        let list = described.pointer(path).and_then(Value::as_array);
        let texts: Vec<&str> = list
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        texts.join(", ")
    };
    let number = |path: &str| {
        described
            .pointer(path)
            .and_then(Value::as_u64)
            .unwrap_or_default()
    };
    let provider = match described.pointer("/provider/arn") {
        Some(_) => text("/provider/arn"),
        None => "none: tokens of the cluster are refused".to_owned(),
    };
    let keys = match list("/pushedKeys") {
        none if none.is_empty() => "fetched from the issuer".to_owned(),
        pushed => format!("pushed: {pushed}"),
    };
    let lines = [
        ("name", text("/name")),
        ("arn", text("/arn")),
        ("created", text("/created")),
        ("issuer", text("/issuer")),
        ("provider", provider),
        ("client ids", list("/provider/clientIds")),
        ("thumbprints", list("/provider/thumbprints")),
        ("keys", keys),
        (
            "service accounts with a role",
            number("/iamServiceAccounts").to_string(),
        ),
        (
            "other roles that trust it",
            number("/otherRoles").to_string(),
        ),
        (
            "pod identity associations",
            number("/podIdentityAssociations").to_string(),
        ),
    ];
    let lines = lines
        .iter()
        .map(|(name, value)| format!("{:30}{value}", format!("{name}:")));
    let lines: Vec<String> = lines.map(|it| it.trim_end().to_owned() + "\n").collect();
    lines.concat()
}
