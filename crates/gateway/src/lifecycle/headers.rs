//! What answers say of the end of an object or upload.

use jiff::Timestamp;

use super::Lifecycle;
use super::due::Subject;
use crate::name::ObjectKey;
use crate::reply::{Reply, http_time};
use crate::store::{Bucket, Object};

/// `x-amz-expiration`, if the object will end.
pub(crate) fn expiration(bucket: &Bucket, key: &ObjectKey, object: &Object) -> Option<String> {
    let lifecycle = bucket.configurations.lifecycle.as_deref()?;
    let subject = Subject {
        key: key.as_str(),
        size: object.size,
        modified: object.modified,
        tags: &object.tags,
    };
    let (time, rule) = lifecycle.expiry(&subject)?;
    let id = shown(&rule.id);
    Some(format!(
        "expiry-date=\"{}\", rule-id=\"{id}\"",
        http_time(time)
    ))
}

/// Adds `x-amz-abort-date` and `x-amz-abort-rule-id`, if the upload will be given up.
pub(crate) fn attach_abort(reply: &mut Reply, bucket: &Bucket, key: &str, begun: Timestamp) {
    let lifecycle = bucket.configurations.lifecycle.as_deref();
    if let Some((time, rule)) = lifecycle.and_then(|it: &Lifecycle| it.abort(key, begun)) {
        reply.set_named("x-amz-abort-date", &http_time(time));
        reply.set_named("x-amz-abort-rule-id", &shown(&rule.id));
    }
}

/// An id as it is, as S3 shows it, but for what no header can carry.
fn shown(id: &str) -> String {
    id.chars()
        .map(|c| {
            if c.is_ascii() && !c.is_ascii_control() {
                c
            } else {
                '?'
            }
        })
        .collect()
}
