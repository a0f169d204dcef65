//! Which action on which resource an operation needs (Service Authorization Reference, "Actions,
//! resources, and condition keys for AWS Organizations").

use directory::{ControlPolicyKind, OrganizationPolicy, Snapshot, Tags};
use door::Need;
use policy::Value;

use super::seen::{Seen, Who, seen};
use super::target::Target;
use crate::generated::organizations::Tag;
use crate::handle::At;
use crate::wire::Operation;

/// `O`, which has no resource of its own.
pub(super) fn action<O: Operation>() -> Need {
    on::<O>("*").shown(None)
}

fn on<O: Operation>(resource: impl Into<String>) -> Need {
    Need::new(format!("organizations:{}", O::SHAPE.name), resource)
}

/// `O` on the organization.
pub(super) fn organization<O: Operation>(at: &At<'_>) -> Need {
    with(at, |seen| Some(on::<O>(seen.organization.arn()))).unwrap_or_else(action::<O>)
}

/// `O` on a root, unit, account or policy. One that isn't there is judged as any resource, so that
/// only those who may see all learn that it isn't.
pub(super) fn target<O: Operation>(at: &At<'_>, id: &str) -> Need {
    let need = with(at, |seen| {
        let target = Target::find(seen, id)?;
        Some(resource_tags(
            on::<O>(target.arn(seen.organization)),
            target.tags(),
        ))
    });
    need.unwrap_or_else(on_any::<O>)
}

fn on_any<O: Operation>() -> Need {
    on::<O>("*")
}

/// `O` on a policy.
pub(super) fn policy<O: Operation>(at: &At<'_>, id: &str) -> Need {
    for kind in ControlPolicyKind::ALL {
        let full = kind.full_access();
        if full.id == id {
            return of_type(on::<O>(full.arn), kind.as_str());
        }
    }
    let need = with(at, |seen| {
        let policy: &OrganizationPolicy = seen.policy(id).ok()?;
        let need = of_type(on::<O>(policy.arn.clone()), policy.kind.as_str());
        Some(resource_tags(need, &policy.tags))
    });
    need.unwrap_or_else(on_any::<O>)
}

/// With the type of policy that the request names.
pub(super) fn of_type(need: Need, word: &str) -> Need {
    need.key("organizations:PolicyType", word)
}

/// With the service that the request names.
pub(super) fn of_service(need: Need, service: &str) -> Need {
    need.key("organizations:ServicePrincipal", service)
}

/// With the tags in the request.
pub(super) fn request_tags(need: Need, tags: &[Tag]) -> Need {
    if tags.is_empty() {
        return need;
    }
    let keys = tags.iter().map(|tag| tag.key.clone()).collect();
    let need = tag_keys(need, keys);
    tags.iter().fold(need, |need, tag| {
        need.key(format!("aws:RequestTag/{}", tag.key), tag.value.as_str())
    })
}

/// `organizations:TagResource`, which creating something with tags needs, too.
pub(super) fn create(need: Need, tags: &[Tag]) -> Vec<Need> {
    if tags.is_empty() {
        return vec![need];
    }
    let also = Need::new("organizations:TagResource", "*");
    vec![request_tags(need, tags), request_tags(also, tags)]
}

/// `aws:TagKeys`.
pub(super) fn tag_keys(need: Need, keys: Vec<String>) -> Need {
    need.key("aws:TagKeys", Value::Many(keys))
}

fn resource_tags(need: Need, tags: &Tags) -> Need {
    tags.iter().fold(need, |need, (key, value)| {
        need.key(format!("aws:ResourceTag/{key}"), value)
    })
}

/// Something of the caller's organization, if it is in one.
fn with<T>(at: &At<'_>, find: impl FnOnce(&Seen<'_>) -> Option<T>) -> Option<T> {
    let snapshot: &Snapshot = &at.snapshot();
    find(&seen(snapshot, at.account, Who::Member).ok()?)
}
