//! XML documents that are newer than the types of `s3s`, and those of S3 Control.

use std::io::Write;

use s3s::dto;
use s3s::xml::{
    DeError, DeResult, Deserialize, DeserializeContent, Deserializer, SerResult, Serialize,
    Serializer,
};

const S3: &str = "http://s3.amazonaws.com/doc/2006-03-01/";
const S3_CONTROL: &str = "http://awss3control.amazonaws.com/doc/2018-08-20/";

/// `CreateBucketConfiguration`.
#[derive(Debug, Default)]
pub(crate) struct NewBucket {
    /// The region that is asked for.
    pub(crate) location: Option<String>,
    /// The bucket's first tags.
    pub(crate) tags: Option<Vec<dto::Tag>>,
}

/// `TagResourceRequest`.
#[derive(Debug)]
pub(crate) struct TagResource {
    /// The tags to add.
    pub(crate) tags: Vec<dto::Tag>,
}

/// `ListTagsForResourceResult`.
#[derive(Debug)]
pub(crate) struct TagsOfResource(pub(crate) Vec<dto::Tag>);

/// `AbacStatus`: whether the tags of a bucket count as attributes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AbacStatus {
    /// `Enabled` or `Disabled`.
    pub(crate) enabled: bool,
}

/// `ObjectEncryption`: what an object's encryption is to become.
#[derive(Debug)]
pub(crate) struct ObjectEncryption {
    /// As `x-amz-server-side-encryption` names it.
    pub(crate) algorithm: &'static str,
    /// The key's ARN.
    pub(crate) kms_key: Option<String>,
}

impl<'xml> Deserialize<'xml> for NewBucket {
    fn deserialize(d: &mut Deserializer<'xml>) -> DeResult<Self> {
        d.named_element("CreateBucketConfiguration", |d| {
            let mut new = Self::default();
            d.for_each_element(|d, name| match name {
                b"LocationConstraint" => once(&mut new.location, d.content()?),
                b"Tags" => once(&mut new.tags, d.list_content("Tag")?),
                // A directory bucket is something else, and must not become a bucket.
                _ => Err(DeError::UnexpectedTagName),
            })?;
            Ok(new)
        })
    }
}

impl<'xml> Deserialize<'xml> for TagResource {
    fn deserialize(d: &mut Deserializer<'xml>) -> DeResult<Self> {
        d.named_element("TagResourceRequest", |d| {
            let mut tags = None;
            d.for_each_element(|d, name| match name {
                b"Tags" => once(&mut tags, d.list_content("Tag")?),
                _ => Err(DeError::UnexpectedTagName),
            })?;
            let tags = tags.ok_or(DeError::MissingField)?;
            Ok(Self { tags })
        })
    }
}

impl<'xml> Deserialize<'xml> for AbacStatus {
    fn deserialize(d: &mut Deserializer<'xml>) -> DeResult<Self> {
        d.named_element("AbacStatus", |d| {
            let mut status: Option<String> = None;
            d.for_each_element(|d, name| match name {
                b"Status" => once(&mut status, d.content()?),
                _ => Err(DeError::UnexpectedTagName),
            })?;
            match status.as_deref() {
                Some("Enabled") => Ok(Self { enabled: true }),
                Some("Disabled") => Ok(Self { enabled: false }),
                _ => Err(DeError::InvalidContent),
            }
        })
    }
}

impl<'xml> Deserialize<'xml> for ObjectEncryption {
    fn deserialize(d: &mut Deserializer<'xml>) -> DeResult<Self> {
        d.named_element("ObjectEncryption", |d| {
            let mut found = None;
            d.for_each_element(|d, name| match name {
                b"SSE-S3" => {
                    d.for_each_element(|_, _| Err(DeError::UnexpectedTagName))?;
                    let algorithm = "AES256";
                    let kms_key = None;
                    once(&mut found, Self { algorithm, kms_key })
                }
                b"SSE-KMS" => once(&mut found, d.content()?),
                _ => Err(DeError::UnexpectedTagName),
            })?;
            found.ok_or(DeError::MissingField)
        })
    }
}

/// What stands in `SSE-KMS`.
impl<'xml> DeserializeContent<'xml> for ObjectEncryption {
    fn deserialize_content(d: &mut Deserializer<'xml>) -> DeResult<Self> {
        let mut key: Option<String> = None;
        let mut bucket_key: Option<String> = None;
        d.for_each_element(|d, name| match name {
            b"KMSKeyArn" => once(&mut key, d.content()?),
            b"BucketKeyEnabled" => once(&mut bucket_key, d.content()?),
            _ => Err(DeError::UnexpectedTagName),
        })?;
        Ok(Self {
            algorithm: "aws:kms",
            kms_key: Some(key.ok_or(DeError::MissingField)?),
        })
    }
}

impl Serialize for TagsOfResource {
    fn serialize<W: Write>(&self, s: &mut Serializer<W>) -> SerResult {
        s.element_with_ns("ListTagsForResourceResult", S3_CONTROL, |s| {
            s.list("Tags", "Tag", &self.0)
        })
    }
}

impl Serialize for AbacStatus {
    fn serialize<W: Write>(&self, s: &mut Serializer<W>) -> SerResult {
        let status = if self.enabled { "Enabled" } else { "Disabled" };
        s.element_with_ns("AbacStatus", S3, |s| s.content("Status", status))
    }
}

/// An element that may stand once.
fn once<T>(place: &mut Option<T>, value: T) -> DeResult {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(DeError::DuplicateField),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::xml;

    #[test]
    fn a_new_bucket_has_a_place_and_tags() {
        let text = "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>eu-west-1</LocationConstraint><Tags><Tag><Key>a</Key><Value>b</Value></Tag></Tags></CreateBucketConfiguration>";
        let new: NewBucket = xml(text.as_bytes()).unwrap();
        assert_eq!(new.location.as_deref(), Some("eu-west-1"));
        assert_eq!(new.tags.unwrap().len(), 1);
        let directory = "<CreateBucketConfiguration><Bucket><Type>Directory</Type></Bucket></CreateBucketConfiguration>";
        assert!(xml::<NewBucket>(directory.as_bytes()).is_err());
    }

    #[test]
    fn the_status_is_one_of_two() {
        let of = |status: &str| {
            let text = format!("<AbacStatus><Status>{status}</Status></AbacStatus>");
            xml::<AbacStatus>(text.as_bytes()).ok()
        };
        assert_eq!(of("Enabled"), Some(AbacStatus { enabled: true }));
        assert_eq!(of("Disabled"), Some(AbacStatus { enabled: false }));
        assert_eq!(of("enabled"), None);
        assert!(xml::<AbacStatus>(b"<AbacStatus/>").is_err());
    }

    #[test]
    fn an_element_that_stands_twice_is_refused() {
        let twice = "<AbacStatus><Status>Enabled</Status><Status>Disabled</Status></AbacStatus>";
        assert!(xml::<AbacStatus>(twice.as_bytes()).is_err());
    }
}
