//! `daypass explain`, as it is typed.

use clap::Args;

use super::Data;
use super::policy::Output;

/// The server is the one at AWS_ENDPOINT_URL, asked with the credentials in AWS_ACCESS_KEY_ID,
/// AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, which must be allowed
/// sts:DecodeAuthorizationMessage; without these, the one of this machine, asked as its
/// administrator.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    #[command(flatten)]
    pub(crate) data: Data,
    /// The header x-daypass-authorization-message of a refusal by IAM or STS; read from standard
    /// input when not said.
    #[arg(value_name = "MESSAGE")]
    pub(crate) message: Option<String>,
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}
