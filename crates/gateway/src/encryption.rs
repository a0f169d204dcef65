//! Encryption of what is stored. The server does none by itself: either the storage under it is
//! encrypted, and the operator has said so, or nobody is told that it is.

use crate::fault::{Code, Fault};
use crate::operation::Operation;
use crate::reply::Reply;
use crate::request::Request;

/// Header of writes that asks for encryption, and of answers that tells of it.
pub(crate) const HEADER: &str = "x-amz-server-side-encryption";
/// The one algorithm.
pub(crate) const AES256: &str = "AES256";

/// What objects are stored on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Storage {
    /// Nothing is known of its encryption.
    Plain,
    /// The operator has encrypted it with AES-256.
    Encrypted,
}

impl Storage {
    /// Checks the encryption that a request asks for: taking it silently would promise what isn't
    /// there.
    pub(crate) fn check(self, request: &Request) -> Result<(), Fault> {
        let Some(wanted) = request.header(HEADER) else {
            return Ok(());
        };
        let writes = matches!(
            request.operation,
            Operation::PutObject
                | Operation::PostObject
                | Operation::CopyObject
                | Operation::CreateMultipartUpload
        );
        match (self, wanted) {
            (Self::Encrypted, AES256) if writes => Ok(()),
            (_, AES256 | "aws:kms" | "aws:kms:dsse" | "aws:fsx") => {
                Err(Fault::header_not_implemented(HEADER))
            }
            _ => Err(Fault::new(Code::InvalidEncryptionAlgorithm)
                .element("ArgumentName", HEADER)
                .element("ArgumentValue", wanted)),
        }
    }

    /// Tells how an object is encrypted.
    pub(crate) fn tell(self, reply: &mut Reply) {
        if self == Self::Encrypted {
            reply.set_named(HEADER, AES256);
        }
    }
}
