//! S3 as its clients see it: requests through the gateway, decided by a real door.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    reason = "tests"
)]

mod authorization;
mod buckets;
mod consistency;
mod copies;
mod deletes;
mod durability;
mod events;
mod harness;
mod integrity;
mod listing;
mod multipart;
mod objects;
mod permissions;
