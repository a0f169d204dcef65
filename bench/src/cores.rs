//! One core for the server, another for the load.

use std::fmt;

use anyhow::{Context, Result};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The cores that a run uses. Threads and processes inherit the core of the thread that starts them.
#[derive(Debug)]
pub(crate) struct Cores {
    all: CpuSet,
    server: usize,
    load: usize,
}

impl Cores {
    /// Takes the first and the second core that this process may use, and moves this thread to the second.
    pub(crate) fn find() -> Result<Self> {
        let all = sched_getaffinity(None).context("cannot read the allowed cores")?;
        let mut allowed = (0..CpuSet::MAX_CPU).filter(|core| all.is_set(*core));
        let server = allowed.next().context("no core is allowed")?;
        let load = allowed.next().unwrap_or(server);
        let cores = Self { all, server, load };
        cores.pin(load)?;
        Ok(cores)
    }

    /// Starts a process on the server's core.
    pub(crate) fn on_server<T>(&self, start: impl FnOnce() -> Result<T>) -> Result<T> {
        self.pin(self.server)?;
        let started = start();
        self.pin(self.load)?;
        started
    }

    /// Lets this thread run anywhere again.
    pub(crate) fn release(&self) -> Result<()> {
        sched_setaffinity(None, &self.all).context("cannot leave the core")
    }

    fn pin(&self, core: usize) -> Result<()> {
        let mut set = CpuSet::new();
        set.set(core);
        sched_setaffinity(None, &set).with_context(|| format!("cannot move to core {core}"))
    }
}

impl fmt::Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "server on core {}, load on core {}",
            self.server, self.load
        )?;
        if self.server == self.load {
            f.write_str(" (there is but one: requests a second say little)")?;
        }
        Ok(())
    }
}
