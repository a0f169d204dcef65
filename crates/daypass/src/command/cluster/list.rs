//! `daypass list clusters`.

use std::process::ExitCode;

use anyhow::Result;
use serde_json::json;

use crate::cli::Data;
use crate::cli::cluster::ListClusters;
use crate::cli::policy::Output;
use crate::command::aws::Aws;
use crate::command::columns::columns;
use crate::print::print;

/// Prints a line for each cluster.
pub(crate) async fn run(options: &ListClusters, data: &Data) -> Result<ExitCode> {
    let aws = Aws::new(data).await?;
    let mut clusters = Vec::new();
    for name in aws.clusters().await? {
        // One that was deleted meanwhile is left out.
        clusters.extend(aws.cluster(&name.parse()?).await?);
    }
    print(&match options.output {
        Output::Json => {
            let list = clusters
                .iter()
                .map(|it| json!({"name": it.name, "arn": it.arn, "issuer": it.issuer}));
            format!("{:#}\n", json!({"clusters": list.collect::<Vec<_>>()}))
        }
        Output::Text if clusters.is_empty() => {
            "no cluster is registered; `daypass create cluster --name NAME` registers one\n"
                .to_owned()
        }
        Output::Text => {
            let row = |it: &crate::command::aws::Registered| {
                [it.name.clone(), it.issuer.clone(), it.arn.clone()]
            };
            let rows: Vec<_> = clusters.iter().map(row).collect();
            columns(["NAME", "ISSUER", "ARN"], &rows)
        }
    })?;
    Ok(ExitCode::SUCCESS)
}
