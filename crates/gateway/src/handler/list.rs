//! ListObjects and ListObjectsV2.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use door::Permit;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto;

use super::Context;
use crate::fault::{Code, Fault};
use crate::reply::{Reply, xml_time};
use crate::store::{Bucket, Entry, Listing, ListingQuery};

/// Most entries of a page.
pub(super) const MOST_KEYS: u32 = 1000;

/// What `encoding-type=url` leaves as it is.
const URL_ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'*')
    .remove(b'/');

/// How names are written into the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Plain,
    Url,
}

impl Encoding {
    /// Reads `encoding-type`.
    pub(super) fn of(cx: &Context<'_>) -> Result<Self, Fault> {
        match cx.request.query.get("encoding-type") {
            None | Some("") => Ok(Self::Plain),
            Some(name) if name.eq_ignore_ascii_case("url") => Ok(Self::Url),
            Some(other) => Err(Fault::argument(
                "Invalid Encoding Method specified in Request",
                "encoding-type",
                other,
            )),
        }
    }

    /// A name as it goes into the answer.
    pub(super) fn write(self, name: &str) -> String {
        match self {
            Self::Plain => name.to_owned(),
            Self::Url => utf8_percent_encode(name, URL_ENCODED).to_string(),
        }
    }

    /// What the answer says of it.
    pub(super) fn name(self) -> Option<dto::EncodingType> {
        (self == Self::Url).then(|| dto::EncodingType::from_static(dto::EncodingType::URL))
    }
}

/// The parameters that both versions have.
struct Wanted {
    query: ListingQuery,
    most: u32,
    delimiter: Option<String>,
    encoding: Encoding,
}

impl Wanted {
    fn of(cx: &Context<'_>) -> Result<Self, Fault> {
        let parameters = &cx.request.query;
        let most = parameters
            .number("max-keys")?
            .unwrap_or(MOST_KEYS)
            .min(MOST_KEYS);
        let delimiter = parameters.get("delimiter").filter(|d| !d.is_empty());
        Ok(Self {
            query: ListingQuery {
                prefix: parameters.get("prefix").unwrap_or_default().to_owned(),
                delimiter: delimiter.map(str::to_owned),
                from: Vec::new(),
                limit: most as usize,
            },
            most,
            delimiter: delimiter.map(str::to_owned),
            encoding: Encoding::of(cx)?,
        })
    }

    fn lines(
        &self,
        cx: &Context<'_>,
        bucket: &Bucket,
        listing: &Listing,
        with_owner: bool,
    ) -> (Vec<dto::Object>, Vec<dto::CommonPrefix>) {
        let mut objects = Vec::new();
        let mut prefixes = Vec::new();
        let owner = with_owner.then(|| cx.owner(bucket.owner));
        for entry in &listing.entries {
            match entry {
                Entry::Prefix(prefix) => prefixes.push(dto::CommonPrefix {
                    prefix: Some(self.encoding.write(prefix)),
                }),
                Entry::Object {
                    key,
                    size,
                    etag,
                    modified,
                    algorithm,
                } => objects.push(dto::Object {
                    checksum_algorithm: algorithm
                        .map(|a| vec![dto::ChecksumAlgorithm::from_static(a.name())]),
                    e_tag: Some(dto::ETag::Strong(etag.clone())),
                    key: Some(self.encoding.write(key)),
                    last_modified: Some(xml_time(*modified)),
                    owner: owner.clone(),
                    size: i64::try_from(*size).ok(),
                    storage_class: Some(dto::ObjectStorageClass::from_static(
                        dto::ObjectStorageClass::STANDARD,
                    )),
                    ..dto::Object::default()
                }),
            }
        }
        (objects, prefixes)
    }
}

/// Version 1: pages by marker.
pub(super) async fn list_objects(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    let bucket = cx.bucket()?;
    let mut wanted = Wanted::of(cx)?;
    let marker = cx.request.query.get("marker").unwrap_or_default();
    if !marker.is_empty() {
        wanted.query.from = wanted.query.position_after(marker);
    }
    let listing = cx.store.list(bucket.id, &wanted.query).await?;
    let (contents, prefixes) = wanted.lines(cx, bucket, &listing, true);
    // Without a delimiter the last key is the marker, and S3 doesn't repeat it.
    let next = (listing.next.is_some() && wanted.delimiter.is_some())
        .then(|| {
            listing
                .entries
                .last()
                .map(|e| wanted.encoding.write(e.name()))
        })
        .flatten();
    Reply::xml(&dto::ListObjectsOutput {
        name: Some(bucket.name.to_string()),
        prefix: Some(wanted.encoding.write(&wanted.query.prefix)),
        marker: Some(wanted.encoding.write(marker)),
        max_keys: i32::try_from(wanted.most).ok(),
        is_truncated: Some(listing.next.is_some()),
        contents: Some(contents),
        common_prefixes: Some(prefixes),
        delimiter: wanted
            .delimiter
            .as_deref()
            .map(|d| wanted.encoding.write(d)),
        next_marker: next,
        encoding_type: wanted.encoding.name(),
        request_charged: None,
    })
}

/// Version 2: pages by opaque token.
pub(super) async fn list_objects_v2(cx: &Context<'_>, _: &Permit) -> Result<Reply, Fault> {
    let bucket = cx.bucket()?;
    let mut wanted = Wanted::of(cx)?;
    let parameters = &cx.request.query;
    let token = parameters.get("continuation-token");
    let start_after = parameters.get("start-after");
    wanted.query.from = match (token, start_after) {
        (Some(token), _) => URL_SAFE_NO_PAD
            .decode(token)
            .ok()
            .filter(|t| !t.is_empty())
            .ok_or_else(|| {
                Fault::argument(
                    "The continuation token provided is incorrect",
                    "continuation-token",
                    token,
                )
            })?,
        (None, Some(key)) if !key.is_empty() => wanted.query.position_after(key),
        (None, _) => Vec::new(),
    };
    let with_owner = parameters.get("fetch-owner") == Some("true");
    let listing = cx.store.list(bucket.id, &wanted.query).await?;
    let (contents, prefixes) = wanted.lines(cx, bucket, &listing, with_owner);
    let count =
        i32::try_from(listing.entries.len()).map_err(|_| Fault::new(Code::InternalError))?;
    Reply::xml(&dto::ListObjectsV2Output {
        name: Some(bucket.name.to_string()),
        prefix: Some(wanted.encoding.write(&wanted.query.prefix)),
        max_keys: i32::try_from(wanted.most).ok(),
        key_count: Some(count),
        continuation_token: token.map(str::to_owned),
        is_truncated: Some(listing.next.is_some()),
        next_continuation_token: listing.next.map(|next| URL_SAFE_NO_PAD.encode(next)),
        contents: Some(contents),
        common_prefixes: Some(prefixes),
        delimiter: wanted
            .delimiter
            .as_deref()
            .map(|d| wanted.encoding.write(d)),
        encoding_type: wanted.encoding.name(),
        start_after: start_after.map(|key| wanted.encoding.write(key)),
        request_charged: None,
    })
}
