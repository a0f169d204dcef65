//! The elements that a document may have, and where.
//!
//! The readers of [`s3s`] pass over elements that they don't know, text beside elements, and CDATA. That would turn a
//! misspelled limit into no limit, and a version to delete into the current one, so such documents are refused.

mod schemas;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::fault::{Code, Fault};

/// The elements that may stand within an element, by its name. What isn't listed holds text only.
pub(crate) type Outline = &'static [(&'static str, &'static [&'static str])];

/// A document whose elements are known. Only these are read.
pub(crate) trait Outlined {
    /// Its elements; the outermost is the first.
    const OUTLINE: Outline;
}

/// Checks a document whose outermost element is the first of the outline.
///
/// # Errors
/// `MalformedXML` if it has an element where the outline has none, text beside elements, or parts
/// that are no elements, text or comments.
pub(crate) fn check(document: &[u8], outline: Outline) -> Result<(), Fault> {
    let malformed = || Fault::new(Code::MalformedXml);
    let mut reader = Reader::from_reader(document);
    let mut open: Vec<Vec<u8>> = Vec::new();
    loop {
        match reader.read_event().map_err(|_| malformed())? {
            Event::Start(element) => {
                may_open(&open, &element, outline)?;
                open.push(element.name().as_ref().to_vec());
            }
            Event::Empty(element) => may_open(&open, &element, outline)?,
            Event::End(_) => {
                open.pop();
            }
            Event::Text(text) => {
                let holds_elements = open
                    .last()
                    .is_none_or(|name| children(outline, name).is_some());
                if holds_elements && !text.iter().all(u8::is_ascii_whitespace) {
                    return Err(malformed());
                }
            }
            Event::GeneralRef(_) => {
                if open
                    .last()
                    .is_none_or(|name| children(outline, name).is_some())
                {
                    return Err(malformed());
                }
            }
            Event::Decl(_) | Event::Comment(_) => {}
            Event::CData(_) | Event::DocType(_) | Event::PI(_) => return Err(malformed()),
            // Whether there is an element at all is for the document's reader to say.
            Event::Eof if open.is_empty() => return Ok(()),
            Event::Eof => return Err(malformed()),
        }
    }
}

fn may_open(open: &[Vec<u8>], element: &BytesStart<'_>, outline: Outline) -> Result<(), Fault> {
    let name = element.name();
    let name = name.as_ref();
    let known = match open.last() {
        None => outline
            .first()
            .is_some_and(|(root, _)| root.as_bytes() == name),
        Some(parent) => children(outline, parent)
            .is_some_and(|children| children.iter().any(|child| child.as_bytes() == name)),
    };
    if known {
        Ok(())
    } else {
        Err(Fault::new(Code::MalformedXml))
    }
}

fn children(outline: Outline, name: &[u8]) -> Option<&'static [&'static str]> {
    outline
        .iter()
        .find(|(parent, _)| parent.as_bytes() == name)
        .map(|(_, children)| *children)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTLINE: Outline = &[("A", &["B", "C"]), ("B", &["D"])];

    #[test]
    fn a_document_has_the_elements_of_its_outline_and_no_others() {
        for good in [
            "<A/>",
            "<?xml version=\"1.0\"?>\n<A xmlns=\"x\">\n <B><D>a &amp; b</D></B> <C/><!-- c --></A>",
            "<A><C>text</C><C/></A>",
            // With the mark that some editors put first.
            "\u{feff}<A/>",
        ] {
            assert!(check(good.as_bytes(), OUTLINE).is_ok(), "{good}");
        }
        for bad in [
            "<B/>",
            "<A><D/></A>",
            "<A><X/></A>",
            "<A><C><C/></C></A>",
            "<A>text</A>",
            "<A>&amp;</A>",
            "<A><C><![CDATA[text]]></C></A>",
            "<!DOCTYPE A><A/>",
            "<A><C></A>",
            "<A>",
            "<A/>text",
        ] {
            assert!(check(bad.as_bytes(), OUTLINE).is_err(), "{bad}");
        }
    }
}
