//! The shapes of the operations on an OIDC provider's keys, in the form that generated ones have.

use jiff::Timestamp;

use crate::generated::iam::errors;
use crate::wire::{
    Decode, Fields, Operation, OperationShape, Protocol, Secret, Service, Shape, ShapeWriter,
    TextRule,
};

/// Daypass's own service.
pub(crate) static SERVICE: Service = Service {
    name: "daypass",
    version: "2026-11-22",
    protocol: Protocol::Query,
    namespace: "https://daypass.internal/doc/2026-11-22/",
    target_prefix: "",
    event_source: "daypass.internal",
    shows_values: false,
};

macro_rules! operation {
    ($name:ident, $input:ty, $result:literal, $doc:literal) => {
        #[doc = $doc]
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct $name;

        impl Operation for $name {
            type Input = $input;
            type Output = ProviderKeysResponse;
            const SHAPE: &'static OperationShape = &OperationShape {
                name: stringify!($name),
                service: &SERVICE,
                result_wrapper: Some($result),
                errors: &[
                    errors::INVALID_INPUT,
                    errors::NO_SUCH_ENTITY,
                    errors::DELETE_CONFLICT,
                    errors::SERVICE_FAILURE,
                ],
            };
        }
    };
}

operation!(
    PushOpenIDConnectProviderKeys,
    PushOpenIDConnectProviderKeysRequest,
    "PushOpenIDConnectProviderKeysResult",
    "Gives the keys of a provider whose issuer can't be reached."
);
operation!(
    ListOpenIDConnectProviderKeys,
    ListOpenIDConnectProviderKeysRequest,
    "ListOpenIDConnectProviderKeysResult",
    "Lists the keys that were pushed for a provider."
);
operation!(
    DeleteOpenIDConnectProviderKeys,
    DeleteOpenIDConnectProviderKeysRequest,
    "DeleteOpenIDConnectProviderKeysResult",
    "Deletes one or all of the keys that were pushed for a provider."
);

/// The input of `PushOpenIDConnectProviderKeys`.
#[derive(Clone, Debug, Default)]
pub(crate) struct PushOpenIDConnectProviderKeysRequest {
    /// `OpenIDConnectProviderArn`.
    pub(crate) arn: String,
    /// `KeySet`: a JWK set, or public keys in PEM. It is kept out of records, as it may be a private key by mistake.
    pub(crate) key_set: Secret,
    /// `KeepOthers`: whether the keys that are there stay.
    pub(crate) keep_others: Option<bool>,
}

impl Decode for PushOpenIDConnectProviderKeysRequest {
    fn decode(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            arn: fields.required(ARN, |value| value.text(&ARN_RULE)),
            key_set: fields.required("KeySet", |value| value.secret(&KEY_SET_RULE)),
            keep_others: fields.optional("KeepOthers", |value| value.boolean()),
        }
    }
}

impl Shape for PushOpenIDConnectProviderKeysRequest {
    fn write(&self, writer: &mut dyn ShapeWriter) {
        writer.text(ARN, &self.arn);
        writer.secret("KeySet", &self.key_set);
        if let Some(keep) = self.keep_others {
            writer.boolean("KeepOthers", keep);
        }
    }
}

/// The input of `ListOpenIDConnectProviderKeys`.
#[derive(Clone, Debug, Default)]
pub(crate) struct ListOpenIDConnectProviderKeysRequest {
    /// `OpenIDConnectProviderArn`.
    pub(crate) arn: String,
}

impl Decode for ListOpenIDConnectProviderKeysRequest {
    fn decode(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            arn: fields.required(ARN, |value| value.text(&ARN_RULE)),
        }
    }
}

impl Shape for ListOpenIDConnectProviderKeysRequest {
    fn write(&self, writer: &mut dyn ShapeWriter) {
        writer.text(ARN, &self.arn);
    }
}

/// The input of `DeleteOpenIDConnectProviderKeys`.
#[derive(Clone, Debug, Default)]
pub(crate) struct DeleteOpenIDConnectProviderKeysRequest {
    /// `OpenIDConnectProviderArn`.
    pub(crate) arn: String,
    /// `KeyId`: of the key to delete; all of them when not said.
    pub(crate) key_id: Option<String>,
}

impl Decode for DeleteOpenIDConnectProviderKeysRequest {
    fn decode(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            arn: fields.required(ARN, |value| value.text(&ARN_RULE)),
            key_id: fields.optional("KeyId", |value| value.text(&KEY_ID_RULE)),
        }
    }
}

impl Shape for DeleteOpenIDConnectProviderKeysRequest {
    fn write(&self, writer: &mut dyn ShapeWriter) {
        writer.text(ARN, &self.arn);
        if let Some(id) = &self.key_id {
            writer.text("KeyId", id);
        }
    }
}

/// What each of these operations answers: the keys that are there now.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProviderKeysResponse {
    /// `Keys`.
    pub(crate) keys: Vec<ProviderKey>,
    /// `PushDate`: when they were last changed; absent when there are none, and keys are fetched.
    pub(crate) pushed: Option<Timestamp>,
}

impl Shape for ProviderKeysResponse {
    fn write(&self, writer: &mut dyn ShapeWriter) {
        writer.structures("Keys", &mut self.keys.iter().map(|item| item as &dyn Shape));
        if let Some(pushed) = self.pushed {
            writer.timestamp("PushDate", pushed);
        }
    }
}

/// One key.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProviderKey {
    /// `KeyId`.
    pub(crate) id: Option<String>,
    /// `Algorithm`.
    pub(crate) algorithm: &'static str,
}

impl Shape for ProviderKey {
    fn write(&self, writer: &mut dyn ShapeWriter) {
        if let Some(id) = &self.id {
            writer.text("KeyId", id);
        }
        writer.text("Algorithm", self.algorithm);
    }
}

const ARN: &str = "OpenIDConnectProviderArn";

/// As IAM's `arnType`.
static ARN_RULE: TextRule = TextRule {
    min: 20,
    max: 2048,
    ..TextRule::ANY
};
/// Room for 300 keys of 4,096 bits.
static KEY_SET_RULE: TextRule = TextRule {
    min: 1,
    max: 300_000,
    ..TextRule::ANY
};
static KEY_ID_RULE: TextRule = TextRule {
    min: 1,
    max: 1024,
    ..TextRule::ANY
};
