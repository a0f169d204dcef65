//! Faults of passwords, keys and certificates. Texts are AWS's where it shows any; those that
//! docs/rules.md lists are ours.

use crate::generated::iam::errors::*;
use crate::wire::{Fault, Protocol};

/// A user without a password.
pub(super) fn no_login_profile(user: &str) -> Fault {
    NO_SUCH_ENTITY.fault(format!("Login Profile for User {user} cannot be found."))
}

/// A user that has a password already.
pub(super) fn login_profile_taken(user: &str) -> Fault {
    ENTITY_ALREADY_EXISTS.fault(format!("Login Profile for user {user} already exists."))
}

/// Somebody else has set a password while this one was being hashed.
pub(super) fn login_profile_in_change(user: &str) -> Fault {
    ENTITY_TEMPORARILY_UNMODIFIABLE.fault(format!(
        "Login Profile for User {user} cannot be modified while login profile is being modified."
    ))
}

/// `ChangePassword` by somebody who is no IAM user.
pub(super) fn only_users() -> Fault {
    INVALID_USER_TYPE.fault("Only IAM Users can change their own password")
}

/// `ChangePassword` by somebody who doesn't know the present password.
pub(super) fn wrong_password() -> Fault {
    let errors = Protocol::Query.errors();
    errors
        .access_denied
        .fault("The old password was incorrect.")
}

/// A new password that the account's password policy refuses.
pub(super) fn password_policy(message: impl Into<String>) -> Fault {
    PASSWORD_POLICY_VIOLATION.fault(message)
}

/// An SSH public key that the user doesn't have.
pub(super) fn no_such_ssh_key(id: &str) -> Fault {
    NO_SUCH_ENTITY.fault(format!("The Public Key with id {id} cannot be found."))
}

/// An SSH public key that the user has already.
pub(super) fn ssh_key_taken() -> Fault {
    DUPLICATE_SSH_PUBLIC_KEY
        .fault("The SSH public key is already associated with the specified IAM user.")
}

/// A public key that is malformed, or too short.
pub(super) fn invalid_public_key() -> Fault {
    INVALID_PUBLIC_KEY.fault("The public key is malformed or otherwise invalid.")
}

/// A public key of another format or algorithm.
pub(super) fn unrecognized_public_key() -> Fault {
    UNRECOGNIZED_PUBLIC_KEY_ENCODING
        .fault("The public key encoding format is unsupported or unrecognized.")
}

/// A service-specific credential that the user doesn't have.
pub(super) fn no_such_service_credential(id: &str) -> Fault {
    NO_SUCH_ENTITY.fault(format!("No such credential {id} exists"))
}

/// A service that has no credentials of its own.
pub(super) fn service_not_supported() -> Fault {
    SERVICE_NOT_SUPPORTED
        .fault("The specified service does not support service-specific credentials.")
}

/// A signing certificate that the user doesn't have.
pub(super) fn no_such_signing_certificate(id: &str) -> Fault {
    NO_SUCH_ENTITY.fault(format!("The Certificate with id {id} cannot be found."))
}

/// A signing certificate that somebody in the account has already.
pub(super) fn signing_certificate_taken() -> Fault {
    DUPLICATE_CERTIFICATE
        .fault("The same certificate is associated with an IAM user in the account.")
}

/// A signing certificate that can be read, and isn't valid now.
pub(super) fn invalid_certificate(message: &str) -> Fault {
    INVALID_CERTIFICATE.fault(message)
}

/// A certificate, chain or key that can't be used.
pub(super) fn malformed_certificate(message: impl Into<String>) -> Fault {
    MALFORMED_CERTIFICATE.fault(message)
}

/// A text that is no certificate.
pub(super) fn unreadable_certificate() -> Fault {
    malformed_certificate(
        "Unable to parse certificate. Please ensure the certificate is in PEM format.",
    )
}

/// A private key that isn't the certificate's.
pub(super) fn key_pair_mismatch() -> Fault {
    KEY_PAIR_MISMATCH.fault("The public key certificate and the private key do not match.")
}

/// A server certificate that isn't there.
pub(super) fn no_such_server_certificate(name: &str) -> Fault {
    NO_SUCH_ENTITY.fault(format!(
        "The Server Certificate with name {name} cannot be found."
    ))
}

/// The name of a new server certificate is taken.
pub(super) fn server_certificate_taken(name: &str) -> Fault {
    ENTITY_ALREADY_EXISTS.fault(format!(
        "The Server Certificate with name {name} already exists."
    ))
}
