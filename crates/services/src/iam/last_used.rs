//! When roles and access keys were last used, as answers show it.

use std::time::Duration;

use directory::{AccessKey, Role, Use};
use jiff::Timestamp;

use crate::generated::iam::{AccessKeyLastUsed, RoleLastUsed};
use crate::handle::At;

/// How far back the last uses of roles and services are told: 400 days (IAM User Guide,
/// "Regions where data is tracked").
const TRACKED: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// What stands in the place of a service and a region when there is none.
const NOT_APPLICABLE: &str = "N/A";

/// Whether a use is recent enough to be told.
pub(super) fn is_tracked(use_: &Use, now: Timestamp) -> bool {
    now.duration_since(use_.at).unsigned_abs() <= TRACKED
}

/// The last use of a role by any of its sessions; empty for one that was never used.
pub(super) fn of_role(at: &At<'_>, role: &Role) -> RoleLastUsed {
    let last = at.door.last_use(role.account, &role.id);
    let last = last.as_ref().and_then(|it| it.latest());
    match last.filter(|it| is_tracked(it, at.call.now)) {
        Some(last) => RoleLastUsed {
            last_used_date: Some(last.at),
            region: Some(last.region.clone()),
        },
        None => RoleLastUsed::default(),
    }
}

/// The last use of an access key, however long ago.
pub(super) fn of_key(at: &At<'_>, key: &AccessKey) -> AccessKeyLastUsed {
    match at.door.key_last_use(key.account, &key.id) {
        Some(used) => AccessKeyLastUsed {
            last_used_date: Some(used.last.at),
            service_name: used.service,
            region: used.last.region,
        },
        None => AccessKeyLastUsed {
            last_used_date: None,
            service_name: NOT_APPLICABLE.to_owned(),
            region: NOT_APPLICABLE.to_owned(),
        },
    }
}
