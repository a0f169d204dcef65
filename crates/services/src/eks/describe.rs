//! Clusters and associations as answers show them.

use std::collections::BTreeMap;

use directory::{Cluster, PodIdentityAssociation, Tags};

use crate::generated::eks;

/// The state of a cluster that is registered. Nobody asks whether it runs.
const ACTIVE: &str = "ACTIVE";

/// A cluster: what is known of one that runs elsewhere.
pub(super) fn cluster(cluster: &Cluster) -> eks::Cluster {
    eks::Cluster {
        name: Some(cluster.name.to_string()),
        arn: Some(cluster.arn()),
        created_at: Some(cluster.created),
        identity: Some(eks::Identity {
            oidc: Some(eks::OIDC {
                issuer: Some(cluster.issuer.as_str().to_owned()),
            }),
        }),
        status: Some(ACTIVE.to_owned()),
        tags: Some(tags(&cluster.tags)),
        ..eks::Cluster::default()
    }
}

/// An association.
pub(super) fn association(it: &PodIdentityAssociation) -> eks::PodIdentityAssociation {
    eks::PodIdentityAssociation {
        cluster_name: Some(it.cluster.to_string()),
        namespace: Some(it.namespace.clone()),
        service_account: Some(it.service_account.clone()),
        role_arn: Some(it.role.clone()),
        association_arn: Some(it.arn()),
        association_id: Some(it.id.clone()),
        tags: Some(tags(&it.tags)),
        created_at: Some(it.created),
        modified_at: Some(it.modified),
        // Only add-ons own associations.
        owner_arn: None,
        disable_session_tags: Some(it.disable_session_tags),
        target_role_arn: it.target_role.clone(),
        external_id: it.external_id(),
        policy: it.policy.clone(),
    }
}

/// An association in a list.
pub(super) fn summary(it: &PodIdentityAssociation) -> eks::PodIdentityAssociationSummary {
    eks::PodIdentityAssociationSummary {
        cluster_name: Some(it.cluster.to_string()),
        namespace: Some(it.namespace.clone()),
        service_account: Some(it.service_account.clone()),
        association_arn: Some(it.arn()),
        association_id: Some(it.id.clone()),
        owner_arn: None,
    }
}

/// Tags as a map.
pub(super) fn tags(tags: &Tags) -> BTreeMap<String, String> {
    let pair = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    tags.iter().map(pair).collect()
}
