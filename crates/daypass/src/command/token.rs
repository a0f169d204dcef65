//! `daypass token`.

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::cli::Token;
use crate::data_dir::DataDir;
use crate::local::{Answer, Ask, ask};

/// Prints a service account's token, and nothing else.
pub(crate) async fn run(options: &Token) -> Result<ExitCode> {
    let data = DataDir::new(&options.data.dir);
    let question = Ask::token(
        &options.service_account,
        options.audience.clone(),
        options.duration,
        options.issuer.clone(),
    );
    let Answer::Token { token, .. } = ask(&data, &question).await? else {
        bail!("the server answered something else");
    };
    println!("{token}");
    Ok(ExitCode::SUCCESS)
}
