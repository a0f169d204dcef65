//! Reading one value: its type and its constraints.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Decode, Decoder, Fields};
use crate::wire::{IntegerRule, ListRule, Node, Offender, Protocol, Secret, TextRule};

/// One value that is being read.
pub struct Cursor<'n, 'd> {
    pub(super) node: &'n Node,
    pub(super) decoder: &'d mut Decoder,
}

impl<'n> Cursor<'n, '_> {
    /// The value as a string under a rule.
    pub fn text(mut self, rule: &TextRule) -> String {
        let Some(text) = self.string() else {
            return String::new();
        };
        for constraint in rule.missed(text) {
            let offender = self.decoder.shown(|| Offender::Shown(text.to_owned()));
            self.decoder.violated(offender, constraint);
        }
        text.to_owned()
    }

    /// The value as a secret string under a rule; no message shows it.
    pub fn secret(mut self, rule: &TextRule) -> Secret {
        let Some(text) = self.string() else {
            return Secret::default();
        };
        for constraint in rule.missed(text) {
            self.decoder.violated(Offender::Hidden, constraint);
        }
        Secret::from(text)
    }

    /// The value as an integer under a rule.
    pub fn integer(self, rule: &IntegerRule) -> i32 {
        let value = match (self.decoder.service.protocol, self.node) {
            (Protocol::Query, Node::Text(text)) => text.parse().ok(),
            (Protocol::Json11 | Protocol::RestJson, Node::Integer(value)) => {
                i32::try_from(*value).ok()
            }
            _ => None,
        };
        let Some(value) = value else {
            self.decoder.mistyped(
                "",
                json_mistype(self.node, "STRING_VALUE can not be converted to an Integer"),
            );
            return 0;
        };
        if let Some(constraint) = rule.missed(value) {
            let offender = self.decoder.shown(|| Offender::Shown(value.to_string()));
            self.decoder.violated(offender, constraint);
        }
        value
    }

    /// The value as `true` or `false`.
    pub fn boolean(self) -> bool {
        match (self.decoder.service.protocol, self.node) {
            (Protocol::Query, Node::Text(text)) if text == "true" => true,
            (Protocol::Query, Node::Text(text)) if text == "false" => false,
            (Protocol::Json11 | Protocol::RestJson, Node::Boolean(value)) => *value,
            _ => {
                self.decoder.mistyped(
                    "",
                    json_mistype(self.node, "STRING_VALUE can not be converted to a Boolean"),
                );
                false
            }
        }
    }

    /// The value as a point in time: ISO 8601 in a form, seconds since the epoch in JSON.
    pub fn timestamp(self) -> Timestamp {
        let time = match (self.decoder.service.protocol, self.node) {
            (Protocol::Query, Node::Text(text)) => text.parse().ok(),
            (Protocol::Json11 | Protocol::RestJson, Node::Integer(seconds)) => {
                Timestamp::from_second(*seconds).ok()
            }
            (Protocol::Json11 | Protocol::RestJson, Node::Float(seconds)) => from_epoch(*seconds),
            _ => None,
        };
        time.unwrap_or_else(|| {
            let json = json_mistype(
                self.node,
                "STRING_VALUE can not be converted to a Timestamp",
            );
            self.decoder.mistyped("", json);
            Timestamp::UNIX_EPOCH
        })
    }

    /// The value as a structure.
    pub fn structure<T: Decode>(self) -> T {
        let Node::Fields(fields) = self.node else {
            let json = json_mistype(self.node, "Expected start of structure or map.");
            self.decoder
                .mistyped("Unexpected complex element termination", json);
            return T::default();
        };
        T::decode(&mut Fields {
            fields,
            decoder: self.decoder,
        })
    }

    /// The value as a list under a rule. The items of a list that is too long are not read.
    pub fn list<T>(self, rule: &ListRule, mut read: impl FnMut(Cursor<'_, '_>) -> T) -> Vec<T> {
        let items: &[Node] = match (self.decoder.service.protocol, self.node) {
            (_, Node::List(items)) => items,
            // botocore sends an empty list as `X=`.
            (Protocol::Query, Node::Text(text)) if text.is_empty() => &[],
            _ => {
                let json = json_mistype(self.node, "Expected list or null");
                self.decoder
                    .mistyped("Unexpected list element termination", json);
                return Vec::new();
            }
        };
        if let Some(constraint) = rule.missed(items.len()) {
            self.decoder.violated(Offender::Hidden, constraint);
            return Vec::new();
        }
        let decoder = self.decoder;
        let numbered = items.iter().enumerate();
        numbered
            .map(|(index, item)| {
                decoder.within(
                    |path| path.push_str(&format!("{}.member", index + 1)),
                    |decoder| read(decoder.at(item)),
                )
            })
            .collect()
    }

    /// The value as a map of strings under rules: of the number of entries, of their keys, of their values.
    pub fn entries(
        self,
        rule: &ListRule,
        key: &TextRule,
        value: &TextRule,
    ) -> BTreeMap<String, String> {
        let Node::Fields(fields) = self.node else {
            let json = json_mistype(self.node, "Expected start of structure or map.");
            self.decoder
                .mistyped("Unexpected complex element termination", json);
            return BTreeMap::new();
        };
        if let Some(constraint) = rule.missed(fields.len()) {
            self.decoder.violated(Offender::Hidden, constraint);
            return BTreeMap::new();
        }
        let decoder = self.decoder;
        let mut entries = BTreeMap::new();
        for (name, node) in fields {
            let named = Node::Text(name.clone());
            let name = decoder.within(
                |path| path.push_str("key"),
                |decoder| decoder.at(&named).text(key),
            );
            let text = decoder.within(
                |path| path.push_str("value"),
                |decoder| decoder.at(node).text(value),
            );
            entries.insert(name, text);
        }
        entries
    }

    fn string(&mut self) -> Option<&'n str> {
        match self.node {
            Node::Text(text) => Some(text),
            other => {
                let json = json_mistype(other, "NUMBER_VALUE can not be converted to a String");
                self.decoder
                    .mistyped("Unexpected complex element termination", json);
                None
            }
        }
    }
}

fn json_mistype(node: &Node, otherwise: &'static str) -> &'static str {
    match node {
        Node::Fields(_) => "Start of structure or map found where not expected.",
        Node::List(_) => "Start of list found where not expected",
        _ => otherwise,
    }
}

fn from_epoch(seconds: f64) -> Option<Timestamp> {
    // A thousandth of a second is what clients send; the cast saturates and `from_millisecond` refuses what is out of
    // range.
    Timestamp::from_millisecond((seconds * 1000.0).round() as i64)
        .ok()
        .filter(|_| seconds.is_finite())
}
