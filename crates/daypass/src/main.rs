//! Daypass: AWS's identity plane for everything that isn't AWS.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line talks to people"
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests"
    )
)]

mod accept;
mod agent;
mod api_server;
mod bootstrap;
mod bucket_issuers;
mod cli;
mod client;
mod command;
mod data_dir;
mod demo;
mod key_file;
mod local;
mod logging;
mod patient_body;
mod print;
mod room;
mod route;
mod s3_upstream;
mod server;
mod shell;
mod signals;
mod tls;
mod token_review;
mod unread_body;
mod upkeep;
mod watched_file;
mod webhook;

use std::process::ExitCode;

use clap::Parser;
use cli::{Cli, Command};
use rustix::fs::Mode;
use rustix::process::umask;

/// Measured: requests cost a sixth less than with the C library's allocator (bench/README.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // The process has one crypto provider; a second installation would be a mistake of ours.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    if matches!(cli.command, Command::Serve(_) | Command::Demo(_)) {
        // What a server makes is for its own user's eyes. A program under `daypass run` keeps
        // the mask that it was given.
        umask(Mode::from_raw_mode(0o077));
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&anyhow::Error::new(error).context("cannot start")),
    };
    let result = runtime.block_on(async {
        match cli.command {
            Command::Serve(options) => command::serve::run(*options).await,
            Command::Credentials(options) => command::credentials::run(&options).await,
            Command::Token(options) => command::token::run(&options).await,
            Command::DelegationToken(options) => command::delegation_token::run(&options).await,
            Command::Run(options) => command::run::run(options).await,
            Command::Oidc(options) => command::oidc::run(&options).await,
            Command::Policy(command) => policy(&command),
            Command::Can(options) => Ok(command::can::run(&options).await),
            Command::Sessions(options) => command::sessions::run(&options).await,
            Command::Revoke(options) => command::revoke::run(&options).await,
            Command::Issuer(command) => command::issuer::run(&command).await,
            Command::Explain(options) => command::explain::run(&options).await,
            Command::NodeAddress(options) => command::node_address::run(&options),
            Command::Create(options) => command::verbs::create(&options).await,
            Command::Describe(options) => command::verbs::describe(&options).await,
            Command::List(options) => command::verbs::list(&options).await,
            Command::Delete(options) => command::verbs::delete(&options).await,
            Command::Register(options) => command::verbs::register(&options).await,
            Command::Status(options) => command::status::run(&options).await,
            Command::Test(options) => command::verbs::test(&options).await,
            Command::Webhook(options) => command::webhook::run(*options).await,
            Command::Agent(options) => command::agent::run(*options).await,
            Command::Ccoctl(options) => command::ccoctl::run(&options).await,
            Command::Demo(options) => demo::run(&options).await,
        }
    });
    match result {
        Ok(code) => code,
        Err(error) => failed(&error),
    }
}

/// Its output is long and read by programs, so that it may be cut off.
fn policy(command: &cli::policy::Policy) -> anyhow::Result<ExitCode> {
    command::policy::run(command).or_else(|error| match print::nobody_reads(&error) {
        true => Ok(ExitCode::SUCCESS),
        false => Err(error),
    })
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("daypass: {error:#}");
    ExitCode::FAILURE
}
