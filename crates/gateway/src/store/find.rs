//! Finding a version of an object.

use std::sync::Arc;

use jiff::Timestamp;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::object::from_row;
use super::recent::Known;
use super::{Bucket, Object, Store, StoreError, VersionId, Versioning, row};
use crate::name::ObjectKey;

/// What a key, or a version of it, leads to.
#[derive(Debug, Clone, Default)]
pub(crate) enum Found {
    /// An object.
    Object(Arc<Object>),
    /// A delete marker.
    Marker(Marker),
    /// Nothing.
    #[default]
    Nothing,
}

impl Found {
    /// The object, if there is one.
    pub(crate) fn object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            Self::Marker(_) | Self::Nothing => None,
        }
    }
}

/// A delete marker: a version that says that there is no object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Marker {
    /// Its id.
    pub(crate) version: VersionId,
    /// When it was made, in whole seconds.
    pub(crate) modified: Timestamp,
}

impl Store {
    /// The current version of a key, or the one that is named.
    pub(crate) async fn find(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: Option<VersionId>,
    ) -> Result<Found, StoreError> {
        let ticket = match self.0.recent.find(bucket.id, key) {
            Known::Row(object) if version.is_none_or(|wanted| wanted == object.version) => {
                return Ok(Found::Object(object));
            }
            // Another version is current, so what is found now is not to be kept as that.
            Known::Row(_) => None,
            Known::Nothing(ticket) => Some(ticket),
        };
        // One statement, so that what was found is from one moment.
        let statement = match (version, bucket.versioning) {
            (None, Versioning::Off) => CURRENT,
            (None, _) => NEWEST,
            (Some(_), _) => NAMED,
        };
        let mut query = sqlx::query(statement)
            .bind(bucket.id)
            .bind(key.as_str().as_bytes());
        if let Some(version) = version {
            query = query.bind(version.to_string());
        }
        let Some(row) = query.fetch_optional(&self.0.readers).await? else {
            return Ok(Found::Nothing);
        };
        if row.try_get::<Option<String>, _>("file")?.is_none() {
            return marker(&row).map(Found::Marker);
        }
        let object = Arc::new(from_row(&row)?);
        if let Some(ticket) = ticket
            && row.try_get("current")?
        {
            self.0.recent.keep(ticket, &object);
        }
        Ok(Found::Object(object))
    }
}

fn marker(row: &SqliteRow) -> Result<Marker, StoreError> {
    Ok(Marker {
        version: row::version(&row.try_get::<String, _>("version")?)?,
        modified: row::seconds(row.try_get("modified")?)?,
    })
}

/// The current object.
const CURRENT: &str = "
SELECT TRUE AS current, version, file, size, etag, modified, tags, description
FROM object WHERE bucket = ?1 AND key = ?2";

/// The current object, or the delete marker that is there instead.
const NEWEST: &str = "
SELECT TRUE AS current, version, file, size, etag, modified, tags, description
FROM object WHERE bucket = ?1 AND key = ?2
UNION ALL
SELECT FALSE, version, NULL, size, etag, modified, tags, description FROM (
    SELECT * FROM version WHERE bucket = ?1 AND key = ?2 ORDER BY sequence DESC LIMIT 1
) WHERE superseded IS NULL";

/// The version of this id.
const NAMED: &str = "
SELECT TRUE AS current, version, file, size, etag, modified, tags, description
FROM object WHERE bucket = ?1 AND key = ?2 AND version = ?3
UNION ALL
SELECT FALSE, version, file, size, etag, modified, tags, description
FROM version WHERE bucket = ?1 AND key = ?2 AND version = ?3";
