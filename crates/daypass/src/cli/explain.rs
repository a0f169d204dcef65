//! `daypass explain`, as it is typed.

use clap::{Args, Subcommand};

use super::Data;
use super::kubernetes::KubernetesOptions;
use super::policy::Output;

/// The server is the one at AWS_ENDPOINT_URL or at the profile's endpoint_url, asked with the
/// credentials of the environment or of the profile, as by the SDKs, which must be allowed
/// sts:DecodeAuthorizationMessage; without an endpoint, the one of this machine, asked as its
/// administrator.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Explain {
    #[command(subcommand)]
    pub(crate) of: Option<Of>,
    #[command(flatten)]
    pub(crate) data: Data,
    /// The header x-daypass-authorization-message of a refusal by IAM or STS; read from standard
    /// input when not said.
    #[arg(value_name = "MESSAGE")]
    pub(crate) message: Option<String>,
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

/// What else can be explained.
#[derive(Debug, Subcommand)]
pub(crate) enum Of {
    /// Why a pod of a cluster has the role that it has, or none.
    Pod(Pod),
}

#[derive(Debug, Args)]
pub(crate) struct Pod {
    /// The pod.
    #[arg(value_name = "NAMESPACE/NAME")]
    pub(crate) pod: String,
    #[command(flatten)]
    pub(crate) kubernetes: KubernetesOptions,
    /// What the webhook's annotations begin with.
    #[arg(long, value_name = "PREFIX", default_value = "eks.amazonaws.com")]
    pub(crate) annotation_prefix: String,
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}
