//! S3 as its clients see it: requests through the gateway, decided by a real door.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    reason = "tests"
)]

mod access_block;
mod attacks;
mod authorization;
mod bucket_tags;
mod buckets;
mod checksums;
mod condition_keys;
mod configurations;
mod consistency;
mod copies;
mod cors;
mod declined;
mod deletes;
mod documents;
mod durability;
mod events;
mod forms;
mod harness;
mod integrity;
mod lifecycle;
mod lifecycle_versions;
mod listing;
mod multipart;
mod objects;
mod permissions;
mod policy_attacks;
mod principals;
mod signing;
mod sigv2;
mod version_lists;
mod versions;
