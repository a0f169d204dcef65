//! Pod Identity associations: which role the pods of a service account get.

use jiff::Timestamp;
use policy::AccountId;
use serde::{Deserialize, Serialize};

use crate::{Cluster, ClusterName, Entity, Tags};

/// An association of a service account of a registered cluster with a role of the cluster's account (Amazon EKS User
/// Guide, "Learn how EKS Pod Identity grants pods access to AWS services"). Roles are named by their ARNs, as EKS names
/// them: one that is made again counts, if its own trust policy lets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PodIdentityAssociation {
    /// The cluster's account.
    pub account: AccountId,
    /// The cluster's region.
    pub region: String,
    /// The cluster.
    pub cluster: ClusterName,
    /// `a-` and 17 letters and digits.
    pub id: String,
    /// The service account's namespace.
    pub namespace: String,
    /// The service account.
    pub service_account: String,
    /// The role's ARN.
    pub role: String,
    /// The ARN of the role that is assumed with the first one, and that the pods get.
    pub target_role: Option<String>,
    /// Whether the session has no tags.
    pub disable_session_tags: bool,
    /// The session policy.
    pub policy: Option<String>,
    /// Its tags.
    pub tags: Tags,
    /// The client's token of the request that made it.
    pub client_token: Option<String>,
    /// The client's token of the last update.
    pub update_token: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed.
    pub modified: Timestamp,
}

impl PodIdentityAssociation {
    /// `arn:aws:eks:REGION:ACCOUNT:podidentityassociation/CLUSTER/ID`.
    #[must_use]
    pub fn arn(&self) -> String {
        Self::arn_of(&self.region, self.account, self.cluster.as_str(), &self.id)
    }

    /// The ARN of an association by its parts.
    #[must_use]
    pub fn arn_of(region: &str, account: AccountId, cluster: &str, id: &str) -> String {
        format!("arn:aws:eks:{region}:{account}:podidentityassociation/{cluster}/{id}")
    }

    /// What the target role's trust policy sees as `sts:ExternalId`; there is none without a target role (Amazon EKS User
    /// Guide, "Access AWS Resources using EKS Pod Identity Target IAM Roles").
    #[must_use]
    pub fn external_id(&self) -> Option<String> {
        let Self {
            account,
            region,
            cluster,
            namespace,
            service_account,
            ..
        } = self;
        self.target_role
            .as_ref()
            .map(|_| format!("{region}/{account}/{cluster}/{namespace}/{service_account}"))
    }

    /// The key of a service account's association. Neither of the names can have a slash.
    #[must_use]
    pub fn key_of(cluster: &ClusterName, namespace: &str, service_account: &str) -> String {
        format!("{cluster}/{namespace}/{service_account}")
    }

    /// What the keys of a cluster's associations begin with.
    #[must_use]
    pub fn prefix_of(cluster: &Cluster) -> String {
        format!("{}/", cluster.name)
    }
}

impl Entity for PodIdentityAssociation {
    const KIND: &'static str = "eks-pod-identity-association";

    fn account(&self) -> AccountId {
        self.account
    }

    fn key(&self) -> String {
        Self::key_of(&self.cluster, &self.namespace, &self.service_account)
    }
}
