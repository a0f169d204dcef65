//! Buckets: rows, and the same in memory with their policies compiled.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use policy::{AccountId, DocumentKind, Policy};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Connection as _, Row as _};

use super::{Buckets, Store, StoreError, detached, row};
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
}

/// A bucket policy, byte for byte and compiled.
#[derive(Debug, Clone)]
pub(crate) struct StoredPolicy {
    /// As it was put.
    pub(crate) text: Arc<str>,
    /// The unique ids of the users and roles that it named when it was put, by ARN: one that
    /// is made later under the same name is another principal.
    pub(crate) principals: BTreeMap<String, String>,
    /// Compiled.
    pub(crate) compiled: Arc<Policy>,
    /// Whether it is public (S3 User Guide, "The meaning of public").
    pub(crate) public: bool,
}

/// The four settings of Block Public Access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PublicAccessBlock {
    /// Refuses ACLs that are public.
    pub(crate) block_public_acls: bool,
    /// Ignores ACLs that are public.
    pub(crate) ignore_public_acls: bool,
    /// Refuses bucket policies that are public.
    pub(crate) block_public_policy: bool,
    /// Leaves a bucket with a public policy to its own account.
    pub(crate) restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// What a new bucket has since April 2023.
    pub(crate) const ALL: Self = Self {
        block_public_acls: true,
        ignore_public_acls: true,
        block_public_policy: true,
        restrict_public_buckets: true,
    };

    fn bits(self) -> i64 {
        i64::from(self.block_public_acls)
            | i64::from(self.ignore_public_acls) << 1
            | i64::from(self.block_public_policy) << 2
            | i64::from(self.restrict_public_buckets) << 3
    }

    fn from_bits(bits: i64) -> Self {
        Self {
            block_public_acls: bits & 1 != 0,
            ignore_public_acls: bits & 2 != 0,
            block_public_policy: bits & 4 != 0,
            restrict_public_buckets: bits & 8 != 0,
        }
    }
}

impl Bucket {
    /// Whether a public policy may not be put.
    pub(crate) fn blocks_public_policy(&self) -> bool {
        self.access_block.is_some_and(|b| b.block_public_policy)
    }

    /// The policy as far as it counts for a caller of this account: RestrictPublicBuckets
    /// leaves a bucket with a public policy to the account that owns it.
    pub(crate) fn policy_for(&self, account: Option<AccountId>) -> Option<Arc<Policy>> {
        let stored = self.policy.as_ref()?;
        let restricted = self.access_block.is_some_and(|b| b.restrict_public_buckets);
        if restricted && stored.public && account != Some(self.owner) {
            return None;
        }
        Some(stored.compiled.clone())
    }
}

impl StoredPolicy {
    /// Compiles a policy that was checked when it was put. One that can't be read any more
    /// denies everything, rather than allowing what it might have denied.
    fn load(bucket: &str, text: &str, principals: BTreeMap<String, String>) -> Self {
        let compiled = Policy::parse(DocumentKind::Bucket, text).unwrap_or_else(|error| {
            tracing::error!(bucket, %error, "a bucket policy can't be read; the bucket denies everything until it is replaced");
            Policy::deny_all()
        });
        Self::of(text, compiled, principals)
    }

    /// A policy that has just been parsed.
    pub(crate) fn of(
        text: &str,
        mut compiled: Policy,
        principals: BTreeMap<String, String>,
    ) -> Self {
        compiled.pin_principals(&principals);
        Self {
            text: text.into(),
            principals,
            public: policy::is_public(&compiled),
            compiled: Arc::new(compiled),
        }
    }
}

/// Why a bucket can't be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BucketRejected {
    /// The name is taken, by a bucket of this account.
    Exists(AccountId),
    /// There are objects in it.
    NotEmpty,
    /// It is gone.
    Gone,
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
    Ok(Bucket {
        id: row.try_get("id")?,
        owner: owner.parse().map_err(|e| damaged(&e))?,
        region: row.try_get("region")?,
        created: row::seconds(row.try_get("created")?)?,
        policy: policy.map(|text| StoredPolicy::load(&name, &text, principals)),
        access_block: bits.map(PublicAccessBlock::from_bits),
        tags: serde_json::from_str(&tags).map_err(|e| damaged(&e))?,
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
        let store = self.clone();
        detached(async move {
            let mut db = store.0.writer.lock().await;
            if let Some(taken) = store.bucket(&name) {
                return Ok(Err(BucketRejected::Exists(taken.owner)));
            }
            let id = sqlx::query_scalar(
                "INSERT INTO bucket (name, owner, region, created, policy, principals, access_block, tags)
                 VALUES (?1, ?2, ?3, ?4, NULL, '{}', ?5, ?6) RETURNING id",
            )
            .bind(name.as_str())
            .bind(owner.to_string())
            .bind(&region)
            .bind(now.as_second())
            .bind(PublicAccessBlock::ALL.bits())
            .bind(serde_json::to_string(&tags)?)
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
            });
            Ok(Ok(()))
        })
        .await
    }

    /// Deletes a bucket without objects; unfinished uploads go with it.
    pub(crate) async fn delete_bucket(
        &self,
        bucket: Arc<Bucket>,
    ) -> Result<Result<(), BucketRejected>, StoreError> {
        let store = self.clone();
        detached(async move {
            let mut db = store.0.writer.lock().await;
            let mut transaction = db.begin().await?;
            let occupied: bool =
                sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM object WHERE bucket = ?1)")
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

    /// Sets or removes the policy.
    pub(crate) async fn set_policy(
        &self,
        bucket: &Bucket,
        policy: Option<StoredPolicy>,
    ) -> Result<Result<(), BucketRejected>, StoreError> {
        self.change(bucket.id, bucket.name.clone(), |b| b.policy = policy)
            .await
    }

    /// Sets or removes Block Public Access.
    pub(crate) async fn set_access_block(
        &self,
        bucket: &Bucket,
        block: Option<PublicAccessBlock>,
    ) -> Result<Result<(), BucketRejected>, StoreError> {
        self.change(bucket.id, bucket.name.clone(), move |b| {
            b.access_block = block;
        })
        .await
    }

    /// Sets the tags.
    pub(crate) async fn set_bucket_tags(
        &self,
        bucket: &Bucket,
        tags: Tags,
    ) -> Result<Result<(), BucketRejected>, StoreError> {
        self.change(bucket.id, bucket.name.clone(), |b| b.tags = tags)
            .await
    }

    async fn change(
        &self,
        id: i64,
        name: BucketName,
        change: impl FnOnce(&mut Bucket) + Send + 'static,
    ) -> Result<Result<(), BucketRejected>, StoreError> {
        let store = self.clone();
        detached(async move {
            let mut db = store.0.writer.lock().await;
            let Some(current) = store.bucket(&name).filter(|b| b.id == id) else {
                return Ok(Err(BucketRejected::Gone));
            };
            let mut bucket = Bucket::clone(&current);
            change(&mut bucket);
            sqlx::query(
                "UPDATE bucket SET policy = ?2, access_block = ?3, tags = ?4, principals = ?5
                 WHERE id = ?1",
            )
            .bind(id)
            .bind(bucket.policy.as_ref().map(|p| p.text.to_string()))
            .bind(bucket.access_block.map(PublicAccessBlock::bits))
            .bind(serde_json::to_string(&bucket.tags)?)
            .bind(match &bucket.policy {
                Some(policy) => serde_json::to_string(&policy.principals)?,
                None => "{}".to_owned(),
            })
            .execute(&mut *db)
            .await?;
            store.mirror(bucket);
            Ok(Ok(()))
        })
        .await
    }

    /// Only under the writer's lock, right after the row is committed.
    fn mirror(&self, bucket: Bucket) {
        let bucket = Arc::new(bucket);
        self.0.buckets.rcu(|buckets| {
            let mut buckets = Buckets::clone(buckets);
            buckets.insert(bucket.name.clone(), bucket.clone());
            buckets
        });
    }
}
