//! The verbs whose object is named by a word of its own: `daypass create cluster`.
//!
//! The server is the one at AWS_ENDPOINT_URL, asked with the credentials of the environment; without these, the one of this
//! machine, asked as its administrator.

use clap::{Args, Subcommand};
use directory::ClusterName;

use super::Data;
use super::cluster::{
    CreateCluster, DeleteCluster, DescribeCluster, ListClusters, RegisterCluster,
};
use super::iam_service_account::{
    CreateIamServiceAccount, DeleteIamServiceAccount, ListIamServiceAccounts, label, subdomain,
};
use super::kubernetes::KubernetesOptions;
use super::policy::Output;

#[derive(Debug, Args)]
pub(crate) struct Create {
    #[command(flatten)]
    pub(crate) data: Data,
    #[command(subcommand)]
    pub(crate) what: CreateWhat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CreateWhat {
    /// Register a cluster and install the webhook in it.
    Cluster(Box<CreateCluster>),
    /// Give a service account a role.
    Iamserviceaccount(Box<CreateIamServiceAccount>),
}

#[derive(Debug, Args)]
pub(crate) struct Delete {
    #[command(flatten)]
    pub(crate) data: Data,
    #[command(subcommand)]
    pub(crate) what: DeleteWhat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeleteWhat {
    /// Undo `daypass create cluster`.
    Cluster(Box<DeleteCluster>),
    /// Undo `daypass create iamserviceaccount`.
    Iamserviceaccount(Box<DeleteIamServiceAccount>),
}

#[derive(Debug, Args)]
pub(crate) struct Describe {
    #[command(flatten)]
    pub(crate) data: Data,
    #[command(subcommand)]
    pub(crate) what: DescribeWhat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DescribeWhat {
    /// Show what is registered of a cluster.
    Cluster(DescribeCluster),
}

#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) data: Data,
    #[command(subcommand)]
    pub(crate) what: ListWhat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ListWhat {
    /// List the registered clusters.
    Clusters(ListClusters),
    /// List the service accounts of a cluster that were given a role.
    Iamserviceaccounts(ListIamServiceAccounts),
}

#[derive(Debug, Args)]
pub(crate) struct Register {
    #[command(flatten)]
    pub(crate) data: Data,
    #[command(subcommand)]
    pub(crate) what: RegisterWhat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RegisterWhat {
    /// Register a cluster's name for an OIDC provider, and nothing else.
    Cluster(RegisterCluster),
}

#[derive(Debug, Args)]
pub(crate) struct Test {
    #[command(flatten)]
    pub(crate) data: Data,
    #[command(subcommand)]
    pub(crate) what: TestWhat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TestWhat {
    /// Try the way from a service account's token to a call that is allowed, and the ways that must be refused.
    Identity(TestIdentity),
}

/// The exit code is 0 if all is as it must be, else 1. What is made for the test is deleted at its end.
#[derive(Debug, Args)]
pub(crate) struct TestIdentity {
    /// The cluster's name.
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: ClusterName,
    #[command(flatten)]
    pub(crate) kubernetes: KubernetesOptions,
    /// The namespace in which it is tried.
    #[arg(long, value_name = "NAMESPACE", default_value = "default", value_parser = label)]
    pub(crate) namespace: String,
    /// A service account that has a role; one that is made for the test when not said.
    #[arg(long, value_name = "NAME", value_parser = subdomain)]
    pub(crate) service_account: Option<String>,
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

/// The exit code is 0 if all checks pass, else 1. Nothing is changed, but for a service account that is made for a moment if
/// there is none with a role.
#[derive(Debug, Args)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) data: Data,
    /// The cluster's name. When not said: of the only registered cluster, or of the server alone.
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<ClusterName>,
    #[command(flatten)]
    pub(crate) kubernetes: KubernetesOptions,
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}
