//! The errors that several STS operations answer.

use door::Denied;
use federation::TokenError;

use crate::generated::sts::{SERVICE, errors};
use crate::wire::{ErrorShape, Fault};

/// `InvalidParameterValue`, which STS answers and its model does not list.
const INVALID_PARAMETER_VALUE: ErrorShape = ErrorShape {
    code: "InvalidParameterValue",
    recorded_as: "InvalidParameterValueException",
    status: 400,
    sender_fault: true,
};

pub(super) fn validation(message: impl Into<String>) -> Fault {
    SERVICE.protocol.errors().validation.fault(message)
}

pub(super) fn internal(message: &str) -> Fault {
    SERVICE.protocol.errors().internal.fault(message)
}

pub(super) fn access_denied(message: impl Into<String>) -> Fault {
    SERVICE.protocol.errors().access_denied.fault(message)
}

pub(super) fn invalid_parameter(message: impl Into<String>) -> Fault {
    INVALID_PARAMETER_VALUE.fault(message)
}

/// STS names action and resource and no reason.
pub(super) fn denied(denied: &Denied) -> Fault {
    access_denied(&*denied.short)
}

/// A token that was not accepted, with the code and status of its kind.
pub(super) fn token(error: &TokenError) -> Fault {
    let shapes = [
        errors::EXPIRED_TOKEN,
        errors::IDP_COMMUNICATION_ERROR,
        errors::IDP_REJECTED_CLAIM,
        errors::INVALID_IDENTITY_TOKEN,
    ];
    let code = error.code();
    let shape = shapes.into_iter().find(|shape| shape.code == code);
    shape
        .unwrap_or(errors::INVALID_IDENTITY_TOKEN)
        .fault(error.message())
}
