//! `daypass delegation-token`.

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::cli::DelegationToken;
use crate::data_dir::DataDir;
use crate::local::{Answer, Ask, ask};

/// Prints a delegation request's exchange token, and nothing else.
pub(crate) async fn run(options: &DelegationToken) -> Result<ExitCode> {
    let data = DataDir::new(&options.data.dir);
    let question = Ask::DelegationToken {
        request: options.request.clone(),
    };
    let Answer::Token { token, .. } = ask(&data, &question).await? else {
        bail!("the server answered something else");
    };
    println!("{token}");
    Ok(ExitCode::SUCCESS)
}
