//! The AWS policy language: text in, decision out.
//!
//! Pure: no input or output, no clock, no globals, no panics. Documents are parsed, checked and
//! compiled once, with AWS's codes and messages for what is wrong; then [`decide`] weighs a request
//! against all policies that have a say in it, without allocating, and [`explain`] does the same and
//! says why.
//!
//! ```
//! use policy::{Context, DocumentKind, Policies, Policy, Principal, Request, Source, decide, explain};
//!
//! let policy = Policy::parse(
//!     DocumentKind::Identity,
//!     r#"{"Version": "2012-10-17", "Statement": {"Sid": "Home", "Effect": "Allow", "Action": "s3:Get*",
//!         "Resource": "arn:aws:s3:::data/${aws:username}/*",
//!         "Condition": {"Bool": {"aws:SecureTransport": true}}}}"#,
//! )?;
//! let ann = Principal::User {
//!     account: "123456789012".parse()?,
//!     arn: "arn:aws:iam::123456789012:user/ann".parse()?,
//!     unique_id: "AIDAEXAMPLE".to_owned(),
//! };
//! let context: Context = [("aws:username", "ann"), ("aws:SecureTransport", "false")].into_iter().collect();
//! let request = Request {
//!     principal: &ann,
//!     action: "s3:GetObject",
//!     resource: "arn:aws:s3:::data/ann/report.csv",
//!     resource_account: None,
//!     context: &context,
//! };
//! let identity = [Source { policy: &policy, arn: None, name: "Home" }];
//! let policies = Policies { identity: &identity, ..Policies::default() };
//!
//! assert!(!decide(&request, &policies).is_allowed());
//! assert_eq!(
//!     explain(&request, &policies).to_string(),
//!     "no identity-based policy allows it: statement 1 (`Home`) of the identity-based policy `Home` does not \
//!      match: `Bool` asks `aws:SecureTransport` for true, and the request has `false`"
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What is legal and yet hardly meant is told by [`lint`]; what policies give access to, by
//! [`Summary`]. Both look things up in a table of AWS's services ([`reference::Reference`]), which
//! no decision depends on.
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
pub use check::s3_action_has_key;
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
