//! Errors as clients see them: code, status, whose fault, message.

use std::fmt;

/// One kind of error that a service can answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorShape {
    /// The code on the wire: `NoSuchEntity`.
    pub code: &'static str,
    /// The name in CloudTrail's `errorCode`, where modelled errors carry the shape's name: `NoSuchEntityException`.
    pub recorded_as: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// Whether the caller is at fault (`Sender`) or the service (`Receiver`).
    pub sender_fault: bool,
}

impl ErrorShape {
    /// An error of this kind with its message.
    #[must_use]
    pub fn fault(self, message: impl Into<String>) -> Fault {
        Fault {
            shape: self,
            message: message.into(),
            reason: None,
            members: Vec::new(),
        }
    }

    /// An error of this kind with its message and one of the kind's reasons.
    #[must_use]
    pub fn because(self, reason: &'static str, message: impl Into<String>) -> Fault {
        Fault {
            reason: Some(reason),
            ..self.fault(message)
        }
    }
}

/// An error to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its kind.
    pub shape: ErrorShape,
    /// The text for the caller.
    pub message: String,
    /// Which of the error's kinds it is, for the errors of JSON services that have a `Reason`.
    pub reason: Option<&'static str>,
    /// Further members of the error, for the errors of REST services that have them, e.g. `clusterName`.
    pub members: Vec<(&'static str, String)>,
}

impl Fault {
    /// The same error with one more member.
    #[must_use]
    pub fn with(mut self, member: &'static str, value: impl Into<String>) -> Self {
        self.members.push((member, value.into()));
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.shape.code, self.message)
    }
}

impl std::error::Error for Fault {}

/// The errors that every operation can answer and no model lists ("Common Errors" in the IAM and STS API references,
/// and the JSON services' spelling of them).
#[derive(Debug)]
pub struct ProtocolErrors {
    /// A parameter misses a constraint of its shape.
    pub validation: ErrorShape,
    /// The parameters or the body cannot be parsed.
    pub malformed: ErrorShape,
    /// A value has the wrong type.
    pub wrong_type: ErrorShape,
    /// The service has no such operation.
    pub unknown_operation: ErrorShape,
    /// The call names no operation.
    pub missing_operation: ErrorShape,
    /// The caller may not do this.
    pub access_denied: ErrorShape,
    /// The service failed.
    pub internal: ErrorShape,
}

pub(super) static QUERY_ERRORS: ProtocolErrors = ProtocolErrors {
    validation: ErrorShape {
        recorded_as: "ValidationException",
        ..sender(400, "ValidationError")
    },
    malformed: sender(400, "MalformedQueryString"),
    wrong_type: sender(400, "MalformedInput"),
    unknown_operation: sender(400, "InvalidAction"),
    missing_operation: sender(400, "MissingAction"),
    access_denied: sender(403, "AccessDenied"),
    internal: receiver("InternalFailure"),
};

pub(super) static JSON_ERRORS: ProtocolErrors = ProtocolErrors {
    validation: sender(400, "ValidationException"),
    malformed: sender(400, "SerializationException"),
    wrong_type: sender(400, "SerializationException"),
    unknown_operation: sender(400, "UnknownOperationException"),
    missing_operation: sender(400, "UnknownOperationException"),
    access_denied: ErrorShape {
        recorded_as: "AccessDenied",
        ..sender(400, "AccessDeniedException")
    },
    internal: receiver("InternalFailure"),
};

/// As EKS spells them: what misses a constraint is an invalid parameter.
pub(super) static REST_JSON_ERRORS: ProtocolErrors = ProtocolErrors {
    validation: sender(400, "InvalidParameterException"),
    malformed: sender(400, "SerializationException"),
    wrong_type: sender(400, "SerializationException"),
    unknown_operation: sender(404, "UnknownOperationException"),
    missing_operation: sender(404, "UnknownOperationException"),
    access_denied: ErrorShape {
        recorded_as: "AccessDenied",
        ..sender(403, "AccessDeniedException")
    },
    internal: receiver("InternalFailure"),
};

const fn sender(status: u16, code: &'static str) -> ErrorShape {
    ErrorShape {
        code,
        recorded_as: code,
        status,
        sender_fault: true,
    }
}

const fn receiver(code: &'static str) -> ErrorShape {
    ErrorShape {
        code,
        recorded_as: code,
        status: 500,
        sender_fault: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn denials_have_the_status_of_their_protocol() {
        assert_eq!(
            (
                QUERY_ERRORS.access_denied.status,
                QUERY_ERRORS.access_denied.code
            ),
            (403, "AccessDenied")
        );
        assert_eq!(
            (
                JSON_ERRORS.access_denied.status,
                JSON_ERRORS.access_denied.code
            ),
            (400, "AccessDeniedException")
        );
        assert_eq!(QUERY_ERRORS.validation.recorded_as, "ValidationException");
        assert_eq!(
            QUERY_ERRORS.validation.fault("no").to_string(),
            "ValidationError: no"
        );
    }
}
