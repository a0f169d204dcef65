//! Multipart uploads: parts are files until the upload is completed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection as _, Row as _};
use uuid::Uuid;

use super::listing::end_of;
use super::object::{Swapped, swap};
use super::{
    ChecksumKind, Description, FileId, Guard, NewFile, Object, Rejected, Store, StoreError,
    VersionId, detached, row,
};
use crate::checksum::Algorithm;
use crate::name::ObjectKey;
use crate::tags::Tags;

/// An upload that is neither completed nor aborted.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    /// Its id.
    pub(crate) id: String,
    /// The key that it will be.
    pub(crate) key: String,
    /// When it was begun.
    pub(crate) initiated: Timestamp,
    /// The checksum that parts are to have.
    pub(crate) algorithm: Option<Algorithm>,
    /// What the object's checksum will be computed over.
    pub(crate) kind: ChecksumKind,
    /// Tags of the object.
    pub(crate) tags: Tags,
    /// Headers and metadata of the object.
    pub(crate) description: Description,
}

/// A part that has been uploaded.
#[derive(Debug, Clone)]
pub(crate) struct UploadPart {
    /// 1–10,000.
    pub(crate) number: u32,
    /// The file of its bytes.
    pub(crate) file: FileId,
    /// Bytes.
    pub(crate) size: u64,
    /// Without quotes.
    pub(crate) etag: String,
    /// When it was written.
    pub(crate) modified: Timestamp,
    /// Its checksum, in base64.
    pub(crate) checksum: Option<(Algorithm, String)>,
}

/// The object that an upload becomes.
#[derive(Debug)]
pub(crate) struct Finished {
    /// The files that were concatenated, by part number.
    pub(crate) parts: BTreeMap<u32, FileId>,
    /// The file that they were concatenated into, durable.
    pub(crate) file: NewFile,
    /// The object's row.
    pub(crate) object: Object,
    /// What must hold of the current version.
    pub(crate) guard: Guard,
}

/// Which uploads are asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct UploadQuery {
    /// Only keys that begin so.
    pub(crate) prefix: String,
    /// Uploads after this key, or of it and after this id.
    pub(crate) after: Option<(String, Option<String>)>,
    /// Most uploads.
    pub(crate) limit: usize,
}

/// One page of uploads.
#[derive(Debug)]
pub(crate) struct UploadPage {
    /// By key, then id.
    pub(crate) uploads: Vec<Upload>,
    /// Whether there are more.
    pub(crate) truncated: bool,
}

impl Upload {
    /// A new upload.
    pub(crate) fn begin(
        key: &ObjectKey,
        now: Timestamp,
        checksum: Option<(Algorithm, ChecksumKind)>,
        tags: Tags,
        description: Description,
    ) -> Self {
        Self {
            id: format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()),
            key: key.as_str().to_owned(),
            initiated: now,
            algorithm: checksum.map(|(algorithm, _)| algorithm),
            kind: checksum.map_or(ChecksumKind::FullObject, |(_, kind)| kind),
            tags,
            description,
        }
    }
}

fn upload_from(row: &SqliteRow) -> Result<Upload, StoreError> {
    let kind: String = row.try_get("checksum_kind")?;
    Ok(Upload {
        id: row.try_get("id")?,
        key: row::text(row.try_get("key")?)?,
        initiated: row::seconds(row.try_get("initiated")?)?,
        algorithm: row
            .try_get::<Option<String>, _>("algorithm")?
            .and_then(|name| Algorithm::parse(&name)),
        kind: ChecksumKind::parse(&kind).ok_or(StoreError::Row(kind))?,
        tags: serde_json::from_str(&row.try_get::<String, _>("tags")?)?,
        description: serde_json::from_str(&row.try_get::<String, _>("description")?)?,
    })
}

fn part_from(row: &SqliteRow) -> Result<UploadPart, StoreError> {
    let number: i64 = row.try_get("number")?;
    Ok(UploadPart {
        number: u32::try_from(number).map_err(|_| StoreError::Row(format!("part {number}")))?,
        file: row::file(&row.try_get::<String, _>("file")?)?,
        size: row::unsigned(row.try_get("size")?)?,
        etag: row.try_get("etag")?,
        modified: row::seconds(row.try_get("modified")?)?,
        checksum: serde_json::from_str(&row.try_get::<String, _>("checksum")?)?,
    })
}

impl Store {
    /// Begins an upload.
    pub(crate) async fn create_upload(
        &self,
        bucket: i64,
        upload: Upload,
    ) -> Result<Result<(), Rejected>, StoreError> {
        let store = self.clone();
        detached(async move {
            let mut db = store.0.writer.lock().await;
            let created = sqlx::query(
                "INSERT INTO upload (id, bucket, key, initiated, algorithm, checksum_kind, tags, description)
                 SELECT ?1, id, ?3, ?4, ?5, ?6, ?7, ?8 FROM bucket WHERE id = ?2",
            )
            .bind(&upload.id)
            .bind(bucket)
            .bind(upload.key.as_bytes())
            .bind(upload.initiated.as_second())
            .bind(upload.algorithm.map(Algorithm::name))
            .bind(upload.kind.as_str())
            .bind(serde_json::to_string(&upload.tags)?)
            .bind(serde_json::to_string(&upload.description)?)
            .execute(&mut *db)
            .await?
            .rows_affected();
            Ok(if created == 1 { Ok(()) } else { Err(Rejected::NoBucket) })
        })
        .await
    }

    /// An upload, if it is one of this key: an id alone opens nothing.
    pub(crate) async fn upload(
        &self,
        bucket: i64,
        key: &ObjectKey,
        id: &str,
    ) -> Result<Option<Upload>, StoreError> {
        let row = sqlx::query("SELECT * FROM upload WHERE id = ?1 AND bucket = ?2 AND key = ?3")
            .bind(id)
            .bind(bucket)
            .bind(key.as_str().as_bytes())
            .fetch_optional(&self.0.readers)
            .await?;
        row.as_ref().map(upload_from).transpose()
    }

    /// Adds or replaces a part; its bytes must be durable already.
    pub(crate) async fn put_part(
        &self,
        upload: String,
        mut file: NewFile,
        part: UploadPart,
    ) -> Result<Result<(), Rejected>, StoreError> {
        let store = self.clone();
        detached(async move {
            let mut db = store.0.writer.lock().await;
            let mut transaction = db.begin().await?;
            let old: Option<String> =
                sqlx::query_scalar("SELECT file FROM part WHERE upload = ?1 AND number = ?2")
                    .bind(&upload)
                    .bind(part.number)
                    .fetch_optional(&mut *transaction)
                    .await?;
            let stored = sqlx::query(
                "INSERT INTO part (upload, number, file, size, etag, modified, checksum)
                 SELECT id, ?2, ?3, ?4, ?5, ?6, ?7 FROM upload WHERE id = ?1
                 ON CONFLICT (upload, number) DO UPDATE SET file = excluded.file,
                 size = excluded.size, etag = excluded.etag, modified = excluded.modified,
                 checksum = excluded.checksum",
            )
            .bind(&upload)
            .bind(part.number)
            .bind(part.file.to_string())
            .bind(row::signed(part.size))
            .bind(&part.etag)
            .bind(part.modified.as_second())
            .bind(serde_json::to_string(&part.checksum)?)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
            if stored == 0 {
                return Ok(Err(Rejected::NoUpload));
            }
            file.keep();
            transaction.commit().await?;
            drop(db);
            if let Some(old) = old {
                store.0.files.remove(row::file(&old)?);
            }
            Ok(Ok(()))
        })
        .await
    }

    /// Parts after the number `after`, by number, at most `limit`.
    pub(crate) async fn parts(
        &self,
        upload: &str,
        after: u32,
        limit: usize,
    ) -> Result<Vec<UploadPart>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM part WHERE upload = ?1 AND number > ?2 ORDER BY number LIMIT ?3",
        )
        .bind(upload)
        .bind(after)
        .bind(row::signed(limit as u64))
        .fetch_all(&self.0.readers)
        .await?;
        rows.iter().map(part_from).collect()
    }

    /// Makes the concatenated parts the object, and forgets the upload. If a part was
    /// replaced meanwhile, nothing happens. Answers the version if it has an id of its own.
    pub(crate) async fn complete_upload(
        &self,
        bucket: i64,
        upload: Upload,
        key: ObjectKey,
        finished: Finished,
    ) -> Result<Result<Option<VersionId>, Rejected>, StoreError> {
        let store = self.clone();
        detached(async move {
            let Finished {
                parts,
                mut file,
                object,
                guard,
            } = finished;
            let mut db = store.0.writer.lock().await;
            let mut transaction = db.begin().await?;
            let rows: Vec<(u32, String)> =
                sqlx::query_as("SELECT number, file FROM part WHERE upload = ?1")
                    .bind(&upload.id)
                    .fetch_all(&mut *transaction)
                    .await?;
            let mut unused = Vec::with_capacity(rows.len() + 1);
            let mut current = BTreeMap::new();
            for (number, name) in rows {
                let file = row::file(&name)?;
                current.insert(number, file);
                unused.push(file);
            }
            if !parts
                .iter()
                .all(|(number, file)| current.get(number) == Some(file))
            {
                return Ok(Err(Rejected::NoUpload));
            }
            let swapped = swap(&mut transaction, bucket, &key, &object, &guard).await?;
            let Swapped { version, replaced } = match swapped {
                Ok(swapped) => swapped,
                Err(rejected) => return Ok(Err(rejected)),
            };
            unused.extend(replaced);
            let ended = sqlx::query("DELETE FROM upload WHERE id = ?1")
                .bind(&upload.id)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            if ended == 0 {
                return Ok(Err(Rejected::NoUpload));
            }
            file.keep();
            let change = store.0.recent.change(bucket, [&key]);
            transaction.commit().await?;
            drop(change);
            drop(db);
            for file in unused {
                store.0.files.remove(file);
            }
            Ok(Ok(version.own()))
        })
        .await
    }

    /// Forgets an upload and its parts.
    pub(crate) async fn abort_upload(&self, upload: Upload) -> Result<(), StoreError> {
        let store = self.clone();
        detached(async move {
            let mut db = store.0.writer.lock().await;
            let mut transaction = db.begin().await?;
            let files: Vec<String> = sqlx::query_scalar("SELECT file FROM part WHERE upload = ?1")
                .bind(&upload.id)
                .fetch_all(&mut *transaction)
                .await?;
            sqlx::query("DELETE FROM upload WHERE id = ?1")
                .bind(&upload.id)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            drop(db);
            for file in files {
                store.0.files.remove(row::file(&file)?);
            }
            Ok(())
        })
        .await
    }

    /// One page of a bucket's uploads.
    pub(crate) async fn list_uploads(
        &self,
        bucket: i64,
        query: &UploadQuery,
    ) -> Result<UploadPage, StoreError> {
        let prefix = query.prefix.as_bytes();
        let (key, id) = match &query.after {
            Some((key, Some(id))) => (key.as_bytes().to_vec(), id.clone()),
            // Behind every id of the key.
            Some((key, None)) => (key.as_bytes().to_vec(), "g".to_owned()),
            None => (Vec::new(), String::new()),
        };
        let rows = sqlx::query(
            "SELECT * FROM upload WHERE bucket = ?1 AND (key, id) > (?2, ?3)
             AND key >= ?4 AND key < ?5 ORDER BY key, id LIMIT ?6",
        )
        .bind(bucket)
        .bind(key)
        .bind(id)
        .bind(prefix)
        .bind(end_of(prefix))
        .bind(row::signed(query.limit as u64 + 1))
        .fetch_all(&self.0.readers)
        .await?;
        let mut uploads = rows
            .iter()
            .map(upload_from)
            .collect::<Result<Vec<_>, _>>()?;
        let truncated = uploads.len() > query.limit;
        uploads.truncate(query.limit);
        Ok(UploadPage { uploads, truncated })
    }
}
