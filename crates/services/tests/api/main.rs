//! IAM and STS through the door: signed requests in, what clients and auditors see out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod account;
mod assume_role;
mod authorization;
mod group_permissions;
mod groups;
mod instance_profiles;
mod policies;
mod providers;
mod reports;
mod revocation;
mod roles;
mod server;
mod simulate;
mod tags;
mod users;
mod web_identity;
