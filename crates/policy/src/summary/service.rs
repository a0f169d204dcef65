//! The rows: services and their actions.

use std::fmt;

use reference::{Action, Level, Service};
use serde::Serialize;

use super::access::{Access, level_name};
use super::condition::Conditions;
use super::resource::Resources;

/// What is covered of one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceSummary {
    /// What stands before the colon in its actions: `s3`.
    pub prefix: String,
    /// The name for people: `Amazon S3`.
    pub name: String,
    /// The levels of access.
    pub access: Access,
    /// The resources of all covered actions.
    pub resources: Resources,
    /// The conditions of all covered actions.
    pub conditions: Conditions,
    /// The actions that statements name, by name.
    pub actions: Vec<ActionSummary>,
}

/// What is covered of one action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ActionSummary {
    /// The name without the service: `GetObject`.
    pub name: String,
    /// What kind of access it gives.
    #[serde(serialize_with = "level_name")]
    pub level: Level,
    /// The resources that it is covered for; where it has no effect, those that the statement names.
    pub resources: Resources,
    /// The conditions under which it is covered; where it has no effect, those of the statement.
    pub conditions: Conditions,
    /// Why no statement that names the action has any effect on it; it does not count then.
    pub no_access: Option<NoAccess>,
}

/// Why a statement has no effect on an action that it names (IAM User Guide, "Service summary (list of actions)").
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoAccess {
    /// The action is not asked of single resources, so that the statement would have to name `*`.
    NeedsAllResources,
    /// The action is not asked of such resources as the statement names.
    NoApplicableResource,
    /// The statement needs a condition key that requests for the action never have.
    UnsupportedConditionKey(String),
}

/// What one statement does for one action.
pub(super) struct Mention {
    pub(super) resources: Resources,
    pub(super) conditions: Conditions,
    pub(super) no_access: Option<NoAccess>,
}

impl ServiceSummary {
    /// The actions are all of one service.
    pub(super) fn new(service: Service<'_>, actions: Vec<ActionSummary>) -> Self {
        let covered = actions.iter().filter(|action| action.no_access.is_none());
        let mut conditions = Conditions::default();
        for action in covered.clone() {
            conditions.add(&action.conditions);
        }
        Self {
            prefix: service.prefix().to_owned(),
            name: service.name().to_owned(),
            access: Access::new(service, |level| {
                covered
                    .clone()
                    .filter(|action| action.level == level)
                    .count()
            }),
            resources: Resources::of_service(covered.map(|action| &action.resources)),
            conditions,
            actions,
        }
    }

    /// The actions of one level, those without effect too.
    pub fn at(&self, level: Level) -> impl Iterator<Item = &ActionSummary> {
        self.actions
            .iter()
            .filter(move |action| action.level == level)
    }
}

impl ActionSummary {
    /// Takes together what the statements do that name the action; there is at least one.
    pub(super) fn new(action: Action<'_>, mentions: &[Mention]) -> Self {
        let with_effect = |mention: &&Mention| mention.no_access.is_none();
        let mut counted: Vec<&Mention> = mentions.iter().filter(with_effect).collect();
        let no_access = match counted.as_slice() {
            [] => mentions
                .iter()
                .find_map(|mention| mention.no_access.clone()),
            _ => None,
        };
        if counted.is_empty() {
            counted.extend(mentions);
        }
        // One that covers everything at all times leaves nothing to the others.
        let boundless = |mention: &&Mention| {
            mention.resources == Resources::All && mention.conditions.0.is_empty()
        };
        if let Some(one) = counted.iter().copied().find(boundless) {
            counted = vec![one];
        }
        let mut resources = Resources::Named(Vec::new());
        let mut conditions = Conditions::default();
        for mention in counted {
            resources.add(&mention.resources);
            conditions.add(&mention.conditions);
        }
        Self {
            name: action.name().to_owned(),
            level: action.level(),
            resources,
            conditions,
            no_access,
        }
    }
}

impl fmt::Display for NoAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeedsAllResources => {
                f.pad("this action is not asked of single resources: it needs `*`")
            }
            Self::NoApplicableResource => f.pad("this action does not support the resource"),
            Self::UnsupportedConditionKey(key) => f.pad(&format!(
                "requests for this action never have the condition key `{key}`"
            )),
        }
    }
}
