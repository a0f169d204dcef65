//! Configurations of buckets: a row each, and the same in memory.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteConnection;

use super::{Bucket, BucketRejected, Buckets, Store, StoreError, detached};
use crate::cors::Cors;
use crate::lifecycle::Lifecycle;
use crate::name::BucketName;

/// What is configured for a bucket besides its policy and tags; `None` if it never was.
#[derive(Debug, Clone, Default)]
pub(crate) struct Configurations {
    /// What pages of other sites may do.
    pub(crate) cors: Option<Arc<Cors>>,
    /// When objects end.
    pub(crate) lifecycle: Option<Arc<Lifecycle>>,
    /// How objects are encrypted by default.
    pub(crate) encryption: Option<DefaultEncryption>,
}

/// The default encryption that was put; its algorithm can only be AES256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DefaultEncryption {
    /// `BucketKeyEnabled`, which counts for keys of KMS only.
    pub(crate) bucket_key: bool,
}

/// One configuration of a bucket.
#[derive(Debug, Clone)]
pub(crate) enum Configuration {
    /// What pages of other sites may do.
    Cors(Option<Arc<Cors>>),
    /// When objects end.
    Lifecycle(Option<Arc<Lifecycle>>),
    /// How objects are encrypted by default.
    Encryption(Option<DefaultEncryption>),
}

const CORS: &str = "cors";
const LIFECYCLE: &str = "lifecycle";
const ENCRYPTION: &str = "encryption";

impl Configuration {
    fn kind(&self) -> &'static str {
        match self {
            Self::Cors(_) => CORS,
            Self::Lifecycle(_) => LIFECYCLE,
            Self::Encryption(_) => ENCRYPTION,
        }
    }

    /// The row's text; none if there is to be no row.
    fn body(&self) -> Result<Option<String>, StoreError> {
        fn text<T: Serialize>(value: Option<&T>) -> Result<Option<String>, StoreError> {
            Ok(value.map(serde_json::to_string).transpose()?)
        }
        match self {
            Self::Cors(cors) => text(cors.as_deref()),
            Self::Lifecycle(lifecycle) => text(lifecycle.as_deref()),
            Self::Encryption(encryption) => text(encryption.as_ref()),
        }
    }

    fn apply(self, to: &mut Configurations) {
        match self {
            Self::Cors(cors) => to.cors = cors,
            Self::Lifecycle(lifecycle) => to.lifecycle = lifecycle,
            Self::Encryption(encryption) => to.encryption = encryption,
        }
    }
}

/// Reads the configurations of all buckets into them.
pub(super) async fn load(
    db: &mut SqliteConnection,
    buckets: &mut Buckets,
) -> Result<(), sqlx::Error> {
    let rows: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT bucket.name, kind, body FROM configuration JOIN bucket ON bucket.id = bucket",
    )
    .fetch_all(db)
    .await?;
    for (name, kind, body) in rows {
        let Ok(key) = BucketName::parse(&name) else {
            continue;
        };
        let Some(bucket) = buckets.get_mut(&key) else {
            continue;
        };
        let configurations = &mut Arc::make_mut(bucket).configurations;
        match kind.as_str() {
            CORS => configurations.cors = read(&name, &kind, &body).map(Arc::new),
            LIFECYCLE => configurations.lifecycle = read(&name, &kind, &body).map(Arc::new),
            ENCRYPTION => configurations.encryption = read(&name, &kind, &body),
            _ => tracing::error!(bucket = name, kind, "a configuration of an unknown kind"),
        }
    }
    Ok(())
}

/// One that can't be read allows no page anything, and ends no object.
fn read<T: DeserializeOwned>(bucket: &str, kind: &str, body: &str) -> Option<T> {
    serde_json::from_str(body)
        .inspect_err(|error| {
            tracing::error!(bucket, kind, %error, "a bucket's configuration can't be read and does not count until it is put again");
        })
        .ok()
}

impl Store {
    /// Sets or removes a configuration.
    pub(crate) async fn set_configuration(
        &self,
        bucket: &Bucket,
        configuration: Configuration,
    ) -> Result<Result<(), BucketRejected>, StoreError> {
        let body = configuration.body()?;
        let store = self.clone();
        let (id, name) = (bucket.id, bucket.name.clone());
        detached(async move {
            let mut db = store.0.writer.lock().await;
            let Some(current) = store.bucket(&name).filter(|b| b.id == id) else {
                return Ok(Err(BucketRejected::Gone));
            };
            let change = match &body {
                Some(_) => {
                    "INSERT INTO configuration (bucket, kind, body) VALUES (?1, ?2, ?3)
                     ON CONFLICT (bucket, kind) DO UPDATE SET body = excluded.body"
                }
                None => "DELETE FROM configuration WHERE bucket = ?1 AND kind = ?2 AND ?3 IS NULL",
            };
            sqlx::query(change)
                .bind(id)
                .bind(configuration.kind())
                .bind(body)
                .execute(&mut *db)
                .await?;
            let mut bucket = Bucket::clone(&current);
            configuration.apply(&mut bucket.configurations);
            store.mirror(bucket);
            Ok(Ok(()))
        })
        .await
    }
}
