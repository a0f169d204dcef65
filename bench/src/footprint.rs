//! Memory, and the time from start to ready: empty, and with many roles.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::process::Process;
use crate::roles;
use crate::table::Table;
use crate::usage::Memory;

const ROLES: usize = 100_000;
/// Starts of each kind; the median counts.
const STARTS: usize = 5;
/// How long a server is left alone before its memory is read.
const REST: Duration = Duration::from_secs(1);

/// Which figures are wanted.
#[derive(Debug)]
pub(crate) struct Footprint {
    pub(crate) memory: bool,
    pub(crate) start: bool,
}

/// A server that started some times.
struct Started {
    median: Duration,
    memory: Memory,
}

/// Measures the wanted figures and puts the rows into the table.
pub(crate) fn measure(program: &Path, wanted: &Footprint, table: &mut Table) -> Result<()> {
    if !wanted.memory && !wanted.start {
        return Ok(());
    }
    let dir = tempfile::tempdir()?;
    let fresh = (0..STARTS)
        .map(|number| start(program, &dir.path().join(format!("fresh-{number}"))))
        .map(|started| started.map(|(time, _)| time))
        .collect::<Result<Vec<_>>>()?;
    let data = dir.path().join("fresh-0");
    let empty = starts(program, &data)?;
    roles::add(&data, ROLES)?;
    // Not counted: it settles what the filling left in the write-ahead log.
    start(program, &data)?;
    let full = starts(program, &data)?;
    if wanted.start {
        for (what, time, aim) in [
            ("first start, makes keys", median(fresh), ""),
            ("empty", empty.median, "≤ 50 ms"),
            ("100,000 roles", full.median, "≤ 1 s"),
        ] {
            table.row(row("Start to ready", what, milliseconds(time), aim));
        }
    }
    if wanted.memory {
        for (what, memory) in [("empty", empty.memory), ("100,000 roles", full.memory)] {
            table.row(row("Resident memory", what, mebibytes(memory.resident), ""));
            table.row(row(
                "  at most, while starting",
                what,
                mebibytes(memory.peak),
                "",
            ));
        }
    }
    Ok(())
}

fn starts(program: &Path, data: &Path) -> Result<Started> {
    let mut times = Vec::new();
    let mut memory = None;
    for _ in 0..STARTS {
        let (time, used) = start(program, data)?;
        times.push(time);
        memory = Some(used);
    }
    let Some(memory) = memory else {
        anyhow::bail!("the server was never started");
    };
    Ok(Started {
        median: median(times),
        memory,
    })
}

/// Starts the server once, on any core, and stops it again.
fn start(program: &Path, data: &Path) -> Result<(Duration, Memory)> {
    let begin = Instant::now();
    let server = Process::daypass(program, data, None, &[])?;
    server.wait_until_ready()?;
    let time = begin.elapsed();
    std::thread::sleep(REST);
    let memory = server.memory()?;
    server.stop()?;
    Ok((time, memory))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn row(name: &str, what: &str, value: String, aim: &str) -> [String; 6] {
    [
        name.to_owned(),
        what.to_owned(),
        value,
        String::new(),
        String::new(),
        aim.to_owned(),
    ]
}

fn milliseconds(time: Duration) -> String {
    format!("{:.0} ms", time.as_secs_f64() * 1e3)
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.0} MiB", bytes as f64 / f64::from(1 << 20))
}
