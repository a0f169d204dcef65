//! IAM's faults, in AWS's words.

use policy::AccountId;

use crate::generated::iam::errors::{
    DELETE_CONFLICT, ENTITY_ALREADY_EXISTS, INVALID_AUTHENTICATION_CODE, INVALID_INPUT,
    LIMIT_EXCEEDED, NO_SUCH_ENTITY, SERVICE_FAILURE,
};
use crate::wire::{Fault, Protocol};

/// A user, group or role (`kind`) that isn't there.
pub(super) fn no_such(kind: &str, name: &str) -> Fault {
    NO_SUCH_ENTITY.fault(format!("The {kind} with name {name} cannot be found."))
}

/// An instance profile that isn't there.
pub(super) fn no_such_profile(name: &str) -> Fault {
    NO_SUCH_ENTITY.fault(format!("Instance Profile {name} cannot be found."))
}

/// An alias that the account doesn't have.
pub(super) fn no_such_alias(alias: &str) -> Fault {
    NO_SUCH_ENTITY.fault(format!("The account alias {alias} does not exist."))
}

/// The account has no password policy to show.
pub(super) fn no_password_policy(account: AccountId) -> Fault {
    NO_SUCH_ENTITY.fault(format!(
        "The Password Policy with domain name {account} cannot be found."
    ))
}

/// The account has no password policy to delete.
pub(super) fn no_account_policy() -> Fault {
    NO_SUCH_ENTITY.fault("The account policy with name PasswordPolicy cannot be found.")
}

/// An inline policy that a user, group or role (`kind`) doesn't have.
pub(super) fn no_such_inline(kind: &str, name: &str) -> Fault {
    NO_SUCH_ENTITY.fault(format!(
        "The {kind} policy with name {name} cannot be found."
    ))
}

/// A managed policy that isn't there, or isn't attached.
pub(super) fn policy_not_found(arn: &str) -> Fault {
    NO_SUCH_ENTITY.fault(format!("Policy {arn} was not found."))
}

/// A managed policy that was to be attached and isn't there.
pub(super) fn not_attachable(arn: &str) -> Fault {
    NO_SUCH_ENTITY.fault(format!("Policy {arn} does not exist or is not attachable."))
}

/// A version that a managed policy doesn't have.
pub(super) fn no_such_version(arn: &str, version: &str) -> Fault {
    NO_SUCH_ENTITY.fault(format!(
        "Policy {arn} version {version} does not exist or is not attachable."
    ))
}

/// An access key that the user doesn't have.
pub(super) fn no_such_key(id: &str) -> Fault {
    NO_SUCH_ENTITY.fault(format!("The Access Key with id {id} cannot be found."))
}

/// An MFA device that isn't there.
pub(super) fn no_such_mfa_device(serial: &str) -> Fault {
    NO_SUCH_ENTITY.fault(format!(
        "VirtualMFADevice with serial number {serial} doesn't exist."
    ))
}

/// An MFA device that isn't the user's.
pub(super) fn mfa_device_of_another() -> Fault {
    NO_SUCH_ENTITY.fault("MFA Device invalid for user.")
}

/// The path and name of a new MFA device are taken.
pub(super) fn mfa_device_taken() -> Fault {
    ENTITY_ALREADY_EXISTS.fault("MFADevice entity at the same path and name already exists.")
}

/// An MFA device that was to be enabled and is already, for this user or another.
pub(super) fn mfa_device_in_use() -> Fault {
    ENTITY_ALREADY_EXISTS.fault("MFA Device is already in use.")
}

/// Codes that an MFA device didn't make, or not now, or that were used.
pub(super) fn invalid_authentication_code() -> Fault {
    INVALID_AUTHENTICATION_CODE.fault("Authentication code for device is not valid.")
}

/// An OIDC provider that isn't there.
pub(super) fn no_such_provider(arn: &str) -> Fault {
    NO_SUCH_ENTITY.fault(format!("OpenIDConnect Provider not found for arn {arn}"))
}

/// A SAML provider that isn't there.
pub(super) fn no_such_saml_provider(arn: &str) -> Fault {
    NO_SUCH_ENTITY.fault(format!("Manifest not found for arn {arn}"))
}

/// The name of a new user, group or role is taken; `kind` is `User`, `Group` or `Role`.
pub(super) fn name_taken(kind: &str, name: &str) -> Fault {
    ENTITY_ALREADY_EXISTS.fault(format!("{kind} with name {name} already exists."))
}

/// The name of a new instance profile is taken.
pub(super) fn profile_name_taken(name: &str) -> Fault {
    ENTITY_ALREADY_EXISTS.fault(format!("Instance Profile {name} already exists."))
}

/// An account, perhaps this one, has the alias already.
pub(super) fn alias_taken(alias: &str) -> Fault {
    ENTITY_ALREADY_EXISTS.fault(format!("The account alias {alias} already exists."))
}

/// The name of a new managed policy is taken.
pub(super) fn policy_name_taken(name: &str) -> Fault {
    ENTITY_ALREADY_EXISTS.fault(format!(
        "A policy called {name} already exists. Duplicate names are not allowed."
    ))
}

/// The name of a new SAML provider is taken.
pub(super) fn saml_provider_taken(name: &str) -> Fault {
    ENTITY_ALREADY_EXISTS.fault(format!("Provider with name {name} already exists."))
}

/// The URL of a new OIDC provider is taken.
pub(super) fn provider_taken(url: &str) -> Fault {
    ENTITY_ALREADY_EXISTS.fault(format!("Provider with url {url} already exists."))
}

/// An entity that can't be deleted before something else is done.
pub(super) fn must_first(what: &str) -> Fault {
    DELETE_CONFLICT.fault(format!("Cannot delete entity, must {what} first."))
}

/// `DeleteConflict` in other words.
pub(super) fn delete_conflict(message: &str) -> Fault {
    DELETE_CONFLICT.fault(message)
}

/// `LimitExceeded` in other words than those of a named quota.
pub(super) fn limit_exceeded(message: impl Into<String>) -> Fault {
    LIMIT_EXCEEDED.fault(message)
}

/// `InvalidInput`.
pub(super) fn invalid_input(message: &str) -> Fault {
    INVALID_INPUT.fault(message)
}

/// An ARN that is none of a principal or policy that the operation is about.
pub(super) fn unclear_entity(arn: &str) -> Fault {
    invalid_input(&format!(
        "Invalid Entity Arn: {arn} does not clearly define entity type and name."
    ))
}

/// A report that nobody has asked for, that somebody else has asked for, or that is too old.
pub(super) fn no_such_job(id: &str) -> Fault {
    NO_SUCH_ENTITY.fault(format!("The job with id {id} cannot be found."))
}

/// The server's own failure; what it was is in its log.
pub(super) fn internal() -> Fault {
    SERVICE_FAILURE.fault("The request processing has failed because of an internal failure.")
}

/// `ValidationError`.
pub(super) fn validation(message: impl Into<String>) -> Fault {
    Protocol::Query.errors().validation.fault(message)
}

/// A parameter that must be an ARN and isn't; the two blanks are AWS's.
pub(super) fn invalid_arn() -> Fault {
    validation("Invalid ARN:  Could not be parsed!")
}
