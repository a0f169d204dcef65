//! Making delegation requests.

use directory::{
    AttachedPolicy, DelegationRequest as Entity, DelegationState, Snapshot, TemplateParameter,
};
use door::Permit;
use jiff::{SignedDuration, Timestamp};
use policy::{AccountId, Arn};
use trail::Resource;
use uuid::Uuid;

use super::super::change::write;
use super::super::fault::invalid_input;
use super::super::needs;
use super::super::quota::within;
use super::{template, visible};
use crate::generated::iam::errors::ENTITY_ALREADY_EXISTS;
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs, account_view};
use crate::wire::Fault;

/// How long requests that have expired are shown. AWS tells no time.
const SHOWN: SignedDuration = SignedDuration::from_hours(30 * 24);

impl Handle for CreateDelegationRequest {
    const READ_ONLY: bool = false;

    fn needs(input: &CreateDelegationRequestRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::action::<Self>(visible::arn(at, "*"))
            .key("iam:DelegationDuration", input.session_duration.to_string())
            .key("iam:NotificationChannel", &*input.notification_channel);
        Ok(match &input.permissions.policy_template_arn {
            Some(arn) => need.key("iam:TemplateArn", &**arn),
            None => need,
        }
        .into())
    }

    fn resources(_: &CreateDelegationRequestRequest, at: &At<'_>) -> Vec<Resource> {
        visible::touched(at, "*")
    }

    /// There is no console to link to, so the answer has no `ConsoleDeepLink`.
    async fn handle(
        input: CreateDelegationRequestRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<CreateDelegationRequestResponse, Fault> {
        let request = new(input, &at.snapshot(), at.account, at.call.now)?;
        let id = request.id.clone();
        let (account, now, most) = (at.account, at.call.now, at.quotas.delegation_requests);
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let requests = view.shelf::<Entity>();
            let mut open = 0;
            let mut old = Vec::new();
            for (key, other) in requests.iter() {
                if is_over(other, now) {
                    old.push(key.clone());
                    continue;
                }
                if other.workflow_id == request.workflow_id {
                    return Err(ENTITY_ALREADY_EXISTS.fault(format!(
                        "A delegation request with workflow id {} already exists.",
                        request.workflow_id
                    )));
                }
                open += usize::from(other.state_at(now) != DelegationState::Expired);
            }
            within(open + 1, most, "DelegationRequestsPerAccount")?;
            for key in old {
                tx.unshelve::<Entity>(account, &key);
            }
            tx.shelve(request);
            Ok(())
        })
        .await?;
        Ok(CreateDelegationRequestResponse {
            console_deep_link: None,
            delegation_request_id: Some(id),
        })
    }
}

fn new(
    input: CreateDelegationRequestRequest,
    snapshot: &Snapshot,
    requestor: AccountId,
    now: Timestamp,
) -> Result<Entity, Fault> {
    let template = input.permissions.policy_template_arn;
    let template =
        template.ok_or_else(|| invalid_input("The permissions must have a PolicyTemplateArn."))?;
    let parameters = input.permissions.parameters.into_iter().map(parameter);
    let parameters: Vec<_> = parameters.collect::<Result<_, Fault>>()?;
    let Some(policy) = snapshot.attachable(requestor, &template) else {
        let message = format!("The policy template {template} does not exist.");
        return Err(invalid_input(&message));
    };
    let policy = template::fill(&text_of(&policy), &parameters)
        .map_err(|message| invalid_input(&message))?;
    let owner_account = input.owner_account_id.map(|id| {
        let account = id.parse().ok();
        let known = account.filter(|account| snapshot.account(*account).is_some());
        known.ok_or_else(|| invalid_input(&format!("The account {id} does not exist.")))
    });
    if !is_topic(&input.notification_channel) {
        return Err(invalid_input(
            "The notification channel must be the ARN of an SNS topic.",
        ));
    }
    let mut request = Entity {
        requestor,
        id: Uuid::new_v4().to_string(),
        description: input.description,
        message: input.request_message,
        template,
        parameters,
        policy,
        workflow_id: input.requestor_workflow_id,
        redirect_url: input.redirect_url,
        notification_channel: input.notification_channel,
        // The shape's rule leaves 300 to 43,200.
        session_seconds: u32::try_from(input.session_duration).unwrap_or_default(),
        only_owner_sends: input.only_send_by_owner.unwrap_or_default(),
        owner_account: owner_account.transpose()?,
        owner: None,
        state: DelegationState::Unassigned,
        expires: now,
        approver: None,
        notes: None,
        rejection_reason: None,
        exchange: None,
        created: now,
        updated: now,
    };
    request.expires = visible::expiry(&request, now)?;
    Ok(request)
}

fn parameter(parameter: PolicyParameter) -> Result<TemplateParameter, Fault> {
    let name = parameter.name;
    Ok(TemplateParameter {
        name: name.ok_or_else(|| invalid_input("A policy parameter must have a name."))?,
        values: parameter.values,
        list: parameter.r#type.as_deref() == Some("stringList"),
    })
}

fn text_of(policy: &AttachedPolicy) -> String {
    match policy {
        AttachedPolicy::Customer(policy) => {
            let document = policy.default_document();
            document.map_or_else(String::new, |it| it.text().to_owned())
        }
        AttachedPolicy::Aws(policy) => policy.document(),
    }
}

fn is_topic(channel: &str) -> bool {
    let arn: Result<Arn, _> = channel.parse();
    arn.is_ok_and(|arn| {
        arn.service() == "sns" && !arn.account().is_empty() && !arn.resource().contains(':')
    })
}

fn is_over(request: &Entity, now: Timestamp) -> bool {
    let end = request.expires.checked_add(SHOWN);
    end.is_ok_and(|end| end <= now)
}
