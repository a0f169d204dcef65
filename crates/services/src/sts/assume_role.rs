//! `AssumeRole`.

use std::sync::{Arc, LazyLock};

use directory::Role;
use door::{Need, Permit, passed_on};
use policy::{Arn, DocumentKind, Policy, Principal};
use session::{Session, SessionKind, SessionTag, SourceIdentity};
use trail::Resource;

use crate::generated::sts::{AssumeRole, AssumeRoleRequest, AssumeRoleResponse};
use crate::handle::{At, Handle, Needs};
use crate::sts::grant::{Grant, assumed_role_user, seconds, wire};
use crate::sts::refusals::{access_denied, denied, internal, validation};
use crate::sts::second_factor::second_factor;
use crate::sts::session_policies::{packed_size, session_policies};
use crate::sts::session_tags::{inherited, session_tags};
use crate::wire::Fault;

impl Handle for AssumeRole {
    // CloudTrail calls it read-only, and records its answer all the same.
    const READ_ONLY: bool = true;
    const RECORDS_ANSWER: bool = true;

    fn needs(_: &AssumeRoleRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(Needs::OwnDecision)
    }

    fn resources(input: &AssumeRoleRequest, _: &At<'_>) -> Vec<Resource> {
        role_resource(&input.role_arn)
    }

    async fn handle(
        input: AssumeRoleRequest,
        _: Permit,
        at: &At<'_>,
    ) -> Result<AssumeRoleResponse, Fault> {
        if input.role_arn.parse::<Arn>().is_err() {
            return Err(validation(format!("{} is invalid", input.role_arn)));
        }
        let caller = &at.call.caller;
        if is_barred(&caller.principal) {
            return Err(access_denied(BARRED));
        }
        // Nothing that is judged before the role is looked up tells whether there is one.
        let parent = caller.session.as_deref();
        let source_identity = source_identity(&input, parent)?;
        let serial = input.serial_number.as_deref();
        let mfa = second_factor(at, serial, input.token_code.as_ref()).await?;
        let snapshot = at.snapshot();
        let role = snapshot
            .assumable_role(&input.role_arn)
            .ok_or_else(|| unknown_role(&input.role_arn, at))?;
        let permit = at
            .door
            .authorize(at.call, &needs(&input, role, &source_identity, mfa, at))
            .map_err(|refused| {
                at.refused(&refused);
                denied(&refused)
            })?;
        if !input.provided_contexts.is_empty() {
            return Err(validation(
                "The provided context provider is not registered with this account.",
            ));
        }
        let chained = is_role_chaining(parent);
        let seconds = seconds(input.duration_seconds, role, chained)?;
        let policies = session_policies(&snapshot, role.account, input.policy, input.policy_arns)?;
        let requested: Vec<_> = input
            .tags
            .into_iter()
            .map(|tag| (tag.key, tag.value))
            .collect();
        let tags = session_tags(&requested, &input.transitive_tag_keys, parent)?;
        let packed_policy_size = packed_size(&policies, &tags)?;
        let grant = Grant {
            role: Arc::clone(role),
            name: name(&input.role_session_name)?,
            seconds,
            source_identity,
            tags,
            policies,
            federated: None,
            mfa,
            chained,
            attested: parent.map(passed_on).unwrap_or_default(),
        };
        let (credentials, session) = grant
            .issue(at.door, at.call.now, &permit)
            .map_err(|error| internal(&error.to_string()))?;
        Ok(AssumeRoleResponse {
            credentials: Some(wire(&credentials)?),
            assumed_role_user: Some(assumed_role_user(role, &session)),
            packed_policy_size,
            source_identity: session
                .source_identity
                .as_ref()
                .map(|it| it.as_str().to_owned()),
        })
    }
}

/// Why somebody who [`is_barred`] gets no role.
pub(crate) const BARRED: &str = "Roles may not be assumed by root accounts.";

/// Whether no policy can let this caller assume a role (STS API Reference, `AssumeRole`).
pub(crate) fn is_barred(caller: &Principal) -> bool {
    matches!(caller, Principal::Root { .. })
}

/// The refusal of a role that doesn't exist: that of one that trusts nobody who calls, decided by the
/// same evaluation.
fn unknown_role(arn: &str, at: &At<'_>) -> Fault {
    let owner = arn.parse::<Arn>().ok();
    let owner = owner.and_then(|arn| arn.account().parse().ok());
    let need = Need::new("sts:AssumeRole", arn)
        .owner(owner.unwrap_or(at.account))
        .trust_policy(Arc::clone(&NOBODYS))
        .shown(Some(arn.to_owned()));
    match at.door.authorize(at.call, &[need]) {
        Err(refused) => {
            at.refused(&refused);
            denied(&refused)
        }
        Ok(_) => access_denied(format!(
            "User: {} is not authorized to perform: sts:AssumeRole on resource: {arn}",
            at.call.caller.arn()
        )),
    }
}

/// A trust policy for an account that nobody has.
static NOBODYS: LazyLock<Arc<Policy>> = LazyLock::new(|| {
    let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"000000000000"},"Action":"sts:AssumeRole"}]}"#;
    let parsed = Policy::parse(DocumentKind::Trust, text);
    Arc::new(parsed.unwrap_or_else(|_| Policy::deny_all()))
});

/// Whether a session is obtained with another role's, or with delegated access, which is not to
/// outlast itself by half a day. One of `GetSessionToken` is the user's own (IAM User Guide,
/// "Role chaining").
fn is_role_chaining(parent: Option<&Session>) -> bool {
    parent.is_some_and(|parent| parent.chained || matches!(parent.kind, SessionKind::Role { .. }))
}

/// The record's resource: the role that was asked for.
pub(crate) fn role_resource(arn: &str) -> Vec<Resource> {
    let Ok(parsed) = arn.parse::<Arn>() else {
        return Vec::new();
    };
    vec![Resource {
        account: parsed.account().parse().ok(),
        kind: "AWS::IAM::Role".to_owned(),
        arn: arn.to_owned(),
    }]
}

/// A session name; the model's constraints have been checked by now.
pub(super) fn name(text: &str) -> Result<session::SessionName, Fault> {
    text.parse()
        .map_err(|error| validation(format!("The session name {error}.")))
}

/// A source identity, once set, stays for the whole chain of roles (STS API reference,
/// `SourceIdentity`).
fn source_identity(
    input: &AssumeRoleRequest,
    parent: Option<&Session>,
) -> Result<Option<SourceIdentity>, Fault> {
    let inherited = parent.and_then(|parent| parent.source_identity.clone());
    let Some(text) = &input.source_identity else {
        return Ok(inherited);
    };
    let asked: SourceIdentity = text
        .parse()
        .map_err(|error| validation(format!("The source identity {error}.")))?;
    match inherited {
        Some(inherited) if inherited != asked => Err(access_denied(
            "The source identity can't be changed once it is set for a session.",
        )),
        _ => Ok(Some(asked)),
    }
}

fn needs(
    input: &AssumeRoleRequest,
    role: &Role,
    source_identity: &Option<SourceIdentity>,
    mfa: Option<i64>,
    at: &At<'_>,
) -> Vec<Need> {
    let passed_on = inherited(at.call.caller.session.as_deref());
    let mut actions = vec!["sts:AssumeRole"];
    if !input.tags.is_empty() || !passed_on.is_empty() {
        actions.push("sts:TagSession");
    }
    if source_identity.is_some() {
        actions.push("sts:SetSourceIdentity");
    }
    if !input.provided_contexts.is_empty() {
        actions.push("sts:SetContext");
    }
    let need = |action| {
        let mut need = trust_need(action, role, &passed_on)
            .shown(Some(input.role_arn.clone()))
            .key("sts:RoleSessionName", input.role_session_name.clone());
        if let Some(id) = &input.external_id {
            need = need.key("sts:ExternalId", id.clone());
        }
        if let Some(source) = source_identity {
            need = need.key("sts:SourceIdentity", source.as_str());
        }
        if mfa.is_some() {
            // Whatever the caller's own credentials say of it: the code is of this moment.
            need = need
                .key("aws:MultiFactorAuthPresent", true)
                .key("aws:MultiFactorAuthAge", 0);
        }
        let tags = input.tags.iter().map(|tag| (&*tag.key, &*tag.value));
        request_tags(need, tags, &input.transitive_tag_keys)
    };
    actions.into_iter().map(need).collect()
}

/// An action on a role, decided by its trust policy; with the role's tags, over which those
/// that a chain passes on stand (IAM user guide, "Chaining roles with session tags").
pub(crate) fn trust_need(action: &'static str, role: &Role, passed_on: &[SessionTag]) -> Need {
    let mut need = Need::new(action, role.arn())
        .owner(role.account)
        .trust_policy(role.trust.policy());
    let own = role.tags.iter();
    let inherited = passed_on.iter().map(|tag| (&*tag.key, &*tag.value));
    for (key, value) in own.chain(inherited) {
        need = need
            .key(format!("aws:ResourceTag/{key}"), value)
            .key(format!("iam:ResourceTag/{key}"), value);
    }
    need
}

/// The condition keys of the tags in a request.
pub(crate) fn request_tags<'a>(
    mut need: Need,
    tags: impl Iterator<Item = (&'a str, &'a str)>,
    transitive_keys: &[String],
) -> Need {
    let mut keys = Vec::new();
    for (key, value) in tags {
        need = need.key(format!("aws:RequestTag/{key}"), value);
        keys.push(key.to_owned());
    }
    if !keys.is_empty() {
        need = need.key("aws:TagKeys", keys);
    }
    if !transitive_keys.is_empty() {
        need = need.key("sts:TransitiveTagKeys", transitive_keys.to_vec());
    }
    need
}
