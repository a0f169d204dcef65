//! `Resource` and `NotResource`: actions that none of the resources can be meant for, and resources that are there twice.

use std::collections::BTreeMap;

use reference::{Action, Service};

use super::subject::{Subject, in_vain};
use super::{Lint, LintCode, Severity};
use crate::context::Context;
use crate::resource::{ResourcePattern, Target};
use crate::summary::Reach;
use crate::syntax::{Statement, Text, Texts};
use crate::template::Variables;

pub(super) fn lint(subject: &Subject<'_>, statement: &Statement<'_>, lints: &mut Vec<Lint>) {
    let Some(resources) = &statement.resource else {
        return;
    };
    if let Some(actions) = &statement.action
        && !actions.negated
        && !resources.negated
        && !resources
            .texts
            .iter()
            .any(|text| is_everything(&text.value))
    {
        without_resource(subject, statement, actions, resources, lints);
    }
    redundant(&resources.texts, lints);
}

fn is_everything(pattern: &str) -> bool {
    pattern.bytes().all(|byte| byte == b'*')
}

fn without_resource(
    subject: &Subject<'_>,
    statement: &Statement<'_>,
    actions: &Texts<'_>,
    resources: &Texts<'_>,
    lints: &mut Vec<Lint>,
) {
    let mut reaches: BTreeMap<String, Vec<Reach>> = BTreeMap::new();
    for text in &actions.texts {
        let Some((prefix, _)) = text.value.split_once(':') else {
            continue;
        };
        let Some(service) = subject.reference.service(prefix) else {
            continue;
        };
        let reaches = reaches
            .entry(prefix.to_ascii_lowercase())
            .or_insert_with(|| {
                let patterns = resources.texts.iter();
                patterns
                    .filter(|pattern| may_reach(&pattern.value, service))
                    .map(|pattern| Reach::new(&pattern.value, service))
                    .collect()
            });
        let covered = subject.actions(&text.value);
        let Some(first) = covered.first().copied() else {
            continue;
        };
        let mut covered = covered.into_iter();
        if covered.any(|action| reaches.iter().any(|reach| reach.covers(action))) {
            continue;
        }
        let is_pattern = text.value.contains(['*', '?']);
        let message = if is_pattern {
            format!(
                "no action that `{}` covers is asked of one of these resources, so it {}",
                text.value,
                in_vain(statement)
            )
        } else {
            format!(
                "`{}` is asked of {}, and no resource of the statement is one, so it {}",
                text.value,
                kinds(first),
                in_vain(statement)
            )
        };
        let remedy = remedy(first, service, resources);
        let lint = Lint::new(LintCode::ActionWithoutResource, &text.span, message, remedy);
        // What other services ask their actions of changes often.
        let is_certain = CERTAIN.contains(&service.prefix());
        lints.push(if is_certain {
            lint
        } else {
            lint.with_severity(Severity::Note)
        });
    }
}

/// Services whose actions have had the same resources for years.
const CERTAIN: &[&str] = &[
    "dynamodb", "ec2", "iam", "kms", "lambda", "s3", "sns", "sqs", "sts",
];

/// Whether the part of an ARN that names a service leaves it open that one of this service's resources is meant. Cheap,
/// and the rest is not.
fn may_reach(pattern: &str, service: Service<'_>) -> bool {
    let part = |arn: &str| arn.split(':').nth(2).map(str::to_owned);
    part(pattern).is_none_or(|named| {
        named.contains(['*', '?'])
            || named == service.prefix()
            || service
                .resource_types()
                .any(|kind| part(kind.arn()).is_some_and(|own| own == named))
    })
}

/// What an action is asked of.
fn kinds(action: Action<'_>) -> String {
    let names: Vec<String> = action
        .resource_types()
        .map(|(kind, _)| format!("`{}`", kind.name()))
        .collect();
    match names.as_slice() {
        [] => "all resources as a whole (`*`)".to_owned(),
        [name] => format!("resources of type {name}"),
        names => format!("resources of the types {}", names.join(", ")),
    }
}

fn remedy(action: Action<'_>, service: Service<'_>, resources: &Texts<'_>) -> String {
    let Some((kind, _)) = action.resource_types().next() else {
        return "write `\"Resource\": \"*\"` in a statement of its own".to_owned();
    };
    // A bucket for its objects, and objects for their bucket.
    let neighbours = resources.texts.iter().flat_map(|text| {
        let parent = text.value.split_once('/').map(|(parent, _)| parent);
        [
            Some(format!("{}/*", text.value)),
            parent.map(ToOwned::to_owned),
        ]
    });
    let fits = |pattern: &String| Reach::new(pattern, service).covers(action);
    match neighbours.flatten().find(fits) {
        Some(pattern) => format!("add the resource `{pattern}`"),
        None => format!("name a resource of the form `{}`", kind.arn()),
    }
}

fn redundant(resources: &[Text<'_>], lints: &mut Vec<Lint>) {
    let patterns: Vec<ResourcePattern> = resources
        .iter()
        .map(|text| ResourcePattern::new(&text.value, Variables::Literal))
        .collect();
    let nothing = Context::default();
    for (at, text) in resources.iter().enumerate() {
        let target = Target::new(&text.value);
        let twice = resources
            .iter()
            .take(at)
            .any(|other| other.value == text.value);
        let by = resources.iter().zip(&patterns).find(|(other, pattern)| {
            may_cover(&other.value, &text.value) && pattern.matches(&target, &nothing)
        });
        let message = match by {
            _ if twice => format!("`{}` is listed twice", text.value),
            Some((by, _)) => format!("`{}` is already covered by `{}`", text.value, by.value),
            None => continue,
        };
        lints.push(Lint::new(
            LintCode::RedundantResource,
            &text.span,
            message,
            "remove it",
        ));
    }
}

/// Whether a pattern can be asked if it covers all that another one does. A star of the other is covered by a star
/// alone, so it may stand for itself here; what a variable stands for isn't known.
fn may_cover(pattern: &str, other: &str) -> bool {
    pattern != other
        && pattern.contains('*')
        && !pattern.contains("${")
        && !(pattern.contains('?') && other.contains('*'))
}
