//! Which data events an account's trail has (CloudTrail User Guide, "Logging data events").

mod advanced;
mod basic;
mod data_rule;
mod management;
#[cfg(test)]
mod tests;
mod text_rule;

use policy::AccountId;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use self::data_rule::DataRule;
use crate::Entity;

/// The type of the only resources here that have data events.
pub const S3_OBJECT: &str = "AWS::S3::Object";

/// What an account has put with `PutEventSelectors`, checked and compiled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct EventSelectors {
    account: AccountId,
    selectors: Selectors,
    /// An event is recorded if any of these holds.
    rules: Vec<DataRule>,
}

/// Selectors as they were put, of either kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Selectors {
    /// `EventSelectors`.
    Basic(Vec<BasicSelector>),
    /// `AdvancedEventSelectors`.
    Advanced(Vec<AdvancedSelector>),
}

/// One of `EventSelectors`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BasicSelector {
    /// `ReadWriteType`: `ReadOnly`, `WriteOnly` or `All`.
    pub read_write: String,
    /// `IncludeManagementEvents`.
    pub management: bool,
    /// `DataResources`.
    pub resources: Vec<DataResource>,
    /// `ExcludeManagementEventSources`.
    pub excluded_sources: Vec<String>,
}

/// One of `DataResources`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataResource {
    /// `Type`, e.g. `AWS::S3::Object`.
    pub kind: String,
    /// `Values`: what ARNs begin with.
    pub values: Vec<String>,
}

/// One of `AdvancedEventSelectors`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdvancedSelector {
    /// `Name`, free text.
    pub name: Option<String>,
    /// `FieldSelectors`, all of which an event must match.
    pub fields: Vec<FieldSelector>,
}

/// One of `FieldSelectors`. A value is of the field's text as a whole, of its beginning or its end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldSelector {
    /// `Field`, e.g. `resources.ARN`.
    pub field: String,
    /// `Equals`.
    pub equals: Vec<String>,
    /// `StartsWith`.
    pub starts_with: Vec<String>,
    /// `EndsWith`.
    pub ends_with: Vec<String>,
    /// `NotEquals`.
    pub not_equals: Vec<String>,
    /// `NotStartsWith`.
    pub not_starts_with: Vec<String>,
    /// `NotEndsWith`.
    pub not_ends_with: Vec<String>,
}

/// What selectors look at of a data event.
#[derive(Debug, Clone, Copy)]
pub struct DataEvent<'a> {
    /// `eventName`.
    pub name: &'a str,
    /// `eventSource`.
    pub source: &'a str,
    /// `readOnly`.
    pub read_only: bool,
    /// The object's ARN; `arn:aws:s3:::BUCKET/` for what is done to a bucket's objects as a whole, e.g. listing them.
    pub arn: &'a str,
    /// `userIdentity.arn`, if the record has one.
    pub caller: Option<&'a str>,
}

/// Selectors that `PutEventSelectors` refuses, in the words for the client. AWS's own where they are known.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct InvalidEventSelectors(String);

impl EventSelectors {
    /// The key of an account's only ones.
    pub const KEY: &'static str = "own";

    /// Checks and compiles selectors.
    ///
    /// # Errors
    /// [`InvalidEventSelectors`], by the rules of `PutEventSelectors` (CloudTrail API Reference), and because management
    /// events are always recorded here: selectors that leave some out are refused.
    pub fn new(account: AccountId, selectors: Selectors) -> Result<Self, InvalidEventSelectors> {
        let rules = match &selectors {
            Selectors::Basic(basic) => basic::compile(basic)?,
            Selectors::Advanced(advanced) => advanced::compile(advanced)?,
        };
        Ok(Self {
            account,
            selectors,
            rules,
        })
    }

    /// What an account has that has put none: all management events and all data events.
    #[must_use]
    pub fn unset() -> Vec<AdvancedSelector> {
        let equals = |field: &str, value: &str| FieldSelector {
            field: field.to_owned(),
            equals: vec![value.to_owned()],
            ..FieldSelector::default()
        };
        let selector = |name: &str, fields| AdvancedSelector {
            name: Some(name.to_owned()),
            fields,
        };
        vec![
            selector(
                "Management events",
                vec![equals(advanced::CATEGORY, "Management")],
            ),
            selector(
                "S3 data events",
                vec![
                    equals(advanced::CATEGORY, "Data"),
                    equals(advanced::RESOURCE_TYPE, S3_OBJECT),
                ],
            ),
        ]
    }

    /// The selectors as they were put.
    #[must_use]
    pub fn selectors(&self) -> &Selectors {
        &self.selectors
    }

    /// Whether the trail has this event.
    #[must_use]
    pub fn select(&self, event: &DataEvent<'_>) -> bool {
        self.rules.iter().any(|rule| rule.holds(event))
    }
}

impl Entity for EventSelectors {
    const KIND: &'static str = "event-selectors";

    fn account(&self) -> AccountId {
        self.account
    }

    fn key(&self) -> String {
        Self::KEY.to_owned()
    }
}

/// The row in the store.
#[derive(Serialize, Deserialize)]
struct Stored {
    account: AccountId,
    selectors: Selectors,
}

impl TryFrom<Stored> for EventSelectors {
    type Error = InvalidEventSelectors;

    fn try_from(stored: Stored) -> Result<Self, InvalidEventSelectors> {
        Self::new(stored.account, stored.selectors)
    }
}

impl From<EventSelectors> for Stored {
    fn from(selectors: EventSelectors) -> Self {
        Self {
            account: selectors.account,
            selectors: selectors.selectors,
        }
    }
}

fn invalid<T>(text: impl Into<String>) -> Result<T, InvalidEventSelectors> {
    Err(InvalidEventSelectors(text.into()))
}
