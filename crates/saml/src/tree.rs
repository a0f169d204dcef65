//! An XML document as a tree, with bounds and without what SAML has no use for.

use roxmltree::{Document, Node, ParsingOptions};
use thiserror::Error;

mod bounds;

use bounds::{ATTRIBUTES, DECLARATIONS, DEPTH, IN_FORCE};

/// Namespaces.
pub(crate) mod ns {
    /// SAML 2.0 assertions.
    pub(crate) const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
    /// SAML 2.0 protocol messages.
    pub(crate) const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
    /// SAML 2.0 metadata.
    pub(crate) const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
    /// XML signatures.
    pub(crate) const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";
    /// XML encryption.
    pub(crate) const ENCRYPTION: &str = "http://www.w3.org/2001/04/xmlenc#";
    /// XML encryption 1.1.
    pub(crate) const ENCRYPTION_11: &str = "http://www.w3.org/2009/xmlenc11#";
    /// Exclusive canonicalization, also the name of the algorithm.
    pub(crate) const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
    /// The `xml` prefix.
    pub(crate) const XML: &str = "http://www.w3.org/XML/1998/namespace";
}

/// Most elements, texts and other nodes.
const NODES: u32 = 200_000;

/// A parsed document.
#[derive(Debug)]
pub(crate) struct Tree<'t> {
    text: &'t str,
    document: Document<'t>,
}

/// Why a text is no document.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum InvalidXml {
    #[error("a document type declaration is not accepted")]
    DocumentType,
    #[error("elements are nested more than {DEPTH} deep")]
    Depth,
    #[error("an element has more than {ATTRIBUTES} attributes")]
    Attributes,
    #[error("there are more than {DECLARATIONS} namespace declarations")]
    Declarations,
    #[error("more than {IN_FORCE} namespace declarations are in force")]
    InForce,
    #[error("not well-formed XML: {0}")]
    Malformed(String),
}

impl<'t> Tree<'t> {
    /// Parses a document. There are no document type declarations, and so no entities but the
    /// five of XML itself.
    pub(crate) fn parse(text: &'t str) -> Result<Self, InvalidXml> {
        // The parser would let an empty one through.
        if text.contains("<!DOCTYPE") {
            return Err(InvalidXml::DocumentType);
        }
        bounds::check(text)?;
        let options = ParsingOptions {
            allow_dtd: false,
            nodes_limit: NODES,
            ..ParsingOptions::default()
        };
        let document = Document::parse_with_options(text, options)
            .map_err(|error| InvalidXml::Malformed(error.to_string()))?;
        Ok(Self { text, document })
    }

    pub(crate) fn text(&self) -> &'t str {
        self.text
    }

    pub(crate) fn root(&self) -> Node<'_, 't> {
        self.document.root_element()
    }

    /// Whether there are comments or processing instructions anywhere. They are not part of what
    /// is signed, and split the text that they stand in.
    pub(crate) fn has_remarks(&self) -> bool {
        let mut all = self.document.root().descendants();
        all.any(|node| node.is_comment() || node.is_pi())
    }

    /// An id that two elements have, whatever the attribute is called.
    pub(crate) fn repeated_id(&self) -> Option<String> {
        let mut seen = std::collections::HashSet::new();
        let elements = self.document.root().descendants();
        let mut ids = elements.flat_map(|node| node.attributes()).filter(|it| {
            it.name().eq_ignore_ascii_case("id")
                && it.namespace().is_none_or(|namespace| namespace == ns::XML)
        });
        ids.find(|it| !seen.insert(it.value()))
            .map(|it| it.value().to_owned())
    }

    /// All elements of a name.
    pub(crate) fn all<'a>(
        &'a self,
        namespace: &'static str,
        name: &'static str,
    ) -> impl Iterator<Item = Node<'a, 't>> {
        let all = self.document.root().descendants();
        all.filter(move |node| is(node, namespace, name))
    }
}

/// Whether a node is an element of this name.
pub(crate) fn is(node: &Node<'_, '_>, namespace: &str, name: &str) -> bool {
    let tag = node.tag_name();
    node.is_element() && tag.namespace() == Some(namespace) && tag.name() == name
}

/// The child elements.
pub(crate) fn elements<'a, 't: 'a>(node: Node<'a, 't>) -> impl Iterator<Item = Node<'a, 't>> {
    node.children().filter(Node::is_element)
}

/// The child elements of a name.
pub(crate) fn children<'a, 't: 'a>(
    node: Node<'a, 't>,
    namespace: &'static str,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 't>> {
    node.children()
        .filter(move |child| is(child, namespace, name))
}

/// The child element of a name, if there is exactly one.
pub(crate) fn only_child<'a, 't: 'a>(
    node: Node<'a, 't>,
    namespace: &'static str,
    name: &'static str,
) -> Option<Node<'a, 't>> {
    let mut found = children(node, namespace, name);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// The text of an element that has nothing else in it: no elements, no comments, so that nobody
/// reads only a part of it.
pub(crate) fn text_of(node: Node<'_, '_>) -> Option<String> {
    let mut text = String::new();
    for child in node.children() {
        if !child.is_text() {
            return None;
        }
        text.push_str(child.text()?);
    }
    Some(text)
}

/// The bytes that an element's text is the base64 of; white space doesn't count.
pub(crate) fn bytes_of(node: Node<'_, '_>) -> Option<Vec<u8>> {
    use base64::Engine as _;
    let mut text = text_of(node)?;
    text.retain(|letter| !letter.is_ascii_whitespace());
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn document_types_and_entities_are_refused() {
        for text in [
            "<!DOCTYPE a><a/>",
            r#"<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>"#,
            r#"<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>"#,
        ] {
            assert_eq!(Tree::parse(text).unwrap_err(), InvalidXml::DocumentType);
        }
        let unknown = Tree::parse("<a>&b;</a>").unwrap_err();
        assert!(matches!(unknown, InvalidXml::Malformed(_)));
        assert!(Tree::parse("<a>&lt;&#65;</a>").is_ok());
    }

    #[test]
    fn text_around_a_comment_or_an_element_is_no_text() {
        for text in ["<a>b<!-- -->c</a>", "<a>b<?p?>c</a>", "<a>b<c/></a>"] {
            let tree = Tree::parse(text).unwrap();
            assert_eq!(text_of(tree.root()), None, "{text}");
        }
        let tree = Tree::parse("<a>b<![CDATA[<]]>c</a>").unwrap();
        assert_eq!(text_of(tree.root()).as_deref(), Some("b<c"));
    }

    #[test]
    fn ids_count_under_every_name() {
        for text in [
            "<a ID='x'><b ID='x'/></a>",
            "<a ID='x'><b Id='x'/></a>",
            "<a id='x'><b xml:id='x'/></a>",
        ] {
            let tree = Tree::parse(text).unwrap();
            assert_eq!(tree.repeated_id().as_deref(), Some("x"), "{text}");
        }
        let tree = Tree::parse("<a ID='x' y='x'><b ID='z'/></a>").unwrap();
        assert_eq!(tree.repeated_id(), None);
    }
}
