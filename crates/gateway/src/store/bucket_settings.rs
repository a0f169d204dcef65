//! Changes of a bucket's settings: what was decided counts for the bucket that it was decided for, as it is when it is its turn.

use super::{
    Bucket, BucketRejected, PublicAccessBlock, Store, StoreError, StoredPolicy, Versioning,
    detached,
};
use crate::name::BucketName;
use crate::tags::Tags;

impl Store {
    /// Replaces the policy, unless it is public and the bucket or its account prevents that when its turn comes: while a
    /// client let its body drip, they may have been set.
    pub(crate) async fn put_policy(
        &self,
        bucket: &Bucket,
        policy: StoredPolicy,
    ) -> Result<Result<(), BucketRejected>, StoreError> {
        let store = self.clone();
        self.try_change(bucket.id, bucket.name.clone(), move |b| {
            if policy.public && store.access_block(b).block_public_policy {
                return Err(BucketRejected::PublicPolicy);
            }
            b.policy = Some(policy);
            Ok(())
        })
        .await
    }

    /// Removes the policy.
    pub(crate) async fn delete_policy(
        &self,
        bucket: &Bucket,
    ) -> Result<Result<(), BucketRejected>, StoreError> {
        self.change(bucket.id, bucket.name.clone(), |b| b.policy = None)
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
}
