//! The AWS policy language: text in, decision out.
//!
//! Pure: no input or output, no clock, no globals. A document is parsed and compiled once with
//! [`Policy::parse`]; [`decide`] weighs a request against all policies that apply to it.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests"
    )
)]

mod account;
mod action;
mod arn;
mod check;
mod condition;
mod context;
mod decide;
mod decision;
mod document;
mod error;
mod explanation;
mod glob;
mod grantee;
mod index;
mod json;
mod key;
mod limits;
mod lint;
mod nearest;
mod prefix_map;
mod principal;
mod public;
mod request;
mod resource;
mod statement;
mod statements;
mod summary;
mod syntax;
mod template;
mod witness;

pub use account::{AccountId, InvalidAccountId};
pub use arn::{Arn, InvalidArn};
pub use context::{Context, Value};
pub use decide::decide;
pub use decision::{Decision, Layer, Outcome, PolicyRef, StatementRef};
pub use document::{DocumentKind, Policy};
pub use error::InvalidPolicy;
pub use explanation::{Considered, Explanation, Mismatch, explain};
pub use limits::size_without_whitespace;
pub use lint::{Lint, LintCode, Severity, lint};
pub use principal::{Principal, RoleSession};
pub use public::is_public;
pub use request::{Policies, Request, ResourceKind, Source};
pub use statement::Effect;
pub use summary::{
    Access, ActionSummary, ConditionText, Conditions, Extent, LevelAccess, NoAccess, Problem,
    ResourceText, Resources, ServiceSummary, Summary, Unrecognized,
};
