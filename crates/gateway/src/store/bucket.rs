//! Buckets: rows, and the same in memory with their policies compiled.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use policy::{AccountId, DocumentKind, Policy, Principal};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Connection as _, Row as _};

use super::{Buckets, Configurations, Store, StoreError, detached, row};
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

/// Whether a bucket keeps the versions of its objects. Once it was on it can only be suspended
/// (S3 User Guide, "Retaining multiple versions of objects with S3 Versioning").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Versioning {
    /// It never was on: every object has one version, `null`.
    #[default]
    Off,
    /// Every write and every delete makes a version.
    Enabled,
    /// What is written replaces the version `null`, and no other.
    Suspended,
}

impl Versioning {
    /// As in `Status`; a bucket that never had it on has none.
    pub(crate) fn status(self) -> Option<&'static str> {
        match self {
            Self::Off => None,
            Self::Enabled => Some("Enabled"),
            Self::Suspended => Some("Suspended"),
        }
    }

    /// Reads `Status`.
    pub(crate) fn from_status(text: &str) -> Option<Self> {
        [Self::Enabled, Self::Suspended]
            .into_iter()
            .find(|versioning| versioning.status() == Some(text))
    }

    /// Reads the column.
    pub(super) fn from_column(status: Option<&str>) -> Result<Self, sqlx::Error> {
        match status {
            None => Ok(Self::Off),
            Some(text) => Self::from_status(text).ok_or_else(|| {
                sqlx::Error::Decode(format!("a bucket whose versioning is `{text}`").into())
            }),
        }
    }
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

    /// What blocks nothing.
    pub(super) const NONE: Self = Self {
        block_public_acls: false,
        ignore_public_acls: false,
        block_public_policy: false,
        restrict_public_buckets: false,
    };

    /// Each setting that either has on.
    pub(super) fn and(self, other: Self) -> Self {
        Self::from_bits(self.bits() | other.bits())
    }

    pub(super) fn bits(self) -> i64 {
        i64::from(self.block_public_acls)
            | i64::from(self.ignore_public_acls) << 1
            | i64::from(self.block_public_policy) << 2
            | i64::from(self.restrict_public_buckets) << 3
    }

    pub(super) fn from_bits(bits: i64) -> Self {
        Self {
            block_public_acls: bits & 1 != 0,
            ignore_public_acls: bits & 2 != 0,
            block_public_policy: bits & 4 != 0,
            restrict_public_buckets: bits & 8 != 0,
        }
    }
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

    /// Switches versioning on, or suspends it.
    pub(crate) async fn set_versioning(
        &self,
        bucket: &Bucket,
        versioning: Versioning,
    ) -> Result<Result<(), BucketRejected>, StoreError> {
        self.change(bucket.id, bucket.name.clone(), move |b| {
            b.versioning = versioning;
        })
        .await
    }

    /// Adds tags to those that the bucket has when it is their turn.
    pub(crate) async fn add_bucket_tags(
        &self,
        bucket: &Bucket,
        new: Tags,
    ) -> Result<Result<(), BucketRejected>, StoreError> {
        self.try_change(bucket.id, bucket.name.clone(), move |b| {
            b.tags = b.tags.with(new).ok_or(BucketRejected::TooManyTags)?;
            Ok(())
        })
        .await
    }

    /// Removes the tags of these keys.
    pub(crate) async fn remove_bucket_tags(
        &self,
        bucket: &Bucket,
        keys: Vec<String>,
    ) -> Result<Result<(), BucketRejected>, StoreError> {
        self.change(bucket.id, bucket.name.clone(), move |b| {
            b.tags = b.tags.without(&keys);
        })
        .await
    }

    /// Lets the tags count in policies, or no longer.
    pub(crate) async fn set_abac(
        &self,
        bucket: &Bucket,
        enabled: bool,
    ) -> Result<Result<(), BucketRejected>, StoreError> {
        self.change(bucket.id, bucket.name.clone(), move |b| b.abac = enabled)
            .await
    }

    async fn change(
        &self,
        id: i64,
        name: BucketName,
        change: impl FnOnce(&mut Bucket) + Send + 'static,
    ) -> Result<Result<(), BucketRejected>, StoreError> {
        let change = |bucket: &mut Bucket| {
            change(bucket);
            Ok(())
        };
        self.try_change(id, name, change).await
    }

    async fn try_change(
        &self,
        id: i64,
        name: BucketName,
        change: impl FnOnce(&mut Bucket) -> Result<(), BucketRejected> + Send + 'static,
    ) -> Result<Result<(), BucketRejected>, StoreError> {
        let store = self.clone();
        detached(async move {
            let mut db = store.0.writer.lock().await;
            let Some(current) = store.bucket(&name).filter(|b| b.id == id) else {
                return Ok(Err(BucketRejected::Gone));
            };
            let mut bucket = Bucket::clone(&current);
            if let Err(rejected) = change(&mut bucket) {
                return Ok(Err(rejected));
            }
            sqlx::query(
                "UPDATE bucket SET policy = ?2, access_block = ?3, tags = ?4, principals = ?5,
                 versioning = ?6, abac = ?7 WHERE id = ?1",
            )
            .bind(id)
            .bind(bucket.policy.as_ref().map(|p| p.text.to_string()))
            .bind(bucket.access_block.map(PublicAccessBlock::bits))
            .bind(serde_json::to_string(&bucket.tags)?)
            .bind(match &bucket.policy {
                Some(policy) => serde_json::to_string(&policy.principals)?,
                None => "{}".to_owned(),
            })
            .bind(bucket.versioning.status())
            .bind(bucket.abac)
            .execute(&mut *db)
            .await?;
            store.mirror(bucket);
            Ok(Ok(()))
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
