//! DeleteObjects: the keys that have a permit go to the upstream, in one request.

use std::collections::HashMap;
use std::fmt::Write as _;

use door::Permit;
use http::Method;
use roxmltree::{Document, Node};
use s3s::dto;

use super::buckets::same_bucket;
use super::forward::{attest, names};
use super::headers;
use super::query::push;
use super::refusal::Refused;
use super::send::{Outgoing, Payload};
use crate::Gateway;
use crate::fault::{Code, Fault};
use crate::handler::{Context, Doomed, Told};
use crate::operation::Operation;
use crate::reply::{DELETE_MARKER, Reply, VERSION_ID};
use crate::request::{Input, xml};

/// What the upstream says of one key and version.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Fate {
    error: Option<(String, String)>,
    delete_marker: Option<bool>,
    marker_version: Option<String>,
}

impl Fate {
    /// What the audit trail is told.
    fn elements(&self) -> Option<serde_json::Value> {
        let mut elements = serde_json::Map::new();
        if let Some(version) = &self.marker_version {
            elements.insert(VERSION_ID.to_string(), version.as_str().into());
        }
        if self.delete_marker == Some(true) {
            elements.insert(DELETE_MARKER.to_string(), "true".into());
        }
        (!elements.is_empty()).then_some(elements.into())
    }
}

impl Gateway {
    /// Deletes the keys that have a permit, and tells of each.
    pub(crate) async fn delete_upstream_objects(
        &self,
        cx: &Context<'_>,
        input: &Input,
        keys: Vec<(Doomed, Result<Permit, Fault>)>,
        quiet: bool,
    ) -> Result<(Reply, Vec<Told>), Fault> {
        let upstream = self.upstream()?;
        let bucket = names(cx)?;
        let wanted: dto::Delete = xml(&input.bytes)?;
        let allowed =
            |(_, (doomed, permit)): &(&dto::ObjectIdentifier, &(Doomed, Result<Permit, Fault>))| {
                doomed.key.is_ok() && permit.is_ok()
            };
        let granted: Vec<_> = wanted.objects.iter().zip(&keys).filter(allowed).collect();
        let mut fates = HashMap::new();
        if !granted.is_empty() {
            let document = document(granted.iter().map(|(object, _)| *object));
            let mut query = String::new();
            push(&mut query, "delete", "");
            let mut outgoing = Outgoing::new(Method::POST, bucket.0, None).query(query);
            outgoing.headers = headers::forwarded(cx.request)?;
            attest(&mut outgoing, document.as_bytes());
            let payload = Payload::Whole(document.into());
            same_bucket(&self.store, cx.bucket()?)?;
            let answer = upstream.send(&outgoing, payload).await?;
            let refused = Refused {
                operation: Operation::DeleteObjects,
                versioned: false,
                bucket,
            };
            if !answer.status.is_success() {
                return Err(upstream.refused(&Method::POST, answer, refused).await);
            }
            let answer = answer.read().await?;
            fates = self::fates(&answer)
                .ok_or_else(|| Fault::unavailable("the upstream store's answer can't be read"))?;
        }
        let mut deleted = Vec::new();
        let mut errors = Vec::new();
        let mut told = Vec::with_capacity(keys.len());
        for (doomed, permit) in keys {
            let identity = (doomed.text.clone(), doomed.version.clone());
            let fate = match (doomed.key, permit) {
                (Err(fault), _) | (_, Err(fault)) => Fate {
                    error: Some((fault.code().name().to_owned(), fault.text().to_owned())),
                    ..Fate::default()
                },
                // What the upstream doesn't speak of isn't known to be done.
                (Ok(_), Ok(_)) => fates.get(&identity).cloned().unwrap_or_else(|| {
                    let unknown = Fault::new(Code::InternalError);
                    let error = (unknown.code().name().to_owned(), unknown.text().to_owned());
                    Fate {
                        error: Some(error),
                        ..Fate::default()
                    }
                }),
            };
            told.push(Told {
                key: doomed.text.clone(),
                version: doomed.version.clone(),
                elements: fate.elements(),
                error: fate.error.clone(),
            });
            match fate.error {
                None => deleted.push(dto::DeletedObject {
                    key: Some(doomed.text),
                    version_id: doomed.version,
                    delete_marker: fate.delete_marker,
                    delete_marker_version_id: fate.marker_version,
                }),
                Some((code, message)) => errors.push(dto::Error {
                    code: Some(code),
                    key: Some(doomed.text),
                    message: Some(message),
                    version_id: doomed.version,
                }),
            }
        }
        let reply = Reply::xml(&dto::DeleteObjectsOutput {
            deleted: (!quiet).then_some(deleted),
            errors: Some(errors),
            request_charged: None,
        })?;
        Ok((reply, told))
    }
}

/// The document for the upstream, which is to speak of each key.
fn document<'a>(objects: impl Iterator<Item = &'a dto::ObjectIdentifier>) -> String {
    let mut xml = String::from(
        "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>false</Quiet>",
    );
    for object in objects {
        xml.push_str("<Object>");
        element(&mut xml, "Key", &object.key);
        if let Some(version) = &object.version_id {
            element(&mut xml, "VersionId", version);
        }
        if let Some(etag) = &object.e_tag {
            element(&mut xml, "ETag", etag.value());
        }
        if let Some(size) = object.size {
            element(&mut xml, "Size", &size.to_string());
        }
        xml.push_str("</Object>");
    }
    xml.push_str("</Delete>");
    xml
}

/// An element with any text: what XML has no character for is named by its number, which some parsers refuse. The key
/// is then refused, and never another one.
fn element(xml: &mut String, name: &str, text: &str) {
    let _ = write!(xml, "<{name}>");
    for c in text.chars() {
        match c {
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '&' => xml.push_str("&amp;"),
            c if c.is_control() => {
                let _ = write!(xml, "&#{};", u32::from(c));
            }
            c => xml.push(c),
        }
    }
    let _ = write!(xml, "</{name}>");
}

type Identity = (String, Option<String>);

fn fates(document: &[u8]) -> Option<HashMap<Identity, Fate>> {
    let text = std::str::from_utf8(document).ok()?;
    let parsed = Document::parse(text.trim_start()).ok()?;
    let mut fates = HashMap::new();
    for entry in parsed.root_element().children().filter(Node::is_element) {
        let text = |name: &str| {
            let mut children = entry.children();
            let child = children.find(|it| it.tag_name().name() == name)?;
            Some(child.text().unwrap_or_default().to_owned())
        };
        let Some(key) = text("Key") else {
            continue;
        };
        let version = text("VersionId").filter(|it| !it.is_empty());
        let fate = match entry.tag_name().name() {
            "Deleted" => Fate {
                error: None,
                delete_marker: text("DeleteMarker").map(|it| it == "true"),
                marker_version: text("DeleteMarkerVersionId"),
            },
            "Error" => Fate {
                error: Some((
                    text("Code").unwrap_or_default(),
                    text("Message").unwrap_or_default(),
                )),
                ..Fate::default()
            },
            _ => continue,
        };
        fates.insert((key, version), fate);
    }
    Some(fates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_any_characters_are_named_and_no_others() {
        let object = |key: &str, version: Option<&str>| dto::ObjectIdentifier {
            key: key.to_owned(),
            version_id: version.map(str::to_owned),
            ..dto::ObjectIdentifier::default()
        };
        let objects = [object("a<&\u{1}\n", None), object("b", Some("v"))];
        let text = document(objects.iter());
        assert!(
            text.contains("<Object><Key>a&lt;&amp;&#1;&#10;</Key></Object>"),
            "{text}"
        );
        assert!(text.contains("<Object><Key>b</Key><VersionId>v</VersionId></Object>"));
    }

    #[test]
    fn each_key_and_version_has_its_fate() {
        let answer = br#"<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
            <Deleted><Key>a</Key></Deleted>
            <Deleted><Key>a</Key><VersionId>1</VersionId><DeleteMarker>true</DeleteMarker>
              <DeleteMarkerVersionId>m</DeleteMarkerVersionId></Deleted>
            <Error><Key>b</Key><Code>InternalError</Code><Message>x</Message></Error></DeleteResult>"#;
        let fates = fates(answer).unwrap();
        let of = |key: &str, version: Option<&str>| {
            fates.get(&(key.to_owned(), version.map(str::to_owned)))
        };
        assert_eq!(of("a", None), Some(&Fate::default()));
        assert_eq!(
            of("a", Some("1")).unwrap().marker_version.as_deref(),
            Some("m")
        );
        let error = of("b", None).unwrap().error.as_ref().unwrap();
        assert_eq!(error.0, "InternalError");
        assert_eq!(of("c", None), None);
        assert!(super::fates(b"<html>").is_none());
    }
}
