//! What a request needs: actions on resources, with S3's condition keys.

use policy::{AccountId, Value};

use crate::address::Address;
use crate::condition_keys::{self, existing_tags, request_tags};
use crate::name::{BucketName, ObjectKey};
use crate::operation::{Level, Operation};
use crate::request::{CopySource, Input, Request};
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
    /// A bucket that is to be created: whoever has one of that name has no say in it.
    NewBucket(BucketName),
    /// An object.
    Object(BucketName, ObjectKey),
    /// An account's own settings, which are no resource: policies say `*`.
    Account(AccountId),
}

impl Target {
    /// The ARN that policies are matched against.
    pub(crate) fn arn(&self) -> String {
        match self {
            Self::Service => "arn:aws:s3:::*".to_owned(),
            Self::Bucket(bucket) | Self::NewBucket(bucket) => bucket.arn(),
            Self::Object(bucket, key) => key.arn(bucket),
            Self::Account(_) => "*".to_owned(),
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
        } else if let Some(etag) = request.header("if-match")
            && request.operation == Operation::DeleteObject
        {
            needs
                .iter_mut()
                .for_each(|need| need.key("s3:if-match", etag));
        }
        if bypasses_retention(request) {
            needs.push(Self::new("s3:BypassGovernanceRetention", target));
        }
        needs
    }
}

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

/// Everything that a request needs, which is nothing only for DeleteObjects. `existing` are the
/// tags of the object it works on, `source` those of the one it copies.
pub(crate) fn needs(
    request: &Request,
    input: &Input,
    existing: Option<&Tags>,
    source: Option<&Tags>,
) -> Vec<Requirement> {
    let row = request.operation.row();
    let version = request.query.get("versionId");
    let actions = match version {
        Some(_) if !row.version_actions.is_empty() => row.version_actions,
        _ => row.actions,
    };
    let mut actions = actions.to_vec();
    actions.extend(from_parameters(request, input));
    let target = match (row.level, request.address.bucket(), request.address.key()) {
        (Level::Bucket, Some(bucket), _) if request.operation == Operation::CreateBucket => {
            Target::NewBucket(bucket.clone())
        }
        (Level::Object, Some(bucket), Some(key)) => Target::Object(bucket.clone(), key.clone()),
        (Level::Bucket, Some(bucket), _) => Target::Bucket(bucket.clone()),
        (Level::Account, ..) => match request.address {
            Address::Account(account) => Target::Account(account),
            _ => return Vec::new(),
        },
        _ => Target::Service,
    };
    let keys = condition_keys::of(request, input, existing);
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
                keys: keys
                    .iter()
                    .filter(|(key, _)| condition_keys::has(action, key))
                    .cloned()
                    .collect(),
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

/// Whether the request is to get past a retention that governance put on.
fn bypasses_retention(request: &Request) -> bool {
    request
        .header("x-amz-bypass-governance-retention")
        .is_some_and(|value| !value.eq_ignore_ascii_case("false"))
}

/// Actions that headers and the body add (S3 API Reference, "Permissions" of each operation).
fn from_parameters(request: &Request, input: &Input) -> Vec<&'static str> {
    let has = |name: &str| request.header(name).is_some();
    let mut actions = Vec::new();
    match request.operation {
        Operation::PutObject
        | Operation::PostObject
        | Operation::CopyObject
        | Operation::CreateMultipartUpload => {
            if has_acl_header(request) {
                actions.push("s3:PutObjectAcl");
            }
            let replaced = request.operation != Operation::CopyObject || replaces_tags(request);
            let posted = request.posted.as_ref();
            let in_form = posted.is_some_and(|it| it.tagging.is_some());
            if (has("x-amz-tagging") && replaced) || in_form {
                actions.push("s3:PutObjectTagging");
            }
            if has("x-amz-object-lock-mode") || has("x-amz-object-lock-retain-until-date") {
                actions.push("s3:PutObjectRetention");
            }
            if has("x-amz-object-lock-legal-hold") {
                actions.push("s3:PutObjectLegalHold");
            }
        }
        Operation::PutObjectRetention if bypasses_retention(request) => {
            actions.push("s3:BypassGovernanceRetention");
        }
        Operation::CreateBucket => {
            // The private one is what every bucket has.
            if has_acl_header(request) && !is_private(request) {
                actions.push("s3:PutBucketAcl");
            }
            if request
                .header("x-amz-bucket-object-lock-enabled")
                .is_some_and(|value| !value.eq_ignore_ascii_case("false"))
            {
                actions.push("s3:PutBucketObjectLockConfiguration");
                actions.push("s3:PutBucketVersioning");
            }
            if has("x-amz-object-ownership") {
                actions.push("s3:PutBucketOwnershipControls");
            }
            if matches!(&input.tags, Some(Ok(tags)) if !tags.is_empty()) {
                actions.push("s3:TagResource");
            }
        }
        _ => {}
    }
    actions
}

/// Whether the ACL that the request sets is the private one and nothing else.
fn is_private(request: &Request) -> bool {
    request.header("x-amz-acl") == Some("private")
        && ACL_HEADERS
            .iter()
            .filter(|name| request.header(name).is_some())
            .count()
            == 1
}

/// Whether a copy takes its tags from the request and not from the source.
pub(crate) fn replaces_tags(request: &Request) -> bool {
    request
        .header("x-amz-tagging-directive")
        .is_some_and(|directive| directive.eq_ignore_ascii_case("REPLACE"))
}

fn of_source(request: &Request, from: &CopySource, tags: Option<&Tags>) -> Vec<Requirement> {
    let versioned = from.version.is_some();
    let target = Target::Object(from.bucket.clone(), from.key.clone());
    let mut actions = vec![if versioned {
        "s3:GetObjectVersion"
    } else {
        "s3:GetObject"
    }];
    let tagged = tags.is_some_and(|tags| !tags.is_empty());
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
        if let Some(tags) = tags {
            existing_tags(&mut need.keys, tags);
        }
        needs.push(need);
    }
    // Tags that travel along are set on the destination.
    if needs.len() == 2
        && let (Some(bucket), Some(key)) = (request.address.bucket(), request.address.key())
    {
        let target = Target::Object(bucket.clone(), key.clone());
        let mut need = Requirement::new("s3:PutObjectTagging", target);
        if let Some(tags) = tags {
            request_tags(&mut need.keys, tags);
        }
        needs.push(need);
    }
    needs
}

#[cfg(test)]
#[path = "needs_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "needs_key_tests.rs"]
mod key_tests;
