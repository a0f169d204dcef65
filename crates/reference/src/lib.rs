//! The Service Authorization Reference as data: services, actions, access levels, resource types, condition keys.
//!
//! Pure: no input or output, no globals. [`Reference::load`] decodes the embedded table, which takes some ten milliseconds;
//! a program keeps the value for as long as it needs it.
//!
//! ```
//! use reference::{Level, Reference};
//!
//! let reference = Reference::load()?;
//! let action = reference.action("s3:getobject").ok_or("no such action")?;
//! assert_eq!((action.to_string(), action.level()), ("s3:GetObject".to_owned(), Level::Read));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests"
    )
)]

mod action;
mod condition_key;
mod decode;
mod distance;
mod global;
mod level;
mod renamed;
mod resource_type;
mod service;
mod suggest;
mod table;
mod wildcard;

pub use action::Action;
pub use condition_key::{ConditionKey, KeyType};
pub use decode::Unreadable;
pub use level::Level;
pub use resource_type::ResourceType;
pub use service::Service;
pub use table::Reference;

#[cfg(test)]
mod tests;
