//! `daypass sessions` and `daypass revoke`, as they are typed.

use clap::Args;

use super::Data;
use super::policy::Output;

/// The server is the one at AWS_ENDPOINT_URL or at the profile's endpoint_url, asked with the
/// credentials of the environment or of the profile, as by the SDKs; without an endpoint, the one of
/// this machine, asked as its administrator. What is asked for: iam:GetRole, iam:GetRolePolicy and
/// cloudtrail:LookupEvents.
#[derive(Debug, Args)]
pub(crate) struct Sessions {
    #[command(flatten)]
    pub(crate) data: Data,
    /// The role's name or ARN.
    #[arg(value_name = "ROLE")]
    pub(crate) role: String,
    /// Revoked sessions too, as long as their time is not over.
    #[arg(long)]
    pub(crate) revoked: bool,
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

/// Revocation is an inline policy of the role that denies everything to sessions by the time at
/// which they were issued: `AWSRevokeOlderSessions`, the one that AWS's console writes, or for one
/// session `DaypassRevokedSessions`. It works at once, and newer sessions are not concerned. What
/// is needed besides the rights of `daypass sessions`: iam:PutRolePolicy.
#[derive(Debug, Args)]
pub(crate) struct Revoke {
    #[command(flatten)]
    pub(crate) data: Data,
    /// The role's name or ARN.
    #[arg(value_name = "ROLE")]
    pub(crate) role: String,
    /// Only this session: its access key id (ASIA…) or its name; may be repeated.
    #[arg(long, value_name = "KEY-OR-NAME")]
    pub(crate) session: Vec<String>,
}
