//! `Action` and `NotAction`: names that don't exist, and names that are there twice.

use std::collections::BTreeSet;

use super::own;
use super::subject::{Subject, is_settled};
use super::{Lint, LintCode, Severity};
use crate::glob::Glob;
use crate::syntax::{Statement, Text};

pub(super) fn lint(subject: &Subject<'_>, statement: &Statement<'_>, lints: &mut Vec<Lint>) {
    let Some(actions) = &statement.action else {
        return;
    };
    let unknown = actions
        .texts
        .iter()
        .filter_map(|action| unknown(subject, action));
    lints.extend(unknown);
    redundant(&actions.texts, lints);
}

fn unknown(subject: &Subject<'_>, action: &Text<'_>) -> Option<Lint> {
    let reference = subject.reference;
    let (prefix, name) = action.value.split_once(':')?;
    if prefix.contains(['*', '?']) || own::is_action(&action.value) {
        return None;
    }
    let Some(service) = reference.service(prefix) else {
        let message = format!("there is no service `{prefix}`");
        let near = reference.nearest_service(prefix);
        let near = near.map(|near| format!("{}:{name}", near.prefix()));
        let code = LintCode::InvalidServiceInAction;
        return Some(lint_of(subject, code, action, message, near, false));
    };
    if service.actions().len() == 0 || !subject.actions(&action.value).is_empty() {
        return None;
    }
    let (message, near) = if name.contains(['*', '?']) {
        let message = format!("no action of {} matches `{name}`", service.name());
        (message, None)
    } else {
        let message = format!("{} has no action `{name}`", service.name());
        let near = reference.nearest_action(&action.value);
        (message, near.map(|near| near.to_string()))
    };
    let code = LintCode::InvalidAction;
    Some(lint_of(
        subject,
        code,
        action,
        message,
        near,
        is_settled(prefix),
    ))
}

/// An unknown name that is near to a known one is probably a slip; another one may be newer than the reference.
fn lint_of(
    subject: &Subject<'_>,
    code: LintCode,
    action: &Text<'_>,
    message: String,
    near: Option<String>,
    is_certain: bool,
) -> Lint {
    let severity = if near.is_some() || is_certain {
        Severity::Warning
    } else {
        Severity::Note
    };
    let remedy = near.map_or_else(
        || {
            let date = subject.date();
            format!("check the name against the Service Authorization Reference; it is that of {date} here")
        },
        |near| format!("write `{near}`"),
    );
    Lint::new(code, &action.span, message, remedy).with_severity(severity)
}

fn redundant(actions: &[Text<'_>], lints: &mut Vec<Lint>) {
    let lower: Vec<String> = actions
        .iter()
        .map(|action| action.value.to_ascii_lowercase())
        .collect();
    let patterns: Vec<(&str, Glob)> = lower
        .iter()
        .filter(|text| text.contains(['*', '?']))
        .map(|text| (text.as_str(), Glob::new(text)))
        .collect();
    let mut seen = BTreeSet::new();
    for (action, text) in actions.iter().zip(&lower) {
        let by = if seen.insert(text) {
            patterns
                .iter()
                .find(|(pattern, glob)| covers(pattern, glob, text))
                .map(|(pattern, _)| *pattern)
        } else {
            Some(text.as_str())
        };
        if let Some(by) = by {
            let message = if by == text {
                format!("`{}` is listed twice", action.value)
            } else {
                let by = actions.iter().zip(&lower).find(|(_, text)| *text == by);
                let by = by.map_or("", |(action, _)| &action.value);
                format!("`{}` is already covered by `{by}`", action.value)
            };
            lints.push(Lint::new(
                LintCode::RedundantAction,
                &action.span,
                message,
                "remove it",
            ));
        }
    }
}

/// Whether a pattern covers all that another one does. A star of the other is covered by a star alone, so it may stand
/// for itself here.
fn covers(pattern: &str, glob: &Glob, other: &str) -> bool {
    pattern != other && !(pattern.contains('?') && other.contains('*')) && glob.matches(other)
}
