//! What the audit trail is told of a request (CloudTrail User Guide, "Amazon S3 data events").

use std::sync::Arc;

use door::{Authentication, Call};
use http::Method;
use policy::AccountId;
use s3s::dto;
use serde_json::{Map, Value, json};
use trail::{Draft, Resource};

use crate::address::Address;
use crate::cors::Cors;
use crate::handler::Told;
use crate::ids::Ids;
use crate::operation::{Category, Level, Operation};
use crate::request::{CopySource, Input, Request, xml};
use crate::store::Bucket;

/// Request headers that the event shows. Customer keys are not among them.
const SHOWN_HEADERS: &[&str] = &[
    "x-amz-acl",
    "x-amz-copy-source",
    "x-amz-copy-source-range",
    "x-amz-metadata-directive",
    "x-amz-object-ownership",
    "x-amz-storage-class",
    "x-amz-tagging",
    "x-amz-tagging-directive",
];

/// Longest bucket policy (S3 User Guide, "Bucket policies"). Anybody may send what is longer, and it
/// would fill the owner's trail.
const LONGEST_POLICY: usize = 20 * 1024;

/// What is known of a request so far; filled while it is handled.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    parameters: Map<String, Value>,
    operation: Option<Operation>,
    resources: Vec<Resource>,
    received: u64,
    reason: Option<String>,
    /// The bucket's rules for pages of other sites.
    pub(crate) cors: Option<Arc<Cors>>,
}

impl Seen {
    /// The request has been classified.
    pub(crate) fn request(&mut self, request: &Request, call: &Call) {
        self.operation = Some(request.operation);
        // A form's fields, which take the place of the headers, don't tell it again.
        self.received = request.content_length().unwrap_or(self.received);
        let mut put = |name: &str, value: &str| {
            self.parameters.insert(name.to_owned(), value.into());
        };
        for (name, value) in request.query.iter() {
            put(name, value);
        }
        for name in SHOWN_HEADERS {
            if let Some(value) = request.header(name) {
                put(name, value);
            }
        }
        if let Authentication::Query {
            signed_at,
            expires_seconds,
        } = &call.authentication
        {
            put("X-Amz-Algorithm", "AWS4-HMAC-SHA256");
            put(
                "X-Amz-Date",
                &signed_at.strftime("%Y%m%dT%H%M%SZ").to_string(),
            );
            put("X-Amz-Expires", &expires_seconds.to_string());
        }
        // Last, so that no query parameter of these names takes their place.
        put("Host", &call.host);
        if let Address::Account(account) = request.address {
            put("accountId", &account.to_string());
        }
        if let Some(bucket) = request.address.bucket() {
            put("bucketName", bucket.as_str());
            if let Some(key) = request.address.key() {
                put("key", key.as_str());
                self.resources.push(Resource {
                    account: None,
                    kind: "AWS::S3::Object".to_owned(),
                    arn: key.arn(bucket),
                });
            }
        }
    }

    /// The request failed, for a reason that only the log is told.
    pub(crate) fn refused(&mut self, reason: Option<&str>) {
        self.reason = reason.map(str::to_owned);
    }

    /// The bucket has been found.
    pub(crate) fn bucket(&mut self, bucket: &Bucket) {
        self.cors.clone_from(&bucket.configurations.cors);
        self.resources.push(Resource {
            account: Some(bucket.owner),
            kind: "AWS::S3::Bucket".to_owned(),
            arn: bucket.name.arn(),
        });
    }

    /// The source of a copy has been found: whose it is has a part in the event.
    pub(crate) fn source(&mut self, from: &CopySource, bucket: &Bucket) {
        self.resources.push(Resource {
            account: None,
            kind: "AWS::S3::Object".to_owned(),
            arn: from.key.arn(&from.bucket),
        });
        self.resources.push(Resource {
            account: Some(bucket.owner),
            kind: "AWS::S3::Bucket".to_owned(),
            arn: bucket.name.arn(),
        });
    }

    /// The body has been read. A bucket policy is shown as it is; the keys of DeleteObjects
    /// have events of their own.
    pub(crate) fn input(&mut self, request: &Request, input: &Input) {
        if !input.bytes.is_empty() {
            self.received = input.bytes.len() as u64;
        }
        if request.operation == Operation::PutBucketPolicy
            && input.bytes.len() <= LONGEST_POLICY
            && let Ok(policy) = serde_json::from_slice(&input.bytes)
        {
            self.parameters.insert("bucketPolicy".to_owned(), policy);
        }
        let blocks = matches!(
            request.operation,
            Operation::PutPublicAccessBlock | Operation::PutAccountPublicAccessBlock
        );
        if blocks && let Ok(block) = xml::<dto::PublicAccessBlockConfiguration>(&input.bytes) {
            let document = json!({
                "BlockPublicAcls": block.block_public_acls,
                "IgnorePublicAcls": block.ignore_public_acls,
                "BlockPublicPolicy": block.block_public_policy,
                "RestrictPublicBuckets": block.restrict_public_buckets,
            });
            self.parameters
                .insert("PublicAccessBlockConfiguration".to_owned(), document);
        }
        if request.operation == Operation::PutBucketVersioning
            && let Ok(wanted) = xml::<dto::VersioningConfiguration>(&input.bytes)
        {
            let mut document = Map::new();
            let status = wanted.status.map(|it| it.as_str().to_owned());
            let mfa_delete = wanted.mfa_delete.map(|it| it.as_str().to_owned());
            for (name, value) in [("Status", status), ("MfaDelete", mfa_delete)] {
                document.extend(value.map(|value| (name.to_owned(), value.into())));
            }
            self.parameters
                .insert("VersioningConfiguration".to_owned(), document.into());
        }
        if let Some(Ok(location)) = &input.location {
            self.parameters.insert(
                "CreateBucketConfiguration".to_owned(),
                json!({"LocationConstraint": location}),
            );
        }
        if let Some(Ok(tags)) = &input.tags
            && request.operation.row().level == Level::Bucket
        {
            let tags: Vec<_> = tags
                .iter()
                .map(|(key, value)| json!({"Key": key, "Value": value}))
                .collect();
            self.parameters.insert("Tags".to_owned(), tags.into());
        }
    }

    /// The handler's part of the event.
    pub(crate) fn draft(
        self,
        call: &Call,
        ids: &Ids,
        method: &Method,
        sent: u64,
        elements: Option<Value>,
        error: Option<(String, String)>,
    ) -> Draft {
        let row = self.operation.map(Operation::row);
        let owner = self.resources.iter().find_map(|resource| resource.account);
        let mut additional = Map::new();
        let mut put = |name: &str, value: Value| {
            additional.insert(name.to_owned(), value);
        };
        match &call.authentication {
            Authentication::None => {}
            Authentication::Header => {
                put("SignatureVersion", "SigV4".into());
                put("AuthenticationMethod", "AuthHeader".into());
            }
            Authentication::Query { .. } => {
                put("SignatureVersion", "SigV4".into());
                put("AuthenticationMethod", "QueryString".into());
            }
            Authentication::QueryV2 { .. } => {
                put("SignatureVersion", "SigV2".into());
                put("AuthenticationMethod", "QueryString".into());
            }
            Authentication::Post { .. } => {
                put("SignatureVersion", "SigV4".into());
                put("AuthenticationMethod", "HtmlForm".into());
            }
        }
        if let Some(tls) = &call.tls {
            put("CipherSuite", tls.cipher_suite.clone().into());
        }
        put("bytesTransferredIn", self.received.into());
        put("bytesTransferredOut", sent.into());
        put("x-amz-id-2", ids.host.clone().into());
        Draft {
            event_source: "s3.amazonaws.com",
            event_name: row.map_or("Refused", |row| row.event).to_owned(),
            action: row.and_then(|row| row.actions.first()?.strip_prefix("s3:")),
            read_only: row.map_or_else(|| method.is_safe(), |row| row.read_only),
            management: row.is_none_or(|row| row.category == Category::Management),
            request_parameters: row
                .is_none_or(|row| row.level != Level::Service || !self.parameters.is_empty())
                .then_some(Value::Object(self.parameters)),
            response_elements: elements,
            additional: Some(Value::Object(additional)),
            resources: self.resources,
            error,
            reason: self.reason,
            // Buckets that don't exist are nobody's, and so is what strangers want of them.
            unattributed: call.caller.account().is_none() && owner.is_none(),
            recipient: recipient(call, owner),
            ..Draft::default()
        }
    }
}

/// The account that is told of a request without credentials: the bucket's owner. Other
/// callers have an account of their own.
fn recipient(call: &Call, owner: Option<AccountId>) -> Option<AccountId> {
    owner.filter(|_| call.caller.account().is_none())
}

/// The event of one key of DeleteObjects, beside the request's own. (CloudTrail leaves the
/// keys out; an audit needs them.)
pub(crate) fn deletion(call: &Call, bucket: &Bucket, told: &Told) -> Draft {
    let mut parameters = json!({"bucketName": bucket.name.as_str(), "key": told.key});
    if let (Some(version), Some(parameters)) = (&told.version, parameters.as_object_mut()) {
        parameters.insert("versionId".to_owned(), version.as_str().into());
    }
    Draft {
        event_source: "s3.amazonaws.com",
        event_name: "DeleteObject".to_owned(),
        request_parameters: Some(parameters),
        response_elements: told.elements.clone(),
        resources: vec![
            Resource {
                account: None,
                kind: "AWS::S3::Object".to_owned(),
                arn: format!("{}/{}", bucket.name.arn(), told.key),
            },
            Resource {
                account: Some(bucket.owner),
                kind: "AWS::S3::Bucket".to_owned(),
                arn: bucket.name.arn(),
            },
        ],
        error: told.error.clone(),
        recipient: recipient(call, Some(bucket.owner)),
        ..Draft::default()
    }
}
