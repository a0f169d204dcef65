//! One call of the simulator.

use std::sync::Arc;

use directory::Snapshot;
use door::{Caller, Layers, organization_keys, standing_keys};
use policy::{AccountId, Context, Policy};

use super::principal::Supposed;
use super::question::Question;
use super::resource::Guarded;
use crate::handle::At;

/// Everything that stays the same from one action and resource to the next.
pub(super) struct Simulation<'s> {
    pub(super) at: &'s At<'s>,
    pub(super) snapshot: &'s Snapshot,
    /// What is attached and supposed.
    pub(super) layers: &'s Layers<'s>,
    /// Which of these policies came with the request.
    pub(super) supposed: Vec<Arc<Policy>>,
    /// What inline policies are attached to, as results have it.
    pub(super) holder: &'static str,
    /// Which inline policies come from a user's groups.
    pub(super) of_groups: &'s [Arc<Policy>],
    pub(super) caller: &'s Supposed,
    pub(super) question: &'s Question,
    /// Whether the policies and tags of resources are looked up.
    pub(super) looks_up: bool,
}

impl Simulation<'_> {
    /// Whether an account is the one that asks. Of others nothing is looked up.
    pub(super) fn is_own(&self, account: AccountId) -> bool {
        account == self.at.account
    }

    /// The condition keys: those that such a caller always has, the resource's, and over them
    /// the ones that came with the request.
    pub(super) fn context(&self, action: &str, guarded: &Guarded) -> Context {
        let caller = self.caller;
        let (now, region) = (self.at.call.now, self.at.door.region());
        let standing = standing_keys(now, region, &caller.caller, action, guarded.owner);
        let mut keys = Context::new();
        let nobody = Caller::anonymous(None);
        let known = match caller.caller.account() {
            Some(account) if self.is_own(account) => &caller.caller,
            _ => &nobody,
        };
        let owner = guarded.owner.filter(|owner| self.is_own(*owner));
        organization_keys(&mut keys, self.snapshot, known, owner);
        let is_hidden = |key: &str| caller.hidden.iter().any(|it| it.eq_ignore_ascii_case(key));
        for (key, value) in standing.iter().filter(|(key, _)| !is_hidden(key)) {
            keys.insert(key, value.clone());
        }
        let resource = guarded.keys.iter();
        keys.extend(resource.map(|(key, value)| (key.as_str(), value.as_str())));
        let own = caller.keys.iter();
        keys.extend(own.map(|(key, value)| (*key, value.as_str())));
        let given = self.question.entries.iter();
        keys.extend(given.map(|(key, value)| (key, value.clone())));
        keys
    }
}
