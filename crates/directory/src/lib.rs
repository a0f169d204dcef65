//! What exists: accounts, users, groups, roles, instance profiles, policies, identity providers.
//!
//! Reads go to an immutable [`Snapshot`] in memory, with every policy compiled at most once.
//! A write is a closure over a [`Transaction`]: its changes are committed to the store in
//! one transaction and only then become the next snapshot, so nothing is acknowledged, and
//! nothing visible, before it is durable.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests"
    )
)]

pub mod catalogue;
mod document;
mod entity;
mod live;
mod name;
mod provider_keys;
mod shelf;
mod snapshot;
mod sorted;
mod sqlite;
mod store;
mod tags;
mod transaction;

pub use document::Document;
pub use entity::{
    AccessKey, Account, Group, InstanceProfile, KeyStatus, ManagedPolicy, OidcProvider,
    PasswordPolicy, PolicyVersion, Role, User,
};
pub use live::{Directory, OpenError};
pub use name::{AccountAlias, EntityName, EntityPath, InvalidName};
pub use provider_keys::ProviderKeys;
pub use shelf::{Entity, Shelved, Shelves};
pub use snapshot::{AccountView, AttachedPolicy, Snapshot};
pub use sorted::SortedMap;
pub use sqlite::SqliteStore;
pub use store::{Change, Each, Row, Store, StoreError};
pub use tags::{Tags, TooManyTags};
pub use transaction::Transaction;
