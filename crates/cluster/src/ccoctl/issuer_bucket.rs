//! The bucket that an issuer's documents are in, and who may read them.

use serde_json::json;

use crate::region::Region;

/// The issuer's URL for its bucket: that of the bucket at AWS, wherever the bucket is.
#[must_use]
pub fn issuer_url(bucket: &str, region: &Region) -> String {
    format!(
        "https://{bucket}.s3.{region}.{}",
        region.partition().dns_suffix()
    )
}

/// The bucket policy that lets everybody read the documents.
#[must_use]
pub fn public_policy(partition: &str, bucket: &str) -> String {
    let document = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "AllowReadPublicAccess",
            "Effect": "Allow",
            "Principal": "*",
            "Action": ["s3:GetObject"],
            "Resource": [format!("arn:{partition}:s3:::{bucket}/*")],
        }],
    });
    document.to_string()
}

/// What of a bucket's public access is blocked. ACLs are in either case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublicAccess {
    /// A policy may make objects public.
    ByPolicy,
    /// Nothing may.
    None,
}

impl PublicAccess {
    /// Names and values of S3's `PublicAccessBlockConfiguration`.
    #[must_use]
    pub fn blocks(self) -> [(&'static str, bool); 4] {
        let policies = self == Self::None;
        [
            ("BlockPublicAcls", true),
            ("IgnorePublicAcls", true),
            ("BlockPublicPolicy", policies),
            ("RestrictPublicBuckets", policies),
        ]
    }
}
