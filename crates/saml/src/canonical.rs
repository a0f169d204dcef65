//! Exclusive XML Canonicalization 1.0 (W3C, 18 July 2002), without comments.

use roxmltree::{Node, NodeId};

/// The canonical form of an element and what is in it, as UTF-8. `omitted` is left out: the
/// enveloped signature. The prefixes of `inclusive` are treated as Canonical XML 1.0 does
/// (`InclusiveNamespaces`; `""` is the default namespace). `None` when the prefix of a name can't
/// be told from the text, which names beyond 65,535 bytes would bring about.
pub(crate) fn canonicalize(
    text: &str,
    element: Node<'_, '_>,
    omitted: Option<NodeId>,
    inclusive: &[String],
) -> Option<Vec<u8>> {
    let mut writer = Writer {
        text,
        omitted,
        inclusive,
        declared: Vec::new(),
        out: String::new(),
    };
    writer.element(element)?;
    Some(writer.out.into_bytes())
}

struct Writer<'a> {
    text: &'a str,
    omitted: Option<NodeId>,
    inclusive: &'a [String],
    /// The namespace declarations that have been written on the way to this element, innermost
    /// last.
    declared: Vec<(String, String)>,
    out: String,
}

impl Writer<'_> {
    /// Recursion is bounded by the depth of the tree.
    fn element(&mut self, node: Node<'_, '_>) -> Option<()> {
        let name = element_name(self.text, node)?;
        let mut attributes = Vec::new();
        let mut used = vec![prefix(name)];
        for attribute in node.attributes() {
            let range = attribute.range_qname();
            if range.len() >= usize::from(u16::MAX) {
                return None;
            }
            let name = self.text.get(range)?;
            let prefix = prefix(name);
            if !prefix.is_empty() && !used.contains(&prefix) {
                used.push(prefix);
            }
            let namespace = attribute.namespace().unwrap_or_default();
            attributes.push(((namespace, attribute.name()), name, attribute.value()));
        }
        let of_list = self.inclusive.iter().map(String::as_str);
        let declared = self.declared.len();
        self.out.push('<');
        self.out.push_str(name);
        for (prefix, namespace) in self.new_declarations(node, used.into_iter().chain(of_list)) {
            self.out.push_str(" xmlns");
            if !prefix.is_empty() {
                self.out.push(':');
                self.out.push_str(&prefix);
            }
            self.value(&namespace);
            self.declared.push((prefix, namespace));
        }
        attributes.sort_by(|one, other| one.0.cmp(&other.0));
        for (_, name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.value(value);
        }
        self.out.push('>');
        for child in node.children() {
            self.child(child)?;
        }
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
        self.declared.truncate(declared);
        Some(())
    }

    fn child(&mut self, node: Node<'_, '_>) -> Option<()> {
        if Some(node.id()) == self.omitted {
            return Some(());
        }
        if node.is_element() {
            return self.element(node);
        }
        if let Some(instruction) = node.pi() {
            self.out.push_str("<?");
            self.out.push_str(instruction.target);
            if let Some(value) = instruction.value {
                self.out.push(' ');
                self.out.push_str(value);
            }
            self.out.push_str("?>");
        } else if node.is_text() {
            for letter in node.text().unwrap_or_default().chars() {
                match letter {
                    '&' => self.out.push_str("&amp;"),
                    '<' => self.out.push_str("&lt;"),
                    '>' => self.out.push_str("&gt;"),
                    '\r' => self.out.push_str("&#xD;"),
                    letter => self.out.push(letter),
                }
            }
        }
        Some(())
    }

    /// The declarations that an element gets: of the prefixes that it uses, where they are not
    /// in force in the output already; sorted by prefix.
    fn new_declarations<'p>(
        &self,
        node: Node<'_, '_>,
        prefixes: impl Iterator<Item = &'p str>,
    ) -> Vec<(String, String)> {
        let mut new: Vec<(String, String)> = Vec::new();
        for prefix in prefixes.filter(|prefix| *prefix != "xml") {
            let lookup = (!prefix.is_empty()).then_some(prefix);
            let namespace = node.lookup_namespace_uri(lookup).unwrap_or_default();
            let written = self.declared.iter().rev().find(|(it, _)| it == prefix);
            let in_force = written.map_or("", |(_, namespace)| namespace);
            // What is not declared at all equals the empty default namespace.
            if namespace != in_force && !new.iter().any(|(it, _)| it == prefix) {
                new.push((prefix.to_owned(), namespace.to_owned()));
            }
        }
        new.sort();
        new
    }

    fn value(&mut self, value: &str) {
        self.out.push_str("=\"");
        for letter in value.chars() {
            match letter {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '"' => self.out.push_str("&quot;"),
                '\t' => self.out.push_str("&#x9;"),
                '\n' => self.out.push_str("&#xA;"),
                '\r' => self.out.push_str("&#xD;"),
                letter => self.out.push(letter),
            }
        }
        self.out.push('"');
    }
}

/// An element's name as it is written, with its prefix.
fn element_name<'t>(text: &'t str, node: Node<'_, '_>) -> Option<&'t str> {
    let tag = text.get(node.range())?.strip_prefix('<')?;
    let end = tag.find(|letter: char| letter.is_ascii_whitespace() || "/>".contains(letter))?;
    let name = &tag[..end];
    let local = name.split_once(':').map_or(name, |(_, local)| local);
    (local == node.tag_name().name()).then_some(name)
}

fn prefix(name: &str) -> &str {
    name.split_once(':').map_or("", |(prefix, _)| prefix)
}

#[cfg(test)]
mod tests;
