//! What the gateway costs: an upstream reached directly, and through Daypass.
//!
//! The upstream is a second Daypass. It shares the load's core in both cases, and the gateway has its own, so that going through
//! takes nothing from the upstream but the hop.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use super::content::Size;
use super::rows;
use super::setting::{Setting, Way};
use super::transfer::{self, Moved};
use crate::cores::Cores;
use crate::process::Process;
use crate::table::Table;

const ROUNDS: u32 = 4;

/// Measures every size both ways, without data events on either side. The processor time is that of the server that the client
/// talks to: of the gateway, and of the upstream.
pub(crate) fn measure(program: &Path, cores: &Cores, length: Duration) -> Result<Table> {
    let mut table = Table::of("through", "direct");
    for size in Size::ALL {
        let dir = tempfile::tempdir()?;
        let upstream = upstream(program, &dir.path().join("upstream"), size, Some(1))?;
        let gateway = cores
            .on_server(|| gateway(program, &dir.path().join("gateway"), &upstream, Some(1)))?;
        let data = dir.path().join("gateway");
        let gateway = Setting::new(program, &data, gateway, "daypass-through", size)?;
        for setting in [&upstream, &gateway] {
            setting.world.record_objects(false)?;
        }
        for way in Way::BOTH {
            let (mut through, mut direct) = (Moved::default(), Moved::default());
            for _ in 0..ROUNDS {
                for (setting, moved) in [(&upstream, &mut direct), (&gateway, &mut through)] {
                    let transfers = setting.transfers(way)?;
                    let server = &setting.world.server;
                    moved.add(&transfer::run(server, &transfers, length / ROUNDS)?);
                }
            }
            let name = format!("{} {}", way.name(), size.name());
            rows::add(&mut table, &name, size, &through, &direct, "");
        }
        gateway.world.server.stop()?;
        upstream.world.server.stop()?;
    }
    Ok(table)
}

/// A Daypass that keeps objects.
pub(super) fn upstream(
    program: &Path,
    data: &Path,
    size: Size,
    threads: Option<usize>,
) -> Result<Setting> {
    let server = Process::daypass(program, data, threads, &[])?;
    Setting::new(program, data, server, "daypass-direct", size)
}

/// A Daypass in front of it, with its administrator's credentials.
pub(super) fn gateway(
    program: &Path,
    data: &Path,
    upstream: &Setting,
    threads: Option<usize>,
) -> Result<Process> {
    let url = format!("http://{}", upstream.world.server.address);
    let region = &upstream.world.client.region;
    let admin = upstream.world.admin();
    let secret = std::str::from_utf8(admin.secret.expose())?;
    let options = [
        "--s3-upstream",
        &url,
        "--s3-upstream-region",
        region,
        "--s3-upstream-style",
        "path",
    ];
    let environment = [
        ("AWS_ACCESS_KEY_ID", admin.access_key_id.as_str()),
        ("AWS_SECRET_ACCESS_KEY", secret),
        ("AWS_SESSION_TOKEN", &admin.session_token),
    ];
    Process::daypass_in(program, data, threads, &options, &environment)
}
