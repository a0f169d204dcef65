//! Which action on which resource an operation needs.
//!
//! A decision is always about the full ARN with its path; the denial text names an existing
//! entity as `role NAME`, and prints the ARN of one that is to be created. An entity that
//! doesn't exist is judged as if it had the path `/`, so that only those who may see it learn
//! that it isn't there.

use directory::{Role, Tags};
use door::Need;
use policy::{Arn, Value};

use super::fault::invalid_arn;
use super::holder::{Actor, Holder};
use crate::generated::iam::Tag;
use crate::handle::{At, Needs};
use crate::wire::{Fault, Operation, Protocol};

/// `O` on a resource that it prints as it is.
pub(super) fn action<O: Operation>(resource: impl Into<String>) -> Need {
    Need::new(format!("iam:{}", O::SHAPE.name), resource)
}

/// `O` on a user, group or role.
pub(super) fn on<O: Operation, H: Holder>(at: &At<'_>, name: &str) -> Need {
    let snapshot = at.snapshot();
    let view = snapshot.account(at.account);
    let found = view.and_then(|view| H::find(view, name));
    let need = match found {
        Some(holder) => {
            let need = action::<O>(holder.arn());
            match holder.tags() {
                Some(tags) => resource_tags(need, tags),
                None => need,
            }
        }
        None => action::<O>(entity_arn(at, H::KIND, None, name)),
    };
    need.shown(Some(format!("{} {name}", H::KIND)))
}

/// The same for the operations that know `iam:PermissionsBoundary`: the boundary that the
/// user or role has (IAM User Guide, "Permissions boundaries: delegating responsibility").
pub(super) fn bounded<O: Operation, H: Actor>(at: &At<'_>, name: &str) -> Need {
    let need = on::<O, H>(at, name);
    let snapshot = at.snapshot();
    let view = snapshot.account(at.account);
    let found = view.and_then(|view| H::find(view, name));
    match found.and_then(|holder| holder.boundary()) {
        Some(boundary) => need.key(BOUNDARY, boundary),
        None => need,
    }
}

/// `O` on an instance profile.
pub(super) fn on_instance_profile<O: Operation>(at: &At<'_>, name: &str) -> Need {
    let snapshot = at.snapshot();
    let view = snapshot.account(at.account);
    let need = match view.and_then(|view| view.instance_profile(name)) {
        Some(profile) => resource_tags(action::<O>(profile.arn()), &profile.tags),
        None => action::<O>(entity_arn(at, "instance-profile", None, name)),
    };
    need.shown(Some(format!("instance profile {name}")))
}

/// `O` on an MFA device.
pub(super) fn on_mfa_device<O: Operation>(at: &At<'_>, serial: &str) -> Need {
    let snapshot = at.snapshot();
    let view = snapshot.account(at.account);
    let need = action::<O>(serial);
    match view.and_then(|view| view.mfa_device(serial)) {
        Some(device) => resource_tags(need, &device.tags),
        None => need,
    }
}

/// `iam:PassRole` on a role that `service` gets; denial texts print its ARN (IAM User Guide,
/// "Grant a user permissions to pass a role to an AWS service").
pub(super) fn pass_role(at: &At<'_>, name: &str, service: &str) -> Need {
    let snapshot = at.snapshot();
    let view = snapshot.account(at.account);
    let pass = |arn| Need::new("iam:PassRole", arn).key("iam:PassedToService", service);
    match view.and_then(|view| view.role(name)) {
        Some(role) => resource_tags(pass(role.arn()), &role.tags),
        None => pass(entity_arn(at, Role::KIND, None, name)),
    }
}

/// `O` on a managed policy of this account or, where it only reads, of AWS's.
///
/// # Errors
/// `ValidationError` when it is no ARN; `AccessDenied` when the policy is another account's:
/// policies have no resource policy that could allow it.
pub(super) fn on_policy<O: Operation>(
    at: &At<'_>,
    arn: &str,
    read_only: bool,
) -> Result<Need, Fault> {
    let parsed: Arn = arn.parse().map_err(|_| invalid_arn())?;
    let shown = format!("policy {arn}");
    let need = action::<O>(arn).shown(Some(shown.clone()));
    let own = at.account.to_string();
    let owner = parsed.account();
    if owner != own && !(read_only && owner == AWS) {
        let message = format!(
            "User: {} is not authorized to perform: {} on resource: {shown}",
            at.call.caller.arn(),
            need.action(),
        );
        return Err(Protocol::Query.errors().access_denied.fault(message));
    }
    let snapshot = at.snapshot();
    let view = snapshot.account(at.account);
    Ok(match view.and_then(|view| view.policy(arn)) {
        Some(policy) => resource_tags(need, &policy.tags),
        None => need,
    })
}

/// `O` on an OIDC provider.
///
/// # Errors
/// `ValidationError` when it is no ARN.
pub(super) fn on_provider<O: Operation>(at: &At<'_>, arn: &str) -> Result<Need, Fault> {
    super::provider::need(at, arn, action::<O>(arn))
}

/// `O` on a SAML provider.
///
/// # Errors
/// `ValidationError` when it is no ARN.
pub(super) fn on_saml_provider<O: Operation>(at: &At<'_>, arn: &str) -> Result<Need, Fault> {
    let _: Arn = arn.parse().map_err(|_| invalid_arn())?;
    let need = action::<O>(arn);
    at.view(|view| {
        Ok(match view.saml_provider(arn) {
            Some(provider) => resource_tags(need, &provider.tags),
            None => need,
        })
    })
}

/// `O`, which creates what `need` is about: with the tags that it creates it with, and then
/// also `tagging`, e.g. `iam:TagRole`, on the same resource.
pub(super) fn create(need: Need, tags: &[Tag], tagging: &'static str) -> Needs {
    if tags.is_empty() {
        return need.into();
    }
    let also = Need::new(tagging, need.resource());
    Needs::All(vec![request_tags(need, tags), request_tags(also, tags)])
}

/// The keys of the tags that a resource has.
pub(super) fn resource_tags(need: Need, tags: &Tags) -> Need {
    tags.iter().fold(need, |need, (key, value)| {
        need.key(format!("iam:ResourceTag/{key}"), value)
            .key(format!("aws:ResourceTag/{key}"), value)
    })
}

/// The keys of tags in the request.
pub(super) fn request_tags(need: Need, tags: &[Tag]) -> Need {
    let keys = tags.iter().map(|tag| tag.key.clone()).collect();
    let need = tag_keys(need, keys);
    tags.iter().fold(need, |need, tag| {
        need.key(format!("aws:RequestTag/{}", tag.key), tag.value.as_str())
    })
}

/// `aws:TagKeys`.
pub(super) fn tag_keys(need: Need, keys: Vec<String>) -> Need {
    need.key("aws:TagKeys", Value::Many(keys))
}

/// The ARN of a user, group, role or policy by its parts.
pub(super) fn entity_arn(at: &At<'_>, kind: &str, path: Option<&str>, name: &str) -> String {
    let path = path.unwrap_or("/");
    format!("arn:aws:iam::{}:{kind}{path}{name}", at.account)
}

/// What lists of users, groups and roles are judged on: a `kind` and the path's prefix.
pub(super) fn listing<O: Operation>(at: &At<'_>, kind: &str, prefix: Option<&str>) -> Need {
    action::<O>(entity_arn(at, kind, prefix, ""))
}

/// The condition key of a permissions boundary.
pub(super) const BOUNDARY: &str = "iam:PermissionsBoundary";

/// What stands for the account in the ARNs of the policies that AWS manages.
const AWS: &str = "aws";
