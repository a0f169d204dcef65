//! What the checks cost: the server beside one that was built without them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use session::Secret;

use super::content::Size;
use super::rows;
use super::setting::{Setting, Way};
use super::transfer::{self, Connection, Moved};
use crate::client::Keys;
use crate::cores::Cores;
use crate::process::Process;
use crate::table::Table;

/// The two servers take turns this often, so that a change of the machine's speed meets both.
const ROUNDS: u32 = 4;
const BUCKET: &str = "daypass-bench";
const AIM: &str = "≥ 0.95";

/// Builds the server without checks, in a target directory of its own: the flag would make cargo build everything again in the
/// usual one.
pub(crate) fn build() -> Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = root.join("target/unchecked");
    println!("building the server without checks in {}", target.display());
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args([
            "build",
            "--quiet",
            "--release",
            "-p",
            "daypass",
            "--target-dir",
        ])
        .arg(&target)
        .env("RUSTFLAGS", "--cfg daypass_unchecked")
        .current_dir(&root)
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        bail!("the server without checks could not be built");
    }
    Ok(target.join("release/daypass"))
}

/// Measures every size both ways; the smallest also without its events in the trail, whose flushes are most of its time.
pub(crate) fn measure(
    checked: &Path,
    unchecked: &Path,
    cores: &Cores,
    length: Duration,
) -> Result<Table> {
    let mut table = Table::beside("no checks");
    for size in Size::ALL {
        let dir = tempfile::tempdir()?;
        let start = |program: &Path, name: &str| {
            let data = dir.path().join(name);
            let server = cores.on_server(|| Process::daypass(program, &data, Some(1), &[]))?;
            Setting::new(program, &data, server, BUCKET, size)
        };
        let with = start(checked, "checked")?;
        let without = start(unchecked, "unchecked")?;
        if lets_a_forgery_in(&with)? || !lets_a_forgery_in(&without)? {
            bail!("the one server must check signatures, and the other must not");
        }
        let recorded: &[bool] = match size {
            Size::Small => &[true, false],
            Size::Medium | Size::Large => &[true],
        };
        for recorded in recorded {
            for setting in [&with, &without] {
                setting.world.record_objects(*recorded)?;
            }
            for way in Way::BOTH {
                let (mut ours, mut theirs) = (Moved::default(), Moved::default());
                for _ in 0..ROUNDS {
                    for (setting, moved) in [(&without, &mut theirs), (&with, &mut ours)] {
                        let transfers = setting.transfers(way)?;
                        let server = &setting.world.server;
                        moved.add(&transfer::run(server, &transfers, length / ROUNDS)?);
                    }
                }
                let events = if *recorded { "" } else { ", no data events" };
                let name = format!("{} {}{events}", way.name(), size.name());
                rows::add(&mut table, &name, size, &ours, &theirs, AIM);
            }
        }
        with.world.server.stop()?;
        without.world.server.stop()?;
    }
    Ok(table)
}

/// Whether a request that is signed with a wrong secret is answered.
fn lets_a_forgery_in(setting: &Setting) -> Result<bool> {
    let keys = setting.keys();
    let forged = Keys {
        access_key_id: keys.access_key_id.clone(),
        secret: Secret::from("wrong".to_owned()),
        session_token: keys.session_token.clone(),
    };
    let get = setting.get_as(&forged)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut connection = Connection::open(setting.world.server.address).await?;
        match connection.exchange(&get).await {
            Ok(_) => Ok(true),
            Err(error) if error.to_string().starts_with("HTTP/1.1 403 ") => Ok(false),
            Err(error) => Err(error),
        }
    })
}
