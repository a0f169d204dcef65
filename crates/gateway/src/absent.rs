//! What is said of an object that isn't there, once it may be said.

use http::header::{ALLOW, LAST_MODIFIED};

use crate::fault::{Code, Fault};
use crate::operation::Operation;
use crate::reply::{DELETE_MARKER, VERSION_ID, http_time};
use crate::request::{CopySource, Request};
use crate::store::{Found, Marker};

/// That the object which a request works on is not there, or is a delete marker (S3 User Guide, "Working with delete
/// markers").
///
/// # Errors
/// If the request has no key.
pub(crate) fn object(request: &Request, found: &Found) -> Result<Fault, Fault> {
    let named = request.query.get("versionId");
    let key = request.key()?;
    Ok(match (found, named) {
        (Found::Marker(marker), named) => {
            let fault = if named.is_some() || refuses_markers(request.operation) {
                Fault::new(Code::MethodNotAllowed)
                    .element("Method", request.method.as_str())
                    .element("ResourceType", "DeleteMarker")
                    .header(ALLOW, "DELETE")
                    .header(LAST_MODIFIED, &http_time(marker.modified))
            } else {
                Fault::new(Code::NoSuchKey).element("Key", key.as_str())
            };
            marked(fault, marker)
        }
        (_, None) => Fault::new(Code::NoSuchKey).element("Key", key.as_str()),
        (_, Some(version)) => no_version(key.as_str(), version),
    })
}

/// The same of the object that is to be copied.
pub(crate) fn source(from: &CopySource, found: &Found) -> Fault {
    match (found, &from.version) {
        (Found::Marker(_), Some(_)) => Fault::invalid_request(
            "The source of a copy request may not specifically refer to a delete marker by version id.",
        ),
        (_, None) => Fault::new(Code::NoSuchKey).element("Key", from.key.as_str()),
        (_, Some(version)) => no_version(from.key.as_str(), version),
    }
}

/// A delete marker has no tags and no ACL to be set, whether it is named or just the newest version.
fn refuses_markers(operation: Operation) -> bool {
    use Operation as O;
    matches!(
        operation,
        O::GetObjectTagging | O::PutObjectTagging | O::DeleteObjectTagging | O::PutObjectAcl
    )
}

fn marked(fault: Fault, marker: &Marker) -> Fault {
    fault
        .header(DELETE_MARKER, "true")
        .header(VERSION_ID, &marker.version.to_string())
}

/// That there is no version of this id.
pub(crate) fn no_version(key: &str, version: &str) -> Fault {
    Fault::new(Code::NoSuchVersion)
        .element("Key", key)
        .element("VersionId", version)
}
