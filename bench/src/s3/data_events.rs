//! What a data event costs: requests with it, and with the bucket's events switched off.

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
const BUCKET: &str = "daypass-bench";

/// Measures objects of 1 KB, of which the event is the greatest part, and of 1 MB.
pub(crate) fn measure(program: &Path, cores: &Cores, length: Duration) -> Result<Table> {
    let mut table = Table::of("recorded", "not recorded");
    for size in [Size::Small, Size::Medium] {
        let dir = tempfile::tempdir()?;
        let data = dir.path().join("data");
        let server = cores.on_server(|| Process::daypass(program, &data, Some(1), &[]))?;
        let setting = Setting::new(program, &data, server, BUCKET, size)?;
        for way in Way::BOTH {
            let transfers = setting.transfers(way)?;
            let (mut recorded, mut silent) = (Moved::default(), Moved::default());
            for _ in 0..ROUNDS {
                for (is_recorded, moved) in [(false, &mut silent), (true, &mut recorded)] {
                    setting.world.record_objects(is_recorded)?;
                    let server = &setting.world.server;
                    moved.add(&transfer::run(server, &transfers, length / ROUNDS)?);
                }
            }
            let name = format!("{} {}", way.name(), size.name());
            rows::add(&mut table, &name, size, &recorded, &silent, "");
        }
        setting.world.server.stop()?;
    }
    Ok(table)
}
