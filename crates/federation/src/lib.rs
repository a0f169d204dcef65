//! OIDC federation: verifies the tokens of other issuers, and is an issuer itself.
//!
//! Verification goes one way. [`UnverifiedToken::parse`] reads a token and shows nothing of it but the issuer
//! it names; the caller looks that issuer up among the account's OIDC providers; [`Verifier::accept`] turns
//! token and provider into [`Claims`], which exist only for a token whose signature and dates have been
//! checked, matches the audience, and in strict mode asks the issuer's cluster ([`Reviewer`]). The caller then
//! evaluates the trust policy with [`Claims::condition_keys`].
//!
//! An [`Issuer`] holds the signing keys of an issuer hosted in this process: it serves discovery and JWKS,
//! signs the tokens of service accounts the way Kubernetes does, and is verified without a network call once
//! it is known to [`Verifier::host`]. An [`OutboundIssuer`] signs what the principals of an account ask for.
//!
//! No function reads a clock to judge a token: the time is a parameter.

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
mod cache;
mod claims;
mod der;
mod error;
mod fetch;
mod issuer;
mod json;
mod keys;
mod local;
mod outbound;
mod review;
mod sources;
mod thumbprint;
mod token;
mod url;
mod verified;
mod verifier;

#[cfg(test)]
mod testing;

pub use claims::{Claims, SessionTags};
pub use error::TokenError;
pub use fetch::key_set_url;
pub use issuer::{
    InvalidServiceAccount, Issuer, IssuerError, KeyPair, KeyUse, PodRef, PrivateKey, PublishedKey,
    ServiceAccountRef, ServiceAccountToken, StoredKey, discovery_document,
};
pub use keys::{InvalidKeys, KeySet, PushedKey, PushedKeys};
pub use local::{Document, LocalDocuments, Place, Registered};
pub use outbound::{OutboundAlgorithm, OutboundIssuer};
pub use review::{Review, Reviewer};
pub use thumbprint::chain_thumbprint;
pub use token::UnverifiedToken;
pub use url::{InvalidIssuerUrl, IssuerUrl};
pub use verifier::{Accepted, ProviderRef, Refused, Verifier, VerifierConfig, VerifierError};
