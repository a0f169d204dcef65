//! What an account has decided for all of its buckets: Block Public Access.

use std::collections::BTreeMap;

use policy::AccountId;
use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;

use super::bucket::Bucket;
use super::{PublicAccessBlock, Store, StoreError, detached};

/// The settings of the accounts that have some.
pub(super) type AccountBlocks = BTreeMap<AccountId, PublicAccessBlock>;

/// Reads all of them.
pub(super) async fn load(db: &mut SqliteConnection) -> Result<AccountBlocks, sqlx::Error> {
    let rows = sqlx::query("SELECT account, access_block FROM account")
        .fetch_all(db)
        .await?;
    let read = |row: &sqlx::sqlite::SqliteRow| {
        let account: String = row.try_get("account")?;
        let account = account
            .parse()
            .map_err(|error: policy::InvalidAccountId| sqlx::Error::Decode(Box::new(error)))?;
        let bits = row.try_get("access_block")?;
        Ok((account, PublicAccessBlock::from_bits(bits)))
    };
    rows.iter().map(read).collect()
}

impl Store {
    /// The account's own settings.
    pub(crate) fn account_block(&self, account: AccountId) -> Option<PublicAccessBlock> {
        self.0.accounts.load().get(&account).copied()
    }

    /// What holds for a bucket: its own settings and its account's, whichever is stricter (S3 User
    /// Guide, "Blocking public access to your Amazon S3 storage").
    pub(crate) fn access_block(&self, bucket: &Bucket) -> PublicAccessBlock {
        let own = bucket.access_block.unwrap_or(PublicAccessBlock::NONE);
        match self.account_block(bucket.owner) {
            Some(account) => own.and(account),
            None => own,
        }
    }

    /// Sets or removes an account's settings.
    pub(crate) async fn set_account_block(
        &self,
        account: AccountId,
        block: Option<PublicAccessBlock>,
    ) -> Result<(), StoreError> {
        let store = self.clone();
        detached(async move {
            let mut db = store.0.writer.lock().await;
            let change = match block {
                Some(block) => sqlx::query(
                    "INSERT INTO account (account, access_block) VALUES (?1, ?2)
                     ON CONFLICT (account) DO UPDATE SET access_block = excluded.access_block",
                )
                .bind(account.to_string())
                .bind(block.bits()),
                None => {
                    sqlx::query("DELETE FROM account WHERE account = ?1").bind(account.to_string())
                }
            };
            change.execute(&mut *db).await?;
            store.0.accounts.rcu(|accounts| {
                let mut accounts = AccountBlocks::clone(accounts);
                match block {
                    Some(block) => accounts.insert(account, block),
                    None => accounts.remove(&account),
                };
                accounts
            });
            Ok(())
        })
        .await
    }
}
