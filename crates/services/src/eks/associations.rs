//! Pod Identity associations: made, shown, listed, deleted.

use directory::{Cluster, Entity as _, PodIdentityAssociation};
use door::{Need, Permit};
use federation::{InvalidServiceAccount, ServiceAccountRef};
use trail::Resource;
use uuid::Uuid;

use super::fault::{invalid, no_association, no_cluster, write};
use super::page::page;
use super::role::Given;
use super::{describe, needs, tagging};
use crate::generated::eks::errors::{RESOURCE_IN_USE, RESOURCE_LIMIT_EXCEEDED};
use crate::generated::eks::{
    CreatePodIdentityAssociation, CreatePodIdentityAssociationRequest,
    CreatePodIdentityAssociationResponse, DeletePodIdentityAssociation,
    DeletePodIdentityAssociationRequest, DeletePodIdentityAssociationResponse,
    DescribePodIdentityAssociation, DescribePodIdentityAssociationRequest,
    DescribePodIdentityAssociationResponse, ListPodIdentityAssociations,
    ListPodIdentityAssociationsRequest, ListPodIdentityAssociationsResponse,
};
use crate::handle::{At, Handle, Needs, account_view};
use crate::wire::Fault;

impl Handle for CreatePodIdentityAssociation {
    const READ_ONLY: bool = false;

    /// On the cluster, and `iam:PassRole` on the role; with tags also `eks:TagResource` on the association, whose id is
    /// not known yet.
    fn needs(input: &CreatePodIdentityAssociationRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let create = needs::on_cluster::<Self>(at, &input.cluster_name);
        let pass = needs::pass_role(at, &input.role_arn);
        let Some(tags) = input.tags.as_ref().filter(|tags| !tags.is_empty()) else {
            return Ok(Needs::All(vec![create, pass]));
        };
        let new = needs::association_arn(at, &input.cluster_name, "*");
        let tag = Need::new("eks:TagResource", new);
        Ok(Needs::All(vec![
            needs::request_tags(create, tags),
            pass,
            needs::request_tags(tag, tags),
        ]))
    }

    fn resources(input: &CreatePodIdentityAssociationRequest, at: &At<'_>) -> Vec<Resource> {
        vec![needs::cluster_resource(at, &input.cluster_name)]
    }

    async fn handle(
        input: CreatePodIdentityAssociationRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<CreatePodIdentityAssociationResponse, Fault> {
        let name = input.cluster_name;
        ServiceAccountRef::new(&input.namespace, &input.service_account).map_err(|error| {
            let what = match error {
                InvalidServiceAccount::Namespace => "namespace",
                _ => "service account",
            };
            invalid(&name, format!("The {what} provided is invalid."))
        })?;
        let given = Given {
            role: input.role_arn,
            target_role: input.target_role_arn.filter(|arn| !arn.is_empty()),
            disable_session_tags: input.disable_session_tags.unwrap_or_default(),
            policy: input.policy.filter(|policy| !policy.is_empty()),
        };
        let tags = tagging::new(input.tags).map_err(|fault| invalid(&name, fault.message))?;
        let (account, now, most) = (at.account, at.call.now, at.quotas.associations_per_cluster);
        let made = write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let cluster = view.shelved::<Cluster>(&name);
            let cluster = cluster.ok_or_else(|| no_cluster(&name))?;
            given.check(tx.snapshot(), account, &name)?;
            let made = PodIdentityAssociation {
                account,
                region: cluster.region.clone(),
                cluster: cluster.name.clone(),
                id: fresh_id(),
                namespace: input.namespace,
                service_account: input.service_account,
                role: given.role,
                target_role: given.target_role,
                disable_session_tags: given.disable_session_tags,
                policy: given.policy,
                tags,
                client_token: input.client_request_token,
                update_token: None,
                created: now,
                modified: now,
            };
            let prefix = PodIdentityAssociation::prefix_of(cluster);
            let mut count = 0;
            for present in view.shelved_under::<PodIdentityAssociation>(&prefix) {
                if made.client_token.is_some() && present.client_token == made.client_token {
                    return repeated(present, made);
                }
                let same = present.namespace == made.namespace
                    && present.service_account == made.service_account;
                if same {
                    return Err(RESOURCE_IN_USE
                        .fault(format!("Association already exists: {}", present.id))
                        .with("clusterName", name));
                }
                count += 1;
            }
            if count >= most {
                return Err(RESOURCE_LIMIT_EXCEEDED
                    .fault(format!(
                        "The cluster has the most Pod Identity associations that it can have: {most}."
                    ))
                    .with("clusterName", name));
            }
            tx.shelve(made.clone());
            Ok(made)
        })
        .await?;
        Ok(CreatePodIdentityAssociationResponse {
            association: Some(describe::association(&made)),
        })
    }
}

/// The answer to a request whose token has been used: the same association, if the request is the same.
fn repeated(
    present: &PodIdentityAssociation,
    made: PodIdentityAssociation,
) -> Result<PodIdentityAssociation, Fault> {
    let as_present = PodIdentityAssociation {
        id: present.id.clone(),
        update_token: present.update_token.clone(),
        created: present.created,
        modified: present.modified,
        ..made
    };
    if as_present == *present {
        return Ok(as_present);
    }
    Err(invalid(
        present.cluster.as_str(),
        "The clientRequestToken was used with other parameters.",
    ))
}

impl Handle for DescribePodIdentityAssociation {
    const READ_ONLY: bool = true;

    fn needs(input: &DescribePodIdentityAssociationRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let (cluster, id) = (&input.cluster_name, &input.association_id);
        Ok(needs::on_association::<Self>(at, cluster, id).into())
    }

    fn resources(input: &DescribePodIdentityAssociationRequest, at: &At<'_>) -> Vec<Resource> {
        let (cluster, id) = (&input.cluster_name, &input.association_id);
        vec![needs::association_resource(at, cluster, id)]
    }

    async fn handle(
        input: DescribePodIdentityAssociationRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<DescribePodIdentityAssociationResponse, Fault> {
        let (cluster, id) = (&*input.cluster_name, &*input.association_id);
        let found = needs::association(at, cluster, id);
        let found = found.ok_or_else(|| missing(at, cluster, id))?;
        Ok(DescribePodIdentityAssociationResponse {
            association: Some(describe::association(&found)),
        })
    }
}

impl Handle for ListPodIdentityAssociations {
    const READ_ONLY: bool = true;

    fn needs(input: &ListPodIdentityAssociationsRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on_cluster::<Self>(at, &input.cluster_name).into())
    }

    fn resources(input: &ListPodIdentityAssociationsRequest, at: &At<'_>) -> Vec<Resource> {
        vec![needs::cluster_resource(at, &input.cluster_name)]
    }

    async fn handle(
        input: ListPodIdentityAssociationsRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListPodIdentityAssociationsResponse, Fault> {
        let name = &input.cluster_name;
        let cluster = needs::cluster(at, name).ok_or_else(|| no_cluster(name))?;
        let prefix = PodIdentityAssociation::prefix_of(&cluster);
        let asked = |filter: &Option<String>, value: &str| {
            filter.as_deref().is_none_or(|filter| filter == value)
        };
        at.view(|view| {
            let all = view.shelved_under::<PodIdentityAssociation>(&prefix);
            let shown = all
                .filter(|it| asked(&input.namespace, &it.namespace))
                .filter(|it| asked(&input.service_account, &it.service_account))
                .map(|it| (it.key(), describe::summary(it)));
            let (associations, next_token) =
                page(input.next_token.as_deref(), input.max_results, shown)?;
            Ok(ListPodIdentityAssociationsResponse {
                associations,
                next_token,
            })
        })
    }
}

impl Handle for DeletePodIdentityAssociation {
    const READ_ONLY: bool = false;

    fn needs(input: &DeletePodIdentityAssociationRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let (cluster, id) = (&input.cluster_name, &input.association_id);
        Ok(needs::on_association::<Self>(at, cluster, id).into())
    }

    fn resources(input: &DeletePodIdentityAssociationRequest, at: &At<'_>) -> Vec<Resource> {
        let (cluster, id) = (&input.cluster_name, &input.association_id);
        vec![needs::association_resource(at, cluster, id)]
    }

    /// Sessions that were issued by it live on, as at AWS: they are the role's.
    async fn handle(
        input: DeletePodIdentityAssociationRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<DeletePodIdentityAssociationResponse, Fault> {
        let (cluster, id) = (input.cluster_name, input.association_id);
        let absent = missing(at, &cluster, &id);
        let account = at.account;
        let gone = write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let found = needs::find_association(view, &cluster, &id).ok_or(absent)?;
            let found = PodIdentityAssociation::clone(found);
            let key = found.key();
            tx.unshelve::<PodIdentityAssociation>(account, &key);
            Ok(found)
        })
        .await?;
        Ok(DeletePodIdentityAssociationResponse {
            association: Some(describe::association(&gone)),
        })
    }
}

/// What isn't there: the cluster, or the association.
pub(super) fn missing(at: &At<'_>, cluster: &str, id: &str) -> Fault {
    match needs::cluster(at, cluster) {
        Some(_) => no_association(cluster, id),
        None => no_cluster(cluster),
    }
}

/// A fresh id: `a-` and 17 random lower-case letters and digits.
fn fresh_id() -> String {
    const DIGITS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let mut random = Uuid::new_v4().as_u128();
    let mut id = String::from("a-");
    for _ in 0..17 {
        let digit = DIGITS.get((random % 36) as usize).copied();
        id.push(char::from(digit.unwrap_or(b'a')));
        random /= 36;
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_long_and_random() {
        let (one, other) = (fresh_id(), fresh_id());
        assert_ne!(one, other);
        for id in [one, other] {
            let digits = id.strip_prefix("a-").unwrap();
            assert_eq!(digits.len(), 17);
            let known = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit();
            assert!(digits.chars().all(known), "{id}");
        }
    }
}
