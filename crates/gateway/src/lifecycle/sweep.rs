//! Carrying lifecycles out.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use door::{Authentication, Call, Caller, Door};
use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde_json::json;
use trail::{Draft, Resource, UserIdentity};
use uuid::Uuid;

use super::Lifecycle;
use crate::Gateway;
use crate::store::{Ending, Removal, Removed, Store, StoreError, VersionPlace, Versioning};

/// Keys that are looked at in one go.
const PAGE: usize = 1000;
/// Removals of one transaction: requests that write wait for no more than these.
const BATCH: usize = 250;
const DAY: i64 = 24 * 60 * 60;
/// Who does it, in the trail.
const SERVICE: &str = "s3.amazonaws.com";

/// Ends objects and uploads when their lifecycles say so.
#[derive(Debug, Default)]
pub struct Sweeper {
    /// What was carried out last, by the bucket's id: rules act at midnight, so one look through a
    /// bucket is enough for the day.
    done: HashMap<i64, (i64, Arc<Lifecycle>)>,
}

#[derive(Debug, thiserror::Error)]
enum SweepError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the audit trail could not be written")]
    Trail,
}

impl Sweeper {
    /// Removes everything that has ended by `now`, and tells the trail of each removal. What fails
    /// is logged, and done the next time; one caller at a time, which is why this is exclusive.
    pub async fn sweep(&mut self, gateway: &Gateway, door: &Door, now: Timestamp) {
        if let Err(error) = self.carry_out(gateway, door, now).await {
            tracing::error!(%error, "lifecycles could not be carried out; it is tried again later");
        }
    }

    async fn carry_out(
        &mut self,
        gateway: &Gateway,
        door: &Door,
        now: Timestamp,
    ) -> Result<(), SweepError> {
        let store = &gateway.store;
        // What an earlier process removed and did not record.
        record(store, door).await?;
        let today = now.as_second().div_euclid(DAY);
        let buckets = store.buckets();
        self.done
            .retain(|id, _| buckets.values().any(|bucket| bucket.id == *id));
        for bucket in buckets.values() {
            let Some(lifecycle) = bucket.configurations.lifecycle.clone() else {
                continue;
            };
            let done = self.done.get(&bucket.id);
            if done.is_some_and(|(day, by)| *day == today && Arc::ptr_eq(by, &lifecycle)) {
                continue;
            }
            let ending = Ending {
                bucket: Arc::clone(bucket),
                lifecycle: Arc::clone(&lifecycle),
                now,
            };
            end_objects(store, door, &ending).await?;
            if bucket.versioning != Versioning::Off {
                end_versions(store, door, &ending).await?;
            }
            end_uploads(store, door, &ending).await?;
            self.done.insert(bucket.id, (today, lifecycle));
        }
        Ok(())
    }
}

async fn end_objects(store: &Store, door: &Door, ending: &Ending) -> Result<(), SweepError> {
    for prefix in ending.lifecycle.object_prefixes() {
        let mut from = Some(Vec::new());
        while let Some(start) = from {
            let page = store.ending_objects(ending, prefix, &start, PAGE).await?;
            for keys in page.due.chunks(BATCH) {
                store.end_objects(ending.clone(), keys.to_vec()).await?;
                record(store, door).await?;
            }
            from = page.next;
        }
    }
    Ok(())
}

async fn end_versions(store: &Store, door: &Door, ending: &Ending) -> Result<(), SweepError> {
    for prefix in ending.lifecycle.version_prefixes() {
        let mut place: Option<VersionPlace> = None;
        loop {
            let page = store
                .ending_versions(ending, prefix, place.as_ref(), PAGE)
                .await?;
            for versions in page.due.chunks(BATCH) {
                store
                    .end_versions(ending.clone(), versions.to_vec())
                    .await?;
                record(store, door).await?;
            }
            place = page.next;
            if place.is_none() {
                break;
            }
        }
    }
    Ok(())
}

async fn end_uploads(store: &Store, door: &Door, ending: &Ending) -> Result<(), SweepError> {
    for prefix in ending.lifecycle.upload_prefixes() {
        let mut from = Some((Vec::new(), String::new()));
        while let Some(start) = from {
            let page = store.ending_uploads(ending, prefix, start, PAGE).await?;
            for ids in page.due.chunks(BATCH) {
                store.end_uploads(ending.clone(), ids.to_vec()).await?;
                record(store, door).await?;
            }
            from = page.next;
        }
    }
    Ok(())
}

/// Tells the trail of the removals that it doesn't have. They are forgotten only when it has them,
/// so a crash makes a record twice at most, and loses none.
async fn record(store: &Store, door: &Door) -> Result<(), SweepError> {
    loop {
        let removals = store.unrecorded_removals(BATCH).await?;
        let Some((last, _)) = removals.last() else {
            return Ok(());
        };
        let told = removals.iter().map(async |(_, removal)| {
            door.record(&call(door, removal.time), &draft(removal))
                .await
        });
        try_join_all(told).await.map_err(|error| {
            tracing::error!(%error, "a removal could not be recorded");
            SweepError::Trail
        })?;
        store.forget_removals(*last).await?;
        tracing::info!(removals = removals.len(), "ended by lifecycles");
    }
}

fn call(door: &Door, now: Timestamp) -> Call {
    Call {
        request_id: Uuid::new_v4().to_string(),
        now,
        caller: Caller::service(SERVICE),
        region: door.region().to_owned(),
        signed_region: None,
        source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
        user_agent: Some(SERVICE.to_owned()),
        referer: None,
        host: String::new(),
        tls: None,
        authentication: Authentication::None,
        payload_hash: None,
    }
}

fn draft(removal: &Removal) -> Draft {
    let bucket = format!("arn:aws:s3:::{}", removal.bucket);
    let mut parameters = json!({"bucketName": removal.bucket, "key": removal.key});
    let mut additional = json!({"lifecycleRule": removal.rule});
    let mut elements = None;
    let mut event_name = "DeleteObject";
    match &removal.what {
        Removed::Object => {}
        // What a client would be answered.
        Removed::Behind(version) => {
            elements = Some(json!({"x-amz-delete-marker": "true", "x-amz-version-id": version}));
        }
        Removed::Version(version) => parameters["versionId"] = version.as_str().into(),
        Removed::Marker(version) => {
            parameters["versionId"] = version.as_str().into();
            additional["deleteMarker"] = true.into();
        }
        Removed::Upload(id) => {
            parameters["uploadId"] = id.as_str().into();
            event_name = "AbortMultipartUpload";
        }
    }
    Draft {
        event_source: "s3.amazonaws.com",
        event_name: event_name.to_owned(),
        request_parameters: Some(parameters),
        response_elements: elements,
        additional: Some(additional),
        resources: vec![
            Resource {
                account: None,
                kind: "AWS::S3::Object".to_owned(),
                arn: format!("{bucket}/{}", removal.key),
            },
            Resource {
                account: Some(removal.owner),
                kind: "AWS::S3::Bucket".to_owned(),
                arn: bucket,
            },
        ],
        identity: Some(UserIdentity::AwsService {
            name: SERVICE.to_owned(),
        }),
        recipient: Some(removal.owner),
        ..Draft::default()
    }
}
