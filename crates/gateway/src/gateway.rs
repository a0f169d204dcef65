//! The way of a request through S3: classify, look up, authorize, handle, record.

use std::io;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use door::{Answer, Api, Call, Door, Expected, Incoming, Need, Permit, Refusal};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Response};
use session::sigv4::Family;

use crate::download_body::Content;
use crate::event::{Seen, deletion};
use crate::fault::{Code, Fault};
use crate::handler::{self, Context, Doomed, Resolved, Upload};
use crate::ids::Ids;
use crate::name::{BucketName, ObjectKey};
use crate::needs::{Requirement, Target, needs};
use crate::object_headers::{check_overrides, refuse_unimplemented};
use crate::operation::{Operation, Service};
use crate::reply::Reply;
use crate::request::{Input, Request, read_whole};
use crate::store::{Bucket, Files, Object, OpenError, Store};
use crate::upload_body::{Claims, blocking};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-request-id");
const ID_2: HeaderName = HeaderName::from_static("x-amz-id-2");

/// How often a lookup is repeated when the object is replaced under it.
const ATTEMPTS: usize = 8;

/// S3 over the embedded store.
pub struct Gateway {
    pub(crate) store: Store,
    region: String,
    pub(crate) domains: Vec<String>,
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
            domains,
        })
    }

    async fn serve(
        &self,
        door: &Door,
        call: &Call,
        incoming: Incoming,
        seen: &mut Seen,
    ) -> Result<Reply, Fault> {
        let Incoming {
            parts,
            mut body,
            trailers,
        } = incoming;
        let request = Request::read(
            &parts.method,
            &parts.uri,
            &parts.headers,
            &call.host,
            &self.domains,
        )?;
        seen.request(&request, call);
        let bucket = self.bucket(call, &request, seen)?;
        let input = if reads_whole_body(request.operation) {
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
            door,
            call,
            request: &request,
            bucket,
        };
        if request.operation == Operation::DeleteObjects {
            return self.delete_objects(door, &cx, &input).await;
        }
        let resolved = self.resolve(&cx).await?;
        let needs = needs(
            &request,
            &input,
            resolved.object.as_deref(),
            resolved.source.as_deref(),
        );
        let permit = self.authorize(door, call, needs)?;
        if request.operation.row().service == Service::Declined {
            return Err(Fault::new(Code::NotImplemented)
                .message("This operation is not implemented")
                .element("Operation", request.operation.row().event));
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

    /// Looks up the objects that the request reads, and opens the one whose bytes it needs:
    /// what is decided over is then what is sent, whoever replaces the object meanwhile.
    async fn resolve(&self, cx: &Context<'_>) -> Result<Resolved, Fault> {
        use Operation as O;
        let mut resolved = Resolved::default();
        match cx.request.operation {
            O::GetObject if cx.request.foreign_version().is_none() => {
                let bucket = cx.bucket()?.id;
                let found = self
                    .opened(bucket, cx.request.key()?, Content::open)
                    .await?;
                (resolved.object, resolved.content) = found;
            }
            O::HeadObject
            | O::GetObjectAttributes
            | O::GetObjectAcl
            | O::PutObjectAcl
            | O::GetObjectTagging
            | O::PutObjectTagging
            | O::DeleteObjectTagging
                if cx.request.foreign_version().is_none() =>
            {
                let bucket = cx.bucket()?.id;
                resolved.object = self.store.object(bucket, cx.request.key()?).await?;
            }
            O::CopyObject | O::UploadPartCopy => {
                if let Some(from) = &cx.request.source {
                    let bucket = self
                        .store
                        .bucket(&from.bucket)
                        .ok_or_else(|| no_bucket(cx.call, &from.bucket))?;
                    if from.foreign_version().is_none() {
                        let open = |files: &Files, object: &Object| files.read(object.file);
                        let found = self.opened(bucket.id, &from.key, open).await?;
                        (resolved.source, resolved.file) = found;
                    }
                }
            }
            _ => {}
        }
        Ok(resolved)
    }

    /// The current version of an object, and its bytes as `open` gets at them.
    pub(crate) async fn opened<T: Send + 'static>(
        &self,
        bucket: i64,
        key: &ObjectKey,
        open: fn(&Files, &Object) -> io::Result<T>,
    ) -> Result<(Option<Arc<Object>>, Option<T>), Fault> {
        for _ in 0..ATTEMPTS {
            let Some(object) = self.store.object(bucket, key).await? else {
                return Ok((None, None));
            };
            let files = self.store.files().clone();
            let wanted = object.clone();
            let opened = blocking(move || match open(&files, &wanted) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                opened => opened.map(Some),
            });
            if let Some(bytes) = opened.await? {
                return Ok((Some(object), Some(bytes)));
            }
        }
        Err(Fault::internal("the file of an object is missing", key))
    }

    /// What is only said to somebody who may do what was asked for.
    fn after_authorization(
        &self,
        door: &Door,
        cx: &Context<'_>,
        resolved: &Resolved,
    ) -> Result<(), Fault> {
        use Operation as O;
        let request = cx.request;
        if let (Some(expected), Some(bucket)) =
            (request.header("x-amz-expected-bucket-owner"), &cx.bucket)
            && expected != bucket.owner.to_string()
        {
            return Err(Fault::new(Code::AccessDenied));
        }
        refuse_unimplemented(request)?;
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
        if reads_object && resolved.object.is_none() {
            let missing = (cx.bucket()?.name.clone(), request.key()?.clone());
            return Err(self.missing(door, cx.call, missing, request.foreign_version()));
        }
        if let Some(from) = &request.source {
            if let (Some(expected), Some(bucket)) = (
                request.header("x-amz-source-expected-bucket-owner"),
                self.store.bucket(&from.bucket),
            ) && expected != bucket.owner.to_string()
            {
                return Err(Fault::new(Code::AccessDenied));
            }
            if resolved.source.is_none() {
                let missing = (from.bucket.clone(), from.key.clone());
                return Err(self.missing(door, cx.call, missing, from.foreign_version()));
            }
        }
        Ok(())
    }

    /// That a key doesn't exist is told to those who could list it (S3 API Reference,
    /// GetObject); to others it is a denial that names the missing permission.
    fn missing(
        &self,
        door: &Door,
        call: &Call,
        (bucket, key): (BucketName, ObjectKey),
        version: Option<&str>,
    ) -> Fault {
        let list = vec![Requirement::list_bucket(&bucket)];
        match (self.authorize(door, call, list), version) {
            (Err(denied), _) => denied,
            (Ok(_), None) => Fault::new(Code::NoSuchKey).element("Key", key.as_str()),
            (Ok(_), Some(version)) => Fault::new(Code::NoSuchVersion)
                .element("Key", key.as_str())
                .element("VersionId", version),
        }
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
        if let Some(expected) = cx.request.header("x-amz-expected-bucket-owner")
            && expected != bucket.owner.to_string()
        {
            return Err(Fault::new(Code::AccessDenied));
        }
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
        let (reply, told) = handler::delete_objects(cx, decided, quiet).await?;
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
    fn authorize(
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

    fn need(&self, call: &Call, requirement: Requirement) -> Need {
        let Requirement {
            action,
            target,
            keys,
        } = requirement;
        let arn = target.arn();
        let mut need = Need::new(action, arn.clone()).shown(match target {
            // The text for ListAllMyBuckets shows no resource.
            Target::Service => None,
            Target::Bucket(_) | Target::Object(..) => Some(format!("\"{arn}\"")),
        });
        if let Target::Bucket(name) | Target::Object(name, _) = &target
            && let Some(guard) = self.guard(&call.caller.principal, action, name)
        {
            need = need.owner(guard.owner).resource_policy(guard.policy);
        }
        for (name, value) in keys {
            need = need.key(name, value);
        }
        need
    }
}

/// Any authenticated caller is told that a bucket doesn't exist.
fn no_bucket(call: &Call, name: &BucketName) -> Fault {
    if matches!(call.caller.principal, policy::Principal::Anonymous) {
        Fault::new(Code::AccessDenied)
    } else {
        Fault::bucket(Code::NoSuchBucket, name)
    }
}

/// Operations whose body is a document rather than an object's bytes.
fn reads_whole_body(operation: Operation) -> bool {
    use Operation as O;
    matches!(
        operation,
        O::CreateBucket
            | O::PutBucketPolicy
            | O::PutPublicAccessBlock
            | O::PutBucketOwnershipControls
            | O::PutBucketAcl
            | O::PutObjectAcl
            | O::PutBucketTagging
            | O::PutObjectTagging
            | O::DeleteObjects
            | O::CompleteMultipartUpload
    )
}

#[async_trait]
impl Api for Gateway {
    fn family(&self, _: &Parts) -> Family {
        Family::S3
    }

    fn expect(&self, _: &mut Parts, _: &[u8]) -> Expected {
        Expected {
            service: "s3",
            family: Family::S3,
            unsigned: false,
        }
    }

    fn refuse(&self, parts: &Parts, refusal: &Refusal) -> Response<door::Body> {
        let ids = Ids::new(&refusal.request_id);
        let mut fault = Fault::new(Code::Body {
            name: refusal.code,
            status: refusal.status,
        })
        .message(refusal.message.clone());
        for (name, value) in &refusal.details {
            fault = fault.element(name, value.clone());
        }
        identified(fault.response(&parts.method, &ids), &ids)
    }

    async fn call(&self, door: &Door, call: &Arc<Call>, incoming: Incoming) -> Answer {
        let ids = Ids::new(&call.request_id);
        let method: Method = incoming.parts.method.clone();
        let mut seen = Seen::default();
        let (response, sent, elements, error) =
            match self.serve(door, call, incoming, &mut seen).await {
                Ok(reply) => (reply.response, reply.length, reply.elements, None),
                Err(fault) => {
                    let error = (fault.code().name().to_owned(), fault.text().to_owned());
                    seen.refused(fault.reason());
                    (fault.response(&method, &ids), 0, None, Some(error))
                }
            };
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
