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
mod credentials;
mod delegation;
mod device;
mod group_permissions;
mod groups;
mod instance_profiles;
mod mfa;
mod policies;
mod providers;
mod reports;
mod revocation;
mod roles;
mod server;
mod simulate;
mod tags;
mod user_sessions;
mod users;
mod web_identity;
