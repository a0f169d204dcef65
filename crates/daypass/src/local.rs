//! The server's own socket: how this machine's administrator gets credentials without a key.

mod client;
mod protocol;
mod socket;

pub(crate) use client::ask;
pub(crate) use protocol::{Answer, Ask, Description};
pub(crate) use socket::Socket;
