//! What `ccoctl aws` makes of an OpenShift release's CredentialsRequests: names, documents, manifests.
//!
//! Everything here is text from text. Files and calls are the command's.

mod authentication;
mod cloudfront;
mod credentials_request;
mod document_field;
mod issuer_bucket;
mod name;
mod provider;
mod role;
mod secret;

pub use authentication::authentication_manifest;
pub use cloudfront::{CLOUDFRONT_URL, cloudfront_files};
pub use credentials_request::{
    CredentialsRequest, FoundRequest, InvalidRequest, StatementEntry, credentials_requests,
};
pub use document_field::WrongField;
pub use issuer_bucket::{PublicAccess, issuer_url, public_policy};
pub use name::{InfraName, InvalidInfraName, OWNED};
pub use provider::{CLIENT_IDS, bucket_file, provider_file};
pub use role::{InvalidRoles, Role, RoleFile, Trusted, roles};
pub use secret::DEFAULT_TOKEN_PATH;

/// A file that a dry run writes: its name and its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DryRunFile {
    /// The name, without a directory.
    pub name: String,
    /// All of it.
    pub content: String,
}
