//! The one decision: may this caller do what the request needs?

use directory::Snapshot;
use policy::{Decision, Outcome, Request};

use crate::explained::Explained;
use crate::{Call, Caller, Controls, Door, Layers, Need, context, organization_keys};

/// Proof that a request was authorized. Only [`Door::authorize`] makes one, and handlers
/// take it, so a handler that nobody authorized does not compile.
#[derive(Debug)]
pub struct Permit {
    granted: Vec<Granted>,
}

/// One need that was allowed.
#[derive(Debug)]
struct Granted {
    action: String,
    resource: String,
}

impl Permit {
    /// Whether this action on this resource was decided, and allowed. A permit for no needs
    /// covers nothing.
    #[must_use]
    pub fn covers(&self, action: &str, resource: &str) -> bool {
        let mut granted = self.granted.iter();
        granted.any(|it| it.action == action && it.resource == resource)
    }
}

/// A request that may not be done.
#[derive(Debug, Clone)]
pub struct Denied {
    /// For the client. Says why only when caller and resource are in one account or one
    /// organization; S3 says
    /// just `Access Denied` otherwise (IAM user guide, "Troubleshoot access denied error
    /// messages").
    pub message: String,
    /// The form without a reason, which STS uses.
    pub short: String,
    /// The need that was refused.
    pub need: Need,
    /// Which layer refused, and whether explicitly.
    pub outcome: Outcome,
    /// Why, in words: the statement that denies, or those that come nearest to allowing it
    /// with what does not match. It tells of policies, so it is for the server's log and for
    /// who may see them, never for the client that was refused.
    pub reason: String,
    /// The same for who may decode it, see [`Door::authorization_message`].
    pub(crate) explained: Explained,
}

impl Door {
    /// Decides whether the call's own caller may do everything in `needs`.
    ///
    /// # Errors
    /// [`Denied`], for the first need that is refused.
    pub fn authorize(&self, call: &Call, needs: &[Need]) -> Result<Permit, Box<Denied>> {
        self.authorize_as(call, &call.caller, needs)
    }

    /// Decides for a caller that a handler has established itself, from a token in the
    /// request.
    ///
    /// # Errors
    /// [`Denied`], for the first need that is refused.
    pub fn authorize_as(
        &self,
        call: &Call,
        caller: &Caller,
        needs: &[Need],
    ) -> Result<Permit, Box<Denied>> {
        let snapshot = self.directory.snapshot();
        let layers = Layers::of(&snapshot, caller);
        let mut granted = Vec::with_capacity(needs.len());
        for need in needs {
            if !cfg!(daypass_unchecked) {
                decide(&snapshot, &layers, call, caller, need)?;
            }
            granted.push(Granted {
                action: need.action.to_string(),
                resource: need.resource.clone(),
            });
        }
        Ok(Permit { granted })
    }
}

fn decide(
    snapshot: &Snapshot,
    layers: &Layers<'_>,
    call: &Call,
    caller: &Caller,
    need: &Need,
) -> Result<(), Box<Denied>> {
    let owner = need.owner.or_else(|| caller.account());
    let mut keys = context::global(call, caller, &need.action, owner);
    organization_keys(&mut keys, snapshot, caller, owner);
    keys.extend(need.keys.iter().map(|(key, value)| (key, value.clone())));
    let request = Request {
        principal: &caller.principal,
        action: &need.action,
        resource: &need.resource,
        resource_account: owner,
        context: &keys,
    };
    let rcps = Controls::of_resource(snapshot, caller, &need.action, owner);
    layers.ask(
        need.resource_policy.as_deref(),
        need.resource_kind,
        &rcps,
        |policies| {
            if policy::decide(&request, policies).is_allowed() {
                return Ok(());
            }
            // Few are refused, and then the index that made the decision quick is no help:
            // the same evaluation again, on the same values, with an eye on each statement.
            let explanation = policy::explain(&request, policies);
            let foreign = caller.account() != owner;
            let explained = Explained::of(caller, foreign, &explanation, policies);
            let decision = &explanation.decision;
            let is_foreign = is_foreign(snapshot, caller, need);
            let reason = explanation.to_string();
            Err(Box::new(Denied::new(
                caller, need, decision, is_foreign, reason, explained,
            )))
        },
    )
}

/// Whether caller and resource have nothing in common, so that the client is not told why. One
/// account has, and so has one organization.
fn is_foreign(snapshot: &Snapshot, caller: &Caller, need: &Need) -> bool {
    let Some(account) = caller.account() else {
        return true;
    };
    let Some(owner) = need.owner.filter(|owner| *owner != account) else {
        return false;
    };
    let organization = |account| snapshot.management_of(account);
    organization(account).is_none() || organization(account) != organization(owner)
}

/// Whether S3 words the refusal; some of its operations have actions of their own services.
fn is_of_s3(action: &str) -> bool {
    ["s3:", "s3express:", "s3-object-lambda:"]
        .iter()
        .any(|prefix| action.starts_with(prefix))
}

impl Denied {
    /// The refusal for the server's log: what was asked, and why it was refused.
    #[must_use]
    pub fn told(&self) -> String {
        let Self { need, reason, .. } = self;
        format!("{} on {}: {reason}", need.action, need.resource)
    }

    fn new(
        caller: &Caller,
        need: &Need,
        decision: &Decision<'_>,
        is_foreign: bool,
        reason: String,
        explained: Explained,
    ) -> Self {
        let shown = need.shown.as_deref();
        let on = shown.map_or_else(String::new, |it| format!(" on resource: {it}"));
        let arn = caller.arn();
        let action = &need.action;
        let short = format!("User: {arn} is not authorized to perform: {action}{on}");
        let message = match (is_of_s3(action), is_foreign) {
            (true, true) => "Access Denied".to_owned(),
            (false, true) => short.clone(),
            (_, false) => decision.denial(&caller.principal, action, shown),
        };
        Self {
            message,
            short,
            need: need.clone(),
            outcome: decision.outcome,
            reason,
            explained,
        }
    }
}

#[cfg(test)]
mod tests {
    /// The benchmark's build is no build for anything else.
    #[test]
    fn checks_are_compiled_in() {
        const { assert!(!cfg!(daypass_unchecked)) }
    }
}
