//! `AssumeRoot`: a short session of a member account's root, for one task.

use directory::{RootFeature, catalogue};
use door::{Need, Permit, passed_on};
use policy::AccountId;
use session::{Session, SessionKind, SessionPolicies};
use trail::Resource;

use crate::generated::sts::{AssumeRoot, AssumeRootRequest, AssumeRootResponse};
use crate::handle::{At, Handle, Needs};
use crate::iam::managed_organization;
use crate::sts::assume_role::name;
use crate::sts::grant::wire;
use crate::sts::refusals::{access_denied, internal, validation};
use crate::wire::Fault;

/// The longest session, and the one that nothing is asked of, in seconds.
const LONGEST: i32 = 900;
/// Where the policies are that a task can be.
const TASKS: &str = "arn:aws:iam::aws:policy/root-task/";

impl Handle for AssumeRoot {
    // CloudTrail calls it read-only like the other ways to a session, and records its answer.
    const READ_ONLY: bool = true;
    const RECORDS_ANSWER: bool = true;

    /// The root has no policy that could let somebody in: that its account is in the caller's
    /// organization does.
    fn needs(input: &AssumeRootRequest, _: &At<'_>) -> Result<Needs, Fault> {
        let target = target(&input.target_principal)?;
        Ok(Need::new("sts:AssumeRoot", root_arn(target))
            .key("sts:TaskPolicyArn", task(input))
            .key("aws:ResourceAccount", target.to_string())
            .into())
    }

    fn resources(input: &AssumeRootRequest, _: &At<'_>) -> Vec<Resource> {
        let Ok(account) = target(&input.target_principal) else {
            return Vec::new();
        };
        vec![Resource {
            account: Some(account),
            kind: "AWS::IAM::Root".to_owned(),
            arn: root_arn(account),
        }]
    }

    async fn handle(
        input: AssumeRootRequest,
        permit: Permit,
        at: &At<'_>,
    ) -> Result<AssumeRootResponse, Fault> {
        let account = target(&input.target_principal)?;
        if !permit.covers("sts:AssumeRoot", &root_arn(account)) {
            return Err(internal(
                "Nobody has decided that this root may be assumed.",
            ));
        }
        let task_policy = task(&input);
        if !task_policy.starts_with(TASKS) || catalogue::find(&task_policy).is_none() {
            return Err(validation("The task policy is not one of the root tasks."));
        }
        may_enter(at, account)?;
        let seconds = i64::from(input.duration_seconds.unwrap_or(LONGEST));
        let issued_at = at.call.now.as_second();
        let parent = at.call.caller.session.as_deref();
        let session = Session {
            account,
            kind: SessionKind::Root { task_policy },
            name: name(&account.to_string())?,
            issued_at,
            expires_at: issued_at + seconds,
            source_identity: parent.and_then(|it| it.source_identity.clone()),
            tags: Vec::new(),
            policies: SessionPolicies::default(),
            federated: None,
            mfa: None,
            chained: parent.is_some(),
            attested: parent.map(passed_on).unwrap_or_default(),
        };
        let minted = at.door.keyring().mint(&session);
        let credentials = minted.map_err(|error| internal(&error.to_string()))?;
        let source_identity = session.source_identity.as_ref();
        Ok(AssumeRootResponse {
            credentials: Some(wire(&credentials)?),
            source_identity: source_identity.map(|it| it.as_str().to_owned()),
        })
    }
}

/// Refuses, in the words for a missing permission, an account that is not one of the caller's
/// organization, is closed, or is the management account; and everybody while the organization
/// has no such sessions.
fn may_enter(at: &At<'_>, account: AccountId) -> Result<(), Fault> {
    let denied = || {
        access_denied(format!(
            "User: {} is not authorized to perform: sts:AssumeRoot on resource: {}",
            at.call.caller.arn(),
            root_arn(account)
        ))
    };
    let snapshot = at.snapshot();
    let organization = managed_organization(&snapshot, at.account).map_err(|fault| {
        let _ = at.notes.reason.set(fault.message);
        denied()
    })?;
    let is_member = snapshot.management_of(account) == Some(organization.account);
    let may = is_member
        && account != organization.account
        && !snapshot.is_suspended(account)
        && organization.root_features.contains(&RootFeature::Sessions);
    may.then_some(()).ok_or_else(denied)
}

/// The account whose root is meant, by its number or by the root's ARN.
fn target(text: &str) -> Result<AccountId, Fault> {
    let number = text
        .strip_prefix("arn:aws:iam::")
        .and_then(|rest| rest.strip_suffix(":root"));
    let parsed = number.unwrap_or(text).parse();
    parsed.map_err(|_| validation(format!("{text} is invalid")))
}

fn task(input: &AssumeRootRequest) -> String {
    input.task_policy_arn.arn.clone().unwrap_or_default()
}

fn root_arn(account: AccountId) -> String {
    format!("arn:aws:iam::{account}:root")
}
