//! `daypass node-address`.

mod netlink;

use std::fmt::Write;
use std::net::IpAddr;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use netlink::{Added, add_to_loopback};
use rustix::io::Errno;

use crate::cli::node_address::NodeAddress;
use crate::print::print;

/// Gives the loopback interface the addresses, and says what became of each.
pub(crate) fn run(options: &NodeAddress) -> Result<ExitCode> {
    let mut said = String::new();
    let mut present = false;
    for address in &options.addresses {
        let outcome = match add_to_loopback(*address) {
            Ok(Added::Now) => "added to the loopback interface",
            Ok(Added::Before) => "was there already",
            Err(error) if address.is_ipv6() && no_ipv6(error) => {
                writeln!(said, "{address} left out: there is no IPv6 here")?;
                continue;
            }
            Err(error) => return Err(failure(*address, error)),
        };
        present = true;
        writeln!(said, "{address} {outcome}")?;
    }
    print(&said)?;
    if !present {
        bail!("there is no IPv6 here, and no IPv4 address was given; add 169.254.170.23");
    }
    Ok(ExitCode::SUCCESS)
}

/// Linux without IPv6 does not know the family; with IPv6 switched off by sysctl it refuses the
/// address with EACCES, while a missing capability is EPERM.
fn no_ipv6(error: Errno) -> bool {
    matches!(
        error,
        Errno::OPNOTSUPP | Errno::AFNOSUPPORT | Errno::ACCESS | Errno::ADDRNOTAVAIL
    )
}

fn failure(address: IpAddr, error: Errno) -> anyhow::Error {
    let result = Err::<(), _>(error);
    let explained = match error {
        Errno::PERM => result.with_context(|| {
            format!(
                "cannot add {address} to the loopback interface without the capability NET_ADMIN; \
                 run it as root, or add the address yourself: ip address add {address} dev lo"
            )
        }),
        _ => result.with_context(|| format!("cannot add {address} to the loopback interface")),
    };
    explained.err().unwrap_or_else(|| error.into())
}
