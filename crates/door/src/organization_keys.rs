//! The condition keys of organizations. They are absent for accounts outside of one (IAM User
//! Guide, "AWS global condition context keys").

use directory::Snapshot;
use policy::{AccountId, Context, Value};

use crate::Caller;

/// Adds what is known of the caller's organization and of the resource owner's.
pub fn organization_keys(
    keys: &mut Context,
    snapshot: &Snapshot,
    caller: &Caller,
    owner: Option<AccountId>,
) {
    add(
        keys,
        snapshot,
        caller.account(),
        ["aws:PrincipalOrgID", "aws:PrincipalOrgPaths"],
    );
    add(
        keys,
        snapshot,
        owner,
        ["aws:ResourceOrgID", "aws:ResourceOrgPaths"],
    );
}

fn add(
    keys: &mut Context,
    snapshot: &Snapshot,
    account: Option<AccountId>,
    [id, paths]: [&str; 2],
) {
    if let Some(path) = account.and_then(|account| snapshot.organization_path(account)) {
        keys.insert(id, path.organization().id.clone());
        keys.insert(paths, Value::Many(vec![path.text()]));
    }
}
