//! `daypass policy`.

mod check;
mod decide;
mod source;
mod summary;

use std::process::ExitCode;

use anyhow::Result;

use crate::cli::policy::Policy;

/// Runs one of its subcommands.
pub(crate) fn run(command: &Policy) -> Result<ExitCode> {
    match command {
        Policy::Check(options) => check::run(options),
        Policy::Summary(options) => summary::run(options),
        Policy::Decide(options) => decide::run(options),
    }
}
