//! What is asked and what applies, as plain text and JSON.

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// Who asks.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Caller {
    Anonymous,
    Root {
        account: String,
    },
    User {
        account: String,
        arn: String,
        id: String,
    },
    Role {
        account: String,
        role_arn: String,
        role_id: String,
        session_arn: String,
        session_name: String,
        provider: Option<String>,
    },
    FederatedUser {
        account: String,
        arn: String,
        user_arn: String,
        user_id: String,
    },
    Federated {
        provider: String,
    },
    Service {
        name: String,
    },
}

impl Caller {
    /// The account whose administrators speak for the caller.
    pub(crate) fn account(&self) -> Option<&str> {
        match self {
            Self::Root { account }
            | Self::User { account, .. }
            | Self::Role { account, .. }
            | Self::FederatedUser { account, .. } => Some(account),
            Self::Anonymous | Self::Federated { .. } | Self::Service { .. } => None,
        }
    }

    /// A word for the kind of caller.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Root { .. } => "root",
            Self::User { .. } => "user",
            Self::Role { .. } => "role session",
            Self::FederatedUser { .. } => "federated user",
            Self::Federated { .. } => "web identity",
            Self::Service { .. } => "service",
        }
    }
}

/// The value of a condition key.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Held {
    One(String),
    Many(Vec<String>),
}

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) caller: Caller,
    pub(crate) action: String,
    pub(crate) resource: String,
    /// `None`: the caller's own account.
    pub(crate) owner: Option<String>,
    pub(crate) context: Vec<(String, Held)>,
}

impl Question {
    /// The values of a key, whatever the case of its name. No values are no key.
    pub(crate) fn key(&self, name: &str) -> Option<&Held> {
        let found = self
            .context
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        let (_, held) = found?;
        match held {
            Held::Many(values) if values.is_empty() => None,
            held => Some(held),
        }
    }
}

/// Every document that applies.
#[derive(Debug, Clone, Default)]
pub(crate) struct World {
    pub(crate) identity: Vec<Json>,
    pub(crate) boundary: Option<Vec<Json>>,
    pub(crate) session: Option<Vec<Json>>,
    pub(crate) resource: Option<Json>,
    /// Unique ids that ARNs of the resource's policy stood for when it was saved.
    pub(crate) pins: BTreeMap<String, String>,
    /// The resource is a role and its policy the trust policy.
    pub(crate) trust: bool,
    pub(crate) scps: Option<Vec<Vec<Json>>>,
    pub(crate) rcps: Option<Vec<Vec<Json>>>,
}
