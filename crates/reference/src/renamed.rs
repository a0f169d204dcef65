//! API operations whose action has another name. Policies that name the operation grant nothing.

/// The action that stands for an operation of S3 or Lambda (Amazon S3 User Guide, "Required permissions for Amazon S3
/// API operations"). Both are without the service.
pub(crate) fn action_for(prefix: &str, operation: &str) -> Option<&'static str> {
    let table = match prefix {
        "s3" => S3,
        "lambda" => LAMBDA,
        _ => return None,
    };
    table
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(operation))
        .map(|(_, action)| *action)
}

const LAMBDA: &[(&str, &str)] = &[("Invoke", "InvokeFunction")];

const S3: &[(&str, &str)] = &[
    ("CompleteMultipartUpload", "PutObject"),
    ("CopyObject", "PutObject"),
    ("CreateMultipartUpload", "PutObject"),
    (
        "DeleteBucketAnalyticsConfiguration",
        "PutAnalyticsConfiguration",
    ),
    ("DeleteBucketCors", "PutBucketCORS"),
    ("DeleteBucketEncryption", "PutEncryptionConfiguration"),
    (
        "DeleteBucketIntelligentTieringConfiguration",
        "PutIntelligentTieringConfiguration",
    ),
    (
        "DeleteBucketInventoryConfiguration",
        "PutInventoryConfiguration",
    ),
    ("DeleteBucketLifecycle", "PutLifecycleConfiguration"),
    (
        "DeleteBucketMetricsConfiguration",
        "PutMetricsConfiguration",
    ),
    (
        "DeleteBucketOwnershipControls",
        "PutBucketOwnershipControls",
    ),
    ("DeleteBucketReplication", "PutReplicationConfiguration"),
    ("DeleteBucketTagging", "PutBucketTagging"),
    ("DeleteObjects", "DeleteObject"),
    ("DeletePublicAccessBlock", "PutBucketPublicAccessBlock"),
    (
        "GetBucketAccelerateConfiguration",
        "GetAccelerateConfiguration",
    ),
    (
        "GetBucketAnalyticsConfiguration",
        "GetAnalyticsConfiguration",
    ),
    ("GetBucketEncryption", "GetEncryptionConfiguration"),
    (
        "GetBucketIntelligentTieringConfiguration",
        "GetIntelligentTieringConfiguration",
    ),
    (
        "GetBucketInventoryConfiguration",
        "GetInventoryConfiguration",
    ),
    ("GetBucketLifecycle", "GetLifecycleConfiguration"),
    (
        "GetBucketLifecycleConfiguration",
        "GetLifecycleConfiguration",
    ),
    ("GetBucketMetricsConfiguration", "GetMetricsConfiguration"),
    (
        "GetBucketNotificationConfiguration",
        "GetBucketNotification",
    ),
    ("GetBucketReplication", "GetReplicationConfiguration"),
    ("GetObjectLegalHoldStatus", "GetObjectLegalHold"),
    (
        "GetObjectLockConfiguration",
        "GetBucketObjectLockConfiguration",
    ),
    ("GetPublicAccessBlock", "GetBucketPublicAccessBlock"),
    ("HeadBucket", "ListBucket"),
    ("HeadObject", "GetObject"),
    ("InitiateMultipartUpload", "PutObject"),
    (
        "ListBucketAnalyticsConfigurations",
        "GetAnalyticsConfiguration",
    ),
    (
        "ListBucketIntelligentTieringConfigurations",
        "GetIntelligentTieringConfiguration",
    ),
    (
        "ListBucketInventoryConfigurations",
        "GetInventoryConfiguration",
    ),
    ("ListBucketMetricsConfigurations", "GetMetricsConfiguration"),
    ("ListBuckets", "ListAllMyBuckets"),
    ("ListMultipartUploads", "ListBucketMultipartUploads"),
    ("ListObject", "ListBucket"),
    ("ListObjectVersions", "ListBucketVersions"),
    ("ListObjects", "ListBucket"),
    ("ListObjectsV2", "ListBucket"),
    ("ListParts", "ListMultipartUploadParts"),
    (
        "PutBucketAccelerateConfiguration",
        "PutAccelerateConfiguration",
    ),
    (
        "PutBucketAnalyticsConfiguration",
        "PutAnalyticsConfiguration",
    ),
    ("PutBucketEncryption", "PutEncryptionConfiguration"),
    (
        "PutBucketIntelligentTieringConfiguration",
        "PutIntelligentTieringConfiguration",
    ),
    (
        "PutBucketInventoryConfiguration",
        "PutInventoryConfiguration",
    ),
    ("PutBucketLifecycle", "PutLifecycleConfiguration"),
    (
        "PutBucketLifecycleConfiguration",
        "PutLifecycleConfiguration",
    ),
    ("PutBucketMetricsConfiguration", "PutMetricsConfiguration"),
    (
        "PutBucketNotificationConfiguration",
        "PutBucketNotification",
    ),
    ("PutBucketReplication", "PutReplicationConfiguration"),
    (
        "PutObjectLockConfiguration",
        "PutBucketObjectLockConfiguration",
    ),
    ("PutPublicAccessBlock", "PutBucketPublicAccessBlock"),
    ("SelectObjectContent", "GetObject"),
    ("UploadPart", "PutObject"),
    ("UploadPartCopy", "PutObject"),
];

#[cfg(test)]
pub(crate) fn all() -> impl Iterator<Item = (String, String)> {
    let tables = [("s3", S3), ("lambda", LAMBDA)];
    tables.into_iter().flat_map(|(prefix, table)| {
        let name = move |name: &str| format!("{prefix}:{name}");
        table
            .iter()
            .map(move |(operation, action)| (name(operation), name(action)))
    })
}
