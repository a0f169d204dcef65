//! The errors of Organizations, in AWS's words.

use crate::generated::organizations::{SERVICE, errors};
use crate::wire::Fault;

/// The caller's account is in no organization.
pub(super) fn not_in_use() -> Fault {
    errors::AWS_ORGANIZATIONS_NOT_IN_USE.fault("Your account is not a member of an organization.")
}

/// The caller's account is in the organization, and has no say there.
pub(super) fn no_access() -> Fault {
    let errors = SERVICE.protocol.errors();
    errors
        .access_denied
        .fault("You don't have permissions to access this resource.")
}

pub(super) fn no_account() -> Fault {
    errors::ACCOUNT_NOT_FOUND.fault("You specified an account that doesn't exist.")
}

pub(super) fn no_parent() -> Fault {
    errors::PARENT_NOT_FOUND.fault("You specified parent that doesn't exist.")
}

pub(super) fn no_unit() -> Fault {
    errors::ORGANIZATIONAL_UNIT_NOT_FOUND
        .fault("You specified an organizational unit that doesn't exist.")
}

pub(super) fn no_policy() -> Fault {
    errors::POLICY_NOT_FOUND.fault("You specified a policy that doesn't exist.")
}

pub(super) fn no_target() -> Fault {
    errors::TARGET_NOT_FOUND.fault("You specified a target that doesn't exist.")
}

pub(super) fn no_root() -> Fault {
    errors::ROOT_NOT_FOUND.fault("You specified a root that doesn't exist.")
}

pub(super) fn type_not_enabled() -> Fault {
    errors::POLICY_TYPE_NOT_ENABLED
        .fault("This operation can be performed only for enabled policy types.")
}

pub(super) fn type_not_available() -> Fault {
    errors::POLICY_TYPE_NOT_AVAILABLE_FOR_ORGANIZATION
        .fault("The specified policy type isn't available for this organization.")
}

/// A limit of the organization; `reason` is one of the API's.
pub(super) fn violates(reason: &'static str, message: &str) -> Fault {
    errors::CONSTRAINT_VIOLATION.because(reason, message)
}

/// A value that can't be; `reason` is one of the API's.
pub(super) fn invalid(reason: &'static str, message: &str) -> Fault {
    errors::INVALID_INPUT.because(reason, message)
}

/// Something that only an organization with all features can do.
pub(super) fn not_all_features() -> Fault {
    violates(
        "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE",
        "You attempted to perform an operation that requires the organization to be configured to \
         support all features.",
    )
}
