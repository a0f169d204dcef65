//! Tags of buckets and objects.

use std::collections::{BTreeMap, HashSet};

use bytes::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use s3s::dto;
use s3s::xml::Serializer;
use serde::{Deserialize, Serialize};

use crate::fault::{Code, Fault};

/// Tags, valid: keys of 1–128 and values of up to 256 characters, no key twice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Tags(BTreeMap<String, String>);

/// Most tags that an object can have.
pub(crate) const OBJECT_TAGS: usize = 10;
/// Most tags that a bucket can have.
pub(crate) const BUCKET_TAGS: usize = 50;

impl Tags {
    /// Checks a list of tags (S3 User Guide, "Categorizing your objects using tags").
    pub(crate) fn new(
        pairs: impl IntoIterator<Item = (String, String)>,
        most: usize,
    ) -> Result<Self, Fault> {
        let mut tags = BTreeMap::new();
        for (key, value) in pairs {
            let invalid = |message: &str| {
                Fault::new(Code::InvalidTag)
                    .message(message)
                    .element("TagKey", key.clone())
                    .element("TagValue", value.clone())
            };
            if !(1..=128).contains(&key.chars().count()) || !key.chars().all(is_allowed) {
                return Err(invalid("The TagKey you have provided is invalid"));
            }
            if value.chars().count() > 256 || !value.chars().all(is_allowed) {
                return Err(invalid("The TagValue you have provided is invalid"));
            }
            if key.to_ascii_lowercase().starts_with("aws:") {
                return Err(invalid("System tags cannot be added/updated by requester"));
            }
            if tags.contains_key(&key) {
                return Err(invalid("Cannot provide multiple Tags with the same key"));
            }
            tags.insert(key, value);
        }
        if tags.len() > most {
            return Err(match most {
                OBJECT_TAGS => {
                    Fault::new(Code::InvalidTag).message("Object tags cannot be greater than 10")
                }
                _ => Self::too_many_for_a_bucket(),
            });
        }
        Ok(Self(tags))
    }

    /// Reads the `x-amz-tagging` header: `K=V&K=V`, form-encoded.
    pub(crate) fn from_header(text: &str) -> Result<Self, Fault> {
        let invalid = || {
            Fault::argument(
                "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
                "x-amz-tagging",
                text,
            )
        };
        let decode = |piece: &str| {
            percent_decode_str(&piece.replace('+', " "))
                .decode_utf8()
                .map(std::borrow::Cow::into_owned)
                .map_err(|_| invalid())
        };
        let mut pairs = Vec::new();
        // Before anybody has asked who sends it, and a header has room for thousands.
        let mut known = HashSet::new();
        for piece in text.split('&').filter(|piece| !piece.is_empty()) {
            let (key, value) = piece.split_once('=').unwrap_or((piece, ""));
            let pair = (decode(key)?, decode(value)?);
            if !known.insert(pair.0.clone()) {
                return Err(invalid());
            }
            pairs.push(pair);
        }
        Self::new(pairs, OBJECT_TAGS)
    }

    /// The `x-amz-tagging` header.
    pub(crate) fn header(&self) -> String {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let pairs = self.iter();
        let pairs: Vec<_> = pairs
            .map(|(key, value)| format!("{}={}", encoded(key), encoded(value)))
            .collect();
        pairs.join("&")
    }

    /// The document of PutObjectTagging.
    pub(crate) fn document(&self) -> Result<Bytes, Fault> {
        let pairs = self.iter();
        let tags = pairs.map(|(key, value)| dto::Tag {
            key: Some(key.to_owned()),
            value: Some(value.to_owned()),
        });
        let tagging = dto::Tagging {
            tag_set: tags.collect(),
        };
        let mut document = Vec::new();
        let mut writer = Serializer::new(&mut document);
        writer
            .content("Tagging", &tagging)
            .map_err(|error| Fault::internal("tags can't be written as XML", &error))?;
        Ok(document.into())
    }

    /// What is said when a bucket would have more than fifty.
    pub(crate) fn too_many_for_a_bucket() -> Fault {
        Fault::new(Code::InvalidTag).message("Bucket tag count cannot be greater than 50")
    }

    /// These and the new ones, which win over those of the same key; `None` if a bucket can't
    /// have that many.
    pub(crate) fn with(&self, new: Self) -> Option<Self> {
        let mut tags = self.0.clone();
        tags.extend(new.0);
        (tags.len() <= BUCKET_TAGS).then_some(Self(tags))
    }

    /// These without those of the keys.
    pub(crate) fn without(&self, keys: &[String]) -> Self {
        let mut tags = self.0.clone();
        tags.retain(|key, _| !keys.contains(key));
        Self(tags)
    }

    /// Key and value of each tag, sorted by key.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(k, v)| (k.as_str(), v.as_str()))
    }

    /// The value of a tag.
    pub(crate) fn get(&self, key: &str) -> Option<&String> {
        self.0.get(key)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn is_allowed(c: char) -> bool {
    // `[\p{L}\p{Z}\p{N}_.:/=+\-@]`
    c.is_alphanumeric() || c.is_whitespace() && !c.is_control() || "_.:/=+-@".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_decoded() {
        let tags = Tags::from_header("team=a%2Fb&stage=x+y&flag").unwrap();
        let pairs: Vec<_> = tags.iter().collect();
        assert_eq!(pairs, [("flag", ""), ("stage", "x y"), ("team", "a/b")]);
        for bad in ["a=1&a=2", "=v", "aws:x=1", "k=%ff", "k=<"] {
            assert!(Tags::from_header(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_written_reads_the_same() {
        let tags = Tags::from_header("team=a%2Fb&stage=x+y&flag&k%C3%BC=%2B").unwrap();
        assert_eq!(Tags::from_header(&tags.header()).unwrap(), tags);
        let document = tags.document().unwrap();
        let read: dto::Tagging = crate::request::xml(&document).unwrap();
        assert_eq!(
            crate::request::tags_of(read.tag_set, OBJECT_TAGS).unwrap(),
            tags
        );
    }

    #[test]
    fn the_number_of_tags_is_bounded() {
        let tags = |n: usize| (0..n).map(|i| (format!("k{i}"), String::new()));
        assert!(Tags::new(tags(10), OBJECT_TAGS).is_ok());
        assert!(Tags::new(tags(11), OBJECT_TAGS).is_err());
        assert!(Tags::new(tags(50), BUCKET_TAGS).is_ok());
        assert!(Tags::new(tags(51), BUCKET_TAGS).is_err());
    }
}
