//! Lints of all AWS-managed policies: what AWS itself writes often is not worth a warning.
#![allow(clippy::unwrap_used, reason = "tests")]

mod managed;

use std::collections::{BTreeMap, BTreeSet};

use policy::{DocumentKind, LintCode, Severity, lint};
use reference::Reference;

#[test]
fn aws_managed_policies_have_few_warnings() {
    let reference = Reference::load().unwrap();
    let mut warned: BTreeMap<LintCode, BTreeSet<String>> = BTreeMap::new();
    let mut all = BTreeSet::new();
    for (name, text) in managed::documents() {
        for lint in lint(DocumentKind::Managed, &text, &reference).unwrap() {
            assert!(
                text.get(lint.span.clone())
                    .is_some_and(|text| !text.is_empty())
            );
            if lint.severity == Severity::Warning {
                warned.entry(lint.code).or_default().insert(name.clone());
                all.insert(name.clone());
            }
        }
    }
    // Of 1,500 documents.
    assert!(all.len() < 100, "{all:?}");
    for (code, names) in &warned {
        assert!(names.len() < 40, "{code}: {names:?}");
    }
    // They contain real mistakes.
    let finds = |code, name: &str| warned.get(&code).is_some_and(|names| names.contains(name));
    assert!(finds(
        LintCode::FullAdministrativeAccess,
        "AdministratorAccess"
    ));
    assert!(finds(LintCode::AllowWithNotAction, "PowerUserAccess"));
    assert!(finds(
        LintCode::VariableUnsupportedInElement,
        "AmazonTimestreamInfluxDBServiceRolePolicy"
    ));
    assert!(finds(
        LintCode::ActionWithoutResource,
        "AWSTransformNetworkMigrationAgentPolicy"
    ));
}
