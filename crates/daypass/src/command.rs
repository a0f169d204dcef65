//! The subcommands.

mod asker;
pub(crate) mod can;
pub(crate) mod credentials;
pub(crate) mod oidc;
pub(crate) mod policy;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod token;
