//! The subcommands.

mod asker;
pub(crate) mod can;
mod columns;
pub(crate) mod credentials;
pub(crate) mod delegation_token;
pub(crate) mod explain;
pub(crate) mod issuer;
pub(crate) mod oidc;
pub(crate) mod policy;
pub(crate) mod revoke;
mod role_sessions;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod sessions;
pub(crate) mod token;
