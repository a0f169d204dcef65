//! Passwords of users, as an administrator sets them.

use std::sync::Arc;

use directory::{AccountView, CredentialOwner, LoginProfile as Entity};
use door::Permit;
use session::PasswordHash;
use trail::Resource;

use super::change::write;
use super::credential_faults::{
    login_profile_in_change, login_profile_taken, no_login_profile, password_policy,
};
use super::fault::validation;
use super::whose::Whose;
use super::{password_rules, passwords};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs, account_view};
use crate::wire::{Fault, Secret};

impl Handle for CreateLoginProfile {
    const READ_ONLY: bool = false;

    fn needs(input: &CreateLoginProfileRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let whose = Whose::of(input.user_name.as_deref(), at)?;
        Ok(whose.need::<Self>(at).into())
    }

    fn resources(input: &CreateLoginProfileRequest, at: &At<'_>) -> Vec<Resource> {
        resources(input.user_name.as_deref(), at)
    }

    /// The root sets its password itself, so its profile begins without one (IAM User Guide,
    /// "Perform a privileged task on a member account": "allow password recovery").
    async fn handle(
        input: CreateLoginProfileRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<CreateLoginProfileResponse, Fault> {
        let whose = Whose::of(input.user_name.as_deref(), at)?;
        // Hashing is dear: whoever can't get a password is told before.
        at.view(|view| vacant(view, &whose))?;
        let password = match (&whose, input.password) {
            (Whose::User(_), Some(password)) => Some(acceptable(at, None, &password).await?),
            (Whose::Root, None) => None,
            (Whose::User(_), None) => {
                return Err(validation(
                    "1 validation error detected: Value at 'password' failed to satisfy \
                     constraint: Member must not be null",
                ));
            }
            (Whose::Root, Some(_)) => {
                return Err(validation("The password of the root can't be given."));
            }
        };
        let (account, now) = (at.account, at.call.now);
        let reset_required = input.password_reset_required.unwrap_or_default();
        let login_profile = write(at, move |tx| {
            let (owner, name) = vacant(account_view(tx.snapshot(), account)?, &whose)?;
            let profile = Entity {
                account,
                owner,
                password,
                earlier: Vec::new(),
                reset_required,
                created: now,
                changed: now,
            };
            let shape = describe(&profile, name);
            tx.shelve(profile);
            Ok(shape)
        })
        .await?;
        Ok(CreateLoginProfileResponse { login_profile })
    }
}

impl Handle for GetLoginProfile {
    const READ_ONLY: bool = true;

    fn needs(input: &GetLoginProfileRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let whose = Whose::of(input.user_name.as_deref(), at)?;
        Ok(whose.need::<Self>(at).into())
    }

    fn resources(input: &GetLoginProfileRequest, at: &At<'_>) -> Vec<Resource> {
        resources(input.user_name.as_deref(), at)
    }

    async fn handle(
        input: GetLoginProfileRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GetLoginProfileResponse, Fault> {
        let whose = Whose::of(input.user_name.as_deref(), at)?;
        at.view(|view| {
            let (owner, name) = whose.owner(view)?;
            let profile = existing(view, &owner, &name)?;
            Ok(GetLoginProfileResponse {
                login_profile: describe(profile, name),
            })
        })
    }
}

impl Handle for UpdateLoginProfile {
    const READ_ONLY: bool = false;

    fn needs(input: &UpdateLoginProfileRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let whose = Whose::User(input.user_name.clone());
        Ok(whose.need::<Self>(at).into())
    }

    fn resources(input: &UpdateLoginProfileRequest, at: &At<'_>) -> Vec<Resource> {
        resources(Some(&input.user_name), at)
    }

    /// What isn't given stays as it is.
    async fn handle(
        input: UpdateLoginProfileRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let whose = Whose::User(input.user_name);
        let (profile, name) = at.view(|view| {
            let (owner, name) = whose.owner(view)?;
            Ok((Arc::clone(existing(view, &owner, &name)?), name))
        })?;
        let password = match &input.password {
            Some(password) => Some(acceptable(at, Some(&profile), password).await?),
            None => None,
        };
        replace(at, profile, name, password, input.password_reset_required).await
    }
}

impl Handle for DeleteLoginProfile {
    const READ_ONLY: bool = false;

    fn needs(input: &DeleteLoginProfileRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let whose = Whose::of(input.user_name.as_deref(), at)?;
        Ok(whose.need::<Self>(at).into())
    }

    fn resources(input: &DeleteLoginProfileRequest, at: &At<'_>) -> Vec<Resource> {
        resources(input.user_name.as_deref(), at)
    }

    async fn handle(
        input: DeleteLoginProfileRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let whose = Whose::of(input.user_name.as_deref(), at)?;
        let account = at.account;
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let (owner, name) = whose.owner(view)?;
            existing(view, &owner, &name)?;
            tx.unshelve::<Entity>(account, owner.as_str());
            Ok(())
        })
        .await
    }
}

/// The hash of a new password that the account's password policy allows, seen from the
/// passwords before it.
///
/// # Errors
/// `PasswordPolicyViolation`.
pub(super) async fn acceptable(
    at: &At<'_>,
    before: Option<&Entity>,
    password: &Secret,
) -> Result<PasswordHash, Fault> {
    let policy = at.view(|view| Ok(view.password_policy().copied()))?;
    password_rules::check(policy.as_ref(), password.reveal())?;
    let forbidden = policy.and_then(|policy| policy.reuse_prevention);
    if let (Some(before), Some(count)) = (before, forbidden) {
        let last = before.last(count as usize).cloned().collect();
        if passwords::is_one_of(password, last).await? {
            return Err(password_policy(REUSED));
        }
    }
    passwords::hash(password).await
}

/// Sets what is given; `seen` is the profile that a new password was compared with.
///
/// # Errors
/// `EntityTemporarilyUnmodifiable` when that profile has got another password meanwhile.
pub(super) async fn replace(
    at: &At<'_>,
    seen: Arc<Entity>,
    name: String,
    password: Option<PasswordHash>,
    reset_required: Option<bool>,
) -> Result<(), Fault> {
    let (account, now) = (at.account, at.call.now);
    write(at, move |tx| {
        let view = account_view(tx.snapshot(), account)?;
        let mut profile = Entity::clone(existing(view, &seen.owner, &name)?);
        if let Some(password) = password {
            if profile.password != seen.password {
                return Err(login_profile_in_change(&name));
            }
            profile.set(password, now);
        }
        profile.reset_required = reset_required.unwrap_or(profile.reset_required);
        tx.shelve(profile);
        Ok(())
    })
    .await
}

/// The password that somebody has.
///
/// # Errors
/// `NoSuchEntity`.
pub(super) fn existing<'v>(
    view: &'v AccountView,
    owner: &CredentialOwner,
    name: &str,
) -> Result<&'v Arc<Entity>, Fault> {
    let profile = view.shelved(owner.as_str());
    profile.ok_or_else(|| no_login_profile(name))
}

/// Whose password it will be, and their name, as far as they have none yet.
fn vacant(view: &AccountView, whose: &Whose) -> Result<(CredentialOwner, String), Fault> {
    let (owner, name) = whose.owner(view)?;
    match view.shelved::<Entity>(owner.as_str()) {
        Some(_) => Err(login_profile_taken(&name)),
        None => Ok((owner, name)),
    }
}

fn describe(profile: &Entity, user_name: String) -> LoginProfile {
    LoginProfile {
        user_name,
        create_date: profile.created,
        password_reset_required: Some(profile.reset_required),
    }
}

fn resources(named: Option<&str>, at: &At<'_>) -> Vec<Resource> {
    let whose = Whose::of(named, at);
    whose.map(|whose| whose.resources(at)).unwrap_or_default()
}

const REUSED: &str =
    "Policy constraint violation with password reuse prevention during password change.";
