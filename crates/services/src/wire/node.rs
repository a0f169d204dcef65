//! The tree that a request's parameters form, whatever protocol carried them.

mod form;
mod json;

use std::collections::BTreeMap;
use std::fmt;

pub use self::form::MalformedForm;
pub use self::json::MalformedJson;

/// One value of a request, before any shape has been laid over it.
///
/// [`Node::from_form`] and [`Node::from_json`] build it. Both refuse input in which two names could mean the same
/// parameter, so whoever reads the tree reads what every other reader of the same bytes would.
#[derive(Clone, PartialEq)]
pub enum Node {
    /// JSON `null`; a field with this value counts as absent.
    Null,
    /// JSON `true` or `false`.
    Boolean(bool),
    /// A JSON number without a fraction that fits.
    Integer(i64),
    /// Any other JSON number.
    Float(f64),
    /// A string, or any scalar of a form body.
    Text(String),
    /// A list in its order; of a form body, in the order of its member numbers.
    List(Vec<Node>),
    /// Named fields.
    Fields(BTreeMap<String, Node>),
}

impl Node {
    /// The field of that exact name, if this is a structure and the field is there and not null.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Node> {
        match self {
            Node::Fields(fields) => fields.get(name).filter(|node| !matches!(node, Node::Null)),
            _ => None,
        }
    }

    /// The text of the field of that exact name, such as `Action` or `Version` of a form body.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.field(name) {
            Some(Node::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// A tree without fields: the input of a call that was sent without a body.
    #[must_use]
    pub fn empty() -> Self {
        Node::Fields(BTreeMap::new())
    }
}

/// Shows the shape and the names, never a value: a request may carry a web identity token or a password.
impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Node::Null => f.write_str("null"),
            Node::Boolean(_) => f.write_str("boolean"),
            Node::Integer(_) | Node::Float(_) => f.write_str("number"),
            Node::Text(_) => f.write_str("text"),
            Node::List(items) => f.debug_list().entries(items).finish(),
            Node::Fields(fields) => f.debug_map().entries(fields).finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_names_and_no_values() {
        let node =
            Node::from_form(b"", b"WebIdentityToken=eyJhbGciOi&Tags.member.1.Key=hush").unwrap();
        let shown = format!("{node:?}");
        assert!(shown.contains("WebIdentityToken"), "{shown}");
        assert!(!shown.contains("eyJ") && !shown.contains("hush"), "{shown}");
    }

    #[test]
    fn a_null_field_is_absent() {
        let node = Node::from_json(br#"{"NextToken":null,"Name":"x"}"#).unwrap();
        assert_eq!(node.field("NextToken"), None);
        assert_eq!(node.text("Name"), Some("x"));
        assert_eq!(node.text("name"), None);
    }
}
