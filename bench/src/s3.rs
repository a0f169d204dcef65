//! Figures of S3: what the checks cost, what the gateway costs, memory, listing.

mod checks;
mod content;
mod data_events;
mod gateway;
mod listing;
mod memory;
mod nginx;
mod rows;
mod setting;
mod transfer;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use crate::cores::Cores;

pub(crate) use self::checks::build as build_unchecked;
pub(crate) use self::nginx::find as find_nginx;

/// Which figures are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Figures {
    Checks,
    DataEvents,
    Nginx,
    Gateway,
    Memory,
    Listing,
}

/// The programs and how long each is measured.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) server: &'a Path,
    /// The server without checks; built when it is needed and not said.
    pub(crate) unchecked: Option<PathBuf>,
    /// nginx; found or fetched when it is needed and not said.
    pub(crate) nginx: Option<PathBuf>,
    pub(crate) length: Duration,
}

/// Measures some figures and prints each table as soon as it is there.
pub(crate) fn measure(plan: &Plan<'_>, wanted: &[Figures]) -> Result<()> {
    for figures in wanted {
        match figures {
            Figures::Checks => {
                let unchecked = plan.unchecked.clone().map_or_else(build_unchecked, Ok)?;
                pinned(|cores| checks::measure(plan.server, &unchecked, cores, plan.length))?;
            }
            Figures::DataEvents => {
                pinned(|cores| data_events::measure(plan.server, cores, plan.length))?;
            }
            Figures::Nginx => {
                let nginx = plan.nginx.clone().map_or_else(find_nginx, Ok)?;
                pinned(|cores| nginx::measure(plan.server, &nginx, cores, plan.length))?;
            }
            Figures::Gateway => {
                pinned(|cores| gateway::measure(plan.server, cores, plan.length))?;
            }
            Figures::Memory => print!("\n{}", memory::measure(plan.server)?),
            Figures::Listing => print!("\n{}", listing::measure(plan.server)?),
        }
    }
    Ok(())
}

/// Measures with the server on one core and the load on another.
fn pinned(measure: impl FnOnce(&Cores) -> Result<crate::table::Table>) -> Result<()> {
    let cores = Cores::find()?;
    println!("\n{cores}");
    let table = measure(&cores);
    cores.release()?;
    print!("{}", table?);
    Ok(())
}
