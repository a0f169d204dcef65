//! SAML 2.0 as far as `AssumeRoleWithSAML` needs it: metadata of an identity provider, and the
//! assertions that it signs.
//!
//! Text in, facts out: no I/O, no clock (`now` is a parameter), no globals. A document is parsed
//! once, into a tree with bounds. The signature is checked over the canonical form of one element
//! of that tree, and only that element is read afterwards, so what was signed and what is used
//! can't be two things. Keys come from the metadata alone; what a signature says of its own key
//! is not read.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests"
    )
)]

mod algorithm;
mod assertion;
mod attributes;
mod canonical;
mod condition_keys;
mod decryption;
mod der;
mod error;
mod metadata;
mod response;
mod service;
mod signature;
mod signing_key;
mod tree;

pub use assertion::Assertion;
pub use attributes::{SessionRequest, SessionTags};
pub use condition_keys::name_qualifier;
pub use decryption::{InvalidPrivateKey, PrivateKey};
pub use error::SamlError;
pub use metadata::{InvalidMetadata, Metadata};
pub use response::{Trust, verify};
pub use service::ServiceProvider;
pub use signing_key::{InvalidSigningKey, SigningKey};
