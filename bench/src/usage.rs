//! What a process has used, from `/proc`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::param::clock_ticks_per_second;

/// Processor time, user and system.
#[derive(Debug, Default, Clone)]
pub(crate) struct CpuTime {
    /// Of all threads, ended ones included.
    pub(crate) total: Duration,
    /// Of the living threads, by name.
    pub(crate) threads: BTreeMap<String, Duration>,
}

/// Memory in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// Resident now.
    pub(crate) resident: u64,
    /// The most that was ever resident.
    pub(crate) peak: u64,
}

impl CpuTime {
    /// Reads the time that a process has used since it started.
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let process = format!("/proc/{pid}");
        let (_, total) = stat(Path::new(&process))?;
        let mut threads = BTreeMap::new();
        for entry in fs::read_dir(format!("{process}/task"))? {
            // A thread may end between the listing and the reading.
            if let Ok((name, time)) = stat(&entry?.path()) {
                *threads.entry(name).or_default() += time;
            }
        }
        Ok(Self { total, threads })
    }

    /// The time used since `earlier`.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let of = |name: &String| earlier.threads.get(name).copied().unwrap_or_default();
        Self {
            total: self.total.saturating_sub(earlier.total),
            threads: self
                .threads
                .iter()
                .map(|(name, time)| (name.clone(), time.saturating_sub(of(name))))
                .collect(),
        }
    }

    /// Adds another measurement of the same program.
    pub(crate) fn add(&mut self, other: &Self) {
        self.total += other.total;
        for (name, time) in &other.threads {
            *self.threads.entry(name.clone()).or_default() += *time;
        }
    }
}

impl Memory {
    /// Reads the memory of a process.
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let path = format!("/proc/{pid}/status");
        let status = fs::read_to_string(&path).with_context(|| format!("cannot read `{path}`"))?;
        let bytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let number =
                line.and_then(|line| line.split_ascii_whitespace().next()?.parse::<u64>().ok());
            Ok::<_, anyhow::Error>(number.with_context(|| format!("no {name} in `{path}`"))? * 1024)
        };
        Ok(Self {
            resident: bytes("VmRSS:")?,
            peak: bytes("VmHWM:")?,
        })
    }
}

/// Name and processor time in a `stat` file (proc_pid_stat(5), fields 2, 14 and 15).
fn stat(dir: &Path) -> Result<(String, Duration)> {
    let path = dir.join("stat");
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let read = || {
        let (front, rest) = text.rsplit_once(") ")?;
        let (_, name) = front.split_once(" (")?;
        let mut fields = rest.split_ascii_whitespace().skip(11);
        let user: u64 = fields.next()?.parse().ok()?;
        let system: u64 = fields.next()?.parse().ok()?;
        let ticks = clock_ticks_per_second();
        let time = Duration::from_micros((user + system) * 1_000_000 / ticks);
        Some((name.to_owned(), time))
    };
    read().with_context(|| format!("`{}` is not understood", path.display()))
}
