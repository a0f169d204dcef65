//! Parsing of a JSON body into a [`Node`].

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::Node;
use crate::wire::{Fault, Protocol};

/// The body is not one JSON object with distinct member names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body is not a JSON object with distinct member names")]
pub struct MalformedJson;

/// `SerializationException`, which AWS sends without a message.
impl From<MalformedJson> for Fault {
    fn from(_: MalformedJson) -> Self {
        Protocol::Json11.errors().malformed.fault("")
    }
}

impl Node {
    /// Parses the body of a JSON call. An empty body is an input without members.
    ///
    /// # Errors
    /// What is not one JSON object, what nests more than 127 deep, and an object that names a member twice: parsers
    /// disagree on which of the two counts.
    pub fn from_json(body: &[u8]) -> Result<Self, MalformedJson> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Node::empty());
        }
        match serde_json::from_slice(body) {
            Ok(node @ Node::Fields(_)) => Ok(node),
            _ => Err(MalformedJson),
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Integer(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Node, E> {
        i64::try_from(value)
            .map(Node::Integer)
            .map_err(|_| E::custom("a number is out of range"))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Node, E> {
        Ok(Node::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Node, A::Error> {
        let mut fields = BTreeMap::new();
        while let Some((name, value)) = members.next_entry::<String, Node>()? {
            if fields.insert(name, value).is_some() {
                return Err(de::Error::custom("a member name occurs twice"));
            }
        }
        Ok(Node::Fields(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_becomes_a_tree() {
        let node =
            Node::from_json(br#"{"MaxResults":5,"StartTime":1.5,"L":[{"K":"\u00e9"},true]}"#)
                .unwrap();
        assert_eq!(node.field("MaxResults"), Some(&Node::Integer(5)));
        assert_eq!(node.field("StartTime"), Some(&Node::Float(1.5)));
        let Some(Node::List(items)) = node.field("L") else {
            panic!("{node:?}")
        };
        assert_eq!(items[0].text("K"), Some("\u{e9}"));
        assert_eq!(Node::from_json(b" \n"), Ok(Node::empty()));
    }

    #[test]
    fn duplicate_json_keys_are_refused_at_any_depth() {
        for body in [r#"{"A":1,"A":2}"#, r#"{"L":[{"K":"a","\u004b":"b"}]}"#] {
            assert_eq!(
                Node::from_json(body.as_bytes()),
                Err(MalformedJson),
                "{body}"
            );
        }
    }

    #[test]
    fn what_is_not_one_object_is_refused() {
        let deep = format!("{}1{}", "{\"a\":".repeat(200), "}".repeat(200));
        for body in [
            "[]",
            "1",
            "null",
            "{",
            "{} {}",
            "{\"a\":18446744073709551615}",
            deep.as_str(),
        ] {
            assert_eq!(
                Node::from_json(body.as_bytes()),
                Err(MalformedJson),
                "{body}"
            );
        }
    }
}
