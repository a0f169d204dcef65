//! Parsing of `application/x-www-form-urlencoded` parameters into a [`Node`].

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use percent_encoding::percent_decode;

use super::Node;
use crate::wire::{Fault, Protocol};

/// Why parameters were refused before any of them was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedForm {
    /// A `%` without two hexadecimal digits, or bytes that are not UTF-8.
    #[error("The query string contains an escape sequence that can not be decoded")]
    Undecodable,
    /// A parameter occurs twice, perhaps in another spelling of upper and lower case.
    #[error("The query string contains a parameter more than once")]
    Duplicate,
    /// A parameter is a value and has members, or a name has an empty part.
    #[error("The query string contains contradicting parameters")]
    Contradiction,
    /// More parameters, longer names or deeper nesting than any operation takes.
    #[error("The query string is too long")]
    TooLong,
}

impl From<MalformedForm> for Fault {
    fn from(error: MalformedForm) -> Self {
        Protocol::Query.errors().malformed.fault(error.to_string())
    }
}

impl Node {
    /// Parses the parameters of a query-protocol call: those of the URL's query string and those of its form body.
    ///
    /// `X.member.1.Key=v` becomes a list of structures; an empty list is `X=`. Members are ordered by their number.
    ///
    /// # Errors
    /// A parameter that occurs twice, in the URL and the body or in two spellings of upper and lower case, is refused
    /// rather than resolved: a second reader that resolved it the other way would see another request
    /// (CVE-2022-2385). So is what cannot be decoded, and what exceeds the bounds of any operation.
    pub fn from_form(query: &[u8], body: &[u8]) -> Result<Self, MalformedForm> {
        let mut root = BTreeMap::new();
        let mut seen = HashSet::new();
        for pair in query
            .split(is_ampersand)
            .chain(body.split(is_ampersand))
            .filter(|pair| !pair.is_empty())
        {
            if seen.len() == MAX_PARAMETERS {
                return Err(MalformedForm::TooLong);
            }
            let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, &[][..]),
            };
            let name = unescape(name)?;
            if name.len() > MAX_NAME_LENGTH {
                return Err(MalformedForm::TooLong);
            }
            if !seen.insert(name.to_lowercase()) {
                return Err(MalformedForm::Duplicate);
            }
            insert(&mut root, &name, unescape(value)?)?;
        }
        Ok(Node::Fields(
            root.into_iter()
                .map(|(name, node)| (name, with_lists(node)))
                .collect(),
        ))
    }
}

/// More than any operation takes: 50 tags, 100 client ids and some scalars.
const MAX_PARAMETERS: usize = 1000;
const MAX_NAME_LENGTH: usize = 256;
const MAX_DEPTH: usize = 10;
const MAX_MEMBER: usize = 10_000;

fn is_ampersand(byte: &u8) -> bool {
    *byte == b'&'
}

fn unescape(encoded: &[u8]) -> Result<String, MalformedForm> {
    // Tokens, names and numbers have nothing to decode.
    if memchr::memchr2(b'%', b'+', encoded).is_none() {
        let text = str::from_utf8(encoded).map_err(|_| MalformedForm::Undecodable)?;
        return Ok(text.to_owned());
    }
    let mut rest = encoded;
    while let Some(at) = rest.iter().position(|byte| *byte == b'%') {
        match rest.get(at + 1..at + 3) {
            Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => rest = &rest[at + 3..],
            _ => return Err(MalformedForm::Undecodable),
        }
    }
    let spaced: Cow<'_, [u8]> = if encoded.contains(&b'+') {
        encoded
            .iter()
            .map(|byte| if *byte == b'+' { b' ' } else { *byte })
            .collect()
    } else {
        encoded.into()
    };
    let bytes = percent_decode(&spaced).collect();
    String::from_utf8(bytes).map_err(|_| MalformedForm::Undecodable)
}

fn insert(
    root: &mut BTreeMap<String, Node>,
    name: &str,
    value: String,
) -> Result<(), MalformedForm> {
    let mut fields = root;
    let mut parts = name.split('.').peekable();
    let mut depth = 0;
    while let Some(part) = parts.next() {
        depth += 1;
        if depth > MAX_DEPTH {
            return Err(MalformedForm::TooLong);
        }
        if part.is_empty() {
            return Err(MalformedForm::Contradiction);
        }
        if parts.peek().is_none() {
            return match fields.insert(part.to_owned(), Node::Text(value)) {
                None => Ok(()),
                Some(_) => Err(MalformedForm::Contradiction),
            };
        }
        fields = match fields.entry(part.to_owned()).or_insert_with(Node::empty) {
            Node::Fields(inner) => inner,
            _ => return Err(MalformedForm::Contradiction),
        };
    }
    Ok(())
}

/// Turns `{member: {1: a, 2: b}}` into the list `[a, b]`, from the leaves up. A number that is not written canonically
/// leaves the structure as it is, and the decoder refuses it where it expects a list.
fn with_lists(node: Node) -> Node {
    let Node::Fields(fields) = node else {
        return node;
    };
    let mut fields: BTreeMap<String, Node> = fields
        .into_iter()
        .map(|(name, node)| (name, with_lists(node)))
        .collect();
    if fields.len() != 1 {
        return Node::Fields(fields);
    }
    match fields.remove("member") {
        Some(Node::Fields(members))
            if members.keys().all(|number| member_number(number).is_some()) =>
        {
            let mut numbered: Vec<_> = members
                .into_iter()
                .filter_map(|(number, node)| Some((member_number(&number)?, node)))
                .collect();
            numbered.sort_by_key(|(number, _)| *number);
            Node::List(numbered.into_iter().map(|(_, node)| node).collect())
        }
        Some(other) => {
            fields.insert("member".to_owned(), other);
            Node::Fields(fields)
        }
        None => Node::Fields(fields),
    }
}

fn member_number(text: &str) -> Option<usize> {
    let canonical = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|number| canonical && *number <= MAX_MEMBER)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;

    fn body(text: &str) -> Result<Node, MalformedForm> {
        Node::from_form(b"", text.as_bytes())
    }

    fn texts(items: &[&str]) -> Node {
        Node::List(
            items
                .iter()
                .map(|item| Node::Text((*item).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn plus_and_percent_twenty_are_both_a_space() {
        let node = body("Action=CreateRole&A=one+two&B=one%20two&C=one%2Btwo&D").unwrap();
        assert_eq!(node.text("A"), Some("one two"));
        assert_eq!(node.text("B"), Some("one two"));
        assert_eq!(node.text("C"), Some("one+two"));
        assert_eq!(node.text("D"), Some(""));
    }

    #[test]
    fn members_are_ordered_by_number_not_by_text_or_arrival() {
        let node = body("K.member.10=j&K.member.2=b&K.member.1=a").unwrap();
        assert_eq!(node.field("K"), Some(&texts(&["a", "b", "j"])));
    }

    #[test]
    fn structures_nest_in_lists() {
        let node =
            body("Tags.member.1.Key=team&Tags.member.1.Value=blue%3D1&PolicyArns.member.1.arn=x")
                .unwrap();
        let Some(Node::List(tags)) = node.field("Tags") else {
            panic!("{node:?}")
        };
        assert_eq!(tags[0].text("Key"), Some("team"));
        assert_eq!(tags[0].text("Value"), Some("blue=1"));
    }

    #[test]
    fn duplicated_or_cased_parameters_are_refused_cve_2022_2385() {
        for text in [
            "Action=GetCallerIdentity&Action=DeleteRole",
            "Action=GetCallerIdentity&action=DeleteRole",
            "Tags.member.1.Key=a&Tags.Member.1.Key=b",
            "RoleName=a&Role%4Eame=b",
        ] {
            assert_eq!(body(text), Err(MalformedForm::Duplicate), "{text}");
        }
        let across = Node::from_form(
            b"Action=GetCallerIdentity&Version=2011-06-15",
            b"Action=DeleteRole",
        );
        assert_eq!(across, Err(MalformedForm::Duplicate));
    }

    #[test]
    fn a_value_that_also_has_members_is_refused_in_either_order() {
        for text in ["A=1&A.B=2", "A.B=2&A=1", "A..B=1", "=1", ".=1", "A.=1"] {
            assert_eq!(body(text), Err(MalformedForm::Contradiction), "{text}");
        }
    }

    #[test]
    fn broken_escapes_and_bytes_are_refused() {
        for text in ["A=%", "A=%4", "A=%zz", "A=%ff", "%c3%28=1"] {
            assert_eq!(body(text), Err(MalformedForm::Undecodable), "{text}");
        }
    }

    #[test]
    fn counts_names_and_depth_are_bounded() {
        let mut many = String::new();
        for index in 0..=MAX_PARAMETERS {
            write!(many, "P{index}=x&").unwrap();
        }
        assert_eq!(body(&many), Err(MalformedForm::TooLong));
        assert_eq!(
            body(&format!("{}=1", "a".repeat(300))),
            Err(MalformedForm::TooLong)
        );
        assert_eq!(body("a.b.c.d.e.f.g.h.i.j.k=1"), Err(MalformedForm::TooLong));
    }

    #[test]
    fn member_numbers_are_canonical_and_bounded() {
        for text in [
            "K.member.0=a",
            "K.member.01=a",
            "K.member.+1=a",
            "K.member.99999999999999999999=a",
            "K.member.x=a",
        ] {
            let node = body(text).unwrap();
            assert!(!matches!(node.field("K"), Some(Node::List(_))), "{text}");
        }
    }

    fn encode(node: &Node, prefix: &str, out: &mut form_urlencoded::Serializer<'_, String>) {
        let join = |part: &str| {
            if prefix.is_empty() {
                part.to_owned()
            } else {
                format!("{prefix}.{part}")
            }
        };
        match node {
            Node::Text(text) => drop(out.append_pair(prefix, text)),
            Node::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    encode(item, &join(&format!("member.{}", index + 1)), out);
                }
            }
            Node::Fields(fields) => {
                for (name, field) in fields {
                    encode(field, &join(name), out);
                }
            }
            _ => unreachable!("a form has no other nodes"),
        }
    }

    fn tree() -> impl Strategy<Value = Node> {
        let fields = |inner: BoxedStrategy<Node>| {
            proptest::collection::btree_map("[a-z]{1,5}", inner, 1..4)
                .prop_filter("a list in disguise", |fields| {
                    !fields.contains_key("member")
                })
                .prop_map(Node::Fields)
        };
        let leaf = any::<String>().prop_map(Node::Text).boxed();
        let nested = leaf.prop_recursive(2, 16, 4, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 1..12).prop_map(Node::List),
                fields(inner.boxed())
            ]
        });
        fields(nested.boxed())
    }

    proptest! {
        #[test]
        fn what_a_client_encodes_is_what_is_read(tree in tree()) {
            let mut out = form_urlencoded::Serializer::new(String::new());
            encode(&tree, "", &mut out);
            prop_assert_eq!(body(&out.finish()), Ok(tree));
        }

        #[test]
        fn no_bytes_make_the_parser_panic(query in any::<Vec<u8>>(), text in "[A-Za-z0-9.=&%+]{0,80}") {
            let _ = Node::from_form(&query, text.as_bytes());
        }
    }
}
