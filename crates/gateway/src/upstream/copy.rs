//! Copies: inside the upstream by itself, between the two stores through this server.

use std::sync::Arc;

use door::{Call, Door, Permit, Trailers};
use http::header::{
    CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    IF_UNMODIFIED_SINCE, RANGE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use s3s::dto;

use super::answer::Answer;
use super::buckets::same_bucket;
use super::endpoint::{encoded, encoded_path};
use super::forward::{names, set_tags};
use super::refusal::Refused;
use super::send::{Outgoing, Payload};
use super::{headers, query};
use crate::Gateway;
use crate::absent;
use crate::condition::check_source;
use crate::download_body::Content;
use crate::fault::{Code, Fault};
use crate::handler::{self, Context, Resolved, Upload, part_range, refuse_acl};
use crate::needs::{Requirement, replaces_tags};
use crate::object_headers::KEPT;
use crate::operation::Operation;
use crate::reply::{Reply, xml_time};
use crate::request::{CopySource, Input, Request};
use crate::store::{Bucket, Object};
use crate::tags::Tags;

const COPY_SOURCE: HeaderName = HeaderName::from_static("x-amz-copy-source");

/// The conditions on a source, and those on an object that is read.
const CONDITIONS: &[(&str, HeaderName)] = &[
    ("x-amz-copy-source-if-match", IF_MATCH),
    ("x-amz-copy-source-if-none-match", IF_NONE_MATCH),
    ("x-amz-copy-source-if-modified-since", IF_MODIFIED_SINCE),
    ("x-amz-copy-source-if-unmodified-since", IF_UNMODIFIED_SINCE),
    ("x-amz-copy-source-range", RANGE),
];

impl Gateway {
    /// CopyObject and UploadPartCopy of which at least one side is in the upstream. `source` is the bucket that the request
    /// was authorized to read from, `tags` are the object's there.
    pub(super) async fn copy(
        &self,
        door: &Door,
        cx: &Context<'_>,
        permit: &Permit,
        mut input: Input,
        source: Option<Arc<Bucket>>,
        tags: Option<Tags>,
    ) -> Result<Reply, Fault> {
        refuse_acl(cx.request)?;
        let from = cx.request.source.as_ref();
        let from = from.ok_or_else(|| Fault::new(Code::InvalidRequest))?;
        let source = source.ok_or_else(|| Fault::bucket(Code::NoSuchBucket, &from.bucket))?;
        let tags = match cx.request.operation {
            // Those of an upload are set when it begins.
            Operation::UploadPartCopy => Tags::default(),
            _ if replaces_tags(cx.request) => input.take_tags()?,
            _ => tags.unwrap_or_default(),
        };
        same_bucket(&self.store, &source)?;
        same_bucket(&self.store, cx.bucket()?)?;
        match (source.upstream.as_deref(), cx.bucket()?.upstream.is_some()) {
            (Some(theirs), true) => {
                self.copy_inside(door, cx, permit, theirs, from, &tags)
                    .await
            }
            (Some(theirs), false) => self.copy_here(door, cx, permit, theirs, from, tags).await,
            (None, _) => self.copy_there(door, cx, permit, &source, from, tags).await,
        }
    }

    /// The upstream copies.
    async fn copy_inside(
        &self,
        door: &Door,
        cx: &Context<'_>,
        permit: &Permit,
        theirs: &str,
        from: &CopySource,
        tags: &Tags,
    ) -> Result<Reply, Fault> {
        let mut outgoing = Outgoing::new(Method::PUT, names(cx)?.0, cx.request.address.key())
            .query(query::forwarded(cx.request)?);
        outgoing.headers = headers::forwarded(cx.request)?;
        outgoing.is_long = true;
        if replaces_tags(cx.request) {
            set_tags(&mut outgoing, tags);
        }
        let mut source = format!("/{}/{}", encoded(theirs), encoded_path(from.key.as_str()));
        if let Some(version) = &from.version {
            source.push_str("?versionId=");
            source.push_str(&encoded(version));
        }
        if let Ok(value) = HeaderValue::from_str(&source) {
            outgoing.headers.insert(COPY_SOURCE, value);
        }
        let payload = Payload::Whole(bytes::Bytes::new());
        let answer = self.upstream()?.send(&outgoing, payload).await?;
        self.returned(door, cx, permit, &outgoing, answer).await
    }

    /// Reads from the upstream, and stores here.
    async fn copy_here(
        &self,
        door: &Door,
        cx: &Context<'_>,
        permit: &Permit,
        theirs: &str,
        from: &CopySource,
        tags: Tags,
    ) -> Result<Reply, Fault> {
        let answer = self.read_source(door, cx, theirs, from).await?;
        let length = answer.length().ok_or_else(|| {
            Fault::unavailable("the upstream store doesn't tell the length of an object")
        })?;
        check_range(cx.request, length)?;
        let found = headers::returned(&answer.headers);
        let request = write_of(cx.request, length, |headers| {
            let about = |name: &HeaderName| {
                KEPT.contains(&name.as_str()) || name.as_str().starts_with("x-amz-meta-")
            };
            headers.extend(found.clone().into_iter().filter_map(|(name, value)| {
                let name = name.filter(about)?;
                Some((name, value))
            }));
        });
        let upload = Upload {
            body: answer.into_body(),
            trailers: Trailers::default(),
        };
        let (input, here) = (Input::with_tags(tags), cx.of(&request, cx.call));
        let stored = handler::run(&here, permit, input, Resolved::default(), upload).await;
        let stored = stored.map_err(|fault| match fault.code() {
            // It wasn't the client that broke off.
            Code::Body { .. } | Code::IncompleteBody => {
                Fault::unavailable("the upstream store broke off its answer")
            }
            _ => fault,
        })?;
        copied(cx, stored)
    }

    async fn read_source(
        &self,
        door: &Door,
        cx: &Context<'_>,
        theirs: &str,
        from: &CopySource,
    ) -> Result<Answer, Fault> {
        let upstream = self.upstream()?;
        let mut outgoing = Outgoing::new(Method::GET, theirs, Some(&from.key));
        if let Some(version) = &from.version {
            query::push(&mut outgoing.query, "versionId", version);
        }
        for (sent, name) in CONDITIONS {
            if let Some(value) = cx.request.headers.get(*sent) {
                outgoing.headers.insert(name.clone(), value.clone());
            }
        }
        let payload = Payload::Whole(bytes::Bytes::new());
        let answer = upstream.send(&outgoing, payload).await?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        let refused = Refused {
            operation: Operation::GetObject,
            versioned: from.version.is_some(),
            bucket: (theirs, from.bucket.as_str()),
        };
        let fault = upstream.refused(&Method::GET, answer, refused).await;
        Err(match fault.code() {
            // For a copy nothing is "not modified".
            Code::NotModified => Fault::precondition("x-amz-copy-source-If-None-Match"),
            _ => self.told(door, cx, fault),
        })
    }

    /// Reads here, and stores in the upstream.
    async fn copy_there(
        &self,
        door: &Door,
        cx: &Context<'_>,
        permit: &Permit,
        bucket: &Bucket,
        from: &CopySource,
        tags: Tags,
    ) -> Result<Reply, Fault> {
        let version = from.version()?;
        let (found, content) = self
            .opened(bucket, &from.key, version, Content::open)
            .await?;
        let (Some(object), Some(content)) = (found.object(), content) else {
            let list = vec![Requirement::list_bucket(&from.bucket)];
            self.authorize(door, cx.call, list)?;
            return Err(absent::source(from, &found));
        };
        check_source(cx.request, object)?;
        let range = match cx.request.operation {
            Operation::UploadPartCopy => part_range(cx.request, object)?,
            _ => 0..object.size,
        };
        let length = range.end - range.start;
        let request = write_of(cx.request, length, |headers| describe(headers, object));
        let upload = Upload {
            body: content.send(range).await?,
            trailers: Trailers::default(),
        };
        // The client's hash is that of its own body, which was empty.
        let call = Call {
            payload_hash: None,
            ..cx.call.clone()
        };
        let there = cx.of(&request, &call);
        let input = Input::with_tags(tags);
        let stored = self.forward(door, &there, permit, input, upload).await?;
        copied(cx, stored)
    }
}

/// A range that ends beyond its object is cut off by a read, and is no range of a copy.
fn check_range(request: &Request, length: u64) -> Result<(), Fault> {
    const NAME: &str = "x-amz-copy-source-range";
    let Some(text) = request.header(NAME) else {
        return Ok(());
    };
    match dto::Range::parse(text) {
        Ok(dto::Range::Int {
            first,
            last: Some(last),
        }) if last.saturating_sub(first).saturating_add(1) == length => Ok(()),
        _ => Err(Fault::argument(
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
            NAME,
            text,
        )),
    }
}

/// The headers of an object that is here.
fn describe(headers: &mut HeaderMap, object: &Object) {
    let kept = object.description.headers.iter();
    let metadata = object.description.metadata.iter();
    let metadata = metadata.map(|(name, value)| (format!("x-amz-meta-{name}"), value));
    for (name, value) in kept
        .map(|(name, value)| (name.clone(), value))
        .chain(metadata)
    {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
            headers.insert(name, value);
        }
    }
}

/// The write that a copy is, once the source's bytes are at hand. `describe` adds the source's headers.
fn write_of(copy: &Request, length: u64, describe: impl FnOnce(&mut HeaderMap)) -> Request {
    let mut request = Request {
        operation: match copy.operation {
            Operation::UploadPartCopy => Operation::UploadPart,
            _ => Operation::PutObject,
        },
        source: None,
        ..copy.clone()
    };
    let replaces = copy
        .header("x-amz-metadata-directive")
        .is_some_and(|it| it.eq_ignore_ascii_case("REPLACE"));
    let about_object = |name: &str| KEPT.contains(&name) || name.starts_with("x-amz-meta-");
    let about_copy = |name: &str| {
        name.starts_with("x-amz-copy-source")
            || name.starts_with("x-amz-checksum-")
            || matches!(
                name,
                "x-amz-metadata-directive"
                    | "x-amz-tagging-directive"
                    | "x-amz-sdk-checksum-algorithm"
                    | "x-amz-trailer"
                    | "x-amz-content-sha256"
                    | "content-md5"
            )
    };
    let kept = copy.headers.iter().filter(|(name, _)| {
        let name = name.as_str();
        !about_copy(name) && (replaces || !about_object(name))
    });
    let mut headers = HeaderMap::new();
    for (name, value) in kept {
        headers.append(name.clone(), value.clone());
    }
    if !replaces && request.operation == Operation::PutObject {
        describe(&mut headers);
    }
    headers.insert(CONTENT_LENGTH, length.into());
    request.headers = headers;
    request
}

/// What a copy answers, of what the write answered.
fn copied(cx: &Context<'_>, stored: Reply) -> Result<Reply, Fault> {
    let etag = stored.response.headers().get(ETAG);
    let etag = etag.and_then(|it| it.to_str().ok()).unwrap_or_default();
    let etag = Some(dto::ETag::Strong(etag.trim_matches('"').to_owned()));
    let modified = Some(xml_time(cx.call.now));
    let mut reply = match cx.request.operation {
        Operation::UploadPartCopy => Reply::xml(&dto::CopyPartResult {
            e_tag: etag,
            last_modified: modified,
            ..dto::CopyPartResult::default()
        })?,
        _ => Reply::xml(&dto::CopyObjectResult {
            e_tag: etag,
            last_modified: modified,
            ..dto::CopyObjectResult::default()
        })?,
    };
    for (name, value) in stored.response.headers() {
        if name.as_str().starts_with("x-amz-") && !name.as_str().starts_with("x-amz-checksum-") {
            reply
                .response
                .headers_mut()
                .insert(name.clone(), value.clone());
        }
    }
    debug_assert!(reply.response.headers().contains_key(CONTENT_TYPE));
    Ok(reply)
}
