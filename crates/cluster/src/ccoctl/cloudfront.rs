//! A private bucket behind CloudFront: the files that a dry run writes for it.

use serde_json::json;

use super::provider::file;
use super::{DryRunFile, InfraName, PublicAccess};
use crate::region::Region;

/// Stands for the issuer's URL, which is known when the distribution is there.
pub const CLOUDFRONT_URL: &str = "<enter_cloudfront_distribution_url_here>";

/// Stands for the id of the identity that CloudFront reads the bucket with.
const IDENTITY: &str = "<enter_cloudfront_origin_access_identity_here>";

/// CloudFront's own policy that nothing is cached ("Managed-CachingDisabled"): keys that were put into the bucket count.
const NO_CACHE: &str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";

/// `05-…` to `08-…`, each for the `aws` command of its name with `--cli-input-json`.
#[must_use]
pub fn cloudfront_files(name: &InfraName, bucket: &str, region: &Region) -> [DryRunFile; 4] {
    let comment = name.tag_key();
    let identity = json!({
        "CloudFrontOriginAccessIdentityConfig": {
            "CallerReference": name.to_string(),
            "Comment": comment,
        },
    });
    let partition = region.partition().id();
    // The version of 2008 is the one that CloudFront's console writes.
    let policy = json!({
        "Version": "2008-10-17",
        "Id": "PolicyForCloudFrontPrivateContent",
        "Statement": [{
            "Sid": "1",
            "Effect": "Allow",
            "Principal": {
                "AWS": format!(
                    "arn:{partition}:iam::cloudfront:user/CloudFront Origin Access Identity {IDENTITY}"
                ),
            },
            "Action": "s3:GetObject",
            "Resource": format!("arn:{partition}:s3:::{bucket}/*"),
        }],
    });
    let blocks = PublicAccess::None.blocks();
    let blocks: serde_json::Map<_, _> = blocks
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    let origin = format!("{bucket}.s3.{region}.{}", region.partition().dns_suffix());
    let methods = json!(["GET", "HEAD"]);
    let tags: Vec<_> = name
        .tags()
        .into_iter()
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect();
    let distribution = json!({
        "DistributionConfigWithTags": {
            "DistributionConfig": {
                "CallerReference": name.to_string(),
                "Comment": comment,
                "Enabled": true,
                "Origins": {
                    "Quantity": 1,
                    "Items": [{
                        "Id": origin,
                        "DomainName": origin,
                        "S3OriginConfig": {
                            "OriginAccessIdentity": format!("origin-access-identity/cloudfront/{IDENTITY}"),
                        },
                    }],
                },
                "DefaultCacheBehavior": {
                    "TargetOriginId": origin,
                    "ViewerProtocolPolicy": "https-only",
                    "CachePolicyId": NO_CACHE,
                    "AllowedMethods": {
                        "Quantity": 2,
                        "Items": methods,
                        "CachedMethods": {"Quantity": 2, "Items": methods},
                    },
                },
                "ViewerCertificate": {"CloudFrontDefaultCertificate": true},
            },
            "Tags": {"Items": tags},
        },
    });
    [
        file("05-cloudfront-origin-access-identity.json", &identity),
        file(
            "06-put-bucket-policy-to-allow-origin-access-identity.json",
            &json!({"Bucket": bucket, "Policy": policy.to_string()}),
        ),
        file(
            "07-block-public-access-to-oidc-bucket.json",
            &json!({"Bucket": bucket, "PublicAccessBlockConfiguration": blocks}),
        ),
        file("08-cloudfront-distribution.json", &distribution),
    ]
}
