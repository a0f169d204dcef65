//! Writing shapes as the XML of the query protocol.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::secret::Secret;
use super::writer::{Shape, ShapeWriter};

/// Appends elements to a document.
#[derive(Debug, Default)]
pub(super) struct XmlWriter {
    out: String,
}

impl XmlWriter {
    pub(super) fn into_string(self) -> String {
        self.out
    }

    /// An element around what `content` writes; `<name/>` if it writes nothing.
    pub(super) fn element(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.open(name);
        let start = self.out.len();
        content(self);
        if self.out.len() == start {
            self.out.truncate(start - 1);
            self.out.push_str("/>");
        } else {
            self.close(name);
        }
    }

    /// The document's outermost element, with its namespace.
    pub(super) fn root(&mut self, name: &str, namespace: &str, content: impl FnOnce(&mut Self)) {
        for part in ["<", name, " xmlns=\"", namespace, "\">"] {
            self.out.push_str(part);
        }
        content(self);
        self.close(name);
    }

    /// An element with text in it.
    pub(super) fn leaf(&mut self, name: &str, text: &str) {
        self.open(name);
        escape(&mut self.out, text);
        self.close(name);
    }

    fn open(&mut self, name: &str) {
        self.out.push('<');
        self.out.push_str(name);
        self.out.push('>');
    }

    fn close(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }
}

impl ShapeWriter for XmlWriter {
    fn text(&mut self, name: &'static str, value: &str) {
        self.leaf(name, value);
    }

    fn secret(&mut self, name: &'static str, value: &Secret) {
        self.leaf(name, value.reveal());
    }

    fn integer(&mut self, name: &'static str, value: i32) {
        self.leaf(name, &value.to_string());
    }

    fn boolean(&mut self, name: &'static str, value: bool) {
        self.leaf(name, if value { "true" } else { "false" });
    }

    fn timestamp(&mut self, name: &'static str, value: Timestamp) {
        self.leaf(name, &value.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    }

    fn structure(&mut self, name: &'static str, value: &dyn Shape) {
        self.element(name, |inner| value.write(inner));
    }

    fn texts(&mut self, name: &'static str, values: &[String]) {
        self.element(name, |inner| {
            values.iter().for_each(|value| inner.leaf("member", value))
        });
    }

    fn entries(&mut self, name: &'static str, entries: &BTreeMap<String, String>) {
        self.element(name, |map| {
            for (key, value) in entries {
                map.element("entry", |entry| {
                    entry.leaf("key", key);
                    entry.leaf("value", value);
                });
            }
        });
    }

    fn counts(&mut self, name: &'static str, counts: &BTreeMap<String, i32>) {
        self.element(name, |map| {
            for (key, value) in counts {
                map.element("entry", |entry| {
                    entry.leaf("key", key);
                    entry.leaf("value", &value.to_string());
                });
            }
        });
    }

    fn structures(&mut self, name: &'static str, values: &mut dyn Iterator<Item = &dyn Shape>) {
        self.element(name, |inner| {
            values.for_each(|value| inner.structure("member", value))
        });
    }
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && !matches!(byte, b'<' | b'>' | b'&' | b'"')
}

/// Writes character data. A carriage return is written as a reference, because a parser would read it as a line feed.
/// Characters that XML 1.0 cannot carry in any spelling become U+FFFD: a reference to one of them would make the whole
/// document unreadable to the client.
fn escape(out: &mut String, text: &str) {
    // Most values, tokens above all, are plain: they are copied in one piece.
    if text.bytes().all(is_plain) {
        out.push_str(text);
        return;
    }
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#xD;"),
            '\t' | '\n' => out.push(character),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use quick_xml::Reader;
    use quick_xml::events::Event;

    use super::*;

    fn text_of(document: &str) -> String {
        let mut reader = Reader::from_str(document);
        let mut text = String::new();
        loop {
            match reader.read_event().unwrap() {
                Event::Text(part) => text.push_str(&part.decode().unwrap()),
                Event::GeneralRef(reference) => match reference.resolve_char_ref().unwrap() {
                    Some(character) => text.push(character),
                    None => {
                        let name = reference.decode().unwrap();
                        text.push_str(quick_xml::escape::resolve_xml_entity(&name).unwrap());
                    }
                },
                Event::Eof => return text,
                _ => {}
            }
        }
    }

    fn leaf(text: &str) -> String {
        let mut writer = XmlWriter::default();
        writer.leaf("M", text);
        writer.into_string()
    }

    #[test]
    fn markup_and_controls_are_escaped() {
        assert_eq!(
            leaf("a<b>&\"c\"]]>\r\n"),
            "<M>a&lt;b&gt;&amp;&quot;c&quot;]]&gt;&#xD;\n</M>"
        );
        assert_eq!(
            leaf("\u{0}\u{1b}\u{ffff}"),
            "<M>\u{fffd}\u{fffd}\u{fffd}</M>"
        );
        assert_eq!(leaf(""), "<M></M>");
    }

    #[test]
    fn empty_lists_and_structures_are_empty_elements() {
        let mut writer = XmlWriter::default();
        writer.texts("PolicyNames", &[]);
        writer.structures("Roles", &mut std::iter::empty());
        writer.structure("RoleLastUsed", &());
        writer.texts("Keys", &["a".to_owned(), String::new()]);
        assert_eq!(
            writer.into_string(),
            "<PolicyNames/><Roles/><RoleLastUsed/><Keys><member>a</member><member></member></Keys>"
        );
    }

    #[test]
    fn maps_are_entries() {
        let mut writer = XmlWriter::default();
        writer.entries("None", &BTreeMap::new());
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        writer.entries(
            "Details",
            &[pair("b", "2"), pair("a <", "1")].into_iter().collect(),
        );
        writer.counts("Map", &BTreeMap::from([("Users".to_owned(), 27)]));
        assert_eq!(
            writer.into_string(),
            "<None/><Details><entry><key>a &lt;</key><value>1</value></entry>\
             <entry><key>b</key><value>2</value></entry></Details>\
             <Map><entry><key>Users</key><value>27</value></entry></Map>"
        );
    }

    #[test]
    fn timestamps_are_written_to_the_second() {
        let mut writer = XmlWriter::default();
        writer.timestamp("CreateDate", "2026-11-21T20:22:06.987Z".parse().unwrap());
        assert_eq!(
            writer.into_string(),
            "<CreateDate>2026-11-21T20:22:06Z</CreateDate>"
        );
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out_of_a_parser(text in any::<String>()) {
            let expected: String = text
                .chars()
                .map(|c| if matches!(c, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}') { '\u{fffd}' } else { c })
                .collect();
            prop_assert_eq!(text_of(&leaf(&text)), expected);
        }
    }
}
