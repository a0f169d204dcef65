//! S3's error codes with their statuses and usual messages (S3 API Reference, "Error responses").

use http::StatusCode;

macro_rules! codes {
    ($($name:ident $text:literal $status:ident $message:literal;)*) => {
        /// An error code of S3.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub(crate) enum Code {
            $(#[doc = $text] $name,)*
            /// What reading the request's body failed with.
            Body {
                /// The code.
                name: &'static str,
                /// The HTTP status.
                status: u16,
            },
            /// What the store behind this one answered.
            Upstream {
                /// The code.
                name: String,
                /// The HTTP status.
                status: StatusCode,
            },
        }

        impl Code {
            /// The code as the client sees it.
            pub(crate) fn name(&self) -> &str {
                match self {
                    $(Self::$name => $text,)*
                    Self::Body { name, .. } => name,
                    Self::Upstream { name, .. } => name,
                }
            }

            /// The HTTP status that goes with it.
            pub(crate) fn status(&self) -> StatusCode {
                match self {
                    $(Self::$name => StatusCode::$status,)*
                    Self::Body { status, .. } => {
                        StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_REQUEST)
                    }
                    Self::Upstream { status, .. } => *status,
                }
            }

            /// The message when there is nothing better to say.
            pub(crate) fn usual_message(&self) -> &'static str {
                match self {
                    $(Self::$name => $message,)*
                    Self::Body { .. } | Self::Upstream { .. } => "",
                }
            }
        }
    };
}

codes! {
    AccessDenied "AccessDenied" FORBIDDEN "Access Denied";
    AccessForbidden "AccessForbidden" FORBIDDEN "Access Forbidden";
    AclNotSupported "AccessControlListNotSupported" BAD_REQUEST "The bucket does not allow ACLs";
    BadDigest "BadDigest" BAD_REQUEST "The Content-MD5 you specified did not match what we received.";
    BadRequest "BadRequest" BAD_REQUEST "Bad Request";
    BucketAlreadyExists "BucketAlreadyExists" CONFLICT "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.";
    BucketAlreadyOwnedByYou "BucketAlreadyOwnedByYou" CONFLICT "Your previous request to create the named bucket succeeded and you already own it.";
    BucketNotEmpty "BucketNotEmpty" CONFLICT "The bucket you tried to delete is not empty";
    EntityTooLarge "EntityTooLarge" BAD_REQUEST "Your proposed upload exceeds the maximum allowed size";
    EntityTooSmall "EntityTooSmall" BAD_REQUEST "Your proposed upload is smaller than the minimum allowed size";
    IncompleteBody "IncompleteBody" BAD_REQUEST "You did not provide the number of bytes specified by the Content-Length HTTP header";
    IllegalLocationConstraint "IllegalLocationConstraintException" BAD_REQUEST "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.";
    IllegalVersioning "IllegalVersioningConfigurationException" BAD_REQUEST "The Versioning element must be specified";
    InternalError "InternalError" INTERNAL_SERVER_ERROR "We encountered an internal error. Please try again.";
    InvalidArgument "InvalidArgument" BAD_REQUEST "Invalid Argument";
    InvalidBucketAcl "InvalidBucketAclWithObjectOwnership" BAD_REQUEST "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting";
    InvalidBucketName "InvalidBucketName" BAD_REQUEST "The specified bucket is not valid.";
    InvalidBucketOwner "InvalidBucketOwnerAWSAccountID" BAD_REQUEST "The value of the expected bucket owner parameter must be an AWS account ID";
    InvalidDigest "InvalidDigest" BAD_REQUEST "The Content-MD5 you specified was invalid.";
    InvalidEncryptionAlgorithm "InvalidEncryptionAlgorithmError" BAD_REQUEST "The encryption request you specified is not valid. Supported value: AES256.";
    InvalidLocationConstraint "InvalidLocationConstraint" BAD_REQUEST "The specified location-constraint is not valid";
    InvalidPart "InvalidPart" BAD_REQUEST "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.";
    InvalidPartNumber "InvalidPartNumber" RANGE_NOT_SATISFIABLE "The requested partnumber is not satisfiable";
    InvalidPartOrder "InvalidPartOrder" BAD_REQUEST "The list of parts was not in ascending order. Parts must be ordered by part number.";
    InvalidRange "InvalidRange" RANGE_NOT_SATISFIABLE "The requested range is not satisfiable";
    InvalidPolicyDocument "InvalidPolicyDocument" BAD_REQUEST "The content of the form does not meet the conditions specified in the policy document.";
    InvalidRequest "InvalidRequest" BAD_REQUEST "Invalid Request";
    InvalidStorageClass "InvalidStorageClass" BAD_REQUEST "The storage class you specified is not valid";
    InvalidTag "InvalidTag" BAD_REQUEST "The tag provided was not a valid tag. This error can occur if the tag did not pass input validation.";
    InvalidUri "InvalidURI" BAD_REQUEST "Couldn't parse the specified URI.";
    KeyTooLong "KeyTooLongError" BAD_REQUEST "Your key is too long";
    MalformedPolicy "MalformedPolicy" BAD_REQUEST "This policy contains invalid Json";
    MalformedXml "MalformedXML" BAD_REQUEST "The XML you provided was not well-formed or did not validate against our published schema";
    MaxMessageLengthExceeded "MaxMessageLengthExceeded" BAD_REQUEST "Your request was too big.";
    MetadataTooLarge "MetadataTooLarge" BAD_REQUEST "Your metadata headers exceed the maximum allowed metadata size";
    MethodNotAllowed "MethodNotAllowed" METHOD_NOT_ALLOWED "The specified method is not allowed against this resource.";
    MissingContentLength "MissingContentLength" LENGTH_REQUIRED "You must provide the Content-Length HTTP header.";
    MissingRequestBody "MissingRequestBodyError" BAD_REQUEST "Request Body is empty";
    NoSuchBucket "NoSuchBucket" NOT_FOUND "The specified bucket does not exist";
    NoSuchBucketPolicy "NoSuchBucketPolicy" NOT_FOUND "The bucket policy does not exist";
    NoSuchConfiguration "NoSuchConfiguration" NOT_FOUND "The specified configuration does not exist.";
    NoSuchCors "NoSuchCORSConfiguration" NOT_FOUND "The CORS configuration does not exist";
    NoSuchKey "NoSuchKey" NOT_FOUND "The specified key does not exist.";
    NoSuchLifecycle "NoSuchLifecycleConfiguration" NOT_FOUND "The lifecycle configuration does not exist";
    NoSuchPublicAccessBlock "NoSuchPublicAccessBlockConfiguration" NOT_FOUND "The public access block configuration was not found";
    NoSuchTagSet "NoSuchTagSet" NOT_FOUND "The TagSet does not exist";
    NoSuchUpload "NoSuchUpload" NOT_FOUND "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.";
    NoSuchVersion "NoSuchVersion" NOT_FOUND "The specified version does not exist.";
    NoSuchWebsite "NoSuchWebsiteConfiguration" NOT_FOUND "The specified bucket does not have a website configuration";
    NotImplemented "NotImplemented" NOT_IMPLEMENTED "A header you provided implies functionality that is not implemented";
    NotModified "NotModified" NOT_MODIFIED "Not Modified";
    ObjectLockNotFound "ObjectLockConfigurationNotFoundError" NOT_FOUND "Object Lock configuration does not exist for this bucket";
    OperationAborted "OperationAborted" CONFLICT "A conflicting conditional operation is currently in progress against this resource. Try again.";
    PreconditionFailed "PreconditionFailed" PRECONDITION_FAILED "At least one of the pre-conditions you specified did not hold";
    ServiceUnavailable "ServiceUnavailable" SERVICE_UNAVAILABLE "Service is unable to handle request.";
    ReplicationNotFound "ReplicationConfigurationNotFoundError" NOT_FOUND "The replication configuration was not found";
    EncryptionNotFound "ServerSideEncryptionConfigurationNotFoundError" NOT_FOUND "The server side encryption configuration was not found";
}
