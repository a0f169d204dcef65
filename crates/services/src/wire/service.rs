//! What an AWS service and an operation of it look like on the wire.

use super::decode::Decode;
use super::fault::{
    ErrorShape, Fault, JSON_ERRORS, ProtocolErrors, QUERY_ERRORS, REST_JSON_ERRORS,
};
use super::violation::{Constraint, Violation, validation_message};
use super::writer::Shape;
use crate::generated::eks_auth::errors::ACCESS_DENIED;
use crate::generated::organizations::errors::INVALID_INPUT;

/// A service as its model describes it.
#[derive(Debug, PartialEq, Eq)]
pub struct Service {
    /// The endpoint prefix, which is also the service of the signature's scope: `iam`.
    pub name: &'static str,
    /// The API version that a query call names in `Version`: `2010-05-08`.
    pub version: &'static str,
    /// How calls and answers are written.
    pub protocol: Protocol,
    /// The XML namespace of answers; empty for a JSON service.
    pub namespace: &'static str,
    /// What precedes the operation's name in `X-Amz-Target`, without the full stop; empty for a query service.
    pub target_prefix: &'static str,
    /// The `eventSource` of its CloudTrail records: `iam.amazonaws.com`.
    pub event_source: &'static str,
    /// Whether validation messages repeat the refused value: STS does, IAM does not.
    pub shows_values: bool,
}

impl Service {
    /// The answer to missed constraints, of which there is at least one. Organizations has an error of its own for them, and
    /// tells the kind of the first (AWS Organizations API Reference, `InvalidInputException`).
    #[must_use]
    pub fn invalid(&self, violations: &[Violation]) -> Fault {
        match violations.first() {
            Some(first) if self.name == "organizations" => {
                let (reason, message) = organizations_reason(&first.constraint);
                INVALID_INPUT.because(reason, message)
            }
            _ => {
                let message = validation_message(violations);
                self.protocol.errors().validation.fault(message)
            }
        }
    }

    /// The answer to a caller who may not do what was asked. The model of `eks-auth` has its own status for it.
    #[must_use]
    pub fn denied(&self, message: impl Into<String>) -> Fault {
        let shape = self.protocol.errors().access_denied;
        match self.name {
            "eks-auth" => ErrorShape {
                status: ACCESS_DENIED.status,
                ..shape
            },
            _ => shape,
        }
        .fault(message)
    }

    /// The answer to a call of an operation that this service does not have, in the version that the call asked for.
    #[must_use]
    pub fn unknown_operation(&self, operation: &str, version: &str) -> Fault {
        self.protocol
            .errors()
            .unknown_operation
            .fault(match self.protocol {
                Protocol::Query => {
                    format!("Could not find operation {operation} for version {version}")
                }
                Protocol::Json11 => String::new(),
                Protocol::RestJson => {
                    // EKS makes clusters, or connects them; here they are only registered.
                    let next = match operation {
                        "CreateCluster" | "RegisterCluster" => {
                            " `daypass create cluster` registers a cluster that runs."
                        }
                        _ => "",
                    };
                    format!(
                        "The operation {operation} of {} is not served here.{next}",
                        self.name
                    )
                }
            })
    }
}

/// Reason and text of a missed constraint.
fn organizations_reason(missed: &Constraint) -> (&'static str, &'static str) {
    match missed {
        Constraint::NotNull => (
            "INPUT_REQUIRED",
            "You must include a value for all required parameters.",
        ),
        Constraint::MaxLength(_) => (
            "MAX_LENGTH_EXCEEDED",
            "You provided a string parameter that is longer than allowed.",
        ),
        Constraint::MinLength(_) => (
            "MIN_LENGTH_EXCEEDED",
            "You provided a string parameter that is shorter than allowed.",
        ),
        Constraint::MaxValue(_) => (
            "MAX_VALUE_EXCEEDED",
            "You provided a numeric parameter that has a larger value than allowed.",
        ),
        Constraint::MinValue(_) => (
            "MIN_VALUE_EXCEEDED",
            "You provided a numeric parameter that has a smaller value than allowed.",
        ),
        Constraint::Pattern(_) => (
            "INVALID_PATTERN",
            "You provided a value that does not match the required pattern.",
        ),
        Constraint::OneOf(_) => ("INVALID_ENUM", "You specified an invalid value."),
    }
}

/// The wire protocols spoken here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// AWS Query: form parameters in, XML out (or JSON, for a client that accepts only that).
    Query,
    /// AWS JSON 1.1: a JSON body each way, the operation in `X-Amz-Target`.
    Json11,
    /// REST with JSON bodies: the operation is a method and a path.
    RestJson,
}

impl Protocol {
    /// The errors that any operation of a service with this protocol can answer, spelled as the protocol spells them.
    #[must_use]
    pub fn errors(self) -> &'static ProtocolErrors {
        match self {
            Protocol::Query => &QUERY_ERRORS,
            Protocol::Json11 => &JSON_ERRORS,
            Protocol::RestJson => &REST_JSON_ERRORS,
        }
    }
}

/// An operation as its model describes it, without its types.
#[derive(Debug, PartialEq, Eq)]
pub struct OperationShape {
    /// The name, as in `Action` or at the end of `X-Amz-Target`.
    pub name: &'static str,
    /// The service it belongs to.
    pub service: &'static Service,
    /// The XML element around the output; none if the operation answers only metadata.
    pub result_wrapper: Option<&'static str>,
    /// The errors that its model declares.
    pub errors: &'static [ErrorShape],
}

/// An operation with its types. The generated unit structs implement it.
pub trait Operation {
    /// What a call carries.
    type Input: Decode + Shape;
    /// What the answer carries; `()` if it carries only metadata.
    type Output: Shape;
    /// The rest of the declaration.
    const SHAPE: &'static OperationShape;
}
