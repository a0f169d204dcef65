//! The outline of each document that is read (S3 and S3 Control API References, "Request Syntax").

use s3s::dto;

use super::{Outline, Outlined};
use crate::documents::{AbacStatus, NewBucket, ObjectEncryption, TagResource};

type Row = (&'static str, &'static [&'static str]);
const GRANT: Row = ("Grant", &["Grantee", "Permission"]);
const GRANTEE: Row = ("Grantee", &["ID", "DisplayName", "EmailAddress", "URI"]);
const TAG: Row = ("Tag", &["Key", "Value"]);

impl Outlined for dto::AccessControlPolicy {
    const OUTLINE: Outline = &[
        ("AccessControlPolicy", &["Owner", "AccessControlList"]),
        ("AccessControlList", &["Grant"]),
        GRANT,
        GRANTEE,
        ("Owner", &["ID", "DisplayName"]),
    ];
}

impl Outlined for dto::BucketLifecycleConfiguration {
    const OUTLINE: Outline = &[
        ("LifecycleConfiguration", &["Rule"]),
        (
            "Rule",
            &[
                "ID",
                "Prefix",
                "Filter",
                "Status",
                "Expiration",
                "NoncurrentVersionExpiration",
                "AbortIncompleteMultipartUpload",
                "Transition",
                "NoncurrentVersionTransition",
            ],
        ),
        (
            "Filter",
            &[
                "Prefix",
                "Tag",
                "And",
                "ObjectSizeGreaterThan",
                "ObjectSizeLessThan",
            ],
        ),
        (
            "And",
            &[
                "Prefix",
                "Tag",
                "ObjectSizeGreaterThan",
                "ObjectSizeLessThan",
            ],
        ),
        TAG,
        ("Expiration", &["Days", "Date", "ExpiredObjectDeleteMarker"]),
        (
            "NoncurrentVersionExpiration",
            &["NoncurrentDays", "NewerNoncurrentVersions"],
        ),
        ("AbortIncompleteMultipartUpload", &["DaysAfterInitiation"]),
        ("Transition", &["Days", "Date", "StorageClass"]),
        (
            "NoncurrentVersionTransition",
            &["NoncurrentDays", "NewerNoncurrentVersions", "StorageClass"],
        ),
    ];
}

impl Outlined for dto::BucketLoggingStatus {
    const OUTLINE: Outline = &[
        ("BucketLoggingStatus", &["LoggingEnabled"]),
        (
            "LoggingEnabled",
            &[
                "TargetBucket",
                "TargetGrants",
                "TargetPrefix",
                "TargetObjectKeyFormat",
            ],
        ),
        ("TargetGrants", &["Grant"]),
        GRANT,
        GRANTEE,
        (
            "TargetObjectKeyFormat",
            &["SimplePrefix", "PartitionedPrefix"],
        ),
        ("PartitionedPrefix", &["PartitionDateSource"]),
    ];
}

impl Outlined for dto::CORSConfiguration {
    const OUTLINE: Outline = &[
        ("CORSConfiguration", &["CORSRule"]),
        (
            "CORSRule",
            &[
                "ID",
                "AllowedHeader",
                "AllowedMethod",
                "AllowedOrigin",
                "ExposeHeader",
                "MaxAgeSeconds",
            ],
        ),
    ];
}

impl Outlined for dto::CompletedMultipartUpload {
    const OUTLINE: Outline = &[
        ("CompleteMultipartUpload", &["Part"]),
        (
            "Part",
            &[
                "PartNumber",
                "ETag",
                "ChecksumCRC32",
                "ChecksumCRC32C",
                "ChecksumCRC64NVME",
                "ChecksumSHA1",
                "ChecksumSHA256",
            ],
        ),
    ];
}

impl Outlined for dto::Delete {
    const OUTLINE: Outline = &[
        ("Delete", &["Object", "Quiet"]),
        (
            "Object",
            &["Key", "VersionId", "ETag", "LastModifiedTime", "Size"],
        ),
    ];
}

impl Outlined for dto::InventoryConfiguration {
    const OUTLINE: Outline = &[
        (
            "InventoryConfiguration",
            &[
                "Destination",
                "Filter",
                "Id",
                "IncludedObjectVersions",
                "IsEnabled",
                "OptionalFields",
                "Schedule",
            ],
        ),
        ("Destination", &["S3BucketDestination"]),
        (
            "S3BucketDestination",
            &["AccountId", "Bucket", "Encryption", "Format", "Prefix"],
        ),
        ("Encryption", &["SSE-KMS", "SSE-S3"]),
        ("SSE-KMS", &["KeyId"]),
        ("Filter", &["Prefix"]),
        ("OptionalFields", &["Field"]),
        ("Schedule", &["Frequency"]),
    ];
}

impl Outlined for dto::NotificationConfiguration {
    const OUTLINE: Outline = &[
        (
            "NotificationConfiguration",
            &[
                "CloudFunctionConfiguration",
                "EventBridgeConfiguration",
                "QueueConfiguration",
                "TopicConfiguration",
            ],
        ),
        (
            "CloudFunctionConfiguration",
            &["CloudFunction", "Event", "Filter", "Id"],
        ),
        ("QueueConfiguration", &["Event", "Filter", "Id", "Queue"]),
        ("TopicConfiguration", &["Event", "Filter", "Id", "Topic"]),
        ("Filter", &["S3Key"]),
        ("S3Key", &["FilterRule"]),
        ("FilterRule", &["Name", "Value"]),
    ];
}

impl Outlined for dto::ObjectLockLegalHold {
    const OUTLINE: Outline = &[("LegalHold", &["Status"])];
}

impl Outlined for dto::ObjectLockRetention {
    const OUTLINE: Outline = &[("Retention", &["Mode", "RetainUntilDate"])];
}

impl Outlined for dto::OwnershipControls {
    const OUTLINE: Outline = &[
        ("OwnershipControls", &["Rule"]),
        ("Rule", &["ObjectOwnership"]),
    ];
}

impl Outlined for dto::PublicAccessBlockConfiguration {
    const OUTLINE: Outline = &[(
        "PublicAccessBlockConfiguration",
        &[
            "BlockPublicAcls",
            "BlockPublicPolicy",
            "IgnorePublicAcls",
            "RestrictPublicBuckets",
        ],
    )];
}

impl Outlined for dto::RequestPaymentConfiguration {
    const OUTLINE: Outline = &[("RequestPaymentConfiguration", &["Payer"])];
}

impl Outlined for dto::ServerSideEncryptionConfiguration {
    const OUTLINE: Outline = &[
        ("ServerSideEncryptionConfiguration", &["Rule"]),
        (
            "Rule",
            &["ApplyServerSideEncryptionByDefault", "BucketKeyEnabled"],
        ),
        (
            "ApplyServerSideEncryptionByDefault",
            &["SSEAlgorithm", "KMSMasterKeyID"],
        ),
    ];
}

impl Outlined for dto::Tagging {
    const OUTLINE: Outline = &[("Tagging", &["TagSet"]), ("TagSet", &["Tag"]), TAG];
}

impl Outlined for dto::VersioningConfiguration {
    const OUTLINE: Outline = &[("VersioningConfiguration", &["MfaDelete", "Status"])];
}

impl Outlined for AbacStatus {
    const OUTLINE: Outline = &[("AbacStatus", &["Status"])];
}

impl Outlined for NewBucket {
    const OUTLINE: Outline = &[
        ("CreateBucketConfiguration", &["LocationConstraint", "Tags"]),
        ("Tags", &["Tag"]),
        TAG,
    ];
}

impl Outlined for ObjectEncryption {
    const OUTLINE: Outline = &[
        ("ObjectEncryption", &["SSE-KMS", "SSE-S3"]),
        ("SSE-S3", &[]),
        ("SSE-KMS", &["BucketKeyEnabled", "KMSKeyArn"]),
    ];
}

impl Outlined for TagResource {
    const OUTLINE: Outline = &[("TagResourceRequest", &["Tags"]), ("Tags", &["Tag"]), TAG];
}
