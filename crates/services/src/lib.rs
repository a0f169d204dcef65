//! The APIs behind the door: IAM, STS, Organizations, CloudTrail, EKS, and a few operations of our own.
//!
//! An operation is declared once, as an implementation of [`Handle`] for the unit struct
//! that `cargo xtask models` generated: what it needs, whether it only reads, and what it
//! does. Parsing, validation messages, authorization, the answer's form and the audit
//! record follow from the declaration and the generated shapes.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests"
    )
)]

mod asked;
mod cloudtrail;
mod dispatch;
mod eks;
mod eks_auth;
pub mod generated;
mod handle;
pub mod iam;
mod identity_token;
pub mod issuers;
pub mod local;
mod mfa;
mod next_token;
mod organizations;
mod outbound;
mod own;
mod quotas;
mod session_limits;
pub mod sts;
pub mod wire;

pub use dispatch::Services;
pub use handle::{At, Handle, Needs, Notes, account_view};
pub use outbound::{Outbound, OutboundError};
pub use quotas::{InvalidQuota, QUOTAS, Quota, QuotaSetting, Quotas};
