//! Objects that are on their way out.

use serde_json::Value;

/// Whether an object is being deleted: it stays in lists until its finalizers are done.
pub(crate) fn ends(object: &Value) -> bool {
    object.pointer("/metadata/deletionTimestamp").is_some()
}
