//! Which action on which resource an operation of EKS needs (Service Authorization Reference, "Actions, resources, and
//! condition keys for Amazon Elastic Kubernetes Service").

use std::collections::BTreeMap;
use std::sync::Arc;

use directory::{AccountView, Cluster, Entity as _, PodIdentityAssociation, Tags};
use door::Need;
use policy::{Arn, Value};
use trail::Resource;

use crate::handle::At;
use crate::wire::Operation;

/// CloudTrail's name for clusters.
const CLUSTER: &str = "AWS::EKS::Cluster";
/// CloudTrail's name for Pod Identity associations.
const ASSOCIATION: &str = "AWS::EKS::PodIdentityAssociation";
/// Who gets the roles of associations.
pub(crate) const PODS: &str = "pods.eks.amazonaws.com";

/// The cluster with this name in the caller's account.
pub(crate) fn cluster(at: &At<'_>, name: &str) -> Option<Arc<Cluster>> {
    let snapshot = at.snapshot();
    snapshot.account(at.account)?.shelved(name).cloned()
}

/// The ARN of a cluster, be it there or not.
pub(crate) fn cluster_arn(at: &At<'_>, name: &str) -> String {
    cluster(at, name).map_or_else(
        || {
            let (region, account) = (at.door.region(), at.account);
            format!("arn:aws:eks:{region}:{account}:cluster/{name}")
        },
        |cluster| cluster.arn(),
    )
}

/// `O` of `service` on a cluster, be it there or not.
pub(crate) fn on_cluster<O: Operation>(at: &At<'_>, name: &str) -> Need {
    let need = Need::new(action::<O>(), cluster_arn(at, name));
    match cluster(at, name) {
        Some(cluster) => resource_tags(need, &cluster.tags),
        None => need,
    }
}

/// `O` on an association, be it there or not.
pub(super) fn on_association<O: Operation>(at: &At<'_>, cluster: &str, id: &str) -> Need {
    let found = association(at, cluster, id);
    match found {
        Some(found) => resource_tags(Need::new(action::<O>(), found.arn()), &found.tags),
        None => Need::new(action::<O>(), association_arn(at, cluster, id)),
    }
}

/// `iam:PassRole` on the role with this ARN, which the pods get (Amazon EKS User Guide, "Create IAM role with trust policy
/// required by EKS Pod Identity"). A role of another account is nobody's to pass here.
pub(super) fn pass_role(at: &At<'_>, arn: &str) -> Need {
    let need = Need::new("iam:PassRole", arn).key("iam:PassedToService", PODS);
    let owner = arn
        .parse::<Arn>()
        .ok()
        .and_then(|arn| arn.account().parse().ok());
    let need = match owner {
        Some(owner) => need.owner(owner),
        None => need,
    };
    let snapshot = at.snapshot();
    let role = snapshot.role_by_arn(arn);
    match role.filter(|role| role.account == at.account) {
        Some(role) => role.tags.iter().fold(need, |need, (key, value)| {
            need.key(format!("iam:ResourceTag/{key}"), value)
                .key(format!("aws:ResourceTag/{key}"), value)
        }),
        None => need,
    }
}

/// `O` of its service.
pub(super) fn action<O: Operation>() -> String {
    format!("{}:{}", O::SHAPE.service.name, O::SHAPE.name)
}

/// The keys of the tags that a resource has.
pub(super) fn resource_tags(need: Need, tags: &Tags) -> Need {
    tags.iter().fold(need, |need, (key, value)| {
        need.key(format!("aws:ResourceTag/{key}"), value)
    })
}

/// The keys of tags in the request.
pub(super) fn request_tags(need: Need, tags: &BTreeMap<String, String>) -> Need {
    let need = tag_keys(need, tags.keys().cloned().collect());
    tags.iter().fold(need, |need, (key, value)| {
        need.key(format!("aws:RequestTag/{key}"), value.as_str())
    })
}

/// `aws:TagKeys`.
pub(super) fn tag_keys(need: Need, keys: Vec<String>) -> Need {
    match keys.is_empty() {
        true => need,
        false => need.key("aws:TagKeys", Value::Many(keys)),
    }
}

/// The association with this id in a cluster of the caller's account.
pub(super) fn association(
    at: &At<'_>,
    cluster: &str,
    id: &str,
) -> Option<Arc<PodIdentityAssociation>> {
    let snapshot = at.snapshot();
    find_association(snapshot.account(at.account)?, cluster, id).cloned()
}

/// The association with this id in a cluster.
pub(super) fn find_association<'v>(
    view: &'v AccountView,
    cluster: &str,
    id: &str,
) -> Option<&'v Arc<PodIdentityAssociation>> {
    let cluster = view.shelved::<Cluster>(cluster)?;
    let prefix = PodIdentityAssociation::prefix_of(cluster);
    let mut all = view.shelved_under::<PodIdentityAssociation>(&prefix);
    let key = all.find(|association| association.id == id)?.key();
    view.shelved(&key)
}

/// The ARN of an association, be it there or not; `*` stands for one that is to be made.
pub(super) fn association_arn(at: &At<'_>, cluster: &str, id: &str) -> String {
    let region = self::cluster(at, cluster).map(|cluster| cluster.region.clone());
    let region = region.unwrap_or_else(|| at.door.region().to_owned());
    PodIdentityAssociation::arn_of(&region, at.account, cluster, id)
}

/// The resource of an event about a cluster.
pub(crate) fn cluster_resource(at: &At<'_>, name: &str) -> Resource {
    Resource {
        account: Some(at.account),
        kind: CLUSTER.to_owned(),
        arn: cluster_arn(at, name),
    }
}

/// The resource of an event about an association.
pub(super) fn association_resource(at: &At<'_>, cluster: &str, id: &str) -> Resource {
    Resource {
        account: Some(at.account),
        kind: ASSOCIATION.to_owned(),
        arn: association_arn(at, cluster, id),
    }
}
