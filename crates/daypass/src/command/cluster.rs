//! `daypass create cluster` and its likes.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod describe;
mod installation;
pub(crate) mod issuer;
pub(crate) mod list;
mod marks;
pub(crate) mod register;
mod thumbprint;
mod wait;
