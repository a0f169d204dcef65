//! The users and roles that could have used what a report is about.

use std::collections::HashSet;

use directory::{AccessingEntity, Role, Snapshot, User, Uses};

use super::subject::Found;
use crate::handle::{At, account_view};
use crate::iam::last_used::is_tracked;
use crate::wire::Fault;

/// A user or role itself; the members of a group; the users and roles that have a policy, users
/// by their groups too.
pub(super) fn of(
    at: &At<'_>,
    snapshot: &Snapshot,
    subject: &Found,
    prefixes: &HashSet<&str>,
) -> Result<Vec<AccessingEntity>, Fault> {
    let view = account_view(snapshot, at.account)?;
    let uses = |id: &str| recent(at, id, prefixes);
    let user = |it: &User| of_user(it, uses(&it.id));
    let role = |it: &Role| of_role(it, uses(&it.id));
    Ok(match subject {
        Found::User(it) => vec![user(it)],
        Found::Role(it) => vec![role(it)],
        Found::Group(group) => {
            let members = view.members(&group.id);
            members.map(|(_, member)| user(member)).collect()
        }
        Found::Policy(arn, _) => {
            let has = |it: &User| {
                let mut groups = it.groups.iter().filter_map(|id| snapshot.group_by_id(id));
                it.attached.contains(arn) || groups.any(|group| group.attached.contains(arn))
            };
            let users = view.users().iter().filter(|(_, it)| has(it));
            let roles = view.roles().iter();
            let roles = roles.filter(|(_, it)| it.attached.contains(arn));
            let users = users.map(|(_, it)| user(it));
            users.chain(roles.map(|(_, it)| role(it))).collect()
        }
    })
}

/// The tracked uses of these services.
fn recent(at: &At<'_>, id: &str, prefixes: &HashSet<&str>) -> Uses {
    let all = at.door.last_use(at.account, id);
    let mut uses = all.map(|it| it.uses).unwrap_or_default();
    uses.retain(|service, actions| {
        actions.retain(|_, it| is_tracked(it, at.call.now));
        prefixes.contains(service.as_str()) && !actions.is_empty()
    });
    uses
}

fn of_user(user: &User, uses: Uses) -> AccessingEntity {
    AccessingEntity {
        kind: "USER".to_owned(),
        arn: user.arn(),
        name: user.name.to_string(),
        id: user.id.clone(),
        path: user.path.clone(),
        uses,
    }
}

fn of_role(role: &Role, uses: Uses) -> AccessingEntity {
    AccessingEntity {
        kind: "ROLE".to_owned(),
        arn: role.arn(),
        name: role.name.to_string(),
        id: role.id.clone(),
        path: role.path.clone(),
        uses,
    }
}
