//! Whether a condition key matters to a decision: some cost a look at another server.

use policy::{AccountId, Policies, Policy, ResourceKind, Source};

use crate::layers::Layers;
use crate::{Call, Controls, Door};

impl Door {
    /// Whether any policy that takes part when the call's caller does `action` to something of `owner` reads a
    /// condition key whose name begins with `prefix`. Without one, the key's values change nothing.
    #[must_use]
    pub fn mentions(
        &self,
        call: &Call,
        action: &str,
        owner: AccountId,
        resource_policy: Option<&Policy>,
        prefix: &str,
    ) -> bool {
        let snapshot = self.directory.snapshot();
        let layers = Layers::of(&snapshot, &call.caller);
        let rcps = Controls::of_resource(&snapshot, &call.caller, action, Some(owner));
        layers.ask(resource_policy, ResourceKind::Ordinary, &rcps, |policies| {
            all(policies).any(|source| source.policy.mentions(prefix))
        })
    }
}

fn all<'p>(policies: &Policies<'p, 'p>) -> impl Iterator<Item = Source<'p>> {
    let lists = [Some(policies.identity), policies.boundary, policies.session];
    let levels = [policies.scps, policies.rcps].into_iter().flatten();
    let controls = levels.flatten().copied();
    let lists = lists.into_iter().flatten().chain(controls);
    lists.flatten().copied().chain(policies.resource)
}
