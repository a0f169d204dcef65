//! The operations of a REST service: methods and paths, and where in a request their input stands.

use std::borrow::Cow;
use std::collections::BTreeMap;

use http::Method;
use percent_encoding::percent_decode_str;

use super::fault::Fault;
use super::node::{MalformedJson, Node};
use super::service::Protocol;

/// An operation's place, as its model has it.
#[derive(Debug, PartialEq, Eq)]
pub struct Route {
    /// The operation's name.
    pub operation: &'static str,
    /// The method.
    pub method: &'static str,
    /// The path, with its labels in braces: `/clusters/{name}`.
    pub path: &'static str,
    /// Which member of the input each label is.
    pub labels: &'static [(&'static str, &'static str)],
    /// The members that stand in the query.
    pub query: &'static [Parameter],
}

/// A member of an input that stands in the query.
#[derive(Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in the query.
    pub name: &'static str,
    /// The member.
    pub member: &'static str,
    /// What it is.
    pub kind: ParameterKind,
}

/// What a query parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    /// A string.
    Text,
    /// An integer.
    Integer,
    /// A list of strings, one parameter each.
    Texts,
}

impl Route {
    /// The route of a request, and the values of its labels.
    ///
    /// A segment that is empty, `.` or `..` fits nothing: signatures are made over the path without such segments, so
    /// that it would be another path that was signed.
    #[must_use]
    pub fn find<'r>(
        routes: &'r [Self],
        method: &Method,
        path: &str,
    ) -> Option<(&'r Self, Vec<String>)> {
        let segments: Vec<Cow<'_, str>> = path
            .strip_prefix('/')?
            .split('/')
            .map(|segment| percent_decode_str(segment).decode_utf8().ok())
            .collect::<Option<_>>()?;
        if segments.iter().any(|it| matches!(&**it, "" | "." | "..")) {
            return None;
        }
        let fitting = routes
            .iter()
            .filter(|route| route.method == method.as_str());
        let fitting = fitting.filter_map(|route| Some((route, route.fit(&segments)?)));
        fitting.min_by_key(|(_, labels)| labels.len())
    }

    /// The values of the labels, if the path fits.
    fn fit(&self, segments: &[Cow<'_, str>]) -> Option<Vec<String>> {
        let pattern: Vec<&str> = self.path.trim_start_matches('/').split('/').collect();
        if pattern.len() != segments.len() {
            return None;
        }
        let mut labels = Vec::new();
        for (pattern, segment) in pattern.iter().zip(segments) {
            if pattern.starts_with('{') {
                labels.push(segment.to_string());
            } else if pattern != segment {
                return None;
            }
        }
        Some(labels)
    }

    /// The input's tree. What stands in path or query is read there and nowhere else.
    ///
    /// # Errors
    /// `SerializationException` for a body that is no JSON object, and for a parameter that stands twice and is no list.
    pub fn tree(&self, labels: Vec<String>, query: &str, body: &[u8]) -> Result<Node, Fault> {
        let malformed = || Protocol::RestJson.errors().malformed.fault("");
        let Node::Fields(mut fields) =
            Node::from_json(body).map_err(|_: MalformedJson| malformed())?
        else {
            return Err(malformed());
        };
        for member in self.elsewhere() {
            fields.remove(member);
        }
        let names = self.labels_in_order();
        for (member, value) in names.into_iter().zip(labels) {
            fields.insert(member.to_owned(), Node::Text(value));
        }
        self.read_query(query, &mut fields).ok_or_else(malformed)?;
        Ok(Node::Fields(fields))
    }

    /// The members that no body can hold.
    fn elsewhere(&self) -> impl Iterator<Item = &'static str> {
        let labels = self.labels.iter().map(|(_, member)| *member);
        labels.chain(self.query.iter().map(|parameter| parameter.member))
    }

    /// The members of the labels in the order of the path.
    fn labels_in_order(&self) -> Vec<&'static str> {
        let member = |label: &str| {
            let found = self.labels.iter().find(|(name, _)| *name == label);
            found.map(|(_, member)| *member)
        };
        self.path
            .split('/')
            .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
            .filter_map(member)
            .collect()
    }

    /// `None` when a parameter that is no list stands twice, or something is not UTF-8. Unknown ones are ignored.
    fn read_query(&self, query: &str, fields: &mut BTreeMap<String, Node>) -> Option<()> {
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decoded(name)?;
            let Some(parameter) = self.query.iter().find(|it| it.name == name) else {
                continue;
            };
            let value = decoded(value)?;
            if parameter.kind == ParameterKind::Texts {
                let list = fields
                    .entry(parameter.member.to_owned())
                    .or_insert_with(|| Node::List(Vec::new()));
                if let Node::List(items) = list {
                    items.push(Node::Text(value));
                }
                continue;
            }
            let number = (parameter.kind == ParameterKind::Integer)
                .then(|| value.parse().ok())
                .flatten();
            let node = number.map_or(Node::Text(value), Node::Integer);
            if fields.insert(parameter.member.to_owned(), node).is_some() {
                return None;
            }
        }
        Some(())
    }
}

/// A part of a query; a plus is a space there.
fn decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    static ROUTES: &[Route] = &[
        Route {
            operation: "Describe",
            method: "GET",
            path: "/clusters/{name}/things/{id}",
            labels: &[("id", "thingId"), ("name", "clusterName")],
            query: &[],
        },
        Route {
            operation: "List",
            method: "GET",
            path: "/clusters/{name}/things",
            labels: &[("name", "clusterName")],
            query: &[
                Parameter {
                    name: "max",
                    member: "maxResults",
                    kind: ParameterKind::Integer,
                },
                Parameter {
                    name: "keys",
                    member: "keys",
                    kind: ParameterKind::Texts,
                },
            ],
        },
        Route {
            operation: "Special",
            method: "GET",
            path: "/clusters/all/things",
            labels: &[],
            query: &[],
        },
    ];

    fn found(path: &str) -> Option<(&'static str, Vec<String>)> {
        let (route, labels) = Route::find(ROUTES, &Method::GET, path)?;
        Some((route.operation, labels))
    }

    #[test]
    fn a_path_finds_its_operation_and_its_labels() {
        let labels = |texts: &[&str]| texts.iter().map(|it| (*it).to_owned()).collect();
        assert_eq!(
            found("/clusters/a%2Fb/things/7"),
            Some(("Describe", labels(&["a/b", "7"])))
        );
        assert_eq!(found("/clusters/a/things"), Some(("List", labels(&["a"]))));
        assert_eq!(found("/clusters/all/things"), Some(("Special", vec![])));
        assert_eq!(
            Route::find(ROUTES, &Method::PUT, "/clusters/a/things"),
            None
        );
        for path in ["/", "/clusters", "/clusters/a", "/clusters/a/things/", "x"] {
            assert_eq!(found(path), None, "{path}");
        }
    }

    #[test]
    fn a_path_that_is_signed_as_another_one_fits_nothing() {
        for path in [
            "//clusters/a/things",
            "/clusters//things",
            "/clusters/./things",
            "/clusters/../things",
            "/clusters/%2e%2e/things",
            "/clusters/a/things/..",
            "/clusters/%ff/things",
        ] {
            assert_eq!(found(path), None, "{path}");
        }
    }

    #[test]
    fn path_and_query_are_read_where_they_belong() {
        let (route, labels) = Route::find(ROUTES, &Method::GET, "/clusters/a/things").unwrap();
        let body = br#"{"clusterName":"other","maxResults":9,"keys":["x"],"own":"1"}"#;
        let tree = route
            .tree(labels.clone(), "max=2&keys=a+b&keys=c&unknown=1", body)
            .unwrap();
        assert_eq!(tree.text("clusterName"), Some("a"));
        assert_eq!(tree.text("own"), Some("1"));
        assert_eq!(tree.field("maxResults"), Some(&Node::Integer(2)));
        let texts = ["a b", "c"].map(|it| Node::Text(it.to_owned())).to_vec();
        assert_eq!(tree.field("keys"), Some(&Node::List(texts)));
        let tree = route.tree(labels.clone(), "", body).unwrap();
        assert_eq!(tree.field("maxResults"), None);
        assert_eq!(tree.field("keys"), None);
        for (query, body) in [("max=1&max=2", ""), ("max=%ff", ""), ("", "[]"), ("", "{")] {
            let refused = route.tree(labels.clone(), query, body.as_bytes());
            assert_eq!(
                refused.unwrap_err().shape.code,
                "SerializationException",
                "{query} {body}"
            );
        }
    }

    #[test]
    fn labels_are_members_by_their_name_not_their_order() {
        let (route, labels) = Route::find(ROUTES, &Method::GET, "/clusters/a/things/7").unwrap();
        let tree = route.tree(labels, "", b"").unwrap();
        assert_eq!(tree.text("clusterName"), Some("a"));
        assert_eq!(tree.text("thingId"), Some("7"));
    }
}
