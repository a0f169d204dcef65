//! `daypass create iamserviceaccount` and its likes, as they are typed.

use std::path::PathBuf;

use clap::Args;
use directory::ClusterName;
use policy::Arn;

use super::cluster::Mode;
use super::kubernetes::KubernetesOptions;
use super::policy::Output;

/// Which service account.
#[derive(Debug, Clone, Args)]
pub(crate) struct Which {
    /// The cluster's name.
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: ClusterName,
    /// The service account's namespace.
    #[arg(long, value_name = "NAMESPACE", default_value = "default", value_parser = label)]
    pub(crate) namespace: String,
    /// The service account's name.
    #[arg(long, value_name = "NAME", value_parser = subdomain)]
    pub(crate) name: String,
}

/// Gives a service account a role: makes the role, which trusts this service account only, attaches policies, and annotates
/// the service account. What is there already stays; what differs is made as it is said here.
#[derive(Debug, Args)]
pub(crate) struct CreateIamServiceAccount {
    #[command(flatten)]
    pub(crate) which: Which,
    #[command(flatten)]
    pub(crate) kubernetes: KubernetesOptions,
    /// The role's name; `CLUSTER-NAMESPACE-NAME-role` when not said.
    #[arg(long, value_name = "NAME")]
    pub(crate) role_name: Option<String>,
    /// A managed policy of the role; may be repeated.
    #[arg(long, value_name = "ARN")]
    pub(crate) attach_policy_arn: Vec<Arn>,
    /// The policy that bounds the role's permissions.
    #[arg(long, value_name = "ARN")]
    pub(crate) permissions_boundary: Option<Arn>,
    /// Make the role only; the cluster is not asked.
    #[arg(long)]
    pub(crate) role_only: bool,
    /// Annotate a service account that has another role already.
    #[arg(long)]
    pub(crate) override_existing_serviceaccounts: bool,
    /// `manual` changes nothing: it writes files, and prints the commands that use them.
    #[arg(long, value_enum, default_value_t = Mode::Auto)]
    pub(crate) mode: Mode,
    /// eksctl's word for `--mode auto`.
    #[arg(long, conflicts_with = "mode")]
    pub(crate) approve: bool,
    /// Where `--mode manual` writes its files.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) output_dir: PathBuf,
}

/// Takes a service account's role back: the role that `daypass create iamserviceaccount` made, with what is attached to it, and
/// the service account if that was made too.
#[derive(Debug, Args)]
pub(crate) struct DeleteIamServiceAccount {
    #[command(flatten)]
    pub(crate) which: Which,
    #[command(flatten)]
    pub(crate) kubernetes: KubernetesOptions,
    /// Delete the role only; the cluster is not asked.
    #[arg(long)]
    pub(crate) role_only: bool,
    /// `manual` changes nothing, and prints the commands.
    #[arg(long, value_enum, default_value_t = Mode::Auto)]
    pub(crate) mode: Mode,
}

#[derive(Debug, Args)]
pub(crate) struct ListIamServiceAccounts {
    /// The cluster's name.
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: ClusterName,
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

/// A namespace's name: an RFC 1123 label.
pub(crate) fn label(text: &str) -> Result<String, String> {
    let subdomain = subdomain(text)?;
    match subdomain.len() <= 63 && !subdomain.contains('.') {
        true => Ok(subdomain),
        false => Err("a namespace has up to 63 lower-case letters, digits and hyphens".to_owned()),
    }
}

/// A service account's name: an RFC 1123 subdomain.
pub(crate) fn subdomain(text: &str) -> Result<String, String> {
    let good = |label: &str| {
        let bytes = label.as_bytes();
        let ends = [bytes.first(), bytes.last()];
        bytes
            .iter()
            .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || *it == b'-')
            && ends.iter().all(|it| it.is_some_and(|it| *it != b'-'))
    };
    match text.len() <= 253 && text.split('.').all(good) {
        true => Ok(text.to_owned()),
        false => Err("a name has lower-case letters, digits, `-` and `.`, and begins and ends with a letter or digit".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_kubernetes_takes() {
        for good in ["a", "a-b", "a.b-c", "0"] {
            assert!(subdomain(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "a..b", "a_b", "*", "a/b"] {
            assert!(subdomain(bad).is_err(), "{bad}");
        }
        assert!(label("a.b").is_err() && label(&"a".repeat(64)).is_err());
        assert!(label(&"a".repeat(63)).is_ok());
    }
}
