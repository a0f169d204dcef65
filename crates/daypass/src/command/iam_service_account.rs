//! `daypass create iamserviceaccount` and its likes.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod list;

use anyhow::Result;
use cluster::irsa::{Account, NAMESPACE, SERVICE_ACCOUNT};
use cluster::manifests::{CLUSTER, MANAGED_BY, MANAGER};
use directory::ClusterName;

use crate::command::aws::{Aws, Registered, Role};

/// Whether a role was made for a service account of a cluster; which one.
pub(crate) fn account_of<'r>(role: &'r Role, cluster: &str) -> Option<(&'r str, &'r str)> {
    let tag = |key| role.tags.get(key).map(String::as_str);
    let ours = tag(MANAGED_BY) == Some(MANAGER) && tag(CLUSTER) == Some(cluster);
    Some((tag(NAMESPACE)?, tag(SERVICE_ACCOUNT)?)).filter(|_| ours)
}

/// The roles that were made for a service account.
async fn roles_of(aws: &Aws, account: &Account<'_>) -> Result<Vec<Role>> {
    let mut roles = aws.roles_trusting(account.provider_arn).await?;
    roles.retain(|role| {
        account_of(role, account.cluster) == Some((account.namespace, account.name))
    });
    Ok(roles)
}

/// The roles of a cluster's service accounts. Of a cluster that is not registered these are what `daypass delete cluster
/// --force` left, and if there are none, it is an error.
async fn roles_of_cluster(
    aws: &Aws,
    name: &ClusterName,
) -> Result<(Option<Registered>, Vec<Role>)> {
    let registered = aws.cluster(name).await?;
    let provider_arn = provider_arn(aws, registered.as_ref());
    let mut roles = aws.roles_trusting(&provider_arn).await?;
    roles.retain(|role| account_of(role, name.as_str()).is_some());
    if registered.is_none() && roles.is_empty() {
        aws.known_cluster(name).await?;
    }
    Ok((registered, roles))
}

/// The provider's ARN; of a cluster that is not registered, what the ARNs of all providers begin with.
fn provider_arn(aws: &Aws, registered: Option<&Registered>) -> String {
    aws.provider_arn(registered.map_or("", Registered::issuer_path))
}
