//! What a request needs: actions on resources, with S3's condition keys.

use policy::Value;

use crate::name::{BucketName, ObjectKey};
use crate::operation::{Level, Operation};
use crate::request::{CopySource, Input, Request};
use crate::store::Object;
use crate::tags::Tags;

/// One action on one resource.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Requirement {
    /// The action, e.g. `s3:GetObject`.
    pub(crate) action: &'static str,
    /// What it is needed on.
    pub(crate) target: Target,
    /// Condition keys of this request.
    pub(crate) keys: Vec<(String, Value)>,
}

/// What an action is needed on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Target {
    /// All buckets.
    Service,
    /// A bucket.
    Bucket(BucketName),
    /// An object.
    Object(BucketName, ObjectKey),
}

impl Target {
    /// The ARN that policies are matched against.
    pub(crate) fn arn(&self) -> String {
        match self {
            Self::Service => "arn:aws:s3:::*".to_owned(),
            Self::Bucket(bucket) => bucket.arn(),
            Self::Object(bucket, key) => key.arn(bucket),
        }
    }
}

impl Requirement {
    fn new(action: &'static str, target: Target) -> Self {
        Self {
            action,
            target,
            keys: Vec::new(),
        }
    }

    fn key(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.keys.push((name.into(), value.into()));
    }

    /// `s3:ListBucket` on the bucket: who lacks it isn't told that a key doesn't exist.
    pub(crate) fn list_bucket(bucket: &BucketName) -> Self {
        let mut list = Self::new("s3:ListBucket", Target::Bucket(bucket.clone()));
        list.key("s3:max-keys", "1000");
        list
    }

    /// What deleting one key needs.
    pub(crate) fn delete_object(
        request: &Request,
        bucket: &BucketName,
        key: &ObjectKey,
        version: Option<&str>,
    ) -> Vec<Self> {
        let target = Target::Object(bucket.clone(), key.clone());
        let row = Operation::DeleteObject.row();
        let actions = version.map_or(row.actions, |_| row.version_actions);
        let mut needs: Vec<Self> = actions
            .iter()
            .map(|action| Self::new(action, target.clone()))
            .collect();
        if let Some(version) = version {
            needs
                .iter_mut()
                .for_each(|need| need.key("s3:versionid", version));
        }
        if request
            .header("x-amz-bypass-governance-retention")
            .is_some()
        {
            needs.push(Self::new("s3:BypassGovernanceRetention", target));
        }
        needs
    }
}

/// Request headers and the condition keys that carry them, present exactly if the header is
/// (Service Authorization Reference, "Condition keys for Amazon S3").
const HEADER_KEYS: &[(&str, &str)] = &[
    ("x-amz-acl", "s3:x-amz-acl"),
    ("x-amz-grant-full-control", "s3:x-amz-grant-full-control"),
    ("x-amz-grant-read", "s3:x-amz-grant-read"),
    ("x-amz-grant-read-acp", "s3:x-amz-grant-read-acp"),
    ("x-amz-grant-write", "s3:x-amz-grant-write"),
    ("x-amz-grant-write-acp", "s3:x-amz-grant-write-acp"),
    ("x-amz-copy-source", "s3:x-amz-copy-source"),
    ("x-amz-metadata-directive", "s3:x-amz-metadata-directive"),
    ("x-amz-storage-class", "s3:x-amz-storage-class"),
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
    (
        "x-amz-website-redirect-location",
        "s3:x-amz-website-redirect-location",
    ),
    ("x-amz-object-lock-mode", "s3:object-lock-mode"),
    (
        "x-amz-object-lock-retain-until-date",
        "s3:object-lock-retain-until-date",
    ),
    ("x-amz-object-lock-legal-hold", "s3:object-lock-legal-hold"),
    ("x-amz-object-ownership", "s3:x-amz-object-ownership"),
    ("if-match", "s3:if-match"),
    ("if-none-match", "s3:if-none-match"),
];

/// Headers that set an ACL.
const ACL_HEADERS: &[&str] = &[
    "x-amz-acl",
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-read-acp",
    "x-amz-grant-write",
    "x-amz-grant-write-acp",
];

/// Whether the request sets an ACL by header.
pub(crate) fn has_acl_header(request: &Request) -> bool {
    ACL_HEADERS
        .iter()
        .any(|name| request.header(name).is_some())
}

/// Everything that a request needs, which is nothing only for DeleteObjects. `existing` is
/// the object it works on, `source` the one it copies.
pub(crate) fn needs(
    request: &Request,
    input: &Input,
    existing: Option<&Object>,
    source: Option<&Object>,
) -> Vec<Requirement> {
    let row = request.operation.row();
    let version = request.query.get("versionId");
    let actions = match version {
        Some(_) if row.level == Level::Object => row.version_actions,
        _ => row.actions,
    };
    let mut actions = actions.to_vec();
    actions.extend(from_headers(request));
    let target = match (row.level, request.address.bucket(), request.address.key()) {
        (Level::Object, Some(bucket), Some(key)) => Target::Object(bucket.clone(), key.clone()),
        (Level::Bucket, Some(bucket), _) => Target::Bucket(bucket.clone()),
        _ => Target::Service,
    };
    let keys = keys(request, input, existing);
    let mut needs: Vec<Requirement> = match request.operation {
        Operation::DeleteObject => match (request.address.bucket(), request.address.key()) {
            (Some(bucket), Some(key)) => Requirement::delete_object(request, bucket, key, version),
            _ => Vec::new(),
        },
        _ => actions
            .into_iter()
            .map(|action| Requirement {
                action,
                target: target.clone(),
                keys: keys.clone(),
            })
            .collect(),
    };
    if let Some(from) = &request.source {
        let mut read = of_source(request, from, source);
        read.append(&mut needs);
        needs = read;
    }
    needs
}

/// Actions that headers add.
fn from_headers(request: &Request) -> Vec<&'static str> {
    let has = |name: &str| request.header(name).is_some();
    let mut actions = Vec::new();
    match request.operation {
        Operation::PutObject | Operation::CopyObject | Operation::CreateMultipartUpload => {
            if has_acl_header(request) {
                actions.push("s3:PutObjectAcl");
            }
            let replaced = request.operation != Operation::CopyObject || replaces_tags(request);
            if has("x-amz-tagging") && replaced {
                actions.push("s3:PutObjectTagging");
            }
            if has("x-amz-object-lock-mode") || has("x-amz-object-lock-retain-until-date") {
                actions.push("s3:PutObjectRetention");
            }
            if has("x-amz-object-lock-legal-hold") {
                actions.push("s3:PutObjectLegalHold");
            }
        }
        Operation::CreateBucket => {
            if has_acl_header(request) {
                actions.push("s3:PutBucketAcl");
            }
            if has("x-amz-bucket-object-lock-enabled") {
                actions.push("s3:PutBucketObjectLockConfiguration");
                actions.push("s3:PutBucketVersioning");
            }
            if has("x-amz-object-ownership") {
                actions.push("s3:PutBucketOwnershipControls");
            }
        }
        _ => {}
    }
    actions
}

/// Whether a copy takes its tags from the request and not from the source.
pub(crate) fn replaces_tags(request: &Request) -> bool {
    request
        .header("x-amz-tagging-directive")
        .is_some_and(|directive| directive.eq_ignore_ascii_case("REPLACE"))
}

fn of_source(request: &Request, from: &CopySource, object: Option<&Object>) -> Vec<Requirement> {
    let versioned = from.version.is_some();
    let target = Target::Object(from.bucket.clone(), from.key.clone());
    let mut actions = vec![if versioned {
        "s3:GetObjectVersion"
    } else {
        "s3:GetObject"
    }];
    let tagged = object.is_some_and(|object| !object.tags.is_empty());
    if request.operation == Operation::CopyObject && tagged && !replaces_tags(request) {
        actions.push(if versioned {
            "s3:GetObjectVersionTagging"
        } else {
            "s3:GetObjectTagging"
        });
    }
    let mut needs = Vec::new();
    for action in actions {
        let mut need = Requirement::new(action, target.clone());
        if let Some(version) = &from.version {
            need.key("s3:versionid", version.clone());
        }
        if let Some(object) = object {
            existing_tags(&mut need.keys, &object.tags);
        }
        needs.push(need);
    }
    // Tags that travel along are set on the destination.
    if needs.len() == 2
        && let (Some(bucket), Some(key)) = (request.address.bucket(), request.address.key())
    {
        let target = Target::Object(bucket.clone(), key.clone());
        let mut need = Requirement::new("s3:PutObjectTagging", target);
        if let Some(object) = object {
            request_tags(&mut need.keys, &object.tags);
        }
        needs.push(need);
    }
    needs
}

fn keys(request: &Request, input: &Input, existing: Option<&Object>) -> Vec<(String, Value)> {
    use Operation as O;
    let mut keys: Vec<(String, Value)> = Vec::new();
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
        O::PutObject | O::CopyObject | O::CompleteMultipartUpload => {
            key("s3:ObjectCreationOperation", "true");
        }
        O::CreateMultipartUpload | O::UploadPart | O::UploadPartCopy => {
            key("s3:ObjectCreationOperation", "false");
        }
        _ => {}
    }
    if !request.operation.row().read_only {
        for (header, name) in HEADER_KEYS {
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
    if let Some(Ok(tags)) = &input.tags
        && request.operation.row().level == Level::Object
        && (request.operation != O::CopyObject || replaces_tags(request))
    {
        request_tags(&mut keys, tags);
    }
    if let Some(object) = existing {
        existing_tags(&mut keys, &object.tags);
    }
    keys
}

fn request_tags(keys: &mut Vec<(String, Value)>, tags: &Tags) {
    for (tag, value) in tags.iter() {
        keys.push((format!("s3:RequestObjectTag/{tag}"), value.into()));
    }
    let names: Vec<String> = tags.iter().map(|(tag, _)| tag.to_owned()).collect();
    if !names.is_empty() {
        keys.push(("s3:RequestObjectTagKeys".to_owned(), names.into()));
    }
}

fn existing_tags(keys: &mut Vec<(String, Value)>, tags: &Tags) {
    for (tag, value) in tags.iter() {
        keys.push((format!("s3:ExistingObjectTag/{tag}"), value.into()));
    }
}

#[cfg(test)]
#[path = "needs_tests.rs"]
mod tests;
