//! Clusters: which there are, and taking one off. They are registered by Daypass's own operation, since EKS's asks for a
//! connector.

use directory::{Cluster, PodIdentityAssociation};
use door::{Need, Permit};
use trail::Resource;

use super::fault::{no_cluster, write};
use super::page::page;
use super::{describe, needs};
use crate::generated::eks::errors::{INVALID_PARAMETER, RESOURCE_IN_USE};
use crate::generated::eks::{
    DeregisterCluster, DeregisterClusterRequest, DeregisterClusterResponse, DescribeCluster,
    DescribeClusterRequest, DescribeClusterResponse, ListClusters, ListClustersRequest,
    ListClustersResponse,
};
use crate::handle::{At, Handle, Needs, account_view};
use crate::wire::Fault;

/// What `include` may name: every cluster here is one that `ListClusters` shows anyway.
const ALL: &str = "all";

impl Handle for ListClusters {
    const READ_ONLY: bool = true;

    fn needs(_: &ListClustersRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let (region, account) = (at.door.region(), at.account);
        let all = format!("arn:aws:eks:{region}:{account}:cluster/*");
        Ok(Need::new(needs::action::<Self>(), all).into())
    }

    async fn handle(
        input: ListClustersRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListClustersResponse, Fault> {
        if input.include.iter().any(|it| it != ALL) {
            return Err(INVALID_PARAMETER.fault("The value of include can only be \"all\"."));
        }
        at.view(|view| {
            let names = view.shelf::<Cluster>().iter();
            let names = names.map(|(name, _)| (name, name.clone()));
            let (clusters, next_token) =
                page(input.next_token.as_deref(), input.max_results, names)?;
            Ok(ListClustersResponse {
                clusters,
                next_token,
            })
        })
    }
}

impl Handle for DescribeCluster {
    const READ_ONLY: bool = true;

    fn needs(input: &DescribeClusterRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on_cluster::<Self>(at, &input.name).into())
    }

    fn resources(input: &DescribeClusterRequest, at: &At<'_>) -> Vec<Resource> {
        vec![needs::cluster_resource(at, &input.name)]
    }

    async fn handle(
        input: DescribeClusterRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<DescribeClusterResponse, Fault> {
        let cluster = needs::cluster(at, &input.name).ok_or_else(|| no_cluster(&input.name))?;
        Ok(DescribeClusterResponse {
            cluster: Some(describe::cluster(&cluster)),
        })
    }
}

impl Handle for DeregisterCluster {
    const READ_ONLY: bool = false;

    fn needs(input: &DeregisterClusterRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on_cluster::<Self>(at, &input.name).into())
    }

    fn resources(input: &DeregisterClusterRequest, at: &At<'_>) -> Vec<Resource> {
        vec![needs::cluster_resource(at, &input.name)]
    }

    /// One with associations stays: a cluster that is registered under the name later must not find those of another.
    async fn handle(
        input: DeregisterClusterRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<DeregisterClusterResponse, Fault> {
        let account = at.account;
        let cluster = write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let found = view.shelved::<Cluster>(&input.name);
            let cluster = Cluster::clone(found.ok_or_else(|| no_cluster(&input.name))?);
            let prefix = PodIdentityAssociation::prefix_of(&cluster);
            let is_used = view
                .shelved_under::<PodIdentityAssociation>(&prefix)
                .next()
                .is_some();
            if is_used {
                return Err(RESOURCE_IN_USE
                    .fault("Cluster has Pod Identity associations")
                    .with("clusterName", &input.name));
            }
            tx.unshelve::<Cluster>(account, &input.name);
            Ok(cluster)
        })
        .await?;
        Ok(DeregisterClusterResponse {
            cluster: Some(describe::cluster(&cluster)),
        })
    }
}
