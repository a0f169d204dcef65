//! Whether the upstream knows what it is asked about.
//!
//! Few stores know all of S3's sub-resources, and many take a request about one that they don't know for one about the
//! bucket or the object itself: who may read a setting would get a listing, who may delete one would delete the bucket.

use bytes::Bytes;
use http::{HeaderMap, Method};
use quick_xml::Reader;
use quick_xml::events::Event;

use super::Upstream;
use super::refusal::Refused;
use super::send::{Outgoing, Payload};
use crate::fault::{Code, Fault};
use crate::operation::{Level, Operation};

/// What stores that know of them say of things that an object or a bucket doesn't have.
const UNSET: &[&str] = &["NoSuchObjectLockConfiguration", "NoSuchTagSet"];

/// Whether a document that was read answers the operation, and not one that the store took it for.
pub(super) fn answers(operation: Operation, document: &[u8]) -> bool {
    use Operation as O;
    let expected: &[&str] = match operation {
        O::ListObjects | O::ListObjectsV2 => return true,
        O::GetObjectTagging | O::PutObjectTagging | O::DeleteObjectTagging => &["Tagging"],
        O::GetObjectRetention | O::PutObjectRetention => &["Retention"],
        O::GetObjectLegalHold | O::PutObjectLegalHold => &["LegalHold"],
        O::GetObjectAttributes => &["GetObjectAttributesResponse", "GetObjectAttributesOutput"],
        O::ListParts => &["ListPartsResult", "ListPartsOutput", "ListPartsResponse"],
        _ => return root(document).as_deref() != Some("ListBucketResult"),
    };
    root(document).is_some_and(|it| expected.contains(&it.as_str()))
}

fn root(document: &[u8]) -> Option<String> {
    let mut reader = Reader::from_reader(document);
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).ok()? {
            Event::Start(start) | Event::Empty(start) => {
                let name = start.local_name();
                return std::str::from_utf8(name.as_ref()).ok().map(str::to_owned);
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// Writes that would be done to the bucket or the object itself by a store that doesn't know their sub-resource.
fn has_to_be_known(operation: Operation) -> bool {
    use Operation as O;
    let row = operation.row();
    match operation {
        O::PutObjectTagging
        | O::DeleteObjectTagging
        | O::PutObjectRetention
        | O::PutObjectLegalHold => true,
        O::DeleteObjects => false,
        _ => row.level == Level::Bucket && !row.read_only,
    }
}

impl Upstream {
    /// Has a look at what is to be written, if a store that doesn't know it would write something else.
    ///
    /// # Errors
    /// `NotImplemented` if the store answers about something else, and what it refuses to answer.
    pub(super) async fn knows(
        &self,
        outgoing: &Outgoing<'_>,
        refused: Refused<'_>,
    ) -> Result<(), Fault> {
        let operation = refused.operation;
        if !has_to_be_known(operation) {
            return Ok(());
        }
        let asking = Outgoing {
            method: Method::GET,
            headers: HeaderMap::new(),
            ..outgoing.clone()
        };
        let answer = self.send(&asking, Payload::Whole(Bytes::new())).await?;
        if answer.status.is_success() {
            return match answers(operation, &answer.read().await?) {
                true => Ok(()),
                false => Err(Fault::not_implemented(operation)),
            };
        }
        let fault = self.refused(&Method::GET, answer, refused).await;
        let of_bucket = operation.row().level == Level::Bucket;
        match fault.code() {
            // That a bucket has none is said in as many words as there are settings.
            Code::Upstream { name, status }
                if status.is_client_error()
                    && (UNSET.contains(&name.as_str()) || of_bucket && name != "NoSuchBucket") =>
            {
                Ok(())
            }
            _ => Err(fault),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_or_an_object_is_no_setting() {
        use Operation as O;
        let listing = b"<?xml version=\"1.0\"?><ListBucketResult xmlns=\"x\"><Name>b</Name></ListBucketResult>";
        assert!(answers(O::ListObjectsV2, listing));
        for operation in [
            O::GetMetricsConfiguration,
            O::GetBucketEncryption,
            O::ListObjectVersions,
            O::ListMultipartUploads,
            O::GetObjectRetention,
        ] {
            assert!(!answers(operation, listing), "{operation:?}");
        }
        assert!(answers(
            O::GetMetricsConfiguration,
            b"<MetricsConfiguration/>"
        ));
        assert!(answers(
            O::GetObjectRetention,
            b"<!--x--><a:Retention xmlns:a='y'/>"
        ));
        for object in [&b""[..], b"secret", b"<LegalHold/>", b"\xff\xfe"] {
            assert!(!answers(O::GetObjectRetention, object));
            assert!(!answers(O::GetObjectAttributes, object));
        }
    }

    #[test]
    fn what_would_be_done_to_a_bucket_or_an_object_is_asked_for_first() {
        use Operation as O;
        for operation in [
            O::DeleteMetricsConfiguration,
            O::DeleteBucketEncryption,
            O::PutBucketVersioning,
            O::DeleteObjectTagging,
        ] {
            assert!(has_to_be_known(operation), "{operation:?}");
        }
        for operation in [
            O::PutObject,
            O::DeleteObject,
            O::DeleteObjects,
            O::GetBucketEncryption,
        ] {
            assert!(!has_to_be_known(operation), "{operation:?}");
        }
    }
}
