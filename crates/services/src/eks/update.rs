//! Changing a Pod Identity association.

use directory::PodIdentityAssociation;
use door::Permit;
use trail::Resource;

use super::associations::missing;
use super::fault::{invalid, write};
use super::role::Given;
use super::{describe, needs};
use crate::generated::eks::errors::INVALID_REQUEST;
use crate::generated::eks::{
    UpdatePodIdentityAssociation, UpdatePodIdentityAssociationRequest,
    UpdatePodIdentityAssociationResponse,
};
use crate::handle::{At, Handle, Needs, account_view};
use crate::wire::Fault;

impl Handle for UpdatePodIdentityAssociation {
    const READ_ONLY: bool = false;

    /// On the association, and `iam:PassRole` on the role that it has then, whatever changes: to take its session policy
    /// away gives more of the role than was passed before.
    fn needs(input: &UpdatePodIdentityAssociationRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let (cluster, id) = (&input.cluster_name, &input.association_id);
        let update = needs::on_association::<Self>(at, cluster, id);
        let present = needs::association(at, cluster, id).map(|it| it.role.clone());
        Ok(match input.role_arn.clone().or(present) {
            Some(role) => Needs::All(vec![update, needs::pass_role(at, &role)]),
            None => update.into(),
        })
    }

    fn resources(input: &UpdatePodIdentityAssociationRequest, at: &At<'_>) -> Vec<Resource> {
        let (cluster, id) = (&input.cluster_name, &input.association_id);
        vec![needs::association_resource(at, cluster, id)]
    }

    async fn handle(
        input: UpdatePodIdentityAssociationRequest,
        permit: Permit,
        at: &At<'_>,
    ) -> Result<UpdatePodIdentityAssociationResponse, Fault> {
        let (cluster, id) = (input.cluster_name.clone(), input.association_id.clone());
        let absent = missing(at, &cluster, &id);
        let (account, now) = (at.account, at.call.now);
        let changed = write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let found = needs::find_association(view, &cluster, &id).ok_or(absent)?;
            let mut association = PodIdentityAssociation::clone(found);
            let next = next(&association, &input)?;
            // The role that may be passed was looked up before this write began.
            if !permit.covers("iam:PassRole", &next.role) {
                return Err(INVALID_REQUEST
                    .fault("The association was changed by another request. Retry this one.")
                    .with("clusterName", cluster));
            }
            let repeats = input.client_request_token.is_some()
                && input.client_request_token == association.update_token;
            if repeats {
                return match given(&association) == next {
                    true => Ok(association),
                    false => Err(invalid(
                        &cluster,
                        "The clientRequestToken was used with other parameters.",
                    )),
                };
            }
            next.check(tx.snapshot(), account, &cluster)?;
            association.role = next.role;
            association.target_role = next.target_role;
            association.disable_session_tags = next.disable_session_tags;
            association.policy = next.policy;
            association.update_token = input.client_request_token;
            association.modified = now;
            tx.shelve(association.clone());
            Ok(association)
        })
        .await?;
        Ok(UpdatePodIdentityAssociationResponse {
            association: Some(describe::association(&changed)),
        })
    }
}

/// What an association gives now.
fn given(association: &PodIdentityAssociation) -> Given {
    Given {
        role: association.role.clone(),
        target_role: association.target_role.clone(),
        disable_session_tags: association.disable_session_tags,
        policy: association.policy.clone(),
    }
}

/// What it will give: what is not said stays, and what is empty goes.
///
/// # Errors
/// `InvalidParameterException` when nothing is said.
fn next(
    association: &PodIdentityAssociation,
    input: &UpdatePodIdentityAssociationRequest,
) -> Result<Given, Fault> {
    let says_nothing = input.role_arn.is_none()
        && input.target_role_arn.is_none()
        && input.disable_session_tags.is_none()
        && input.policy.is_none();
    if says_nothing {
        return Err(invalid(
            &input.cluster_name,
            "At least one of roleArn, targetRoleArn, disableSessionTags and policy must be provided.",
        ));
    }
    let mut next = given(association);
    if let Some(role) = &input.role_arn {
        next.role.clone_from(role);
    }
    if let Some(target) = &input.target_role_arn {
        next.target_role = Some(target.clone()).filter(|arn| !arn.is_empty());
    }
    if let Some(disable) = input.disable_session_tags {
        next.disable_session_tags = disable;
    }
    if let Some(policy) = &input.policy {
        next.policy = Some(policy.clone()).filter(|policy| !policy.is_empty());
    }
    Ok(next)
}
