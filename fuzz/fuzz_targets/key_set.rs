//! Key sets: as they are fetched, and as an administrator pushes them (JWK sets and PEM). What is taken from an administrator
//! is stored, so it must read back as what it was, hold no private key, and be bounded.
#![no_main]

use federation::{KeySet, PushedKeys};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|text: &[u8]| {
    let fetched = KeySet::parse(text);
    let _ = format!("{fetched:?}");
    let Ok(pushed) = PushedKeys::read(text) else {
        return;
    };
    assert!((1..=300).contains(&pushed.keys().len()));
    let document = pushed.document();
    let again = PushedKeys::from_jwks(document.as_bytes()).expect("what was taken once");
    assert_eq!((&again, again.document()), (&pushed, document.clone()));
    KeySet::parse(document.as_bytes()).expect("a key set");
    let stored = serde_json::to_string(&pushed).expect("JSON");
    let loaded: PushedKeys = serde_json::from_str(&stored).expect("what was stored");
    assert_eq!(loaded, pushed);
    let set: Value = serde_json::from_str(&document).expect("JSON");
    for key in set["keys"].as_array().expect("a list") {
        let members = key.as_object().expect("an object");
        assert!(
            ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]
                .iter()
                .all(|name| !members.contains_key(*name))
        );
        assert!(members["alg"].is_string());
    }
    // Adding a set to itself changes nothing; taking keys away ends.
    let both = pushed.with(&pushed).expect("the same keys");
    assert_eq!(both.keys().len(), pushed.keys().len());
    let mut rest = Some(pushed);
    while let Some(keys) = rest {
        let Some(id) = keys.keys().iter().find_map(|key| key.id.clone()) else {
            break;
        };
        rest = keys.without(&id);
        assert!(
            rest.as_ref()
                .is_none_or(|it| it.keys().len() < keys.keys().len())
        );
    }
});
