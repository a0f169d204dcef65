//! One selector of data events, compiled.

use super::DataEvent;
use super::text_rule::TextRule;

/// `eventType` of every data event.
const API_CALL: &str = "AwsApiCall";

/// What an event must be to be selected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct DataRule {
    /// `readOnly`, if it matters.
    pub(super) read_only: Option<bool>,
    /// Rules about texts, all of which must hold.
    pub(super) texts: Vec<(Text, TextRule)>,
}

/// A text of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Text {
    Name,
    Source,
    Type,
    Arn,
    Caller,
}

impl DataRule {
    pub(super) fn holds(&self, event: &DataEvent<'_>) -> bool {
        self.read_only.is_none_or(|it| it == event.read_only)
            && self.texts.iter().all(|(text, rule)| {
                rule.holds(match text {
                    Text::Name => event.name,
                    Text::Source => event.source,
                    Text::Type => API_CALL,
                    Text::Arn => event.arn,
                    // No value of a selector is empty, so nothing is found in it.
                    Text::Caller => event.caller.unwrap_or_default(),
                })
            })
    }
}
