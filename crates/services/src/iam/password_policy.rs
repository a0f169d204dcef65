//! The password policy of an account.

use directory::PasswordPolicy as Entity;
use door::Permit;

use super::change::write;
use super::change_password::granted_to_users;
use super::fault::{no_account_policy, no_password_policy};
use super::needs;
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs, account_view};
use crate::wire::Fault;

/// `MinimumPasswordLength` when it isn't given.
const DEFAULT_LENGTH: u32 = 6;

impl Handle for UpdateAccountPasswordPolicy {
    const READ_ONLY: bool = false;

    fn needs(_: &UpdateAccountPasswordPolicyRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>("*").into())
    }

    /// What isn't given goes back to its default, whatever it was before (IAM API reference,
    /// `UpdateAccountPasswordPolicy`: partial updates are not supported).
    async fn handle(
        input: UpdateAccountPasswordPolicyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let policy = Entity {
            minimum_length: number(input.minimum_password_length).unwrap_or(DEFAULT_LENGTH),
            require_symbols: input.require_symbols.unwrap_or_default(),
            require_numbers: input.require_numbers.unwrap_or_default(),
            require_uppercase: input.require_uppercase_characters.unwrap_or_default(),
            require_lowercase: input.require_lowercase_characters.unwrap_or_default(),
            users_may_change: input.allow_users_to_change_password.unwrap_or_default(),
            maximum_age: number(input.max_password_age),
            reuse_prevention: number(input.password_reuse_prevention),
            hard_expiry: input.hard_expiry,
        };
        let account = at.account;
        write(at, move |tx| {
            tx.put_password_policy(account, policy);
            Ok(())
        })
        .await
    }
}

impl Handle for GetAccountPasswordPolicy {
    const READ_ONLY: bool = true;

    fn needs((): &(), at: &At<'_>) -> Result<Needs, Fault> {
        Ok(granted_to_users(needs::action::<Self>("*"), at).into())
    }

    async fn handle(
        (): (),
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GetAccountPasswordPolicyResponse, Fault> {
        at.view(|view| {
            let policy = view.password_policy();
            let policy = policy.ok_or_else(|| no_password_policy(at.account))?;
            Ok(GetAccountPasswordPolicyResponse {
                password_policy: describe(policy),
            })
        })
    }
}

impl Handle for DeleteAccountPasswordPolicy {
    const READ_ONLY: bool = false;

    fn needs((): &(), _: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>("*").into())
    }

    async fn handle((): (), _permit: Permit, at: &At<'_>) -> Result<(), Fault> {
        let account = at.account;
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            if view.password_policy().is_none() {
                return Err(no_account_policy());
            }
            tx.delete_password_policy(account);
            Ok(())
        })
        .await
    }
}

fn describe(policy: &Entity) -> PasswordPolicy {
    PasswordPolicy {
        minimum_password_length: i32::try_from(policy.minimum_length).ok(),
        require_symbols: Some(policy.require_symbols),
        require_numbers: Some(policy.require_numbers),
        require_uppercase_characters: Some(policy.require_uppercase),
        require_lowercase_characters: Some(policy.require_lowercase),
        allow_users_to_change_password: Some(policy.users_may_change),
        expire_passwords: Some(policy.maximum_age.is_some()),
        max_password_age: shown(policy.maximum_age),
        password_reuse_prevention: shown(policy.reuse_prevention),
        hard_expiry: policy.hard_expiry,
    }
}

/// A number that the shape's rule leaves above zero.
fn number(given: Option<i32>) -> Option<u32> {
    given.and_then(|number| u32::try_from(number).ok())
}

fn shown(kept: Option<u32>) -> Option<i32> {
    kept.and_then(|number| i32::try_from(number).ok())
}
