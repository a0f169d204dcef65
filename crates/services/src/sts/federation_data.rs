//! What the record of an exchange says of the identity token behind it.

use std::collections::BTreeMap;

use door::attributes;
use serde_json::{Value, json};

/// `additionalEventData` with the provider and what its token attested; the pairs are those of the session.
pub(crate) fn federation_data(attested: &[(String, String)]) -> Value {
    let pairs: Vec<_> = attested
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    let provider = pairs.iter().find(|(name, _)| *name == "provider");
    let attributes: BTreeMap<_, _> = attributes(&pairs).into_iter().collect();
    json!({
        "webIdFederationData": {
            "federatedProvider": provider.map(|(_, arn)| arn),
            "attributes": attributes,
        },
    })
}
