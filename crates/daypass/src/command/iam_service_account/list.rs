//! `daypass list iamserviceaccounts`.

use std::process::ExitCode;

use anyhow::Result;
use serde_json::json;

use super::{account_of, roles_of_cluster};
use crate::cli::Data;
use crate::cli::iam_service_account::ListIamServiceAccounts;
use crate::cli::policy::Output;
use crate::command::aws::Aws;
use crate::command::columns::columns;
use crate::print::print;

/// Prints a line for each service account.
pub(crate) async fn run(options: &ListIamServiceAccounts, data: &Data) -> Result<ExitCode> {
    let aws = Aws::new(data).await?;
    let (_, roles) = roles_of_cluster(&aws, &options.cluster).await?;
    let cluster = &options.cluster;
    let mut rows: Vec<[String; 3]> = roles
        .iter()
        .filter_map(|role| {
            let (namespace, name) = account_of(role, cluster.as_str())?;
            Some([namespace.to_owned(), name.to_owned(), role.arn.clone()])
        })
        .collect();
    rows.sort();
    print(&match options.output {
        Output::Json => {
            let list = rows.iter().map(|[namespace, name, role]| {
                json!({"namespace": namespace, "name": name, "roleArn": role})
            });
            let list: Vec<_> = list.collect();
            format!(
                "{:#}\n",
                json!({"cluster": cluster.as_str(), "iamServiceAccounts": list})
            )
        }
        Output::Text if rows.is_empty() => format!(
            "no service account of {0} has a role; `daypass create iamserviceaccount --cluster {0} \
             --namespace NAMESPACE --name NAME` gives one\n",
            cluster
        ),
        Output::Text => columns(["NAMESPACE", "NAME", "ROLE"], &rows),
    })?;
    Ok(ExitCode::SUCCESS)
}
