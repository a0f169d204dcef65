//! `daypass node-address`, as it is typed.

use std::net::IpAddr;

use clap::Args;

/// Containers reach the agent at addresses that no network has. This command gives them to the
/// loopback interface of the node, or of the network namespace that it runs in. It needs
/// CAP_NET_ADMIN; what is there already stays. IPv6 addresses are left out where there is no IPv6.
#[derive(Debug, Args)]
pub(crate) struct NodeAddress {
    /// The addresses, e.g. 169.254.170.23 and fd00:ec2::23.
    #[arg(required = true, value_name = "ADDRESS")]
    pub(crate) addresses: Vec<IpAddr>,
}
