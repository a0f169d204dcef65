//! Temporary credentials and the signatures made with them.
//!
//! * [`Keyring::mint`] turns a [`Session`] into [`Credentials`]; [`Keyring::open`] turns an access key id and its session
//!   token back into the session and its secret. Neither looks anything up: the token is the sealed session, the secret is
//!   derived from a server key.
//! * [`sigv4`] reads what a request claims about its signer, verifies it, decodes `aws-chunked` bodies, and signs.
//!
//! Time is always a parameter: seconds since the Unix epoch for sessions, [`jiff::Timestamp`] for signatures.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests"
    )
)]

mod access_key;
mod aead;
mod credentials;
mod hex;
mod key_encryption;
mod keyring;
mod message;
mod mint;
mod name;
mod packed;
mod password;
mod random;
mod secret;
mod session;
pub mod sigv4;
mod token;
mod unique_id;

pub use access_key::{AccessKeyId, InvalidAccessKeyId, generate_secret_access_key};
pub use credentials::Credentials;
pub use key_encryption::{InvalidKeyEncryptionKey, KeyEncryptionKey, Unsealable};
pub use keyring::{KeyId, KeyState, Keyring, KeyringError, ServerKey};
pub use message::{InvalidMessage, MESSAGE_LIFETIME, message_length};
pub use mint::MintError;
pub use name::{InvalidSessionValue, SessionDuration, SessionName, SourceIdentity};
pub use packed::packed_policy_size;
pub use password::{InvalidPasswordHash, PasswordHash};
pub use secret::Secret;
pub use session::{Federated, Session, SessionKind, SessionPolicies, SessionTag};
pub use token::{MAX_TOKEN_LEN, TokenError};
pub use unique_id::{UniqueIdPrefix, signing_certificate_id, unique_id};
