//! Users change their own passwords.

use std::sync::Arc;

use directory::{CredentialOwner, User};
use door::{Need, Permit};
use policy::{DocumentKind, Policy, Principal};
use trail::Resource;

use super::credential_faults::{only_users, wrong_password};
use super::login_profiles::{acceptable, existing, replace};
use super::{needs, passwords, resources};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs, account_view};
use crate::wire::Fault;

impl Handle for ChangePassword {
    const READ_ONLY: bool = false;

    fn needs(_: &ChangePasswordRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let user = calling_user(at)?;
        let need = needs::on::<Self, User>(at, user.name.as_str());
        Ok(granted_to_users(need, at).into())
    }

    fn resources(_: &ChangePasswordRequest, at: &At<'_>) -> Vec<Resource> {
        let user = calling_user(at);
        user.map(|user| resources::holder::<User>(at, user.name.as_str()))
            .unwrap_or_default()
    }

    async fn handle(
        input: ChangePasswordRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let user = calling_user(at)?;
        let name = user.name.to_string();
        let owner = CredentialOwner::user(&user.id);
        let profile = at.view(|view| existing(view, &owner, &name).cloned())?;
        let present = profile.password.iter().cloned().collect();
        if !passwords::is_one_of(&input.old_password, present).await? {
            return Err(wrong_password());
        }
        let password = acceptable(at, Some(&profile), &input.new_password).await?;
        replace(at, profile, name, Some(password), Some(false)).await
    }
}

/// Where the account lets its users change their passwords, that is enough: no policy of theirs
/// has to allow it, and one that denies it still holds (IAM User Guide, "Permit IAM users to
/// change their own passwords": `ChangePassword` on themselves, and `GetAccountPasswordPolicy`).
pub(super) fn granted_to_users(need: Need, at: &At<'_>) -> Need {
    let Principal::User { arn, .. } = &at.call.caller.principal else {
        return need;
    };
    let snapshot = at.snapshot();
    let view = account_view(&snapshot, at.account);
    let policy = view.ok().and_then(|view| view.password_policy().copied());
    if !policy.is_some_and(|policy| policy.users_may_change) {
        return need;
    }
    let grant = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"AWS": arn.as_str()},
            "Action": need.action(),
            "Resource": need.resource(),
        }],
    });
    let policy = Policy::parse(DocumentKind::Resource, &grant.to_string());
    need.resource_policy(policy.ok().map(Arc::new))
}

/// The IAM user that calls.
///
/// # Errors
/// `InvalidUserType` for everybody else.
fn calling_user(at: &At<'_>) -> Result<Arc<User>, Fault> {
    let Principal::User { unique_id, .. } = &at.call.caller.principal else {
        return Err(only_users());
    };
    let user = at.snapshot().user_by_id(unique_id).cloned();
    user.ok_or_else(only_users)
}
