//! The cost of a request, beside the bare server's.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use http::Method;
use serde_json::Value;

use crate::baseline::Description;
use crate::cores::Cores;
use crate::load::{self, CONNECTIONS, Measured};
use crate::process::Process;
use crate::table::Table;
use crate::world::{OBJECT, World};

/// The two servers take turns this often, so that a change of the machine's speed meets both.
const ROUNDS: u32 = 2;

/// Headers that hyper writes itself.
const HYPERS: [&str; 2] = ["date", "content-length"];

/// A request that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// With a token signed RS256, verified each time.
    WebIdentity,
    /// With a token signed ES256, verified each time.
    WebIdentityEs256,
    /// With an RS256 token that the server has verified before.
    WebIdentityAgain,
    CallerIdentity,
    GetObject,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::WebIdentity => "AssumeRoleWithWebIdentity, RS256",
            Self::WebIdentityEs256 => "AssumeRoleWithWebIdentity, ES256",
            Self::WebIdentityAgain => "AssumeRoleWithWebIdentity, known token",
            Self::CallerIdentity => "GetCallerIdentity",
            Self::GetObject => "GetObject, 1 KB",
        }
    }

    fn aim(self) -> &'static str {
        match self {
            Self::WebIdentity => "≤ 1.5",
            _ => "",
        }
    }

    /// Options of the server that is measured.
    fn options(self) -> &'static [&'static str] {
        match self {
            Self::WebIdentity | Self::WebIdentityEs256 => &["--verified-tokens", "0"],
            _ => &[],
        }
    }

    /// The key that the bare server verifies with.
    fn key(self, world: &World) -> Result<Option<Value>> {
        Ok(match self {
            Self::WebIdentity | Self::WebIdentityAgain => Some(world.jwk()?),
            Self::WebIdentityEs256 => Some(world.es256.jwk()),
            Self::CallerIdentity | Self::GetObject => None,
        })
    }

    /// One request for each connection, or one for all of them.
    fn requests(self, world: &World) -> Result<Vec<Vec<u8>>> {
        match self {
            Self::WebIdentity | Self::WebIdentityAgain => (0..CONNECTIONS)
                .map(|_| Ok(world.exchange(&world.token()?)?.bytes()))
                .collect(),
            Self::WebIdentityEs256 => (0..CONNECTIONS)
                .map(|_| Ok(world.exchange(&world.es256.token()?)?.bytes()))
                .collect(),
            Self::CallerIdentity => {
                let keys = world.role()?;
                let request = world
                    .client
                    .query("sts", "GetCallerIdentity", &[], Some(&keys))?;
                Ok(vec![request.bytes()])
            }
            Self::GetObject => {
                let keys = world.role()?;
                let request = world.client.s3(Method::GET, OBJECT, Vec::new(), &keys)?;
                Ok(vec![request.bytes()])
            }
        }
    }
}

/// Measures each kind against one server, and puts the rows into the table.
pub(crate) fn measure(
    program: &Path,
    cores: &Cores,
    kinds: &[Kind],
    length: Duration,
    threads: bool,
    table: &mut Table,
) -> Result<()> {
    for kind in kinds {
        let dir = tempfile::tempdir()?;
        let data = dir.path().join("data");
        let start = || Process::daypass(program, &data, Some(1), kind.options());
        let server = cores.on_server(start)?;
        let world = World::build(program, &data, server)?;
        let (ours, bare) =
            pair(*kind, &world, cores, length).with_context(|| kind.name().to_owned())?;
        rows(*kind, &ours, &bare, table);
        if threads {
            print_threads(*kind, &ours);
        }
        world.server.stop()?;
    }
    Ok(())
}

fn pair(
    kind: Kind,
    world: &World,
    cores: &Cores,
    length: Duration,
) -> Result<(Measured, Measured)> {
    let requests = kind.requests(world)?;
    let sample = requests.first().context("no requests")?;
    let answer = crate::http1::exchange(world.server.address, sample)?;
    let description = serde_json::to_string(&Description {
        headers: answer
            .headers
            .into_iter()
            .filter(|(name, _)| !HYPERS.contains(&name.to_ascii_lowercase().as_str()))
            .collect(),
        body: answer.body,
        jwk: kind.key(world)?,
    })?;
    let baseline = cores.on_server(|| Process::baseline(&description, Some(1)))?;
    let (mut ours, mut bare) = (Measured::default(), Measured::default());
    for _ in 0..ROUNDS {
        bare.add(&load::run(&baseline, &requests, length / ROUNDS)?);
        ours.add(&load::run(&world.server, &requests, length / ROUNDS)?);
    }
    Ok((ours, bare))
}

fn rows(kind: Kind, ours: &Measured, bare: &Measured, table: &mut Table) {
    let (cost, floor) = (ours.cpu_per_request(), bare.cpu_per_request());
    table.row([
        kind.name().to_owned(),
        "CPU a request".to_owned(),
        format!("{cost:.1} µs"),
        format!("{floor:.1} µs"),
        format!("{:.2}", cost / floor),
        kind.aim().to_owned(),
    ]);
    table.row([
        String::new(),
        "requests a second".to_owned(),
        format!("{:.0}", ours.rate()),
        format!("{:.0}", bare.rate()),
        format!("{:.2}", ours.rate() / bare.rate()),
        String::new(),
    ]);
    table.row([
        String::new(),
        "core busy".to_owned(),
        format!("{:.0} %", ours.busy() * 100.0),
        format!("{:.0} %", bare.busy() * 100.0),
        String::new(),
        String::new(),
    ]);
}

fn print_threads(kind: Kind, ours: &Measured) {
    println!("{}, by thread of the server:", kind.name());
    for (name, time) in &ours.cpu.threads {
        let micros = time.as_secs_f64() * 1e6 / ours.requests as f64;
        println!("  {name:<16} {micros:6.1} µs a request");
    }
}
