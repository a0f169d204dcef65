//! The wire runtime: what the generated shapes stand on.
//!
//! A request becomes a [`Node`] tree (from a form body or from JSON), [`decode`] turns the tree into the input of an
//! [`Operation`] or into the [`Fault`] that AWS would answer, and [`envelope`] turns an output or a fault into the
//! response. [`record`] writes the same shapes as they stand in a CloudTrail record.

mod decode;
mod document;
pub mod envelope;
mod fault;
mod json;
mod node;
pub mod record;
mod route;
mod rule;
mod secret;
mod service;
mod violation;
mod writer;
mod xml;

pub use self::decode::{Cursor, Decode, Decoder, Fields, decode};
pub use self::document::encode_document;
pub use self::envelope::Encoding;
pub use self::fault::{ErrorShape, Fault, ProtocolErrors};
pub use self::node::{MalformedForm, MalformedJson, Node};
pub use self::route::{Parameter, ParameterKind, Route};
pub use self::rule::{IntegerRule, ListRule, Pattern, TextRule};
pub use self::secret::Secret;
pub use self::service::{Operation, OperationShape, Protocol, Service};
pub use self::violation::{Constraint, Offender, Violation, validation_message};
pub use self::writer::{Shape, ShapeWriter};
