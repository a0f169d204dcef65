//! Registering Kubernetes clusters.

use directory::{AccountView, Cluster, ClusterName, Tags};
use door::{Need, Permit};
use trail::Resource;

use super::cluster_shapes::{
    self, RESOURCE_IN_USE, RegisterCluster, RegisterClusterRequest, RegisterClusterResponse,
};
use crate::eks::needs;
use crate::generated::iam::errors::{INVALID_INPUT, LIMIT_EXCEEDED};
use crate::handle::{At, Handle, Needs, account_view};
use crate::iam::provider;
use crate::wire::Fault;

impl Handle for RegisterCluster {
    const READ_ONLY: bool = false;

    /// `daypass:RegisterCluster`, and EKS's action of that name: who may register no clusters there does not get round it
    /// here.
    fn needs(input: &RegisterClusterRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let arn = needs::cluster_arn(at, &input.name);
        let actions = ["daypass:RegisterCluster", "eks:RegisterCluster"];
        let needs = actions.into_iter().map(|action| Need::new(action, &*arn));
        Ok(Needs::All(needs.collect()))
    }

    fn resources(input: &RegisterClusterRequest, at: &At<'_>) -> Vec<Resource> {
        vec![needs::cluster_resource(at, &input.name)]
    }

    async fn handle(
        input: RegisterClusterRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<RegisterClusterResponse, Fault> {
        let name: ClusterName = input
            .name
            .parse()
            .map_err(|error| INVALID_INPUT.fault(format!("The name can't be used: {error}.")))?;
        let (account, now, most) = (at.account, at.call.now, at.quotas.clusters);
        let region = at.door.region().to_owned();
        let arn = input.provider_arn;
        let write = at.door.directory().write(move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let issuer = provider::existing(view, &arn)?.url.clone();
            let new = Cluster {
                account,
                region,
                name,
                issuer,
                tags: Tags::default(),
                created: now,
            };
            if let Some(registered) = registered(view, &new)? {
                return Ok(registered);
            }
            if view.shelf::<Cluster>().len() >= most {
                return Err(LIMIT_EXCEEDED.fault(format!(
                    "Cannot exceed quota for ClustersPerAccount: {most}"
                )));
            }
            tx.shelve(new.clone());
            Ok::<_, Fault>(new)
        });
        let cluster = write.await?;
        Ok(RegisterClusterResponse {
            cluster: cluster_shapes::Cluster {
                name: cluster.name.to_string(),
                arn: cluster.arn(),
                issuer: cluster.issuer.as_str().to_owned(),
                provider_arn: cluster.provider_arn(),
                created: cluster.created,
            },
        })
    }
}

/// The cluster that is there already, if it is the same.
///
/// # Errors
/// `ResourceInUse` when the name is another cluster's, or the provider is: a token tells its issuer and no cluster, so
/// that one issuer must be one cluster.
fn registered(view: &AccountView, new: &Cluster) -> Result<Option<Cluster>, Fault> {
    let mut clusters = view.shelf::<Cluster>().iter().map(|(_, it)| it);
    let clash = clusters.find(|it| it.name == new.name || it.issuer == new.issuer);
    match clash {
        None => Ok(None),
        Some(it) if it.name == new.name && it.issuer == new.issuer => Ok(Some(Cluster::clone(it))),
        Some(it) if it.name == new.name => Err(RESOURCE_IN_USE.fault(format!(
            "The cluster {} is registered with the provider {}. Deregister it first, or use another name.",
            it.name,
            it.provider_arn()
        ))),
        Some(it) => Err(RESOURCE_IN_USE.fault(format!(
            "The provider {} is that of the cluster {}. A cluster needs an issuer of its own.",
            it.provider_arn(),
            it.name
        ))),
    }
}
