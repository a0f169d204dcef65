//! Buckets: rows, and the same in memory with their policies compiled.

use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use policy::{AccountId, Policy, Principal};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Connection as _, Row as _};

use super::{
    Buckets, Configurations, PublicAccessBlock, Store, StoreError, StoredPolicy, Versioning,
    detached, row,
};
use crate::name::BucketName;
use crate::tags::Tags;

/// A bucket as it is right now.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    /// Never used again after the bucket is deleted.
    pub(crate) id: i64,
    /// Its name.
    pub(crate) name: BucketName,
    /// The account that created it.
    pub(crate) owner: AccountId,
    /// Where it was created.
    pub(crate) region: String,
    /// When it was created.
    pub(crate) created: Timestamp,
    /// The bucket policy.
    pub(crate) policy: Option<StoredPolicy>,
    /// Block Public Access; `None` once it was deleted, which blocks nothing.
    pub(crate) access_block: Option<PublicAccessBlock>,
    /// Its tags.
    pub(crate) tags: Tags,
    /// The bucket of the store behind this one that has its objects; `None` when they are here.
    pub(crate) upstream: Option<Arc<str>>,
    /// What else is configured.
    pub(crate) configurations: Configurations,
    /// Whether its objects keep their versions.
    pub(crate) versioning: Versioning,
    /// Whether its tags are attributes that policies see.
    pub(crate) abac: bool,
}

impl Bucket {
    /// The policy as far as it counts for a caller: where public buckets are restricted, one with a
    /// public policy is closed to all but its own account and AWS's services, whomever the policy
    /// names. `block` tells what holds for the bucket.
    pub(crate) fn policy_for(
        &self,
        caller: &Principal,
        block: impl FnOnce() -> PublicAccessBlock,
    ) -> Option<Arc<Policy>> {
        static CLOSED: LazyLock<Arc<Policy>> = LazyLock::new(|| Arc::new(Policy::deny_all()));
        let stored = self.policy.as_ref()?;
        let is_own = caller.account() == Some(self.owner);
        let is_service = matches!(caller, Principal::Service { .. });
        if stored.public && !is_own && !is_service && block().restrict_public_buckets {
            return Some(CLOSED.clone());
        }
        Some(stored.compiled.clone())
    }
}

/// Why a bucket can't be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BucketRejected {
    /// The name is taken, by a bucket of this account.
    Exists(AccountId),
    /// The bucket of the store behind this one has a name here already.
    Named(BucketName),
    /// There are objects in it.
    NotEmpty,
    /// It is gone.
    Gone,
    /// It would have more tags than a bucket may have.
    TooManyTags,
    /// Block Public Access prevents public policies, and this one is.
    PublicPolicy,
}

/// Reads all buckets.
pub(super) async fn load(db: &mut SqliteConnection) -> Result<Buckets, sqlx::Error> {
    let rows = sqlx::query("SELECT * FROM bucket ORDER BY name")
        .fetch_all(db)
        .await?;
    let mut buckets = Buckets::new();
    for row in &rows {
        let bucket = from_row(row)?;
        buckets.insert(bucket.name.clone(), Arc::new(bucket));
    }
    Ok(buckets)
}

fn from_row(row: &SqliteRow) -> Result<Bucket, sqlx::Error> {
    let damaged = |error: &dyn std::fmt::Display| sqlx::Error::Decode(error.to_string().into());
    let name: String = row.try_get("name")?;
    let owner: String = row.try_get("owner")?;
    let tags: String = row.try_get("tags")?;
    let policy: Option<String> = row.try_get("policy")?;
    let principals: String = row.try_get("principals")?;
    let principals = serde_json::from_str(&principals).map_err(|e| damaged(&e))?;
    let bits: Option<i64> = row.try_get("access_block")?;
    let versioning: Option<String> = row.try_get("versioning")?;
    Ok(Bucket {
        id: row.try_get("id")?,
        owner: owner.parse().map_err(|e| damaged(&e))?,
        region: row.try_get("region")?,
        created: row::seconds(row.try_get("created")?)?,
        policy: policy.map(|text| StoredPolicy::load(&name, &text, principals)),
        access_block: bits.map(PublicAccessBlock::from_bits),
        tags: serde_json::from_str(&tags).map_err(|e| damaged(&e))?,
        upstream: row
            .try_get::<Option<String>, _>("upstream")?
            .map(Into::into),
        configurations: Configurations::default(),
        versioning: Versioning::from_column(versioning.as_deref())?,
        abac: row.try_get("abac")?,
        name: BucketName::parse(&name).map_err(|e| damaged(&e))?,
    })
}

impl Store {
    /// Creates a bucket with Block Public Access on.
    pub(crate) async fn create_bucket(
        &self,
        name: BucketName,
        owner: AccountId,
        region: String,
        tags: Tags,
        now: Timestamp,
    ) -> Result<Result<(), BucketRejected>, StoreError> {
        let kept = None;
        self.insert_bucket(name, owner, region, tags, kept, now)
            .await
    }

    /// The same, with its objects in a bucket of the store behind this one. That bucket may have no other name here:
    /// it would be under two policies.
    pub(crate) async fn insert_bucket(
        &self,
        name: BucketName,
        owner: AccountId,
        region: String,
        tags: Tags,
        upstream: Option<Arc<str>>,
        now: Timestamp,
    ) -> Result<Result<(), BucketRejected>, StoreError> {
        let store = self.clone();
        detached(async move {
            let mut db = store.0.writer.lock().await;
            if let Some(taken) = store.bucket(&name) {
                return Ok(Err(BucketRejected::Exists(taken.owner)));
            }
            if upstream.is_some()
                && let Some(other) = store.buckets().values().find(|b| b.upstream == upstream)
            {
                return Ok(Err(BucketRejected::Named(other.name.clone())));
            }
            let id = sqlx::query_scalar(
                "INSERT INTO bucket (name, owner, region, created, policy, principals, access_block, tags, upstream)
                 VALUES (?1, ?2, ?3, ?4, NULL, '{}', ?5, ?6, ?7) RETURNING id",
            )
            .bind(name.as_str())
            .bind(owner.to_string())
            .bind(&region)
            .bind(now.as_second())
            .bind(PublicAccessBlock::ALL.bits())
            .bind(serde_json::to_string(&tags)?)
            .bind(upstream.as_deref())
            .fetch_one(&mut *db)
            .await?;
            let created = row::seconds(now.as_second())?;
            store.mirror(Bucket {
                id,
                name,
                owner,
                region,
                created,
                policy: None,
                access_block: Some(PublicAccessBlock::ALL),
                tags,
                upstream,
                configurations: Configurations::default(),
                versioning: Versioning::Off,
                abac: false,
            });
            Ok(Ok(()))
        })
        .await
    }

    /// Deletes a bucket without objects, versions and delete markers; unfinished uploads go with it.
    pub(crate) async fn delete_bucket(
        &self,
        bucket: Arc<Bucket>,
    ) -> Result<Result<(), BucketRejected>, StoreError> {
        let store = self.clone();
        detached(async move {
            let mut db = store.0.writer.lock().await;
            let mut transaction = db.begin().await?;
            let occupied: bool = sqlx::query_scalar(
                "SELECT EXISTS (SELECT 1 FROM object WHERE bucket = ?1)
                 OR EXISTS (SELECT 1 FROM version WHERE bucket = ?1)",
            )
            .bind(bucket.id)
            .fetch_one(&mut *transaction)
            .await?;
            if occupied {
                return Ok(Err(BucketRejected::NotEmpty));
            }
            let parts: Vec<String> = sqlx::query_scalar(
                "SELECT file FROM part WHERE upload IN (SELECT id FROM upload WHERE bucket = ?1)",
            )
            .bind(bucket.id)
            .fetch_all(&mut *transaction)
            .await?;
            sqlx::query("DELETE FROM upload WHERE bucket = ?1")
                .bind(bucket.id)
                .execute(&mut *transaction)
                .await?;
            let deleted = sqlx::query("DELETE FROM bucket WHERE id = ?1")
                .bind(bucket.id)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            transaction.commit().await?;
            store.0.buckets.rcu(|buckets| {
                let mut buckets = Buckets::clone(buckets);
                if buckets.get(&bucket.name).is_some_and(|b| b.id == bucket.id) {
                    buckets.remove(&bucket.name);
                }
                buckets
            });
            drop(db);
            for file in parts {
                store.0.files.remove(row::file(&file)?);
            }
            Ok(if deleted == 0 {
                Err(BucketRejected::Gone)
            } else {
                Ok(())
            })
        })
        .await
    }

    /// Only under the writer's lock, right after the row is committed.
    pub(super) fn mirror(&self, bucket: Bucket) {
        let bucket = Arc::new(bucket);
        self.0.buckets.rcu(|buckets| {
            let mut buckets = Buckets::clone(buckets);
            buckets.insert(bucket.name.clone(), bucket.clone());
            buckets
        });
    }
}
