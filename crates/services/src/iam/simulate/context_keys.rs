//! Which condition keys policies read.

use std::collections::BTreeMap;

use door::{Controls, Layers};
use policy::{Policy, ResourceKind};

/// Those of several policies, once each, ordered by their names in lower case.
pub(super) fn of<'p>(policies: impl Iterator<Item = &'p Policy>) -> Vec<String> {
    let mut keys: BTreeMap<String, String> = BTreeMap::new();
    for key in policies.flat_map(Policy::context_keys) {
        let spelled = keys.entry(key.to_ascii_lowercase());
        spelled.or_insert_with(|| key.to_owned());
    }
    keys.into_values().collect()
}

/// Those of everything that is attached or supposed.
pub(super) fn of_layers(layers: &Layers<'_>) -> Vec<String> {
    layers.ask(
        None,
        ResourceKind::Ordinary,
        &Controls::default(),
        |policies| {
            let limits = [policies.boundary, policies.session];
            let limits = limits.into_iter().flatten().flatten();
            of(policies.identity.iter().chain(limits).map(|it| it.policy))
        },
    )
}
