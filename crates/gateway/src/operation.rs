//! The operations of S3, each declared once: its name, what it works on, what it needs.

/// What a request addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// The service itself: `GET /`.
    Service,
    /// A bucket.
    Bucket,
    /// An object, existing or not.
    Object,
    /// An account's settings, which S3 Control has.
    Account,
}

/// CloudTrail's category of an operation's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Category {
    /// The bucket itself: recorded as a management event.
    Management,
    /// What is in the bucket: recorded as a data event.
    Data,
}

/// Whether an operation is implemented here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// There is a handler.
    Served,
    /// The same, of what this server keeps itself, whatever store is behind.
    Own,
    /// Authorized and recorded like any other, then answered with `NotImplemented`.
    Declined,
    /// The same, of other services than S3, and never for a store behind: what directory buckets
    /// answer are credentials.
    Foreign,
}

/// One row of the table.
#[derive(Debug)]
pub(crate) struct Row {
    /// The row's operation.
    pub(crate) operation: Operation,
    /// CloudTrail's event name.
    pub(crate) event: &'static str,
    /// What the operation works on.
    pub(crate) level: Level,
    /// CloudTrail's `readOnly`.
    pub(crate) read_only: bool,
    /// CloudTrail's event category.
    pub(crate) category: Category,
    /// Whether there is a handler.
    pub(crate) service: Service,
    /// The actions that it always needs on what it works on (S3 User Guide, "Required
    /// permissions for Amazon S3 API operations"). Headers can add to them.
    pub(crate) actions: &'static [&'static str],
    /// The actions instead of `actions` when the request names a version.
    pub(crate) version_actions: &'static [&'static str],
}

macro_rules! operations {
    ($($name:ident $event:literal $level:ident $read:literal $category:ident $service:ident
       [$($action:literal)*] [$($versioned:literal)*];)*) => {
        /// An operation of S3.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum Operation { $(#[doc = $event] $name),* }

        /// Every operation that is told apart.
        pub(crate) static TABLE: &[Row] = &[$(Row {
            operation: Operation::$name,
            event: $event,
            level: Level::$level,
            read_only: $read,
            category: Category::$category,
            service: Service::$service,
            actions: &[$($action),*],
            version_actions: &[$($versioned),*],
        }),*];
    };
}

operations! {
    ListBuckets "ListBuckets" Service true Management Served ["s3:ListAllMyBuckets"] [];

    CreateBucket "CreateBucket" Bucket false Management Served ["s3:CreateBucket"] [];
    HeadBucket "HeadBucket" Bucket true Management Served ["s3:ListBucket"] [];
    GetBucketLocation "GetBucketLocation" Bucket true Management Served ["s3:GetBucketLocation"] [];
    DeleteBucket "DeleteBucket" Bucket false Management Served ["s3:DeleteBucket"] [];
    ListObjects "ListObjects" Bucket true Data Served ["s3:ListBucket"] [];
    ListObjectsV2 "ListObjects" Bucket true Data Served ["s3:ListBucket"] [];
    ListObjectVersions "ListObjectVersions" Bucket true Data Served ["s3:ListBucketVersions"] [];
    ListMultipartUploads "ListMultipartUploads" Bucket true Data Served ["s3:ListBucketMultipartUploads"] [];
    // Decided key by key, so nothing is needed up front.
    DeleteObjects "DeleteObjects" Bucket false Data Served [] [];
    GetBucketPolicy "GetBucketPolicy" Bucket true Management Served ["s3:GetBucketPolicy"] [];
    PutBucketPolicy "PutBucketPolicy" Bucket false Management Served ["s3:PutBucketPolicy"] [];
    DeleteBucketPolicy "DeleteBucketPolicy" Bucket false Management Served ["s3:DeleteBucketPolicy"] [];
    GetBucketPolicyStatus "GetBucketPolicyStatus" Bucket true Management Served ["s3:GetBucketPolicyStatus"] [];
    GetBucketVersioning "GetBucketVersioning" Bucket true Management Served ["s3:GetBucketVersioning"] [];
    PutBucketVersioning "PutBucketVersioning" Bucket false Management Served ["s3:PutBucketVersioning"] [];
    GetPublicAccessBlock "GetBucketPublicAccessBlock" Bucket true Management Served ["s3:GetBucketPublicAccessBlock"] [];
    PutPublicAccessBlock "PutBucketPublicAccessBlock" Bucket false Management Served ["s3:PutBucketPublicAccessBlock"] [];
    DeletePublicAccessBlock "DeleteBucketPublicAccessBlock" Bucket false Management Served ["s3:PutBucketPublicAccessBlock"] [];
    GetBucketOwnershipControls "GetBucketOwnershipControls" Bucket true Management Served ["s3:GetBucketOwnershipControls"] [];
    PutBucketOwnershipControls "PutBucketOwnershipControls" Bucket false Management Served ["s3:PutBucketOwnershipControls"] [];
    GetBucketAcl "GetBucketAcl" Bucket true Management Served ["s3:GetBucketAcl"] [];
    PutBucketAcl "PutBucketAcl" Bucket false Management Served ["s3:PutBucketAcl"] [];
    GetBucketTagging "GetBucketTagging" Bucket true Management Served ["s3:GetBucketTagging"] [];
    PutBucketTagging "PutBucketTagging" Bucket false Management Served ["s3:PutBucketTagging"] [];
    DeleteBucketTagging "DeleteBucketTagging" Bucket false Management Served ["s3:PutBucketTagging"] [];

    GetObject "GetObject" Object true Data Served ["s3:GetObject"] ["s3:GetObjectVersion"];
    HeadObject "HeadObject" Object true Data Served ["s3:GetObject"] ["s3:GetObjectVersion"];
    GetObjectAttributes "GetObjectAttributes" Object true Data Served ["s3:GetObject" "s3:GetObjectAttributes"] ["s3:GetObjectVersion" "s3:GetObjectVersionAttributes"];
    PutObject "PutObject" Object false Data Served ["s3:PutObject"] [];
    // Posted to the bucket; the key is in the form.
    PostObject "PostObject" Object false Data Served ["s3:PutObject"] [];
    // Of the destination; the source's actions depend on the source.
    CopyObject "CopyObject" Object false Data Served ["s3:PutObject"] [];
    DeleteObject "DeleteObject" Object false Data Served ["s3:DeleteObject"] ["s3:DeleteObjectVersion"];
    CreateMultipartUpload "CreateMultipartUpload" Object false Data Served ["s3:PutObject"] [];
    UploadPart "UploadPart" Object false Data Served ["s3:PutObject"] [];
    UploadPartCopy "UploadPartCopy" Object false Data Served ["s3:PutObject"] [];
    CompleteMultipartUpload "CompleteMultipartUpload" Object false Data Served ["s3:PutObject"] [];
    AbortMultipartUpload "AbortMultipartUpload" Object false Data Served ["s3:AbortMultipartUpload"] [];
    ListParts "ListParts" Object true Data Served ["s3:ListMultipartUploadParts"] [];
    GetObjectAcl "GetObjectAcl" Object true Data Served ["s3:GetObjectAcl"] ["s3:GetObjectVersionAcl"];
    PutObjectAcl "PutObjectAcl" Object false Data Served ["s3:PutObjectAcl"] ["s3:PutObjectVersionAcl"];
    GetObjectTagging "GetObjectTagging" Object true Data Served ["s3:GetObjectTagging"] ["s3:GetObjectVersionTagging"];
    PutObjectTagging "PutObjectTagging" Object false Data Served ["s3:PutObjectTagging"] ["s3:PutObjectVersionTagging"];
    DeleteObjectTagging "DeleteObjectTagging" Object false Data Served ["s3:DeleteObjectTagging"] ["s3:DeleteObjectVersionTagging"];

    // Asked by browsers, which can't sign it; answered from the bucket's rules alone.
    Preflight "PreflightObject" Object true Data Served [] [];
    DeleteBucketOwnershipControls "DeleteBucketOwnershipControls" Bucket false Management Declined ["s3:PutBucketOwnershipControls"] [];
    GetBucketEncryption "GetBucketEncryption" Bucket true Management Served ["s3:GetEncryptionConfiguration"] [];
    PutBucketEncryption "PutBucketEncryption" Bucket false Management Served ["s3:PutEncryptionConfiguration"] [];
    DeleteBucketEncryption "DeleteBucketEncryption" Bucket false Management Served ["s3:PutEncryptionConfiguration"] [];
    GetBucketLifecycle "GetBucketLifecycle" Bucket true Management Served ["s3:GetLifecycleConfiguration"] [];
    PutBucketLifecycle "PutBucketLifecycle" Bucket false Management Served ["s3:PutLifecycleConfiguration"] [];
    DeleteBucketLifecycle "DeleteBucketLifecycle" Bucket false Management Served ["s3:PutLifecycleConfiguration"] [];
    GetBucketCors "GetBucketCors" Bucket true Management Served ["s3:GetBucketCORS"] [];
    PutBucketCors "PutBucketCors" Bucket false Management Served ["s3:PutBucketCORS"] [];
    DeleteBucketCors "DeleteBucketCors" Bucket false Management Served ["s3:PutBucketCORS"] [];
    GetBucketWebsite "GetBucketWebsite" Bucket true Management Served ["s3:GetBucketWebsite"] [];
    PutBucketWebsite "PutBucketWebsite" Bucket false Management Declined ["s3:PutBucketWebsite"] [];
    DeleteBucketWebsite "DeleteBucketWebsite" Bucket false Management Served ["s3:DeleteBucketWebsite"] [];
    GetBucketLogging "GetBucketLogging" Bucket true Management Served ["s3:GetBucketLogging"] [];
    PutBucketLogging "PutBucketLogging" Bucket false Management Served ["s3:PutBucketLogging"] [];
    GetBucketNotification "GetBucketNotification" Bucket true Management Served ["s3:GetBucketNotification"] [];
    PutBucketNotification "PutBucketNotification" Bucket false Management Served ["s3:PutBucketNotification"] [];
    GetBucketRequestPayment "GetBucketRequestPayment" Bucket true Management Served ["s3:GetBucketRequestPayment"] [];
    PutBucketRequestPayment "PutBucketRequestPayment" Bucket false Management Served ["s3:PutBucketRequestPayment"] [];
    GetBucketReplication "GetBucketReplication" Bucket true Management Served ["s3:GetReplicationConfiguration"] [];
    PutBucketReplication "PutBucketReplication" Bucket false Management Declined ["s3:PutReplicationConfiguration"] [];
    DeleteBucketReplication "DeleteBucketReplication" Bucket false Management Served ["s3:PutReplicationConfiguration"] [];
    GetAccelerateConfiguration "GetAccelerateConfiguration" Bucket true Management Served ["s3:GetAccelerateConfiguration"] [];
    PutAccelerateConfiguration "PutAccelerateConfiguration" Bucket false Management Declined ["s3:PutAccelerateConfiguration"] [];
    GetAnalyticsConfiguration "GetBucketAnalyticsConfiguration" Bucket true Management Served ["s3:GetAnalyticsConfiguration"] [];
    PutAnalyticsConfiguration "PutBucketAnalyticsConfiguration" Bucket false Management Declined ["s3:PutAnalyticsConfiguration"] [];
    DeleteAnalyticsConfiguration "DeleteBucketAnalyticsConfiguration" Bucket false Management Declined ["s3:PutAnalyticsConfiguration"] [];
    GetInventoryConfiguration "GetBucketInventoryConfiguration" Bucket true Management Served ["s3:GetInventoryConfiguration"] [];
    PutInventoryConfiguration "PutBucketInventoryConfiguration" Bucket false Management Declined ["s3:PutInventoryConfiguration"] [];
    DeleteInventoryConfiguration "DeleteBucketInventoryConfiguration" Bucket false Management Declined ["s3:PutInventoryConfiguration"] [];
    GetMetricsConfiguration "GetBucketMetricsConfiguration" Bucket true Management Served ["s3:GetMetricsConfiguration"] [];
    PutMetricsConfiguration "PutBucketMetricsConfiguration" Bucket false Management Declined ["s3:PutMetricsConfiguration"] [];
    DeleteMetricsConfiguration "DeleteBucketMetricsConfiguration" Bucket false Management Declined ["s3:PutMetricsConfiguration"] [];
    GetIntelligentTieringConfiguration "GetBucketIntelligentTieringConfiguration" Bucket true Management Served ["s3:GetIntelligentTieringConfiguration"] [];
    PutIntelligentTieringConfiguration "PutBucketIntelligentTieringConfiguration" Bucket false Management Declined ["s3:PutIntelligentTieringConfiguration"] [];
    DeleteIntelligentTieringConfiguration "DeleteBucketIntelligentTieringConfiguration" Bucket false Management Declined ["s3:PutIntelligentTieringConfiguration"] [];
    GetObjectLockConfiguration "GetBucketObjectLockConfiguration" Bucket true Management Served ["s3:GetBucketObjectLockConfiguration"] [];
    PutObjectLockConfiguration "PutBucketObjectLockConfiguration" Bucket false Management Declined ["s3:PutBucketObjectLockConfiguration"] [];
    GetBucketAbac "GetBucketAbac" Bucket true Management Own ["s3:GetBucketAbac"] [];
    PutBucketAbac "PutBucketAbac" Bucket false Management Own ["s3:PutBucketAbac"] [];
    GetObjectRetention "GetObjectRetention" Object true Data Served ["s3:GetObjectRetention"] ["s3:GetObjectRetention"];
    PutObjectRetention "PutObjectRetention" Object false Data Declined ["s3:PutObjectRetention"] ["s3:PutObjectRetention"];
    GetObjectLegalHold "GetObjectLegalHold" Object true Data Served ["s3:GetObjectLegalHold"] ["s3:GetObjectLegalHold"];
    PutObjectLegalHold "PutObjectLegalHold" Object false Data Declined ["s3:PutObjectLegalHold"] ["s3:PutObjectLegalHold"];
    GetObjectTorrent "GetObjectTorrent" Object true Data Declined ["s3:GetObject" "s3:GetObjectTorrent"] ["s3:GetObjectVersion" "s3:GetObjectVersionTorrent"];
    RestoreObject "RestoreObject" Object false Data Declined ["s3:RestoreObject"] ["s3:RestoreObject"];
    SelectObjectContent "SelectObjectContent" Object true Data Declined ["s3:GetObject"] ["s3:GetObjectVersion"];
    ListAnalyticsConfigurations "ListBucketAnalyticsConfigurations" Bucket true Management Served ["s3:GetAnalyticsConfiguration"] [];
    ListInventoryConfigurations "ListBucketInventoryConfigurations" Bucket true Management Served ["s3:GetInventoryConfiguration"] [];
    ListMetricsConfigurations "ListBucketMetricsConfigurations" Bucket true Management Served ["s3:GetMetricsConfiguration"] [];
    ListIntelligentTieringConfigurations "ListBucketIntelligentTieringConfigurations" Bucket true Management Served ["s3:GetIntelligentTieringConfiguration"] [];
    CreateBucketMetadataConfiguration "CreateBucketMetadataConfiguration" Bucket false Management Declined ["s3:CreateBucketMetadataTableConfiguration"] [];
    GetBucketMetadataConfiguration "GetBucketMetadataConfiguration" Bucket true Management Declined ["s3:GetBucketMetadataTableConfiguration"] [];
    DeleteBucketMetadataConfiguration "DeleteBucketMetadataConfiguration" Bucket false Management Declined ["s3:DeleteBucketMetadataTableConfiguration"] [];
    CreateBucketMetadataTableConfiguration "CreateBucketMetadataTableConfiguration" Bucket false Management Declined ["s3:CreateBucketMetadataTableConfiguration"] [];
    GetBucketMetadataTableConfiguration "GetBucketMetadataTableConfiguration" Bucket true Management Declined ["s3:GetBucketMetadataTableConfiguration"] [];
    DeleteBucketMetadataTableConfiguration "DeleteBucketMetadataTableConfiguration" Bucket false Management Declined ["s3:DeleteBucketMetadataTableConfiguration"] [];
    UpdateBucketMetadataInventoryTableConfiguration "UpdateBucketMetadataInventoryTableConfiguration" Bucket false Management Declined ["s3:UpdateBucketMetadataInventoryTableConfiguration"] [];
    UpdateBucketMetadataJournalTableConfiguration "UpdateBucketMetadataJournalTableConfiguration" Bucket false Management Declined ["s3:UpdateBucketMetadataJournalTableConfiguration"] [];
    UpdateObjectEncryption "UpdateObjectEncryption" Object false Data Declined ["s3:PutObject" "s3:UpdateObjectEncryption"] ["s3:PutObject" "s3:UpdateObjectEncryption"];
    RenameObject "RenameObject" Object false Data Foreign ["s3express:CreateSession"] [];
    CreateSession "CreateSession" Bucket true Data Foreign ["s3express:CreateSession"] [];
    ListDirectoryBuckets "ListDirectoryBuckets" Service true Management Foreign ["s3express:ListAllMyDirectoryBuckets"] [];
    WriteGetObjectResponse "WriteGetObjectResponse" Service false Data Foreign ["s3-object-lambda:WriteGetObjectResponse"] [];

    // S3 Control.
    GetAccountPublicAccessBlock "GetAccountPublicAccessBlock" Account true Management Own ["s3:GetAccountPublicAccessBlock"] [];
    PutAccountPublicAccessBlock "PutAccountPublicAccessBlock" Account false Management Own ["s3:PutAccountPublicAccessBlock"] [];
    DeleteAccountPublicAccessBlock "DeleteAccountPublicAccessBlock" Account false Management Own ["s3:PutAccountPublicAccessBlock"] [];
    ListTagsForResource "ListTagsForResource" Bucket true Management Own ["s3:ListTagsForResource"] [];
    TagResource "TagResource" Bucket false Management Own ["s3:TagResource"] [];
    UntagResource "UntagResource" Bucket false Management Own ["s3:UntagResource"] [];
}

impl Operation {
    /// The operation's row.
    pub(crate) fn row(self) -> &'static Row {
        // INVARIANT: the macro writes the variants and the rows in one order.
        let row = &TABLE[self as usize];
        debug_assert_eq!(row.operation, self);
        row
    }
}

#[cfg(test)]
#[path = "operation/reference_tests.rs"]
mod reference_tests;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_finds_its_own_row() {
        for row in TABLE {
            assert_eq!(row.operation.row().operation, row.operation);
        }
    }

    #[test]
    fn only_delete_objects_and_preflights_need_nothing_up_front() {
        for row in TABLE {
            let free = row.actions.is_empty();
            let may = [Operation::DeleteObjects, Operation::Preflight].contains(&row.operation);
            assert_eq!(free, may, "{row:?}");
        }
    }

    #[test]
    fn no_action_is_named_after_an_api_that_has_none() {
        let absent = [
            "s3:HeadObject",
            "s3:HeadBucket",
            "s3:CopyObject",
            "s3:ListObjectsV2",
            "s3:ListObjects",
            "s3:UploadPart",
            "s3:ListBuckets",
            "s3:DeleteObjects",
        ];
        for row in TABLE {
            for action in row.actions.iter().chain(row.version_actions) {
                assert!(!absent.contains(action), "{row:?}");
            }
        }
    }
}
