//! ListObjectVersions.

use std::io::Write;

use door::Permit;
use s3s::dto;
use s3s::xml::{SerResult, Serialize, SerializeContent, Serializer};

use super::Context;
use super::list::{Encoding, MOST_KEYS};
use crate::fault::Fault;
use crate::reply::{Reply, xml_time};
use crate::store::{VersionEntry, VersionLine, VersionsFrom, VersionsQuery};

/// The namespace of S3's documents.
const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// Every version of the bucket's objects, and every delete marker.
pub(super) async fn list_object_versions(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    let bucket = cx.bucket()?;
    let parameters = &cx.request.query;
    let given = |name| parameters.get(name).filter(|text| !text.is_empty());
    let encoding = Encoding::of(cx)?;
    let most = parameters
        .number("max-keys")?
        .unwrap_or(MOST_KEYS)
        .min(MOST_KEYS);
    let delimiter = given("delimiter");
    let (key_marker, version_marker) = (given("key-marker"), given("version-id-marker"));
    let from = match (key_marker, version_marker) {
        (None, None) => VersionsFrom::Start,
        (Some(key), None) => VersionsFrom::AfterKey(key.to_owned()),
        (Some(key), Some(version)) => VersionsFrom::AfterVersion(key.to_owned(), version.parse()?),
        (None, Some(version)) => {
            return Err(Fault::argument(
                "A version-id marker cannot be specified without a key marker.",
                "version-id-marker",
                version,
            ));
        }
    };
    let prefix = parameters.get("prefix").unwrap_or_default();
    let query = VersionsQuery {
        prefix: prefix.to_owned(),
        delimiter: delimiter.map(str::to_owned),
        from,
        limit: most as usize,
    };
    let page = cx.store.list_versions(bucket.id, &query).await?;
    let owner = cx.owner(bucket.owner);
    let (next_key, next_version) = match page.entries.last().filter(|_| page.truncated) {
        None => (None, None),
        Some(VersionEntry::Prefix(prefix)) => (Some(encoding.write(prefix)), None),
        Some(VersionEntry::Version(line)) => (
            Some(encoding.write(&line.key)),
            Some(line.version.to_string()),
        ),
    };
    let mut lines = Vec::new();
    let mut prefixes = Vec::new();
    for entry in page.entries {
        match entry {
            VersionEntry::Version(line) => lines.push(Line::of(line, encoding, &owner)),
            VersionEntry::Prefix(prefix) => prefixes.push(dto::CommonPrefix {
                prefix: Some(encoding.write(&prefix)),
            }),
        }
    }
    Reply::xml(&Page {
        name: bucket.name.to_string(),
        prefix: encoding.write(prefix),
        key_marker: encoding.write(key_marker.unwrap_or_default()),
        version_id_marker: version_marker.unwrap_or_default(),
        next_key_marker: next_key,
        next_version_id_marker: next_version,
        max_keys: i32::try_from(most).unwrap_or(i32::MAX),
        delimiter: delimiter.map(|delimiter| encoding.write(delimiter)),
        encoding_type: encoding.name(),
        is_truncated: page.truncated,
        lines,
        prefixes,
    })
}

/// The answer. Versions and delete markers are one list in S3's documents, and two in s3s's type for them.
struct Page<'a> {
    name: String,
    prefix: String,
    key_marker: String,
    version_id_marker: &'a str,
    next_key_marker: Option<String>,
    next_version_id_marker: Option<String>,
    max_keys: i32,
    delimiter: Option<String>,
    encoding_type: Option<dto::EncodingType>,
    is_truncated: bool,
    lines: Vec<Line>,
    prefixes: Vec<dto::CommonPrefix>,
}

enum Line {
    Version(dto::ObjectVersion),
    Marker(dto::DeleteMarkerEntry),
}

impl Line {
    fn of(line: VersionLine, encoding: Encoding, owner: &dto::Owner) -> Self {
        let key = Some(encoding.write(&line.key));
        let (is_latest, version_id) = (Some(line.latest), Some(line.version.to_string()));
        let (last_modified, owner) = (Some(xml_time(line.modified)), Some(owner.clone()));
        let Some(object) = line.object else {
            return Self::Marker(dto::DeleteMarkerEntry {
                is_latest,
                key,
                last_modified,
                owner,
                version_id,
            });
        };
        let checksum = object.checksum;
        Self::Version(dto::ObjectVersion {
            checksum_algorithm: checksum
                .map(|(algorithm, _)| vec![dto::ChecksumAlgorithm::from_static(algorithm.name())]),
            checksum_type: checksum.map(|(_, kind)| kind.as_str().to_owned().into()),
            e_tag: Some(dto::ETag::Strong(object.etag)),
            is_latest,
            key,
            last_modified,
            owner,
            restore_status: None,
            size: i64::try_from(object.size).ok(),
            storage_class: Some(dto::ObjectVersionStorageClass::from_static(
                dto::ObjectVersionStorageClass::STANDARD,
            )),
            version_id,
        })
    }
}

impl Serialize for Page<'_> {
    fn serialize<W: Write>(&self, s: &mut Serializer<W>) -> SerResult {
        s.content_with_ns("ListVersionsResult", NAMESPACE, self)
    }
}

impl SerializeContent for Page<'_> {
    fn serialize_content<W: Write>(&self, s: &mut Serializer<W>) -> SerResult {
        s.content("Name", &self.name)?;
        s.content("Prefix", &self.prefix)?;
        s.content("KeyMarker", &self.key_marker)?;
        s.content("VersionIdMarker", self.version_id_marker)?;
        if let Some(next) = &self.next_key_marker {
            s.content("NextKeyMarker", next)?;
        }
        if let Some(next) = &self.next_version_id_marker {
            s.content("NextVersionIdMarker", next)?;
        }
        s.content("MaxKeys", &self.max_keys)?;
        if let Some(delimiter) = &self.delimiter {
            s.content("Delimiter", delimiter)?;
        }
        if let Some(encoding) = &self.encoding_type {
            s.content("EncodingType", encoding)?;
        }
        s.content("IsTruncated", &self.is_truncated)?;
        for line in &self.lines {
            match line {
                Line::Version(version) => s.content("Version", version)?,
                Line::Marker(marker) => s.content("DeleteMarker", marker)?,
            }
        }
        s.flattened_list("CommonPrefixes", &self.prefixes)
    }
}
