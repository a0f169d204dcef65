//! Condition keys that don't exist, or not for the actions of their statement.

use reference::{Action, Reference};

use super::own;
use super::subject::{Subject, claim, is_settled, questions};
use super::{Lint, LintCode, Severity};
use crate::nearest::nearest;
use crate::syntax::{Statement, Text};

pub(super) fn lint(subject: &Subject<'_>, statement: &Statement<'_>, lints: &mut Vec<Lint>) {
    let reference = subject.reference;
    for question in questions(statement) {
        let key = question.key;
        if claim(&key.value).is_some() || own::is_key(&key.value) {
            continue;
        }
        let found = match subject.key(&key.value) {
            None => Some(unknown(reference, key)),
            Some(_) if is_global(&key.value) => None,
            Some(known) => unsupported(subject, statement, key, known.name()),
        };
        lints.extend(found);
    }
}

fn is_global(key: &str) -> bool {
    let prefix = key.split_once(':').map(|(prefix, _)| prefix);
    prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws"))
        || Reference::global_condition_keys().any(|global| global.matches(key))
}

/// A key that is in no list.
fn unknown(reference: &Reference, key: &Text<'_>) -> Lint {
    let name = key.value.as_ref();
    let Some((prefix, _)) = name.split_once(':') else {
        let own = format!("aws:{name}");
        let remedy = match reference.condition_key(&own) {
            Some(_) => format!("write `{own}`"),
            None => "write `aws:` or the prefix of a service before it".to_owned(),
        };
        let message = format!("`{name}` is no condition key: it names no service");
        return Lint::new(
            LintCode::InvalidConditionKeyFormat,
            &key.span,
            message,
            remedy,
        );
    };
    let near = suggestion(reference, prefix, name);
    let remedy = near.map_or_else(
        || "correct the key, or remove the condition".to_owned(),
        |near| format!("write `{near}`"),
    );
    if prefix.eq_ignore_ascii_case("aws") {
        let message = format!("there is no global condition key `{name}`");
        return Lint::new(
            LintCode::InvalidGlobalConditionKey,
            &key.span,
            message,
            remedy,
        );
    }
    let message = match reference.service(prefix) {
        Some(service) => format!("{} has no condition key `{name}`", service.name()),
        None => format!("there is no service `{prefix}` that `{name}` could belong to"),
    };
    let code = LintCode::InvalidServiceConditionKey;
    let lint = Lint::new(code, &key.span, message, remedy);
    // It may be newer than the reference.
    if near.is_some() || is_settled(prefix) {
        lint
    } else {
        lint.with_severity(Severity::Note)
    }
}

/// The nearest key with the same prefix.
fn suggestion<'r>(reference: &'r Reference, prefix: &str, name: &str) -> Option<&'r str> {
    let global = Reference::global_condition_keys().map(|key| key.name());
    let own = reference
        .service(prefix)
        .into_iter()
        .flat_map(|service| service.condition_keys().map(|key| key.name()));
    let same_prefix = |key: &&str| {
        key.split_once(':')
            .is_some_and(|(other, _)| other.eq_ignore_ascii_case(prefix))
    };
    nearest(name, global.chain(own).filter(same_prefix))
}

/// A key of a service that requests for none of the statement's actions have.
fn unsupported(
    subject: &Subject<'_>,
    statement: &Statement<'_>,
    key: &Text<'_>,
    known: &str,
) -> Option<Lint> {
    let actions = statement
        .action
        .as_ref()
        .filter(|actions| !actions.negated)?;
    let mut covered = actions
        .texts
        .iter()
        .flat_map(|text| subject.actions(&text.value))
        .peekable();
    covered.peek()?;
    if covered.any(|action| supports(action, known)) {
        return None;
    }
    let message = format!(
        "requests for the actions of this statement don't have the key `{}`",
        key.value
    );
    let remedy = "remove the condition, or move it to the statement whose actions have this key";
    let code = LintCode::UnsupportedServiceConditionKey;
    let lint = Lint::new(code, &key.span, message, remedy);
    let prefix = known.split_once(':').map_or("", |(prefix, _)| prefix);
    // The reference does not name all keys of all actions.
    Some(if is_settled(prefix) || prefix == "iam" {
        lint
    } else {
        lint.with_severity(Severity::Note)
    })
}

fn supports(action: Action<'_>, key: &str) -> bool {
    let mut own = action.condition_keys();
    own.any(|known| known.matches(key))
        || action
            .resource_types()
            .any(|(kind, _)| kind.condition_keys().any(|known| known.matches(key)))
}
