//! The status of credentials that can be switched off.

use directory::KeyStatus;

use super::fault::invalid_input;
use crate::wire::Fault;

/// A status that callers may set.
///
/// # Errors
/// `InvalidInput` for `Expired`, which only the service sets.
pub(super) fn settable(status: &str) -> Result<KeyStatus, Fault> {
    match status {
        "Active" => Ok(KeyStatus::Active),
        "Inactive" => Ok(KeyStatus::Inactive),
        _ => Err(invalid_input("Status must be Active or Inactive.")),
    }
}
