//! Refusing what would be too much.

use super::fault::limit_exceeded;
use crate::wire::Fault;

/// Refuses what would leave more than `limit`; `name` is the quota's in AWS's message.
pub(super) fn within(count: usize, limit: usize, name: &str) -> Result<(), Fault> {
    if count > limit {
        return Err(limit_exceeded(format!(
            "Cannot exceed quota for {name}: {limit}"
        )));
    }
    Ok(())
}
