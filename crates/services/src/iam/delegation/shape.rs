//! Delegation requests as answers show them.

use directory::{DelegationRequest as Entity, Snapshot, TemplateParameter};
use jiff::Timestamp;

use super::template;
use crate::generated::iam::{DelegationPermission, DelegationRequest, PolicyParameter};

/// The most characters of a requestor's name.
const LONGEST_NAME: usize = 30;

/// A request as it is at a time.
pub(super) fn shape(request: &Entity, snapshot: &Snapshot, now: Timestamp) -> DelegationRequest {
    let requestor = snapshot.account(request.requestor);
    let alias = requestor.and_then(|view| view.alias());
    let name = alias.map(|alias| alias.as_str().to_owned());
    DelegationRequest {
        delegation_request_id: Some(request.id.clone()),
        owner_account_id: request.owner_account.map(|account| account.to_string()),
        description: Some(request.description.clone()),
        request_message: request.message.clone(),
        permissions: Some(DelegationPermission {
            policy_template_arn: Some(request.template.clone()),
            parameters: request.parameters.iter().map(parameter).collect(),
        }),
        permission_policy: Some(request.policy.clone()),
        role_permission_restriction_arns: template::boundaries(&request.policy),
        owner_id: request.owner.as_ref().map(|owner| owner.arn.clone()),
        approver_id: request.approver.as_ref().map(|it| it.arn.clone()),
        state: Some(request.state_at(now).as_str().to_owned()),
        expiration_time: Some(request.expires),
        requestor_id: Some(request.requestor.to_string()),
        requestor_name: name.filter(|name| name.len() <= LONGEST_NAME),
        create_date: Some(request.created),
        session_duration: i32::try_from(request.session_seconds).ok(),
        redirect_url: request.redirect_url.clone(),
        notes: request.notes.clone(),
        rejection_reason: request.rejection_reason.clone(),
        only_send_by_owner: Some(request.only_owner_sends),
        updated_time: Some(request.updated),
    }
}

fn parameter(parameter: &TemplateParameter) -> PolicyParameter {
    let kind = if parameter.list {
        "stringList"
    } else {
        "string"
    };
    PolicyParameter {
        name: Some(parameter.name.clone()),
        values: parameter.values.clone(),
        r#type: Some(kind.to_owned()),
    }
}
