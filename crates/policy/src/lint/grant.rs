//! Statements that allow more than anybody should have by mistake.

use super::subject::{Question, Subject, allows, questions};
use super::{Lint, LintCode, Severity};
use crate::document::DocumentKind;
use crate::glob::Glob;
use crate::syntax::{Statement, Texts};

pub(super) fn lint(subject: &Subject<'_>, statement: &Statement<'_>, lints: &mut Vec<Lint>) {
    if !allows(statement) || !subject.grants() {
        return;
    }
    lints.extend(all_but_some(statement));
    if is_identity(subject.kind) {
        lints.extend(administrator(statement).or_else(|| pass_role(statement)));
    }
    lints.extend(everybody(statement));
    services(subject.kind, statement, lints);
}

fn is_identity(kind: DocumentKind) -> bool {
    matches!(kind, DocumentKind::Identity | DocumentKind::Managed)
}

fn all_but_some(statement: &Statement<'_>) -> Vec<Lint> {
    let mut lints = Vec::new();
    if let Some(actions) = statement.action.as_ref().filter(|actions| actions.negated) {
        let message = "this allows every action but these, those of new services included";
        let remedy = "write the actions that are meant with `Action`";
        lints.push(Lint::new(
            LintCode::AllowWithNotAction,
            &actions.span,
            message,
            remedy,
        ));
    }
    if let Some(resources) = statement.resource.as_ref().filter(|list| list.negated) {
        let message = "this allows every resource but these, new ones included";
        let remedy = "write the resources that are meant with `Resource`";
        lints.push(Lint::new(
            LintCode::AllowWithNotResource,
            &resources.span,
            message,
            remedy,
        ));
    }
    lints
}

fn administrator(statement: &Statement<'_>) -> Option<Lint> {
    let (actions, resources) = (statement.action.as_ref()?, statement.resource.as_ref()?);
    let everything = |list: &Texts<'_>| {
        let mut texts = list.texts.iter();
        !list.negated && texts.any(|text| matches!(text.value.as_ref(), "*" | "*:*"))
    };
    let found = everything(actions) && everything(resources) && statement.conditions.is_empty();
    found.then(|| {
        let message = "this allows every action on every resource";
        let remedy = "name the services and resources that are needed";
        Lint::new(
            LintCode::FullAdministrativeAccess,
            &actions.span,
            message,
            remedy,
        )
    })
}

/// Whoever may pass any role to a service has the rights of all of them.
fn pass_role(statement: &Statement<'_>) -> Option<Lint> {
    let (actions, resources) = (statement.action.as_ref()?, statement.resource.as_ref()?);
    let is_limited = questions(statement)
        .any(|question| question.is_about("iam:PassedToService") && question.is_positive());
    if actions.negated || is_limited {
        return None;
    }
    let action = actions
        .texts
        .iter()
        .find(|text| Glob::new(&text.value.to_ascii_lowercase()).matches("iam:passrole"))?;
    let is_pattern = action.value.contains(['*', '?']);
    let code = if resources.negated {
        LintCode::PassRoleWithNotResource
    } else {
        let mut texts = resources.texts.iter();
        texts.find(|text| is_every_role(&text.value))?;
        if is_pattern {
            LintCode::PassRoleWithStarInActionAndResource
        } else {
            LintCode::PassRoleWithStarInResource
        }
    };
    let message = "this allows to pass every role to every service, the most powerful one included";
    let remedy = "name the roles, or add a condition `StringEquals` on `iam:PassedToService` with the service";
    Some(Lint::new(code, &action.span, message, remedy))
}

fn is_every_role(resource: &str) -> bool {
    let name = resource.splitn(6, ':').nth(5);
    resource == "*" || name.is_some_and(|name| matches!(name, "*" | "role/*" | "role*"))
}

fn everybody(statement: &Statement<'_>) -> Option<Lint> {
    let principal = statement.principal.as_ref().filter(|list| !list.negated)?;
    if !statement.conditions.is_empty() {
        return None;
    }
    let star = principal
        .entries
        .iter()
        .find(|(kind, name)| kind.value == "AWS" && name.value == "*");
    let span = match star {
        Some((_, name)) => &name.span,
        None if principal.star => &principal.span,
        None => return None,
    };
    let message = "this lets everybody in, whatever their account";
    let remedy = "name the accounts or roles, or add a condition such as `StringEquals` on `aws:PrincipalOrgID`";
    Some(Lint::new(
        LintCode::StarPrincipalWithoutCondition,
        span,
        message,
        remedy,
    ))
}

/// A service acts for many customers (IAM User Guide, "The confused deputy problem").
fn services(kind: DocumentKind, statement: &Statement<'_>, lints: &mut Vec<Lint>) {
    let Some(principal) = statement.principal.as_ref().filter(|list| !list.negated) else {
        return;
    };
    if questions(statement).any(|question| names_source(&question)) {
        return;
    }
    let services = principal
        .entries
        .iter()
        .filter(|(of, _)| of.value == "Service");
    for (_, service) in services {
        if kind == DocumentKind::Trust && WITHOUT_SOURCE.contains(&service.value.as_ref()) {
            continue;
        }
        let message = format!(
            "`{}` may do this on behalf of anybody who uses the service",
            service.value
        );
        let remedy = "add a condition on `aws:SourceArn`, `aws:SourceAccount` or `aws:SourceOrgID`";
        let code = LintCode::RestrictAccessToServicePrincipal;
        let lint = Lint::new(code, &service.span, message, remedy);
        // Not every service names its source when it assumes a role.
        lints.push(match kind {
            DocumentKind::Trust => lint.with_severity(Severity::Note),
            _ => lint,
        });
    }
}

fn names_source(question: &Question<'_>) -> bool {
    let keys = [
        "aws:SourceArn",
        "aws:SourceAccount",
        "aws:SourceOrgID",
        "aws:SourceOrgPaths",
        "aws:SourceOwner",
    ];
    keys.iter().any(|key| question.is_about(key))
}

/// Services that only assume roles of the account that they run for, and say no source.
const WITHOUT_SOURCE: &[&str] = &[
    "ec2.amazonaws.com",
    "edgelambda.amazonaws.com",
    "lambda.amazonaws.com",
    "pods.eks.amazonaws.com",
];
