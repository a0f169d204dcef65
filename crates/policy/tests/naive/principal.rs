//! Whom a statement of a resource's policy names, and what that is worth
//! (IAM User Guide, "AWS JSON policy elements: Principal" and "Evaluating resource-based policies").

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::world::{Caller, World};

/// What a grant is worth within one account, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// To the account: its administrators decide on.
    Account,
    /// To the role of a session, or the user behind one: within boundary and session policy.
    Role,
    /// To the caller itself.
    Direct,
}

/// One name of `Principal`: its type and what it says.
type Name<'a> = (&'a str, &'a str);

/// What the statement's `Principal` gives to the caller, if it means the caller.
pub(crate) fn granted(statement: &Json, caller: &Caller, world: &World) -> Option<Class> {
    names(statement.get("Principal")?)
        .into_iter()
        .filter(|name| may_grant(*name, caller, world.trust))
        .filter_map(|name| class(name, caller, &world.pins))
        .max()
}

/// Whether a `Deny` statement is about the caller.
pub(crate) fn denied(statement: &Json, caller: &Caller, world: &World) -> bool {
    if let Some(principal) = statement.get("Principal") {
        return names(principal)
            .into_iter()
            .any(|name| class(name, caller, &world.pins).is_some());
    }
    let listed = names(&statement["NotPrincipal"]);
    !is_exempt(&listed, caller, world)
}

/// `NotPrincipal` exempts those who are listed with everything that they are part of: a session
/// with its role and its account. Nobody with a permissions boundary is exempt.
fn is_exempt(listed: &[Name<'_>], caller: &Caller, world: &World) -> bool {
    if world.boundary.is_some() {
        return false;
    }
    let has = |wanted: Class| {
        listed.iter().any(|name| {
            // A session's provider does not stand for its role.
            let by_provider = name.0 == "Federated" && wanted == Class::Role;
            !by_provider && class(*name, caller, &world.pins) == Some(wanted)
        })
    };
    let everybody = listed.iter().any(|(_, name)| *name == "*");
    let needed: &[Class] = match caller {
        Caller::Root { .. } => &[Class::Account],
        Caller::User { .. } | Caller::FederatedUser { .. } => &[Class::Direct, Class::Account],
        Caller::Role { .. } => &[Class::Direct, Class::Role, Class::Account],
        Caller::Anonymous | Caller::Federated { .. } | Caller::Service { .. } => &[Class::Direct],
    };
    everybody || needed.iter().all(|class| has(*class))
}

fn names(principal: &Json) -> Vec<Name<'_>> {
    match principal {
        Json::String(text) => vec![("*", text.as_str())],
        other => other
            .as_object()
            .into_iter()
            .flatten()
            .flat_map(|(kind, names)| {
                let names: Vec<&str> = match names {
                    Json::Array(list) => list.iter().filter_map(Json::as_str).collect(),
                    one => one.as_str().into_iter().collect(),
                };
                names.into_iter().map(move |name| (kind.as_str(), name))
            })
            .collect(),
    }
}

/// In a trust policy, a provider lets tokens in and not what its sessions do next; and tokens
/// need a provider that is named, as a service needs its name, and strangers never enter
/// (docs/rules.md, "Policies").
fn may_grant((kind, name): Name<'_>, caller: &Caller, trust: bool) -> bool {
    match caller {
        Caller::Federated { .. } | Caller::Service { .. } | Caller::Anonymous => {
            !trust || name != "*"
        }
        Caller::Role { .. } => !trust || kind != "Federated",
        _ => true,
    }
}

/// How a name means the caller: itself, its role or user, or its account.
fn class(
    (kind, name): Name<'_>,
    caller: &Caller,
    pins: &BTreeMap<String, String>,
) -> Option<Class> {
    // A name that was bound to a unique id stands for that id and nothing else.
    let is = |arn: &str, id: &str| match pins.get(name) {
        Some(pinned) => pinned == id,
        None => name == arn,
    };
    let of_account =
        |account: &str| name == account || name == format!("arn:aws:iam::{account}:root");
    match kind {
        "*" => Some(Class::Direct),
        "AWS" if name == "*" => Some(Class::Direct),
        "AWS" => match caller {
            Caller::User { arn, id, .. } if is(arn, id) => Some(Class::Direct),
            Caller::Role { session_arn, .. } if name == session_arn => Some(Class::Direct),
            Caller::Role {
                role_arn, role_id, ..
            } if is(role_arn, role_id) => Some(Class::Role),
            Caller::FederatedUser { arn, .. } if name == arn => Some(Class::Direct),
            Caller::FederatedUser {
                user_arn, user_id, ..
            } if is(user_arn, user_id) && !user_arn.ends_with(":root") => Some(Class::Role),
            _ => caller
                .account()
                .is_some_and(of_account)
                .then_some(Class::Account),
        },
        "Federated" => match caller {
            Caller::Federated { provider } if name == provider => Some(Class::Direct),
            // The sessions that were made with a provider; like the role, they stay within
            // boundary and session policy.
            Caller::Role {
                provider: Some(provider),
                ..
            } if name == provider => Some(Class::Role),
            _ => None,
        },
        "Service" => match caller {
            Caller::Service { name: service } if name == service => Some(Class::Direct),
            _ => None,
        },
        _ => None,
    }
}
