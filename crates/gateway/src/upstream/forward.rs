//! A request that goes to the upstream as it is, with this server's names and credentials in it.

use bytes::Bytes;
use door::{Door, Permit};
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response};

use super::answer::Answer;
use super::buckets::same_bucket;
use super::document::{Names, renamed};
use super::refusal::{Refused, told_in_success};
use super::send::{Outgoing, Payload};
use super::understood::answers;
use super::{headers, query, upload};
use crate::Gateway;
use crate::checksum::{Algorithm, Digests};
use crate::fault::Fault;
use crate::handler::{Context, Upload, owner_acl, put_acl, refuse_acl};
use crate::operation::{Level, Operation};
use crate::reply::{DELETE_MARKER, Reply, VERSION_ID};
use crate::request::Input;
use crate::tags::Tags;

const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");
const SDK_ALGORITHM: HeaderName = HeaderName::from_static("x-amz-sdk-checksum-algorithm");
const TAGGING: HeaderName = HeaderName::from_static("x-amz-tagging");

/// The upstream's bucket and its name here.
pub(super) type BothNames<'a> = (&'a str, &'a str);

/// Both names of the request's bucket.
pub(super) fn names<'a>(cx: &'a Context<'_>) -> Result<BothNames<'a>, Fault> {
    let bucket = cx.bucket()?;
    match bucket.upstream.as_deref() {
        Some(theirs) => Ok((theirs, bucket.name.as_str())),
        None => Err(Fault::internal(
            "a bucket is not in the upstream store",
            &bucket.name,
        )),
    }
}

impl Gateway {
    /// Sends the request on, and its answer back.
    pub(super) async fn forward(
        &self,
        door: &Door,
        cx: &Context<'_>,
        permit: &Permit,
        mut input: Input,
        body: Upload,
    ) -> Result<Reply, Fault> {
        use Operation as O;
        let upstream = self.upstream()?;
        let names = names(cx)?;
        let request = cx.request;
        let mut outgoing = Outgoing::new(request.method.clone(), names.0, request.address.key())
            .query(query::forwarded(request)?);
        outgoing.headers = headers::forwarded(request)?;
        outgoing.is_long = request.operation == O::CompleteMultipartUpload;
        let payload = match request.operation {
            O::PutObject | O::CreateMultipartUpload | O::UploadPart => {
                refuse_acl(request)?;
                set_tags(&mut outgoing, &input.take_tags()?);
                match request.operation {
                    O::CreateMultipartUpload => Payload::Whole(Bytes::new()),
                    _ => upload::payload(&self.store, cx, body, &mut outgoing.headers).await?,
                }
            }
            O::PutObjectTagging => {
                let document = input.take_tags()?.document()?;
                attest(&mut outgoing, &document);
                Payload::Whole(document)
            }
            // There the checksum is that of the object.
            O::CompleteMultipartUpload => Payload::Whole(input.bytes),
            _ if !input.bytes.is_empty() => {
                attest(&mut outgoing, &input.bytes);
                Payload::Whole(input.bytes)
            }
            _ => Payload::Whole(Bytes::new()),
        };
        let refused = Refused {
            operation: request.operation,
            versioned: request.query.has("versionId"),
            bucket: names,
        };
        let known = upstream.knows(&outgoing, refused).await;
        known.map_err(|fault| self.told(door, cx, fault))?;
        same_bucket(&self.store, cx.bucket()?)?;
        let answer = upstream.send(&outgoing, payload).await?;
        self.returned(door, cx, permit, &outgoing, answer).await
    }

    /// The upstream's answer as the client gets it.
    pub(super) async fn returned(
        &self,
        door: &Door,
        cx: &Context<'_>,
        _: &Permit,
        outgoing: &Outgoing<'_>,
        answer: Answer,
    ) -> Result<Reply, Fault> {
        use Operation as O;
        let upstream = self.upstream()?;
        let bucket = names(cx)?;
        let operation = cx.request.operation;
        let refused = Refused {
            operation,
            versioned: cx.request.query.has("versionId"),
            bucket,
        };
        if !answer.status.is_success() {
            let fault = upstream.refused(&outgoing.method, answer, refused).await;
            return Err(self.told(door, cx, fault));
        }
        let mut response = Response::new(door::empty());
        *response.status_mut() = answer.status;
        *response.headers_mut() = headers::returned(&answer.headers);
        let mut reply = Reply {
            response,
            length: 0,
            elements: None,
        };
        if !operation.row().read_only {
            reply.elements = of_versions(&answer.headers);
        }
        if outgoing.method == Method::HEAD {
            return Ok(match operation {
                O::HeadBucket => at_home(reply, cx)?,
                _ => reply,
            });
        }
        if matches!(
            operation,
            O::GetObject | O::GetObjectTorrent | O::SelectObjectContent
        ) {
            reply.length = answer.length().unwrap_or(0);
            *reply.response.body_mut() = answer.into_body();
            return Ok(reply);
        }
        let mut document = answer.read().await?;
        if outgoing.method == Method::GET && !answers(operation, &document) {
            return Err(Fault::not_implemented(operation));
        }
        if matches!(
            operation,
            O::CompleteMultipartUpload | O::CopyObject | O::UploadPartCopy
        ) && let Some(status) = told_in_success(&document)
        {
            let fault = upstream.refused_in_success(status, &document, refused);
            return Err(self.told(door, cx, fault));
        }
        if has_names(operation) && !document.is_empty() {
            let location = location(cx)?;
            let owner = cx.owner(cx.bucket()?.owner).id;
            let names = Names {
                bucket: bucket.1,
                owner: owner.as_deref(),
                location: Some(&location),
            };
            document = renamed(&document, &names)?.into();
        }
        if operation == O::CreateMultipartUpload {
            reply.elements = elements(cx, &document);
        }
        reply.length = document.len() as u64;
        reply.response.headers_mut().remove(CONTENT_LENGTH);
        *reply.response.body_mut() = door::full(document);
        Ok(reply)
    }

    /// A fault of the upstream as this caller may hear it: that a key doesn't exist is told to those who could list it.
    pub(super) fn told(&self, door: &Door, cx: &Context<'_>, fault: Fault) -> Fault {
        use Operation as O;
        let operation = cx.request.operation;
        let is_write = matches!(
            operation,
            O::PutObject | O::DeleteObject | O::CompleteMultipartUpload | O::CreateMultipartUpload
        );
        let of_head = operation.row().level == Level::Object && fault.code().name() == "NotFound";
        let is_missing =
            matches!(fault.code().name(), "NoSuchKey" | "NoSuchVersion") && !is_write || of_head;
        if !is_missing {
            return fault;
        }
        match self.missing(door, cx) {
            // Only who may know that it is missing hears whether there is a delete marker in its place.
            Ok(told) => told.with_headers_of(&fault),
            Err(denied) => denied,
        }
    }

    /// ACLs are this server's, the object is the upstream's.
    pub(super) async fn object_acl(
        &self,
        door: &Door,
        cx: &Context<'_>,
        permit: &Permit,
        input: &Input,
    ) -> Result<Reply, Fault> {
        let upstream = self.upstream()?;
        let bucket = names(cx)?;
        let mut outgoing = Outgoing::new(Method::HEAD, bucket.0, cx.request.address.key());
        let version = cx.request.query.get("versionId");
        if let Some(version) = version {
            query::push(&mut outgoing.query, "versionId", version);
        }
        same_bucket(&self.store, cx.bucket()?)?;
        let answer = upstream
            .send(&outgoing, Payload::Whole(Bytes::new()))
            .await?;
        if !answer.status.is_success() {
            let refused = Refused {
                operation: Operation::HeadObject,
                versioned: version.is_some(),
                bucket,
            };
            let fault = upstream.refused(&Method::HEAD, answer, refused).await;
            return Err(self.told(door, cx, fault));
        }
        let mut reply = match cx.request.operation {
            Operation::GetObjectAcl => owner_acl(cx, permit)?,
            _ => put_acl(cx, permit, input)?,
        };
        if let Some(version) = answer.headers.get(VERSION_ID) {
            reply
                .response
                .headers_mut()
                .insert(VERSION_ID, version.clone());
        }
        Ok(reply)
    }
}

/// Documents that name the bucket or an owner.
fn has_names(operation: Operation) -> bool {
    use Operation as O;
    matches!(
        operation,
        O::ListObjects
            | O::ListObjectsV2
            | O::ListObjectVersions
            | O::ListMultipartUploads
            | O::ListParts
            | O::CreateMultipartUpload
            | O::CompleteMultipartUpload
    )
}

/// The object's URL here.
fn location(cx: &Context<'_>) -> Result<String, Fault> {
    let scheme = if cx.call.tls.is_some() {
        "https"
    } else {
        "http"
    };
    let key = cx.request.address.key().map(ToString::to_string);
    let (host, bucket) = (&cx.call.host, &cx.bucket()?.name);
    Ok(format!(
        "{scheme}://{host}/{bucket}/{}",
        key.unwrap_or_default()
    ))
}

/// The region is where this server is.
fn at_home(mut reply: Reply, cx: &Context<'_>) -> Result<Reply, Fault> {
    reply.set_named("x-amz-bucket-region", &cx.bucket()?.region);
    Ok(reply)
}

/// The tags of a new object, as they were read here.
pub(super) fn set_tags(outgoing: &mut Outgoing<'_>, tags: &Tags) {
    if !tags.is_empty()
        && let Ok(value) = HeaderValue::from_str(&tags.header())
    {
        outgoing.headers.insert(TAGGING, value);
    }
}

/// Says what a document's MD5 is, and nothing of another form that it may have had.
pub(super) fn attest(outgoing: &mut Outgoing<'_>, document: &[u8]) {
    use base64::Engine as _;
    let md5 = Digests::of(document, None).md5;
    let md5 = base64::engine::general_purpose::STANDARD.encode(md5);
    for algorithm in Algorithm::ALL {
        outgoing.headers.remove(algorithm.header());
    }
    outgoing.headers.remove(SDK_ALGORITHM);
    if let Ok(value) = HeaderValue::from_str(&md5) {
        outgoing.headers.insert(CONTENT_MD5, value);
    }
}

/// `responseElements` of a write: CloudTrail has the headers of the answer.
fn of_versions(headers: &HeaderMap) -> Option<serde_json::Value> {
    let named = [VERSION_ID, DELETE_MARKER].into_iter().filter_map(|name| {
        let value = headers.get(&name)?.to_str().ok()?;
        Some((name.to_string(), value.into()))
    });
    let elements: serde_json::Map<_, _> = named.collect();
    (!elements.is_empty()).then_some(elements.into())
}

/// `responseElements` of CreateMultipartUpload.
fn elements(cx: &Context<'_>, document: &[u8]) -> Option<serde_json::Value> {
    let text = std::str::from_utf8(document).ok()?;
    let parsed = roxmltree::Document::parse(text).ok()?;
    let is_id = |it: &roxmltree::Node<'_, '_>| it.tag_name().name() == "UploadId";
    let id = parsed.descendants().find(is_id)?;
    Some(serde_json::json!({
        "bucket": cx.bucket().ok()?.name.as_str(),
        "key": cx.request.key().ok()?.as_str(),
        "uploadId": id.text()?,
    }))
}
