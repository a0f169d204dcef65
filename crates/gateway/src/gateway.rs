//! The way of a request through S3: classify, look up, authorize, handle, record.

mod need;
mod resolve;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use door::{Answer, Api, Call, Door, Expected, Incoming, Need, Permit, Refusal};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Response};
use session::sigv4::Family;

use crate::absent;
use crate::address::Address;
use crate::control::is_control;
use crate::cors::{Asked, Cors, preflight};
use crate::encryption::Storage;
use crate::event::{Seen, deletion};
use crate::fault::{Code, Fault};
use crate::handler::{self, Context, Doomed, Resolved, Upload};
use crate::ids::Ids;
use crate::name::BucketName;
use crate::needs::{Requirement, needs};
use crate::object_headers::{check_overrides, refuse_unimplemented};
use crate::operation::{Operation, Service};
use crate::post_form::Posted;
use crate::reply::Reply;
use crate::request::{Input, Request, read_whole};
use crate::store::{Bucket, OpenError, Store};
use crate::upload_body::Claims;
use crate::upstream::Upstream;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-request-id");
const ID_2: HeaderName = HeaderName::from_static("x-amz-id-2");

/// S3 over the embedded store, and over the one behind it.
pub struct Gateway {
    pub(crate) store: Store,
    pub(crate) region: String,
    pub(crate) upstream: Option<Upstream>,
    pub(crate) domains: Vec<String>,
    storage: Storage,
    sigv2_query: bool,
}

impl Gateway {
    /// Opens the store under `dir`, creating it if it isn't there. One process at a time: the
    /// caller holds a lock on the data directory. `region` is where new buckets are.
    /// `domains` are the base domains of virtual-host style, without port: with
    /// `s3.localhost`, a request to `BUCKET.s3.localhost` is for that bucket.
    ///
    /// # Errors
    /// [`OpenError`], which names the file and says what to do.
    pub async fn open(
        dir: &Path,
        region: &str,
        mut domains: Vec<String>,
    ) -> Result<Self, OpenError> {
        for domain in &mut domains {
            domain.make_ascii_lowercase();
        }
        Ok(Self {
            store: Store::open(dir).await?,
            region: region.to_owned(),
            upstream: None,
            domains,
            storage: Storage::Plain,
            sigv2_query: false,
        })
    }

    /// The same with a store behind it, where new buckets are made.
    #[must_use]
    pub fn with_upstream(mut self, upstream: Upstream) -> Self {
        self.upstream = Some(upstream);
        self
    }

    /// The same over storage that the operator has encrypted with AES-256: then that is what
    /// objects are encrypted with, and clients that ask for it get it.
    #[must_use]
    pub fn with_encrypted_storage(mut self) -> Self {
        self.storage = Storage::Encrypted;
        self
    }

    /// The rules for pages of other sites of the bucket that a request names.
    fn cors(&self, parts: &Parts, host: &str) -> Option<Arc<Cors>> {
        if is_control(parts.uri.path(), &parts.headers) {
            return None;
        }
        let address = Address::locate(host, parts.uri.path(), &self.domains).ok()?;
        let bucket = self.store.bucket(address.bucket()?)?;
        bucket.configurations.cors.clone()
    }

    /// Takes Signature Version 2 in the query too, or not, as it is without this.
    #[must_use]
    pub fn with_sigv2_query(mut self, allow: bool) -> Self {
        self.sigv2_query = allow;
        self
    }

    async fn serve(
        &self,
        door: &Door,
        call: &Call,
        incoming: Incoming,
        seen: &mut Seen,
    ) -> Result<Reply, Fault> {
        let Incoming {
            mut parts,
            mut body,
            trailers,
        } = incoming;
        let mut request = Request::read(
            &parts.method,
            &parts.uri,
            &parts.headers,
            &call.host,
            &self.domains,
        )?;
        seen.request(&request, call);
        if request.operation == Operation::Preflight {
            if let Some(bucket) = self.store.bucket(request.bucket()?) {
                seen.bucket(&bucket);
            }
            return preflight(&request, seen.cors.as_deref());
        }
        let bucket = self.bucket(call, &request, seen)?;
        if let Some(from) = &request.source
            && let Some(bucket) = self.store.bucket(&from.bucket)
        {
            seen.source(from, &bucket);
        }
        if request.operation == Operation::PostObject {
            Posted::read(&mut request, parts.extensions.remove(), call)?;
            seen.request(&request, call);
        }
        let mut input = if reads_whole_body(request.operation) {
            let bytes = read_whole(&mut body, request.content_length()).await?;
            // There the header is about the object that the upload becomes.
            if request.operation != Operation::CompleteMultipartUpload {
                let claims = Claims::read(&request)?;
                let digests = crate::checksum::Digests::of(&bytes, claims.algorithm());
                claims.verify(&digests, &trailers)?;
            }
            Input::read(&request, bytes)
        } else {
            Input::read(&request, bytes::Bytes::new())
        };
        seen.input(&request, &input);
        let cx = Context {
            store: &self.store,
            region: &self.region,
            storage: self.storage,
            door,
            call,
            request: &request,
            bucket,
        };
        let service = request.operation.row().service;
        if matches!(service, Service::Own | Service::Foreign) {
            let needs = needs(&request, &input, None, None);
            let permit = self.authorize(door, call, needs)?;
            input.is_understood()?;
            return own(&cx, &permit, input, Upload { body, trailers }).await;
        }
        if request.operation == Operation::DeleteObjects {
            return self.delete_objects(door, &cx, &input).await;
        }
        if self.is_upstreams(&cx) {
            let upload = Upload { body, trailers };
            return self.serve_upstream(door, &cx, input, upload).await;
        }
        let resolved = self.resolve(&cx).await?;
        let needs = needs(
            &request,
            &input,
            resolved.object.object().map(|object| &object.tags),
            resolved.source.object().map(|object| &object.tags),
        );
        let permit = self.authorize(door, call, needs)?;
        input.is_understood()?;
        if service == Service::Declined {
            return Err(Fault::not_implemented(request.operation));
        }
        self.after_authorization(door, &cx, &resolved)?;
        handler::run(&cx, &permit, input, resolved, Upload { body, trailers }).await
    }

    /// The bucket that the request works on.
    fn bucket(
        &self,
        call: &Call,
        request: &Request,
        seen: &mut Seen,
    ) -> Result<Option<Arc<Bucket>>, Fault> {
        let Some(name) = request.address.bucket() else {
            return Ok(None);
        };
        match self.store.bucket(name) {
            Some(bucket) => {
                seen.bucket(&bucket);
                Ok(Some(bucket))
            }
            None if request.operation == Operation::CreateBucket => Ok(None),
            None => Err(no_bucket(call, name)),
        }
    }

    /// What is only said to somebody who may do what was asked for. That a key doesn't exist is told to those
    /// who could list it (S3 API Reference, GetObject); to others it is a denial that names the missing permission.
    fn after_authorization(
        &self,
        door: &Door,
        cx: &Context<'_>,
        resolved: &Resolved,
    ) -> Result<(), Fault> {
        use Operation as O;
        let request = cx.request;
        if let Some(bucket) = &cx.bucket {
            expected_owner(request.header("x-amz-expected-bucket-owner"), bucket)?;
        }
        refuse_unimplemented(request, self.storage)?;
        check_overrides(request, cx.call.caller.principal.account().is_none())?;
        let reads_object = matches!(
            request.operation,
            O::GetObject
                | O::HeadObject
                | O::GetObjectAttributes
                | O::GetObjectAcl
                | O::PutObjectAcl
                | O::GetObjectTagging
                | O::PutObjectTagging
                | O::DeleteObjectTagging
        );
        if reads_object && resolved.object.object().is_none() {
            request.version()?;
            let list = vec![Requirement::list_bucket(&cx.bucket()?.name)];
            self.authorize(door, cx.call, list)?;
            return Err(absent::object(request, &resolved.object)?);
        }
        if let Some(from) = &request.source {
            if let Some(bucket) = self.store.bucket(&from.bucket) {
                expected_owner(
                    request.header("x-amz-source-expected-bucket-owner"),
                    &bucket,
                )?;
            }
            if resolved.source.object().is_none() {
                from.version()?;
                let list = vec![Requirement::list_bucket(&from.bucket)];
                self.authorize(door, cx.call, list)?;
                return Err(absent::source(from, &resolved.source));
            }
        }
        Ok(())
    }

    /// Decides key by key: one key that is allowed opens no other.
    async fn delete_objects(
        &self,
        door: &Door,
        cx: &Context<'_>,
        input: &Input,
    ) -> Result<Reply, Fault> {
        let (doomed, quiet) = handler::doomed_keys(cx, input)?;
        let bucket = cx.bucket()?;
        expected_owner(cx.request.header("x-amz-expected-bucket-owner"), bucket)?;
        let mut decided: Vec<(Doomed, Result<Permit, Fault>)> = Vec::with_capacity(doomed.len());
        for (number, doomed) in doomed.into_iter().enumerate() {
            // A thousand decisions are a while; others shall not wait for all of them.
            if number % 32 == 31 {
                tokio::task::yield_now().await;
            }
            let permit = match &doomed.key {
                Ok(key) => {
                    let version = doomed.version.as_deref();
                    let needs = Requirement::delete_object(cx.request, &bucket.name, key, version);
                    self.authorize(door, cx.call, needs)
                }
                Err(_) => Err(Fault::new(Code::InvalidArgument)),
            };
            decided.push((doomed, permit));
        }
        let (reply, told) = match bucket.upstream {
            Some(_) => {
                self.delete_upstream_objects(cx, input, decided, quiet)
                    .await?
            }
            None => handler::delete_objects(cx, decided, quiet).await?,
        };
        // An event for each key: which of a thousand are gone must not be anybody's guess.
        let events: Vec<_> = told
            .iter()
            .map(|told| deletion(cx.call, bucket, told))
            .collect();
        let kept = events.iter().map(|event| door.record(cx.call, event));
        futures_util::future::try_join_all(kept)
            .await
            .map_err(|_| Fault::new(Code::InternalError))?;
        Ok(reply)
    }

    /// The one place where S3 asks the door. Needs without a requirement are never allowed.
    pub(crate) fn authorize(
        &self,
        door: &Door,
        call: &Call,
        requirements: Vec<Requirement>,
    ) -> Result<Permit, Fault> {
        if requirements.is_empty() {
            return Err(Fault::new(Code::AccessDenied));
        }
        let needs: Vec<Need> = requirements
            .into_iter()
            .map(|requirement| self.need(call, requirement))
            .collect();
        door.authorize(call, &needs)
            .map_err(|denied| Fault::refused(*denied))
    }
}

/// What no store has to do with: settings of accounts, tags of buckets, other services' operations.
async fn own(
    cx: &Context<'_>,
    permit: &Permit,
    input: Input,
    upload: Upload,
) -> Result<Reply, Fault> {
    if cx.request.operation.row().service == Service::Foreign {
        return Err(Fault::not_implemented(cx.request.operation));
    }
    if let Some(bucket) = &cx.bucket {
        expected_owner(cx.request.header("x-amz-expected-bucket-owner"), bucket)?;
    }
    handler::run(cx, permit, input, Resolved::default(), upload).await
}

/// Any authenticated caller is told that a bucket doesn't exist.
pub(crate) fn no_bucket(call: &Call, name: &BucketName) -> Fault {
    if matches!(call.caller.principal, policy::Principal::Anonymous) {
        Fault::new(Code::AccessDenied)
    } else {
        Fault::bucket(Code::NoSuchBucket, name)
    }
}

/// The account that the client takes for the bucket's owner, if it says one, has to be it (S3 User
/// Guide, "Verifying bucket ownership with bucket owner condition").
pub(crate) fn expected_owner(expected: Option<&str>, bucket: &Bucket) -> Result<(), Fault> {
    let Some(expected) = expected else {
        return Ok(());
    };
    match expected.parse::<policy::AccountId>() {
        Ok(account) if account == bucket.owner => Ok(()),
        Ok(_) => Err(Fault::new(Code::AccessDenied)),
        Err(_) => Err(Fault::new(Code::InvalidBucketOwner)),
    }
}

/// Operations whose body is a document rather than an object's bytes.
pub(crate) fn reads_whole_body(operation: Operation) -> bool {
    use Operation as O;
    matches!(
        operation,
        O::CreateBucket
            | O::PutBucketPolicy
            | O::PutBucketAbac
            | O::PutPublicAccessBlock
            | O::PutAccountPublicAccessBlock
            | O::TagResource
            | O::PutBucketOwnershipControls
            | O::PutBucketAcl
            | O::PutObjectAcl
            | O::PutBucketTagging
            | O::PutBucketCors
            | O::PutBucketLifecycle
            | O::PutBucketEncryption
            | O::PutBucketLogging
            | O::PutBucketNotification
            | O::PutBucketRequestPayment
            | O::PutBucketVersioning
            | O::PutObjectTagging
            | O::PutObjectRetention
            | O::PutObjectLegalHold
            | O::PutInventoryConfiguration
            | O::UpdateObjectEncryption
            | O::DeleteObjects
            | O::CompleteMultipartUpload
    )
}

#[async_trait]
impl Api for Gateway {
    fn family(&self, _: &Parts) -> Family {
        Family::S3
    }

    fn expect(&self, parts: &mut Parts, _: &[u8]) -> Expected {
        Expected {
            service: "s3",
            family: Family::S3,
            // A browser asks with the URL of a presigned request, whose signature is for another
            // method.
            unsigned: parts.method == Method::OPTIONS,
        }
    }

    fn is_form(&self, parts: &Parts) -> bool {
        door::is_multipart(&parts.headers) && {
            let (host, domains) = (door::host(parts), &self.domains);
            let read = Request::read(&parts.method, &parts.uri, &parts.headers, &host, domains);
            read.is_ok_and(|request| request.operation == Operation::PostObject)
        }
    }

    fn v2_resource(&self, parts: &Parts) -> Option<String> {
        let resource = || Address::v2_resource(&door::host(parts), parts.uri.path(), &self.domains);
        self.sigv2_query.then(resource)
    }

    fn refuse(&self, parts: &Parts, refusal: &Refusal) -> Response<door::Body> {
        let ids = Ids::new(&refusal.request_id);
        let mut fault = Fault::new(Code::Body {
            name: refusal.code,
            status: refusal.status,
        })
        .message(refusal.message.clone());
        for (name, value) in &refusal.details {
            fault = fault.element(*name, value.clone());
        }
        let fault = fault.wrapped(is_control(parts.uri.path(), &parts.headers));
        let mut response = fault.response(&parts.method, &ids);
        if let Some(asked) = Asked::of(&parts.method, &parts.headers)
            && let Some(cors) = self.cors(parts, &door::host(parts))
        {
            cors.tell(Some(&asked), response.headers_mut());
        }
        identified(response, &ids)
    }

    async fn call(&self, door: &Door, call: &Arc<Call>, incoming: Incoming) -> Answer {
        let ids = Ids::new(&call.request_id);
        let method: Method = incoming.parts.method.clone();
        let control = is_control(incoming.parts.uri.path(), &incoming.parts.headers);
        let mut seen = Seen::default();
        let asked = Asked::of(&method, &incoming.parts.headers);
        // A request that can't be read has a bucket, too, whose pages are to see why.
        let named = asked
            .as_ref()
            .and_then(|_| self.cors(&incoming.parts, &call.host));
        let (mut response, sent, elements, error) =
            match self.serve(door, call, incoming, &mut seen).await {
                Ok(reply) => (reply.response, reply.length, reply.elements, None),
                Err(fault) => {
                    let error = (fault.code().name().to_owned(), fault.text().to_owned());
                    seen.refused(fault.reason());
                    let response = fault.wrapped(control).response(&method, &ids);
                    (response, 0, None, Some(error))
                }
            };
        if let Some(cors) = seen.cors.as_ref().or(named.as_ref()) {
            cors.tell(asked.as_ref(), response.headers_mut());
        }
        let event = seen.draft(call, &ids, &method, sent, elements, error);
        Answer {
            response: identified(response, &ids),
            event,
        }
    }
}

fn identified(mut response: Response<door::Body>, ids: &Ids) -> Response<door::Body> {
    for (name, value) in [(REQUEST_ID, &ids.request), (ID_2, &ids.host)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway")
            .field("region", &self.region)
            .field("domains", &self.domains)
            .finish_non_exhaustive()
    }
}
