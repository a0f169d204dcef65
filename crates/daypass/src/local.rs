//! The server's own socket: how this machine's administrator gets credentials without a key.

mod client;
mod issuers;
mod protocol;
mod socket;

pub(crate) use client::ask;
pub(crate) use protocol::{Answer, Ask, AskIssuer, Description, IssuerShown, Pem};
pub(crate) use socket::Socket;
