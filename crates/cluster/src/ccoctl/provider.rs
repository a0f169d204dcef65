//! The OIDC provider in IAM, and the files that a dry run writes for it and its bucket.

use serde_json::{Value, json};

use super::{DryRunFile, InfraName};
use crate::region::Region;

/// The audiences that a provider is registered with: `openshift` is that of older clusters' tokens.
pub const CLIENT_IDS: [&str; 2] = ["openshift", "sts.amazonaws.com"];

/// `01-oidc-bucket.json`, for `aws s3api create-bucket --cli-input-json`.
#[must_use]
pub fn bucket_file(bucket: &str, region: &Region) -> DryRunFile {
    let mut input = json!({"ACL": "private", "Bucket": bucket});
    // S3 refuses its oldest region by name.
    if region.name() != "us-east-1" {
        input["CreateBucketConfiguration"] = json!({"LocationConstraint": region.name()});
    }
    file("01-oidc-bucket.json", &input)
}

/// `04-iam-identity-provider.json`, for `aws iam create-open-id-connect-provider --cli-input-json`. Without a thumbprint, IAM
/// finds it itself. With the tags, what is made of it can be found again.
#[must_use]
pub fn provider_file(issuer: &str, thumbprint: Option<&str>, name: &InfraName) -> DryRunFile {
    let thumbprints: Vec<&str> = thumbprint.into_iter().collect();
    let tags = name.tags();
    let tags = tags.map(|(key, value)| json!({"Key": key, "Value": value}));
    let input = json!({
        "Url": issuer,
        "ClientIDList": CLIENT_IDS,
        "ThumbprintList": thumbprints,
        "Tags": tags,
    });
    file("04-iam-identity-provider.json", &input)
}

pub(super) fn file(name: &str, input: &Value) -> DryRunFile {
    DryRunFile {
        name: name.to_owned(),
        content: format!("{input:#}\n"),
    }
}
