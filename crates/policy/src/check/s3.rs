//! Names that bucket policies may use: actions and condition keys of S3 (Service Authorization
//! Reference, "Actions, resources, and condition keys for Amazon S3").

/// Whether a request for `action` of S3 may have the condition key `key`: a global key, one that all
/// of S3's actions have, or one of its own. What S3 puts into the context of a decision and what it
/// lets a bucket policy ask for are thereby the same.
#[must_use]
pub fn s3_action_has_key(action: &str, key: &str) -> bool {
    let Some((_, name)) = action.split_once(':') else {
        return false;
    };
    match carriers(key) {
        Some(actions) => actions.iter().any(|known| known.eq_ignore_ascii_case(name)),
        None => is_condition_key(key),
    }
}

/// What an action is asked of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    Bucket,
    Object,
}

/// All actions, as `s3:Name`.
pub(super) fn actions() -> impl Iterator<Item = String> {
    [OBJECT_ACTIONS, BUCKET_ACTIONS, OTHER_ACTIONS]
        .into_iter()
        .flatten()
        .map(|name| format!("s3:{name}"))
}

/// What an action is asked of, if it is a bucket or an object.
pub(super) fn reach(action: &str) -> Option<Reach> {
    let (_, name) = action.split_once(':')?;
    let listed = |list: &[&str]| list.iter().any(|known| known.eq_ignore_ascii_case(name));
    if listed(OBJECT_ACTIONS) {
        Some(Reach::Object)
    } else if listed(BUCKET_ACTIONS) {
        Some(Reach::Bucket)
    } else {
        None
    }
}

/// Whether a request to S3 can carry the key: a global one, one of S3's, or a claim of a provider.
pub(super) fn is_condition_key(key: &str) -> bool {
    let Some((prefix, name)) = key.split_once(':') else {
        return false;
    };
    if prefix.eq_ignore_ascii_case("s3") {
        return row(name).is_some() || is_one_of(KEYS_OF_ALL_ACTIONS, name);
    }
    prefix.eq_ignore_ascii_case("aws")
        || prefix.eq_ignore_ascii_case("saml")
        || prefix.contains('.')
}

/// The actions that carry a key of S3; `None` if it is no such key, or all of them do.
pub(super) fn carriers(key: &str) -> Option<&'static [&'static str]> {
    let (prefix, name) = key.split_once(':')?;
    if prefix.eq_ignore_ascii_case("s3") {
        row(name)
    } else {
        None
    }
}

fn row(name: &str) -> Option<&'static [&'static str]> {
    KEYS.iter()
        .find(|(key, _)| is(key, name))
        .map(|(_, actions)| *actions)
}

fn is_one_of(keys: &[&str], name: &str) -> bool {
    keys.iter().any(|key| is(key, name))
}

/// A key that ends in `/` is followed by the name of a tag.
fn is(key: &str, name: &str) -> bool {
    if key.ends_with('/') {
        let start = name.get(..key.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(key)) && name.len() > key.len()
    } else {
        key.eq_ignore_ascii_case(name)
    }
}

/// Asked of an object.
const OBJECT_ACTIONS: &[&str] = &[
    "AbortMultipartUpload",
    "BypassGovernanceRetention",
    "DeleteObject",
    "DeleteObjectTagging",
    "DeleteObjectVersion",
    "DeleteObjectVersionTagging",
    "GetObject",
    "GetObjectAcl",
    "GetObjectAttributes",
    "GetObjectLegalHold",
    "GetObjectRetention",
    "GetObjectTagging",
    "GetObjectTorrent",
    "GetObjectVersion",
    "GetObjectVersionAcl",
    "GetObjectVersionAttributes",
    "GetObjectVersionForReplication",
    "GetObjectVersionTagging",
    "GetObjectVersionTorrent",
    "InitiateReplication",
    "ListMultipartUploadParts",
    "ObjectOwnerOverrideToBucketOwner",
    "PutObject",
    "PutObjectAcl",
    "PutObjectLegalHold",
    "PutObjectRetention",
    "PutObjectTagging",
    "PutObjectVersionAcl",
    "PutObjectVersionTagging",
    "ReplicateDelete",
    "ReplicateObject",
    "ReplicateTags",
    "RestoreObject",
    "UpdateObjectEncryption",
];

/// Asked of a bucket.
const BUCKET_ACTIONS: &[&str] = &[
    "CreateBucket",
    "CreateBucketMetadataTableConfiguration",
    "DeleteBucket",
    "DeleteBucketMetadataTableConfiguration",
    "DeleteBucketPolicy",
    "DeleteBucketWebsite",
    "GetAccelerateConfiguration",
    "GetAnalyticsConfiguration",
    "GetBucketAbac",
    "GetBucketAcl",
    "GetBucketCORS",
    "GetBucketLocation",
    "GetBucketLogging",
    "GetBucketMetadataTableConfiguration",
    "GetBucketNotification",
    "GetBucketObjectLockConfiguration",
    "GetBucketOwnershipControls",
    "GetBucketPolicy",
    "GetBucketPolicyStatus",
    "GetBucketPublicAccessBlock",
    "GetBucketRequestPayment",
    "GetBucketTagging",
    "GetBucketVersioning",
    "GetBucketWebsite",
    "GetEncryptionConfiguration",
    "GetIntelligentTieringConfiguration",
    "GetInventoryConfiguration",
    "GetLifecycleConfiguration",
    "GetMetricsConfiguration",
    "GetReplicationConfiguration",
    "ListBucket",
    "ListBucketMultipartUploads",
    "ListBucketVersions",
    "ListTagsForResource",
    "PauseReplication",
    "PutAccelerateConfiguration",
    "PutAnalyticsConfiguration",
    "PutBucketAbac",
    "PutBucketAcl",
    "PutBucketCORS",
    "PutBucketLogging",
    "PutBucketNotification",
    "PutBucketObjectLockConfiguration",
    "PutBucketOwnershipControls",
    "PutBucketPolicy",
    "PutBucketPublicAccessBlock",
    "PutBucketRequestPayment",
    "PutBucketTagging",
    "PutBucketVersioning",
    "PutBucketWebsite",
    "PutEncryptionConfiguration",
    "PutIntelligentTieringConfiguration",
    "PutInventoryConfiguration",
    "PutLifecycleConfiguration",
    "PutMetricsConfiguration",
    "PutReplicationConfiguration",
    "TagResource",
    "UntagResource",
    "UpdateBucketMetadataInventoryTableConfiguration",
    "UpdateBucketMetadataJournalTableConfiguration",
];

/// Asked of an account, an access point or another resource.
const OTHER_ACTIONS: &[&str] = &[
    "AssociateAccessGrantsIdentityCenter",
    "CreateAccessGrant",
    "CreateAccessGrantsInstance",
    "CreateAccessGrantsLocation",
    "CreateAccessPoint",
    "CreateAccessPointForObjectLambda",
    "CreateJob",
    "CreateMultiRegionAccessPoint",
    "CreateStorageLensGroup",
    "DeleteAccessGrant",
    "DeleteAccessGrantsInstance",
    "DeleteAccessGrantsInstanceResourcePolicy",
    "DeleteAccessGrantsLocation",
    "DeleteAccessPoint",
    "DeleteAccessPointForObjectLambda",
    "DeleteAccessPointPolicy",
    "DeleteAccessPointPolicyForObjectLambda",
    "DeleteJobTagging",
    "DeleteMultiRegionAccessPoint",
    "DeleteStorageLensConfiguration",
    "DeleteStorageLensConfigurationTagging",
    "DeleteStorageLensGroup",
    "DescribeJob",
    "DescribeMultiRegionAccessPointOperation",
    "DissociateAccessGrantsIdentityCenter",
    "GetAccessGrant",
    "GetAccessGrantsInstance",
    "GetAccessGrantsInstanceForPrefix",
    "GetAccessGrantsInstanceResourcePolicy",
    "GetAccessGrantsLocation",
    "GetAccessPoint",
    "GetAccessPointConfigurationForObjectLambda",
    "GetAccessPointForObjectLambda",
    "GetAccessPointPolicy",
    "GetAccessPointPolicyForObjectLambda",
    "GetAccessPointPolicyStatus",
    "GetAccessPointPolicyStatusForObjectLambda",
    "GetAccountPublicAccessBlock",
    "GetDataAccess",
    "GetJobTagging",
    "GetMultiRegionAccessPoint",
    "GetMultiRegionAccessPointPolicy",
    "GetMultiRegionAccessPointPolicyStatus",
    "GetMultiRegionAccessPointRoutes",
    "GetStorageLensConfiguration",
    "GetStorageLensConfigurationTagging",
    "GetStorageLensDashboard",
    "GetStorageLensGroup",
    "ListAccessGrants",
    "ListAccessGrantsInstances",
    "ListAccessGrantsLocations",
    "ListAccessPoints",
    "ListAccessPointsForObjectLambda",
    "ListAllMyBuckets",
    "ListCallerAccessGrants",
    "ListJobs",
    "ListMultiRegionAccessPoints",
    "ListStorageLensConfigurations",
    "ListStorageLensGroups",
    "PutAccessGrantsInstanceResourcePolicy",
    "PutAccessPointConfigurationForObjectLambda",
    "PutAccessPointPolicy",
    "PutAccessPointPolicyForObjectLambda",
    "PutAccessPointPublicAccessBlock",
    "PutAccountPublicAccessBlock",
    "PutJobTagging",
    "PutMultiRegionAccessPointPolicy",
    "PutStorageLensConfiguration",
    "PutStorageLensConfigurationTagging",
    "SubmitMultiRegionAccessPointRoutes",
    "UpdateAccessGrantsLocation",
    "UpdateJobPriority",
    "UpdateJobStatus",
    "UpdateStorageLensGroup",
];

/// Keys that (nearly) every request carries.
const KEYS_OF_ALL_ACTIONS: &[&str] = &[
    "AccessPointNetworkOrigin",
    "BucketTag/",
    "DataAccessPointAccount",
    "DataAccessPointArn",
    "ResourceAccount",
    "TlsVersion",
    "authType",
    "signatureAge",
    "signatureversion",
    "x-amz-content-sha256",
];

/// Keys that only some actions carry.
const KEYS: &[(&str, &[&str])] = &[
    (
        "AccessGrantScope",
        &["CreateAccessGrant", "DeleteAccessGrant", "GetAccessGrant"],
    ),
    (
        "AccessGrantsInstanceArn",
        &[
            "AbortMultipartUpload",
            "DeleteObject",
            "DeleteObjectVersion",
            "GetObject",
            "GetObjectAcl",
            "GetObjectVersion",
            "GetObjectVersionAcl",
            "ListBucket",
            "ListBucketMultipartUploads",
            "ListBucketVersions",
            "ListMultipartUploadParts",
            "PutObject",
            "PutObjectAcl",
            "PutObjectVersionAcl",
        ],
    ),
    (
        "AccessGrantsLocationScope",
        &[
            "CreateAccessGrantsLocation",
            "DeleteAccessGrantsLocation",
            "GetAccessGrantsLocation",
            "UpdateAccessGrantsLocation",
        ],
    ),
    (
        "AccessPointTag/",
        &[
            "CreateAccessPoint",
            "DeleteAccessPoint",
            "DeleteAccessPointPolicy",
            "GetAccessPoint",
            "GetAccessPointPolicy",
            "GetAccessPointPolicyStatus",
            "ListBucketMultipartUploads",
        ],
    ),
    (
        "ExistingJobOperation",
        &[
            "DeleteJobTagging",
            "PutJobTagging",
            "UpdateJobPriority",
            "UpdateJobStatus",
        ],
    ),
    (
        "ExistingJobPriority",
        &[
            "DeleteJobTagging",
            "PutJobTagging",
            "UpdateJobPriority",
            "UpdateJobStatus",
        ],
    ),
    (
        "ExistingObjectTag/",
        &[
            "DeleteObjectTagging",
            "DeleteObjectVersionTagging",
            "GetObject",
            "GetObjectAcl",
            "GetObjectAttributes",
            "GetObjectTagging",
            "GetObjectVersion",
            "GetObjectVersionAcl",
            "GetObjectVersionAttributes",
            "GetObjectVersionTagging",
            "PutObjectAcl",
            "PutObjectTagging",
            "PutObjectVersionAcl",
            "PutObjectVersionTagging",
        ],
    ),
    (
        "InventoryAccessibleOptionalFields",
        &["PutInventoryConfiguration"],
    ),
    ("JobSuspendedCause", &["UpdateJobStatus"]),
    ("ObjectCreationOperation", &["PutObject"]),
    ("RequestJobOperation", &["CreateJob"]),
    ("RequestJobPriority", &["CreateJob", "UpdateJobPriority"]),
    (
        "RequestObjectTag/",
        &[
            "BypassGovernanceRetention",
            "PutObject",
            "PutObjectTagging",
            "PutObjectVersionTagging",
        ],
    ),
    (
        "RequestObjectTagKeys",
        &[
            "BypassGovernanceRetention",
            "PutObject",
            "PutObjectTagging",
            "PutObjectVersionTagging",
        ],
    ),
    ("delimiter", &["ListBucket", "ListBucketVersions"]),
    ("destinationRegion", &["PauseReplication"]),
    ("if-match", &["DeleteObject", "PutObject"]),
    ("if-none-match", &["PutObject"]),
    (
        "isReplicationPauseRequest",
        &["PutReplicationConfiguration"],
    ),
    ("locationconstraint", &["CreateAccessPoint", "CreateBucket"]),
    ("max-keys", &["ListBucket", "ListBucketVersions"]),
    (
        "object-lock-legal-hold",
        &["PutObject", "PutObjectLegalHold"],
    ),
    ("object-lock-mode", &["PutObject", "PutObjectRetention"]),
    (
        "object-lock-remaining-retention-days",
        &["PutObject", "PutObjectRetention"],
    ),
    (
        "object-lock-retain-until-date",
        &["PutObject", "PutObjectRetention"],
    ),
    ("prefix", &["ListBucket", "ListBucketVersions"]),
    (
        "versionid",
        &[
            "DeleteObjectVersion",
            "DeleteObjectVersionTagging",
            "GetObjectVersion",
            "GetObjectVersionAcl",
            "GetObjectVersionAttributes",
            "GetObjectVersionTagging",
            "GetObjectVersionTorrent",
            "PutObjectVersionAcl",
            "PutObjectVersionTagging",
        ],
    ),
    (
        "x-amz-acl",
        &[
            "BypassGovernanceRetention",
            "CreateAccessPoint",
            "CreateBucket",
            "PutBucketAcl",
            "PutObject",
            "PutObjectAcl",
            "PutObjectVersionAcl",
        ],
    ),
    ("x-amz-bucket-namespace", &["CreateBucket"]),
    (
        "x-amz-copy-source",
        &["BypassGovernanceRetention", "PutObject"],
    ),
    (
        "x-amz-grant-full-control",
        &[
            "BypassGovernanceRetention",
            "CreateBucket",
            "PutBucketAcl",
            "PutObject",
            "PutObjectAcl",
            "PutObjectVersionAcl",
        ],
    ),
    (
        "x-amz-grant-read",
        &[
            "BypassGovernanceRetention",
            "CreateBucket",
            "PutBucketAcl",
            "PutObject",
            "PutObjectAcl",
            "PutObjectVersionAcl",
        ],
    ),
    (
        "x-amz-grant-read-acp",
        &[
            "BypassGovernanceRetention",
            "CreateBucket",
            "PutBucketAcl",
            "PutObject",
            "PutObjectAcl",
            "PutObjectVersionAcl",
        ],
    ),
    (
        "x-amz-grant-write",
        &[
            "BypassGovernanceRetention",
            "CreateBucket",
            "PutBucketAcl",
            "PutObject",
            "PutObjectAcl",
            "PutObjectVersionAcl",
        ],
    ),
    (
        "x-amz-grant-write-acp",
        &[
            "BypassGovernanceRetention",
            "CreateBucket",
            "PutBucketAcl",
            "PutObject",
            "PutObjectAcl",
            "PutObjectVersionAcl",
        ],
    ),
    (
        "x-amz-metadata-directive",
        &["BypassGovernanceRetention", "PutObject"],
    ),
    ("x-amz-object-ownership", &["CreateBucket"]),
    (
        "x-amz-server-side-encryption",
        &[
            "BypassGovernanceRetention",
            "PutObject",
            "ReplicateObject",
            "UpdateObjectEncryption",
        ],
    ),
    (
        "x-amz-server-side-encryption-aws-kms-key-id",
        &[
            "BypassGovernanceRetention",
            "PutObject",
            "ReplicateObject",
            "UpdateObjectEncryption",
        ],
    ),
    (
        "x-amz-server-side-encryption-customer-algorithm",
        &["BypassGovernanceRetention", "PutObject", "ReplicateObject"],
    ),
    (
        "x-amz-storage-class",
        &[
            "BypassGovernanceRetention",
            "PutObject",
            "PutObjectAcl",
            "PutObjectVersionAcl",
        ],
    ),
    (
        "x-amz-website-redirect-location",
        &["BypassGovernanceRetention", "PutObject"],
    ),
];
