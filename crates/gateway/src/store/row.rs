//! Columns that mean more than their SQL type.

use jiff::Timestamp;

use super::{FileId, StoreError, VersionId};
use crate::name::ObjectKey;

/// A column of seconds since 1970.
pub(super) fn seconds(value: i64) -> Result<Timestamp, sqlx::Error> {
    Timestamp::from_second(value).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// A column that names a data file.
pub(super) fn file(name: &str) -> Result<FileId, StoreError> {
    name.parse()
        .map_err(|error: uuid::Error| StoreError::Row(error.to_string()))
}

/// A column that names a version.
pub(super) fn version(id: &str) -> Result<VersionId, StoreError> {
    id.parse()
        .map_err(|error: super::InvalidVersionId| StoreError::Row(error.to_string()))
}

/// A column of a count or length.
pub(super) fn unsigned(value: i64) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| StoreError::Row(format!("a size of {value}")))
}

/// A count or length for a column.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A key that was read.
pub(super) fn key(text: &str) -> Result<ObjectKey, StoreError> {
    ObjectKey::parse(text).map_err(|error| StoreError::Row(error.to_string()))
}

/// A column that holds a key.
pub(super) fn text(bytes: Vec<u8>) -> Result<String, StoreError> {
    String::from_utf8(bytes).map_err(|error| StoreError::Row(error.to_string()))
}
