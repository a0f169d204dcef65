//! Buckets of the upstream: made, deleted, and taken in.

use std::time::Duration;

use bytes::Bytes;
use door::Permit;
use http::{Method, StatusCode};
use policy::AccountId;
use thiserror::Error;
use tokio::time::timeout;

use super::Upstream;
use super::forward::names;
use super::refusal::Refused;
use super::send::{Outgoing, Payload};
use crate::Gateway;
use crate::fault::{Code, Fault};
use crate::handler::{Context, check_new_bucket};
use crate::name::BucketName;
use crate::operation::Operation;
use crate::reply::Reply;
use crate::request::Input;
use crate::store::{Bucket, BucketRejected, Store};
use crate::tags::Tags;

/// How long a start waits to be told that a bucket is there.
const PRESENCE: Duration = Duration::from_secs(5);

/// A bucket of the upstream that gets a name and an owner here.
#[derive(Debug, Clone)]
pub struct TakenIn {
    /// Whose it is.
    pub account: AccountId,
    /// Its name here.
    pub name: String,
    /// Its name there.
    pub upstream: String,
}

/// Why a bucket can't be taken in.
#[derive(Debug, Error)]
pub enum TakeInError {
    /// The name breaks the rules.
    #[error("`{0}` is not a bucket name: 3 to 63 lower-case letters, digits, dots and hyphens")]
    Name(String),
    /// There is no upstream.
    #[error("there is no upstream store to take bucket `{0}` from")]
    NoUpstream(String),
    /// There is one, with its objects elsewhere.
    #[error(
        "there is a bucket `{name}` already, whose objects are {place}; choose another name, as --s3-bucket NAME={upstream}"
    )]
    Taken {
        /// Its name.
        name: String,
        /// Where they are.
        place: String,
        /// The upstream's bucket.
        upstream: String,
    },
    /// It is another account's.
    #[error(
        "bucket `{name}` is account {owner}'s already; give --s3-bucket {owner}/{name}, or delete the bucket first"
    )]
    Owned {
        /// Its name.
        name: String,
        /// Whose it is.
        owner: AccountId,
    },
    /// The upstream's bucket has another name here.
    #[error(
        "the upstream's bucket `{upstream}` is here as `{name}` already: under two names it would be under two policies"
    )]
    Twice {
        /// Its name there.
        upstream: String,
        /// Its name here.
        name: String,
    },
    /// The store failed.
    #[error("bucket `{0}` can't be taken in: {1}")]
    Store(String, String),
}

/// Whether the upstream has a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    Absent,
    /// There, or somebody else's.
    Present,
}

impl Upstream {
    async fn presence(&self, bucket: &str) -> Result<Presence, Fault> {
        let outgoing = Outgoing::new(Method::HEAD, bucket, None);
        let answer = self.send(&outgoing, Payload::Whole(Bytes::new())).await?;
        let status = answer.status.as_u16();
        match status {
            404 => Ok(Presence::Absent),
            // 301: in another region; 403: of another account.
            200..400 | 403 => Ok(Presence::Present),
            _ => Err(Fault::unavailable(format!(
                "the upstream store doesn't tell whether it has a bucket: HTTP {status}"
            ))),
        }
    }

    /// Tells the log if the bucket isn't there. A store that is away is no reason not to start.
    async fn ask_after(&self, bucket: &str) {
        match timeout(PRESENCE, self.presence(bucket)).await {
            Ok(Ok(Presence::Present)) => {}
            Ok(Ok(Presence::Absent)) => {
                tracing::warn!(bucket, "the upstream store has no such bucket yet");
            }
            Ok(Err(fault)) => {
                let error = fault.reason().unwrap_or_default();
                tracing::warn!(bucket, error, "the upstream store can't be asked");
            }
            Err(_) => tracing::warn!(bucket, "the upstream store gives no answer"),
        }
    }

    async fn create(&self, names: (&str, &str)) -> Result<(), Fault> {
        let outgoing = Outgoing::new(Method::PUT, names.0, None);
        // us-east-1 has no name here (S3 API Reference, CreateBucket).
        let document = match self.region.as_str() {
            "us-east-1" => Bytes::new(),
            region => format!(
                "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
                 <LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
            )
            .into(),
        };
        let answer = self.send(&outgoing, Payload::Whole(document)).await?;
        match answer.status.is_success() {
            true => Ok(()),
            false => Err(self
                .refused(
                    &Method::PUT,
                    answer,
                    refused(Operation::CreateBucket, names),
                )
                .await),
        }
    }
}

fn refused<'a>(operation: Operation, bucket: (&'a str, &'a str)) -> Refused<'a> {
    Refused {
        operation,
        versioned: false,
        bucket,
    }
}

impl Gateway {
    /// Gives a bucket of the upstream a name and an owner here. The second time it changes nothing.
    ///
    /// # Errors
    /// [`TakeInError`] if it or the name is something else already.
    pub async fn take_in(&self, wanted: &TakenIn) -> Result<(), TakeInError> {
        let TakenIn {
            account,
            name,
            upstream,
        } = wanted;
        let Some(theirs) = &self.upstream else {
            return Err(TakeInError::NoUpstream(name.clone()));
        };
        for it in [name, upstream] {
            BucketName::parse(it).map_err(|_| TakeInError::Name(it.clone()))?;
        }
        let parsed = BucketName::parse(name).map_err(|_| TakeInError::Name(name.clone()))?;
        if let Some(known) = self.store.bucket(&parsed) {
            let place = match known.upstream.as_deref() {
                Some(it) if it == upstream && known.owner == *account => return Ok(()),
                Some(it) if it == upstream => {
                    return Err(TakeInError::Owned {
                        name: name.clone(),
                        owner: known.owner,
                    });
                }
                Some(it) => format!("in the upstream's bucket `{it}`"),
                None => "kept by this server itself".to_owned(),
            };
            return Err(TakeInError::Taken {
                name: name.clone(),
                place,
                upstream: upstream.clone(),
            });
        }
        theirs.ask_after(upstream).await;
        let inserted = self
            .store
            .insert_bucket(
                parsed,
                *account,
                self.region.clone(),
                Tags::default(),
                Some(upstream.as_str().into()),
                theirs.clock.now(),
            )
            .await
            .map_err(|error| TakeInError::Store(name.clone(), error.to_string()))?;
        match inserted {
            Err(BucketRejected::Named(other)) => Err(TakeInError::Twice {
                upstream: upstream.clone(),
                name: other.to_string(),
            }),
            // Nobody else is asked yet.
            _ => Ok(()),
        }
    }

    /// Says what a start should: buckets without the store that has their objects.
    pub fn warn_of_missing_upstream(&self) {
        let buckets = self.store.buckets();
        let count = buckets.values().filter(|it| it.upstream.is_some()).count();
        if count > 0 && self.upstream.is_none() {
            tracing::warn!(
                count,
                "buckets have their objects in an upstream store, and there is no --s3-upstream: they can't be used"
            );
        }
    }

    /// Makes a bucket in both places. The row is first: a bucket of the upstream that this server didn't make is never
    /// taken for one of the caller's, and a creation that was cut off is finished by the next one.
    pub(super) async fn create_upstream_bucket(
        &self,
        cx: &Context<'_>,
        _: &Permit,
        input: &mut Input,
    ) -> Result<Reply, Fault> {
        let upstream = self.upstream()?;
        let owner = cx.account()?;
        let name = cx.request.bucket()?;
        let (region, tags) = check_new_bucket(cx, input)?;
        let names = (name.as_str(), name.as_str());
        let reply = Reply::empty(StatusCode::OK).with(http::header::LOCATION, &format!("/{name}"));
        if let Some(known) = self.store.bucket(name) {
            if known.owner != owner {
                return Err(Fault::bucket(Code::BucketAlreadyExists, name));
            }
            let whole = match known.upstream.as_deref() {
                Some(theirs) => upstream.presence(theirs).await? == Presence::Present,
                None => true,
            };
            if whole {
                return Err(Fault::bucket(Code::BucketAlreadyOwnedByYou, name));
            }
            let theirs = known.upstream.as_deref().unwrap_or_default();
            upstream.create((theirs, name.as_str())).await?;
            return Ok(reply);
        }
        if upstream.presence(name.as_str()).await? == Presence::Present {
            return Err(Fault::bucket(Code::BucketAlreadyExists, name));
        }
        let inserted = self
            .store
            .insert_bucket(
                name.clone(),
                owner,
                region,
                tags,
                Some(name.as_str().into()),
                cx.call.now,
            )
            .await?;
        match inserted {
            Ok(()) => {}
            Err(BucketRejected::Exists(account)) if account == owner => {
                return Err(Fault::bucket(Code::BucketAlreadyOwnedByYou, name));
            }
            Err(_) => return Err(Fault::bucket(Code::BucketAlreadyExists, name)),
        }
        // Looked up before anything is awaited: a later bucket of this name may be somebody else's.
        let made = self.store.bucket(name).filter(|it| it.owner == owner);
        if let Err(fault) = upstream.create(names).await {
            // Nothing can be in it. If it was made all the same, the next creation says that the name is taken.
            if let Some(bucket) = made {
                let _ = self.store.delete_bucket(bucket).await?;
            }
            return Err(fault);
        }
        Ok(reply)
    }

    /// Deletes a bucket in both places; the upstream says whether it is empty.
    pub(super) async fn delete_upstream_bucket(
        &self,
        cx: &Context<'_>,
        _: &Permit,
    ) -> Result<Reply, Fault> {
        let upstream = self.upstream()?;
        let names = names(cx)?;
        same_bucket(&self.store, cx.bucket()?)?;
        let outgoing = Outgoing::new(Method::DELETE, names.0, None);
        let answer = upstream
            .send(&outgoing, Payload::Whole(Bytes::new()))
            .await?;
        if !answer.status.is_success() {
            let refused = refused(Operation::DeleteBucket, names);
            let fault = upstream.refused(&Method::DELETE, answer, refused).await;
            // One that is gone there shall go here too.
            if fault.code().name() != "NoSuchBucket" {
                return Err(fault);
            }
        }
        match self.store.delete_bucket(cx.bucket()?.clone()).await? {
            Ok(()) => Ok(Reply::empty(StatusCode::NO_CONTENT)),
            Err(_) => Err(Fault::bucket(Code::NoSuchBucket, &cx.bucket()?.name)),
        }
    }
}

/// Whether the name still stands for the bucket that the request was authorized for. While a client lets its body drip, a
/// bucket may be deleted, and made again by somebody else; the upstream knows both by one name.
pub(super) fn same_bucket(store: &Store, bucket: &Bucket) -> Result<(), Fault> {
    match store.bucket(&bucket.name) {
        Some(now) if now.id == bucket.id => Ok(()),
        _ => Err(Fault::bucket(Code::NoSuchBucket, &bucket.name)),
    }
}
