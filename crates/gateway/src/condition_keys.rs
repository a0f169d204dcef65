//! The condition keys of a request: what it says by header, parameter and body, under the names that
//! policies know (Service Authorization Reference, "Condition keys for Amazon S3").
//!
//! A key is there exactly if the request says it, and only with the actions that have it. Nothing else
//! of a request becomes a key, whatever a client calls its headers.

use jiff::Timestamp;
use policy::Value;
use s3s::dto;

use crate::documents::ObjectEncryption;
use crate::fault::{Code, Fault};
use crate::needs::replaces_tags;
use crate::operation::{Level, Operation};
use crate::request::{Input, Request, xml};
use crate::tags::Tags;

/// Keys with their values.
pub(crate) type Keys = Vec<(String, Value)>;

/// Request headers and the keys that carry them.
const HEADERS: &[(&str, &str)] = &[
    ("if-match", "s3:if-match"),
    ("if-none-match", "s3:if-none-match"),
    ("x-amz-acl", "s3:x-amz-acl"),
    ("x-amz-bucket-namespace", "s3:x-amz-bucket-namespace"),
    ("x-amz-copy-source", "s3:x-amz-copy-source"),
    ("x-amz-grant-full-control", "s3:x-amz-grant-full-control"),
    ("x-amz-grant-read", "s3:x-amz-grant-read"),
    ("x-amz-grant-read-acp", "s3:x-amz-grant-read-acp"),
    ("x-amz-grant-write", "s3:x-amz-grant-write"),
    ("x-amz-grant-write-acp", "s3:x-amz-grant-write-acp"),
    ("x-amz-metadata-directive", "s3:x-amz-metadata-directive"),
    ("x-amz-object-lock-legal-hold", "s3:object-lock-legal-hold"),
    ("x-amz-object-lock-mode", "s3:object-lock-mode"),
    (
        "x-amz-object-lock-retain-until-date",
        "s3:object-lock-retain-until-date",
    ),
    ("x-amz-object-ownership", "s3:x-amz-object-ownership"),
    (
        "x-amz-server-side-encryption",
        "s3:x-amz-server-side-encryption",
    ),
    (
        "x-amz-server-side-encryption-aws-kms-key-id",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
    ),
    (
        "x-amz-server-side-encryption-customer-algorithm",
        "s3:x-amz-server-side-encryption-customer-algorithm",
    ),
    ("x-amz-storage-class", "s3:x-amz-storage-class"),
    (
        "x-amz-website-redirect-location",
        "s3:x-amz-website-redirect-location",
    ),
];

const RETAIN_UNTIL: &str = "s3:object-lock-retain-until-date";
/// How long an object is to be locked, in days.
pub(crate) const REMAINING_RETENTION: &str = "s3:object-lock-remaining-retention-days";
const SECONDS_A_DAY: i64 = 86_400;

/// The keys that headers carry.
#[cfg(test)]
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    HEADERS.iter().map(|(_, key)| *key)
}

/// Whether a request for `action` has the key. AWS's own keys of a request are about tags, and only
/// actions that tag have them.
pub(crate) fn has(action: &str, key: &str) -> bool {
    let sets_tags = matches!(action, "s3:CreateBucket" | "s3:TagResource");
    if key.starts_with("aws:RequestTag/") {
        return sets_tags;
    }
    if key == "aws:TagKeys" {
        return sets_tags || action == "s3:UntagResource";
    }
    policy::s3_action_has_key(action, key)
}

/// Whether a request for `action` has the tags of the object that it is asked of.
pub(crate) fn sees_object_tags(action: &str) -> bool {
    has(action, "s3:ExistingObjectTag/any")
}

/// Everything that a request says. `existing` are the tags of the object that it works on.
pub(crate) fn of(request: &Request, input: &Input, existing: Option<&Tags>) -> Keys {
    use Operation as O;
    let mut keys = Keys::new();
    let mut key = |name: &str, value: &str| keys.push((name.to_owned(), value.into()));
    match request.operation {
        O::ListObjects | O::ListObjectsV2 | O::HeadBucket | O::ListObjectVersions => {
            // Present if the parameter was sent, even empty; max-keys always.
            if request.operation != O::HeadBucket {
                for name in ["prefix", "delimiter"] {
                    if let Some(value) = request.query.get(name) {
                        key(&format!("s3:{name}"), value);
                    }
                }
            }
            let most = request.query.get("max-keys").filter(|v| !v.is_empty());
            key("s3:max-keys", most.unwrap_or("1000"));
        }
        O::PutObject | O::PostObject | O::CopyObject | O::CompleteMultipartUpload => {
            key("s3:ObjectCreationOperation", "true");
        }
        O::CreateMultipartUpload | O::UploadPart | O::UploadPartCopy => {
            key("s3:ObjectCreationOperation", "false");
        }
        _ => {}
    }
    // No action that only reads has one of these.
    if !request.operation.row().read_only {
        for (header, name) in HEADERS {
            if let Some(value) = request.header(header) {
                key(name, value);
            }
        }
    }
    if let Some(version) = request.query.get("versionId") {
        key("s3:versionid", version);
    }
    if let Some(Ok(location)) = &input.location {
        key("s3:locationconstraint", location);
    }
    if let Ok(said) = &input.said {
        keys.extend(said.iter().cloned());
    }
    match (&input.tags, request.operation) {
        (Some(Ok(tags)), O::CreateBucket | O::TagResource) => tags_of_a_bucket(&mut keys, tags),
        (Some(Ok(tags)), operation)
            if operation.row().level == Level::Object
                && (operation != O::CopyObject || replaces_tags(request)) =>
        {
            request_tags(&mut keys, tags);
        }
        _ => {}
    }
    if request.operation == O::UntagResource {
        let names: Vec<String> = request.query.all("tagKeys").map(str::to_owned).collect();
        keys.push(("aws:TagKeys".to_owned(), names.into()));
    }
    if let Some(tags) = existing {
        existing_tags(&mut keys, tags);
    }
    keys
}

/// What the body of a request says, if there are keys for it.
///
/// # Errors
/// A body that isn't understood: nothing can be decided over what it may say.
pub(crate) fn of_body(operation: Operation, bytes: &[u8]) -> Result<Keys, Fault> {
    use Operation as O;
    let mut keys = Keys::new();
    match operation {
        O::PutObjectRetention => {
            let retention: dto::ObjectLockRetention = xml(bytes)?;
            if let Some(mode) = retention.mode {
                keys.push(("s3:object-lock-mode".to_owned(), mode.as_str().into()));
            }
            if let Some(until) = retention.retain_until_date {
                keys.push((RETAIN_UNTIL.to_owned(), date(&until)?.into()));
            }
        }
        O::PutObjectLegalHold => {
            let hold: dto::ObjectLockLegalHold = xml(bytes)?;
            if let Some(status) = hold.status {
                let name = "s3:object-lock-legal-hold".to_owned();
                keys.push((name, status.as_str().into()));
            }
        }
        O::PutInventoryConfiguration => {
            let inventory: dto::InventoryConfiguration = xml(bytes)?;
            let fields = inventory.optional_fields.unwrap_or_default();
            let fields: Vec<String> = fields.iter().map(|it| it.as_str().to_owned()).collect();
            if !fields.is_empty() {
                let name = "s3:InventoryAccessibleOptionalFields".to_owned();
                keys.push((name, fields.into()));
            }
        }
        O::UpdateObjectEncryption => {
            let wanted: ObjectEncryption = xml(bytes)?;
            let name = "s3:x-amz-server-side-encryption";
            keys.push((name.to_owned(), wanted.algorithm.into()));
            if let Some(key) = wanted.kms_key {
                keys.push((format!("{name}-aws-kms-key-id"), key.into()));
            }
        }
        _ => {}
    }
    Ok(keys)
}

/// As conditions on dates have it.
fn date(time: &dto::Timestamp) -> Result<String, Fault> {
    let mut text = Vec::new();
    time.format(dto::TimestampFormat::DateTime, &mut text)
        .map_err(|error| Fault::internal("a date can't be written", &error))?;
    let malformed = || Fault::new(Code::MalformedXml);
    let text = String::from_utf8(text).map_err(|_| malformed())?;
    let time: Timestamp = text.parse().map_err(|_| malformed())?;
    Ok(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// For how many days an object is to be locked from now on, if the request says until when. A day that
/// has begun counts.
pub(crate) fn remaining_retention(keys: &[(String, Value)], now: Timestamp) -> Option<Value> {
    let (_, until) = keys.iter().find(|(name, _)| name == RETAIN_UNTIL)?;
    let Value::One(until) = until else {
        return None;
    };
    let until: Timestamp = until.parse().ok()?;
    let seconds = until.as_second().saturating_sub(now.as_second()).max(0);
    let days = (seconds + SECONDS_A_DAY - 1) / SECONDS_A_DAY;
    Some(Value::One(days.to_string()))
}

/// The tags of a bucket that is created or tagged.
fn tags_of_a_bucket(keys: &mut Keys, tags: &Tags) {
    for (tag, value) in tags.iter() {
        keys.push((format!("aws:RequestTag/{tag}"), value.into()));
    }
    let names: Vec<String> = tags.iter().map(|(tag, _)| tag.to_owned()).collect();
    if !names.is_empty() {
        keys.push(("aws:TagKeys".to_owned(), names.into()));
    }
}

/// The tags that a request gives an object.
pub(crate) fn request_tags(keys: &mut Keys, tags: &Tags) {
    for (tag, value) in tags.iter() {
        keys.push((format!("s3:RequestObjectTag/{tag}"), value.into()));
    }
    let names: Vec<String> = tags.iter().map(|(tag, _)| tag.to_owned()).collect();
    if !names.is_empty() {
        keys.push(("s3:RequestObjectTagKeys".to_owned(), names.into()));
    }
}

/// The tags that an object has.
pub(crate) fn existing_tags(keys: &mut Keys, tags: &Tags) {
    for (tag, value) in tags.iter() {
        keys.push((format!("s3:ExistingObjectTag/{tag}"), value.into()));
    }
}

/// The tags of the bucket that a request works in, where the bucket has them count (S3 User Guide,
/// "Using tags with S3 general purpose buckets").
pub(crate) fn bucket_tags(tags: &Tags) -> impl Iterator<Item = (String, &str)> {
    tags.iter().flat_map(|(tag, value)| {
        ["aws:ResourceTag", "s3:BucketTag"].map(|key| (format!("{key}/{tag}"), value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_on_what_an_object_has_see_its_tags() {
        for action in ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObjectTagging"] {
            assert!(sees_object_tags(action), "{action}");
        }
        for action in ["s3:PutObject", "s3:DeleteObject", "s3:ListBucket"] {
            assert!(!sees_object_tags(action), "{action}");
        }
    }

    #[test]
    fn a_day_of_retention_that_has_begun_counts() {
        let now: Timestamp = "2026-01-01T00:00:01Z".parse().unwrap();
        for (until, days) in [
            ("2026-01-11T00:00:01Z", "10"),
            ("2026-01-11T00:00:00Z", "10"),
            ("2026-01-11T00:00:02Z", "11"),
            ("2025-12-31T00:00:00Z", "0"),
        ] {
            let keys = [(RETAIN_UNTIL.to_owned(), Value::from(until))];
            assert_eq!(remaining_retention(&keys, now), Some(Value::from(days)));
        }
        assert_eq!(remaining_retention(&[], now), None);
    }

    #[test]
    fn bodies_say_what_headers_say() {
        let keys = |operation, body: &str| of_body(operation, body.as_bytes()).unwrap();
        let retention = "<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2026-02-03T04:05:06Z</RetainUntilDate></Retention>";
        assert_eq!(
            keys(Operation::PutObjectRetention, retention),
            [
                ("s3:object-lock-mode".to_owned(), Value::from("GOVERNANCE")),
                (RETAIN_UNTIL.to_owned(), Value::from("2026-02-03T04:05:06Z")),
            ]
        );
        let hold = "<LegalHold><Status>ON</Status></LegalHold>";
        assert_eq!(
            keys(Operation::PutObjectLegalHold, hold),
            [("s3:object-lock-legal-hold".to_owned(), Value::from("ON"))]
        );
        let kms = "<ObjectEncryption><SSE-KMS><KMSKeyArn>arn:aws:kms:x</KMSKeyArn></SSE-KMS></ObjectEncryption>";
        assert_eq!(
            keys(Operation::UpdateObjectEncryption, kms)[1],
            (
                "s3:x-amz-server-side-encryption-aws-kms-key-id".to_owned(),
                Value::from("arn:aws:kms:x")
            )
        );
        for operation in [
            Operation::PutObjectRetention,
            Operation::PutObjectLegalHold,
            Operation::PutInventoryConfiguration,
            Operation::UpdateObjectEncryption,
        ] {
            assert!(of_body(operation, b"<Other/>").is_err(), "{operation:?}");
            assert!(of_body(operation, b"").is_err(), "{operation:?}");
        }
    }
}
