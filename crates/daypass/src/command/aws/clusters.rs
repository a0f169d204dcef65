//! Registered clusters.

use anyhow::{Result, bail};
use directory::ClusterName;
use form_urlencoded::byte_serialize;
use http::Method;
use serde_json::Value;

use super::{Aws, explained, parameter, text};
use crate::command::asker::Asker;

/// A cluster that the server knows.
#[derive(Debug, Clone)]
pub(crate) struct Registered {
    pub(crate) name: String,
    pub(crate) arn: String,
    /// The issuer's URL.
    pub(crate) issuer: String,
    /// When it was registered: seconds since 1970.
    pub(crate) created: Option<f64>,
}

impl Registered {
    /// Host and path of the issuer.
    pub(crate) fn issuer_path(&self) -> &str {
        self.issuer.strip_prefix("https://").unwrap_or(&self.issuer)
    }

    /// The region in its ARN.
    pub(crate) fn region(&self) -> Option<&str> {
        self.arn.split(':').nth(3).filter(|it| !it.is_empty())
    }
}

impl Aws {
    /// Registers a cluster's name for a provider; the same again is no error.
    pub(crate) async fn register(&self, name: &ClusterName, provider_arn: &str) -> Result<()> {
        let parameters = vec![
            parameter("Name", name.as_str()),
            parameter("OpenIDConnectProviderArn", provider_arn),
        ];
        self.call("daypass", "RegisterCluster", parameters).await?;
        Ok(())
    }

    pub(crate) async fn cluster(&self, name: &ClusterName) -> Result<Option<Registered>> {
        let path = format!("/clusters/{name}");
        let described = eks(&self.asker, "DescribeCluster", Method::GET, &path, "");
        let Some(answer) = described.await? else {
            return Ok(None);
        };
        let issuer = answer.pointer("/cluster/identity/oidc/issuer");
        let cluster = answer.get("cluster").cloned().unwrap_or_default();
        Ok(Some(Registered {
            name: text(&cluster, "name"),
            arn: text(&cluster, "arn"),
            issuer: issuer
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            created: cluster.get("createdAt").and_then(Value::as_f64),
        }))
    }

    /// A cluster that must be there.
    pub(crate) async fn known_cluster(&self, name: &ClusterName) -> Result<Registered> {
        match self.cluster(name).await? {
            Some(cluster) => Ok(cluster),
            None => bail!(
                "no cluster `{name}` is registered; `daypass list clusters` shows those that are, \
                 and `daypass create cluster --name {name}` registers it"
            ),
        }
    }

    /// The names of all clusters.
    pub(crate) async fn clusters(&self) -> Result<Vec<String>> {
        let names = pages(&self.asker, "ListClusters", "/clusters", "clusters").await?;
        let names = names.iter().flatten().filter_map(Value::as_str);
        Ok(names.map(str::to_owned).collect())
    }

    /// The ids of a cluster's Pod Identity associations; none of a cluster that is not registered.
    pub(crate) async fn associations(&self, name: &ClusterName) -> Result<Vec<String>> {
        let found = associations(&self.asker, name).await?;
        let found = found.iter().flatten();
        Ok(found.map(|it| text(it, "associationId")).collect())
    }

    pub(crate) async fn delete_association(&self, name: &ClusterName, id: &str) -> Result<()> {
        let path = format!("/clusters/{name}/pod-identity-associations/{id}");
        let action = "DeletePodIdentityAssociation";
        eks(&self.asker, action, Method::DELETE, &path, "").await?;
        Ok(())
    }

    pub(crate) async fn deregister(&self, name: &ClusterName) -> Result<()> {
        let path = format!("/cluster-registrations/{name}");
        let action = "DeregisterCluster";
        eks(&self.asker, action, Method::DELETE, &path, "").await?;
        Ok(())
    }
}

/// A cluster's Pod Identity associations; `None` if it is not registered.
pub(crate) async fn associations(
    asker: &Asker,
    cluster: &ClusterName,
) -> Result<Option<Vec<Value>>> {
    let path = format!("/clusters/{cluster}/pod-identity-associations");
    let action = "ListPodIdentityAssociations";
    pages(asker, action, &path, "associations").await
}

/// The members of all pages; `None` if the path leads to nothing.
async fn pages(asker: &Asker, action: &str, path: &str, list: &str) -> Result<Option<Vec<Value>>> {
    let mut found = Vec::new();
    let mut query = String::new();
    loop {
        let Some(mut page) = eks(asker, action, Method::GET, path, &query).await? else {
            return Ok(None);
        };
        if let Some(Value::Array(members)) = page.get_mut(list).map(Value::take) {
            found.extend(members);
        }
        let Some(next) = page.get("nextToken").and_then(Value::as_str) else {
            return Ok(Some(found));
        };
        let next: String = byte_serialize(next.as_bytes()).collect();
        query = format!("nextToken={next}");
    }
}

/// What EKS answers; `None` if there is no such thing.
async fn eks(
    asker: &Asker,
    action: &str,
    method: Method,
    path: &str,
    query: &str,
) -> Result<Option<Value>> {
    match asker.rest("eks", method, path, query, None).await? {
        Ok(answer) => Ok(Some(answer)),
        Err(refused) if refused.code.starts_with("ResourceNotFound") => Ok(None),
        Err(refused) => Err(explained(action, &refused)),
    }
}
