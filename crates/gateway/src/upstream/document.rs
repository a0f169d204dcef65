//! XML of the upstream, with this server's names in it.

use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};
use quick_xml::{Reader, Writer};

use crate::fault::Fault;

/// What stands in the place of the upstream's.
#[derive(Debug, Clone)]
pub(super) struct Names<'a> {
    /// The bucket's name here.
    pub(super) bucket: &'a str,
    /// The canonical user id of its owner, for those that own or began something in it.
    pub(super) owner: Option<&'a str>,
    /// The URL of the object that the request works on.
    pub(super) location: Option<&'a str>,
}

/// Writes a document anew. Bucket names stand directly under the root, owners anywhere; all else stays as it is.
pub(super) fn renamed(document: &[u8], names: &Names<'_>) -> Result<Vec<u8>, Fault> {
    rewrite(document, names).map_err(|error| {
        Fault::unavailable(format!("the upstream store's XML is damaged: {error}"))
    })
}

fn rewrite(document: &[u8], names: &Names<'_>) -> Result<Vec<u8>, quick_xml::Error> {
    let mut reader = Reader::from_reader(document);
    reader.config_mut().check_end_names = true;
    let mut writer = Writer::new(Vec::with_capacity(document.len() + 64));
    let mut depth = 0usize;
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer)? {
            Event::Eof => return Ok(writer.into_inner()),
            // Entities of its own making are nothing that S3 has.
            Event::DocType(_) => {}
            Event::Start(start) => {
                let own = own(depth, &start, names);
                match own {
                    None => {
                        depth += 1;
                        writer.write_event(Event::Start(start))?;
                    }
                    Some(own) => {
                        let (start, end) = (start.to_owned(), start.to_end().into_owned());
                        let mut skipped = Vec::new();
                        reader.read_to_end_into(end.name(), &mut skipped)?;
                        own.write(&mut writer, start, end)?;
                    }
                }
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                writer.write_event(Event::End(end))?;
            }
            other => writer.write_event(other)?,
        }
    }
}

/// What an element holds instead.
enum Own<'a> {
    Text(&'a str),
    /// `<ID>…</ID>`
    Id(&'a str),
}

fn own<'a>(depth: usize, start: &BytesStart<'_>, names: &Names<'a>) -> Option<Own<'a>> {
    match (depth, start.local_name().as_ref()) {
        (1, b"Name" | b"Bucket") => Some(Own::Text(names.bucket)),
        (1, b"Location") => names.location.map(Own::Text),
        (_, b"Owner" | b"Initiator") => Some(Own::Id(names.owner.unwrap_or_default())),
        _ => None,
    }
}

impl Own<'_> {
    fn write(
        &self,
        writer: &mut Writer<Vec<u8>>,
        start: BytesStart<'_>,
        end: BytesEnd<'_>,
    ) -> Result<(), quick_xml::Error> {
        writer.write_event(Event::Start(start))?;
        match self {
            Self::Text(text) => writer.write_event(Event::Text(BytesText::new(text)))?,
            Self::Id(id) => {
                writer.write_event(Event::Start(BytesStart::new("ID")))?;
                writer.write_event(Event::Text(BytesText::new(id)))?;
                writer.write_event(Event::End(BytesEnd::new("ID")))?;
            }
        }
        writer.write_event(Event::End(end))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_upstream_are_replaced_and_keys_are_not() {
        let document = br#"<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>theirs</Name><Prefix>a&amp;b</Prefix><Contents><Key>theirs &#x1; &lt;</Key><Owner><ID>backend</ID><DisplayName>rgw-user</DisplayName></Owner><Name>theirs</Name></Contents><Marker/></ListBucketResult>"#;
        let names = Names {
            bucket: "ours",
            owner: Some("c0ffee"),
            location: None,
        };
        let text = String::from_utf8(renamed(document, &names).unwrap()).unwrap();
        let expected = String::from_utf8_lossy(document)
            .replacen("<Name>theirs", "<Name>ours", 1)
            .replace(
                "<ID>backend</ID><DisplayName>rgw-user</DisplayName>",
                "<ID>c0ffee</ID>",
            );
        assert_eq!(text, expected);
    }

    #[test]
    fn a_completed_upload_is_at_our_url() {
        let document = b"<CompleteMultipartUploadResult><Location>http://up:9000/theirs/k</Location><Bucket>theirs</Bucket><Key>k</Key></CompleteMultipartUploadResult>";
        let names = Names {
            bucket: "ours",
            owner: None,
            location: Some("https://we/ours/k?a&b"),
        };
        let text = String::from_utf8(renamed(document, &names).unwrap()).unwrap();
        assert_eq!(
            text,
            "<CompleteMultipartUploadResult><Location>https://we/ours/k?a&amp;b</Location><Bucket>ours</Bucket><Key>k</Key></CompleteMultipartUploadResult>"
        );
    }

    #[test]
    fn a_damaged_document_is_no_answer() {
        let names = Names {
            bucket: "ours",
            owner: None,
            location: None,
        };
        assert!(renamed(b"<a><b></a>", &names).is_err());
    }
}
