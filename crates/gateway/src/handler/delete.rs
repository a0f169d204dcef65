//! DeleteObject and DeleteObjects.

use door::Permit;
use http::StatusCode;
use s3s::dto;

use super::Context;
use crate::condition::{guard, rejected};
use crate::fault::{Code, Fault};
use crate::name::ObjectKey;
use crate::reply::Reply;
use crate::request::{Input, xml};
use crate::store::{Guard, Rejected};
use crate::upload_body::Claims;

/// Most keys of one request.
const MOST_KEYS: usize = 1000;

/// Deletes an object; one that isn't there counts as deleted.
pub(super) async fn delete_object(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    let key = cx.request.key()?.clone();
    let guard = guard(cx.request)?;
    // No object here has another version than `null`, and deleting what isn't there is fine.
    if cx.request.foreign_version().is_none() {
        let answers = cx
            .store
            .delete_objects(cx.bucket()?.id, vec![(key, guard)])
            .await?;
        if let Some(Err(reason)) = answers.first() {
            return Err(rejected(*reason, cx.request));
        }
    }
    Ok(Reply::empty(StatusCode::NO_CONTENT))
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
            key: ObjectKey::parse(&object.key).map_err(Fault::from),
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
    /// Code and message of its refusal.
    pub(crate) error: Option<(String, String)>,
}

/// Deletes the keys that have a permit, in one transaction, and tells of each.
pub(crate) async fn delete_objects(
    cx: &Context<'_>,
    keys: Vec<(Doomed, Result<Permit, Fault>)>,
    quiet: bool,
) -> Result<(Reply, Vec<Told>), Fault> {
    let mut batch = Vec::new();
    let mut told: Vec<(String, Option<String>, Result<(), Fault>)> = Vec::new();
    let mut places = Vec::new();
    for (doomed, permit) in keys {
        let verdict = match (doomed.key, permit) {
            (Err(fault), _) | (_, Err(fault)) => Err(fault),
            (Ok(key), Ok(_)) => {
                if doomed.version.as_deref().is_none_or(|id| id == "null") {
                    places.push(told.len());
                    batch.push((key, doomed.guard));
                }
                Ok(())
            }
        };
        told.push((doomed.text, doomed.version, verdict));
    }
    let answers = if batch.is_empty() {
        Vec::new()
    } else {
        cx.store.delete_objects(cx.bucket()?.id, batch).await?
    };
    for (place, answer) in places.into_iter().zip(answers) {
        if let (Err(reason), Some(line)) = (answer, told.get_mut(place)) {
            line.2 = Err(match reason {
                Rejected::NoObject => Fault::new(Code::NoSuchKey),
                reason => rejected(reason, cx.request),
            });
        }
    }
    let all = told.iter().map(|(key, _, verdict)| Told {
        key: key.clone(),
        error: verdict
            .as_ref()
            .err()
            .map(|fault| (fault.code().name().to_owned(), fault.text().to_owned())),
    });
    let all = all.collect();
    let mut deleted = Vec::new();
    let mut errors = Vec::new();
    for (key, version, verdict) in told {
        match verdict {
            Ok(()) => deleted.push(dto::DeletedObject {
                key: Some(key),
                version_id: version,
                ..dto::DeletedObject::default()
            }),
            Err(fault) => errors.push(dto::Error {
                code: Some(fault.code().name().to_owned()),
                key: Some(key),
                message: Some(fault.text().to_owned()),
                version_id: version,
            }),
        }
    }
    let reply = Reply::xml(&dto::DeleteObjectsOutput {
        deleted: (!quiet).then_some(deleted),
        errors: Some(errors),
        request_charged: None,
    })?;
    Ok((reply, all))
}
