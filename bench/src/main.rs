//! The load command: what the real server costs, beside the least that a server could cost.
//!
//! Each figure of a request is taken twice in one run, from `daypass serve` and from a bare hyper server (the
//! subcommand `baseline`) that reads the same requests and answers the same bytes, both pinned to the same core.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line talks to people"
)]

mod baseline;
mod client;
mod cores;
mod directory_load;
mod es256;
mod footprint;
mod http1;
mod load;
mod process;
mod requests;
mod roles;
mod s3;
mod table;
mod usage;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Parser, ValueEnum};

use crate::cores::Cores;
use crate::footprint::Footprint;
use crate::requests::Kind;
use crate::table::Table;

/// Measures the server of this repository. Build with --release.
#[derive(Debug, Parser)]
struct Cli {
    /// What to measure.
    #[arg(value_enum, default_value_t = What::All)]
    what: What,
    /// Length of each measurement of requests.
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=120))]
    seconds: u64,
    /// The server's binary; the one beside this program when not said, built if needed.
    #[arg(long, value_name = "FILE")]
    server: Option<PathBuf>,
    /// For `s3-checks`: a server that was built with RUSTFLAGS="--cfg daypass_unchecked"; built when not said.
    #[arg(long, value_name = "FILE")]
    unchecked: Option<PathBuf>,
    /// For `s3-nginx`: nginx; the installed one, or else that of Debian's package, when not said.
    #[arg(long, value_name = "FILE")]
    nginx: Option<PathBuf>,
    /// Also say in which threads of the server the time went.
    #[arg(long)]
    threads: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Everything below, but for S3.
    All,
    /// AssumeRoleWithWebIdentity with RS256 and ES256 tokens, and with one that is known.
    WebIdentity,
    /// GetCallerIdentity.
    CallerIdentity,
    /// GetObject of 1 KB.
    GetObject,
    /// Resident memory, empty and with 100,000 roles.
    Memory,
    /// Time from start to ready, empty and with 100,000 roles.
    Start,
    /// Creating and listing 100,000 roles and 1,000 OIDC providers.
    Directory,
    /// Every figure of S3 below.
    S3,
    /// GET and PUT of 1 KB, 1 MB and 1 GB, beside a server that checks nothing.
    S3Checks,
    /// GET and PUT with their data events, and without.
    S3DataEvents,
    /// GET of 1 KB, 1 MB and 1 GB, beside nginx.
    S3Nginx,
    /// GET and PUT of 1 KB, 1 MB and 1 GB through the gateway, beside its upstream.
    S3Gateway,
    /// Memory under 200 transfers of 1 GB at once.
    S3Memory,
    /// Listing a million keys.
    S3Listing,
    /// Not a figure: the bare server, described by a line of JSON on standard input.
    #[value(hide = true)]
    Baseline,
}

impl What {
    /// The figures of S3 that it stands for.
    fn figures(self) -> &'static [s3::Figures] {
        use s3::Figures as F;
        match self {
            Self::S3 => &[
                F::Checks,
                F::DataEvents,
                F::Nginx,
                F::Gateway,
                F::Memory,
                F::Listing,
            ],
            Self::S3Checks => &[F::Checks],
            Self::S3DataEvents => &[F::DataEvents],
            Self::S3Nginx => &[F::Nginx],
            Self::S3Gateway => &[F::Gateway],
            Self::S3Memory => &[F::Memory],
            Self::S3Listing => &[F::Listing],
            _ => &[],
        }
    }
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<()> {
    if cli.what == What::Baseline {
        return baseline::serve();
    }
    let server = match &cli.server {
        Some(path) => path.clone(),
        None => built()?,
    };
    let figures = cli.what.figures();
    if !figures.is_empty() {
        let plan = s3::Plan {
            server: &server,
            unchecked: cli.unchecked.clone(),
            nginx: cli.nginx.clone(),
            length: Duration::from_secs(cli.seconds),
        };
        return s3::measure(&plan, figures);
    }
    let all = cli.what == What::All;
    let kinds: Vec<Kind> = [
        (What::WebIdentity, Kind::WebIdentity),
        (What::WebIdentity, Kind::WebIdentityEs256),
        (What::WebIdentity, Kind::WebIdentityAgain),
        (What::CallerIdentity, Kind::CallerIdentity),
        (What::GetObject, Kind::GetObject),
    ]
    .into_iter()
    .filter(|(what, _)| all || cli.what == *what)
    .map(|(_, kind)| kind)
    .collect();

    let mut table = Table::beside("bare hyper");
    if !kinds.is_empty() {
        let cores = Cores::find()?;
        println!("{cores}");
        let length = Duration::from_secs(cli.seconds);
        requests::measure(&server, &cores, &kinds, length, cli.threads, &mut table)?;
        cores.release()?;
    }
    let wanted = Footprint {
        memory: all || cli.what == What::Memory,
        start: all || cli.what == What::Start,
    };
    footprint::measure(&server, &wanted, &mut table)?;
    if all || cli.what == What::Directory {
        directory_load::measure(&server, &mut table)?;
    }
    print!("{table}");
    Ok(())
}

/// The release build of the server, brought up to date.
fn built() -> Result<PathBuf> {
    let own = std::env::current_exe().context("cannot find this program")?;
    let dir = own.parent().context("this program is in no directory")?;
    if !dir.ends_with("release") {
        bail!(
            "this is not a release build; run `cargo run --release -p bench`, or name a server \
             with --server"
        );
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = std::process::Command::new(cargo)
        .args(["build", "--quiet", "--release", "-p", "daypass"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        bail!("the server could not be built");
    }
    Ok(dir.join("daypass"))
}
