//! Every policy that AWS manages compiles, and is put together again from the places it tells.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod managed;

use policy::{DocumentKind, Effect, Policy};

/// Effect, `Sid` and text of each statement, in document order.
fn statements(policy: &Policy) -> Vec<(Effect, Option<&str>, &str)> {
    let statements = policy.statement_refs().map(|(effect, statement)| {
        let text = policy.text().get(statement.span).unwrap();
        (effect, statement.sid, text)
    });
    statements.collect()
}

#[test]
fn every_managed_policy_is_made_of_its_statements() {
    let documents = managed::documents();
    assert!(documents.len() > 1_500);
    let mut several = 0;
    for (name, text) in &documents {
        let policy = Policy::parse(DocumentKind::Managed, text)
            .unwrap_or_else(|error| panic!("{name}: {}", error.reason()));
        assert_eq!(policy.text(), text);
        let parts = statements(&policy);
        several += usize::from(parts.len() > 1);
        let texts: Vec<&str> = parts.iter().map(|(.., text)| *text).collect();
        let again = format!(
            r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#,
            texts.join(", ")
        );
        let json = |text: &str| -> serde_json::Value { serde_json::from_str(text).unwrap() };
        let (original, remade) = (json(text), json(&again));
        match &original["Statement"] {
            list @ serde_json::Value::Array(_) => assert_eq!(*list, remade["Statement"], "{name}"),
            only => assert_eq!(*only, remade["Statement"][0], "{name}"),
        }
        let again = Policy::parse(DocumentKind::Managed, &again).unwrap();
        assert_eq!(statements(&again), parts, "{name}");
        assert_eq!(again.context_keys(), policy.context_keys(), "{name}");
        assert!(again.resources().eq(policy.resources()), "{name}");
    }
    assert!(several > 1_000, "{several}");
}
