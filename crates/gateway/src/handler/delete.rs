//! DeleteObject and DeleteObjects.

use door::Permit;
use http::StatusCode;
use s3s::dto;

use super::Context;
use crate::absent::no_version;
use crate::condition::{guard, rejected};
use crate::fault::{Code, Fault};
use crate::name::ObjectKey;
use crate::reply::{DELETE_MARKER, Reply, VERSION_ID};
use crate::request::{Input, xml};
use crate::store::{Deleted, Deletion, Guard, InvalidVersionId, Rejected};
use crate::upload_body::Claims;

/// Most keys of one request.
const MOST_KEYS: usize = 1000;

/// Deletes an object, or one version of it; one that isn't there counts as deleted.
pub(super) async fn delete_object(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    let deletion = Deletion {
        key: cx.request.key()?.clone(),
        version: cx.request.version()?,
        guard: guard(cx.request)?,
    };
    let bucket = cx.bucket()?.id;
    let answers = cx
        .store
        .delete_objects(bucket, vec![deletion], cx.call.now)
        .await?;
    let mut reply = Reply::empty(StatusCode::NO_CONTENT);
    match answers.into_iter().next() {
        Some(Err(reason)) => return Err(rejected(reason, cx.request)),
        Some(Ok(deleted)) => {
            if let Some(version) = deleted.version {
                reply.set(VERSION_ID, &version.to_string());
            }
            if deleted.marker {
                reply.set(DELETE_MARKER, "true");
            }
            reply.elements = elements(deleted);
        }
        None => {}
    }
    Ok(reply)
}

/// What the audit trail is told of a deletion: CloudTrail has the headers of the answer.
fn elements(deleted: Deleted) -> Option<serde_json::Value> {
    let mut elements = serde_json::Map::new();
    if let Some(version) = deleted.version {
        elements.insert(VERSION_ID.to_string(), version.to_string().into());
    }
    if deleted.marker {
        elements.insert(DELETE_MARKER.to_string(), "true".into());
    }
    (!elements.is_empty()).then_some(elements.into())
}

/// A key that DeleteObjects names.
#[derive(Debug)]
pub(crate) struct Doomed {
    /// As it was sent.
    pub(crate) text: String,
    /// The key, if it is one.
    pub(crate) key: Result<ObjectKey, Fault>,
    /// The version that is named.
    pub(crate) version: Option<String>,
    guard: Guard,
}

/// The keys that a DeleteObjects names, and whether it wants to hear only of failures.
pub(crate) fn doomed_keys(cx: &Context<'_>, input: &Input) -> Result<(Vec<Doomed>, bool), Fault> {
    if Claims::read(cx.request)?.is_empty() {
        return Err(Fault::invalid_request(
            "Missing required header for this request: Content-MD5 OR x-amz-checksum-*",
        ));
    }
    let wanted: dto::Delete = xml(&input.bytes)?;
    if wanted.objects.is_empty() || wanted.objects.len() > MOST_KEYS {
        return Err(Fault::new(Code::MalformedXml));
    }
    let doomed = wanted
        .objects
        .into_iter()
        .map(|object| Doomed {
            key: match object.version_id.as_deref() {
                // Some stores take an empty version for none, which another action is needed for.
                Some(version) if version.trim().is_empty() => Err(no_version(&object.key, version)),
                _ => ObjectKey::parse(&object.key).map_err(Fault::from),
            },
            text: object.key,
            version: object.version_id,
            guard: Guard {
                if_match: object.e_tag.map(|tag| {
                    let tag = tag.into_value();
                    vec![(tag != "*").then_some(tag)]
                }),
                if_absent: false,
            },
        })
        .collect();
    Ok((doomed, wanted.quiet.unwrap_or(false)))
}

/// What became of one key.
#[derive(Debug)]
pub(crate) struct Told {
    /// As it was sent.
    pub(crate) key: String,
    /// The version that was named.
    pub(crate) version: Option<String>,
    /// What the audit trail is told of its deletion.
    pub(crate) elements: Option<serde_json::Value>,
    /// Code and message of its refusal.
    pub(crate) error: Option<(String, String)>,
}

/// A line of the answer.
struct Line {
    key: String,
    version: Option<String>,
    verdict: Result<Deleted, Fault>,
}

/// Deletes the keys that have a permit, in one transaction, and tells of each.
pub(crate) async fn delete_objects(
    cx: &Context<'_>,
    keys: Vec<(Doomed, Result<Permit, Fault>)>,
    quiet: bool,
) -> Result<(Reply, Vec<Told>), Fault> {
    let mut batch = Vec::new();
    let mut lines: Vec<Line> = Vec::new();
    let mut places = Vec::new();
    for (doomed, permit) in keys {
        let verdict = match (doomed.key, permit) {
            (Err(fault), _) | (_, Err(fault)) => Err(fault),
            (Ok(key), Ok(_)) => match doomed.version.as_deref().map(str::parse).transpose() {
                Ok(version) => {
                    places.push(lines.len());
                    batch.push(Deletion {
                        key,
                        version,
                        guard: doomed.guard,
                    });
                    Ok(Deleted::default())
                }
                Err(InvalidVersionId(text)) => Err(no_version(key.as_str(), &text)),
            },
        };
        lines.push(Line {
            key: doomed.text,
            version: doomed.version,
            verdict,
        });
    }
    let answers = if batch.is_empty() {
        Vec::new()
    } else {
        let bucket = cx.bucket()?.id;
        cx.store.delete_objects(bucket, batch, cx.call.now).await?
    };
    for (place, answer) in places.into_iter().zip(answers) {
        if let Some(line) = lines.get_mut(place) {
            line.verdict = answer.map_err(|reason| match reason {
                Rejected::NoObject => Fault::new(Code::NoSuchKey),
                reason => rejected(reason, cx.request),
            });
        }
    }
    let told = lines.iter().map(Line::told).collect();
    let mut deleted = Vec::new();
    let mut errors = Vec::new();
    for line in lines {
        match line.verdict {
            Ok(done) => deleted.push(dto::DeletedObject {
                key: Some(line.key),
                version_id: line.version,
                delete_marker: done.marker.then_some(true),
                delete_marker_version_id: done
                    .version
                    .filter(|_| done.marker)
                    .map(|version| version.to_string()),
            }),
            Err(fault) => errors.push(dto::Error {
                code: Some(fault.code().name().to_owned()),
                key: Some(line.key),
                message: Some(fault.text().to_owned()),
                version_id: line.version,
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

impl Line {
    fn told(&self) -> Told {
        let failed = |fault: &Fault| (fault.code().name().to_owned(), fault.text().to_owned());
        Told {
            key: self.key.clone(),
            version: self.version.clone(),
            elements: self.verdict.as_ref().ok().copied().and_then(elements),
            error: self.verdict.as_ref().err().map(failed),
        }
    }
}
