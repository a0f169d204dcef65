//! `daypass register cluster`.

use std::process::ExitCode;

use anyhow::Result;

use crate::cli::Data;
use crate::cli::cluster::RegisterCluster;
use crate::command::aws::Aws;
use crate::print::print;

/// Registers the name.
pub(crate) async fn run(options: &RegisterCluster, data: &Data) -> Result<ExitCode> {
    let aws = Aws::new(data).await?;
    aws.register(&options.name, options.provider_arn.as_ref())
        .await?;
    let cluster = aws.known_cluster(&options.name).await?;
    print(&format!("registered as {}\n", cluster.arn))?;
    Ok(ExitCode::SUCCESS)
}
