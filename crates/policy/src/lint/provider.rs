//! Trust in identity providers (IAM User Guide, "Create a role for OpenID Connect federation"): whose tokens, meant for
//! whom.

use super::subject::{Question, Subject, allows, claim, questions};
use super::{Lint, LintCode};
use crate::action::ActionPattern;
use crate::condition::operator::Test;
use crate::document::DocumentKind;
use crate::syntax::{Statement, Text};

/// A trusted provider.
struct Provider<'s> {
    name: &'s Text<'s>,
    /// Without the scheme.
    issuer: &'s str,
    /// Whether it has an entity in IAM, with a list of audiences.
    is_registered: bool,
}

pub(super) fn lint(subject: &Subject<'_>, statement: &Statement<'_>, lints: &mut Vec<Lint>) {
    let actions = statement.action.iter().flat_map(|actions| &actions.texts);
    let is_web_identity = actions
        .into_iter()
        .any(|action| ActionPattern::new(&action.value).names("sts:AssumeRoleWithWebIdentity"));
    if subject.kind != DocumentKind::Trust || !is_web_identity {
        return;
    }
    let providers: Vec<Provider<'_>> = providers(statement).collect();
    if providers.is_empty() {
        return;
    }
    foreign_claims(statement, &providers, lints);
    if allows(statement) {
        for provider in &providers {
            missing_claims(statement, provider, lints);
        }
        subjects(statement, lints);
    }
}

fn providers<'s>(statement: &'s Statement<'s>) -> impl Iterator<Item = Provider<'s>> {
    let entries = statement.principal.iter().flat_map(|list| &list.entries);
    entries.filter_map(|(kind, name)| {
        let (issuer, is_registered) = match name.value.split_once(":oidc-provider/") {
            Some((_, issuer)) => (issuer, true),
            None if name.value.contains(':') => return None,
            None => (name.value.as_ref(), false),
        };
        (kind.value == "Federated").then_some(Provider {
            name,
            issuer,
            is_registered,
        })
    })
}

/// Conditions on the claims of issuers whose tokens can't come here.
fn foreign_claims(statement: &Statement<'_>, providers: &[Provider<'_>], lints: &mut Vec<Lint>) {
    for question in questions(statement) {
        let Some((issuer, name)) = claim(&question.key.value) else {
            continue;
        };
        let mut issuers = providers.iter().map(|provider| provider.issuer);
        if issuers.any(|trusted| trusted.eq_ignore_ascii_case(issuer)) {
            continue;
        }
        let trusted = providers.first().map_or("", |provider| provider.issuer);
        let message = format!("no token of `{trusted}` has a claim of `{issuer}`");
        lints.push(Lint::new(
            LintCode::ConditionKeyOfAnotherIssuer,
            &question.key.span,
            message,
            format!("write `{trusted}:{name}`"),
        ));
    }
}

fn missing_claims(statement: &Statement<'_>, provider: &Provider<'_>, lints: &mut Vec<Lint>) {
    let issuer = provider.issuer;
    let positive = || questions(statement).filter(|question| !question.operator.negated);
    let asks = |question: &Question<'_>, wanted: &dyn Fn(&str) -> bool| {
        claim(&question.key.value)
            .is_some_and(|(of, name)| of.eq_ignore_ascii_case(issuer) && wanted(name))
    };
    let audience = positive().any(|question| {
        asks(&question, &|name| {
            name.eq_ignore_ascii_case("aud") || name.eq_ignore_ascii_case("oaud")
        })
    });
    let subject = positive().any(|question| {
        names_subject(&question) || {
            asks(&question, &|name| {
                !["aud", "oaud", "amr"]
                    .iter()
                    .any(|other| name.eq_ignore_ascii_case(other))
            })
        }
    });
    let lint = |code, message: String, remedy: String| {
        Lint::new(code, &provider.name.span, message, remedy)
    };
    if provider.is_registered && !subject {
        lints.push(lint(
            LintCode::OidcProviderWithoutSubject,
            format!("everybody to whom `{issuer}` gives a token may assume the role"),
            format!(
                "add a condition `StringEquals` on `{issuer}:sub` with the subject that is meant"
            ),
        ));
    }
    if !audience && (provider.is_registered || !subject) {
        lints.push(lint(
            LintCode::OidcProviderWithoutAudience,
            format!("tokens of `{issuer}` for another audience may also assume the role"),
            format!(
                "add a condition `StringEquals` on `{issuer}:aud`, such as with `sts.amazonaws.com`"
            ),
        ));
    }
}

/// Whether a condition on another key than a claim tells the bearers of tokens apart.
fn names_subject(question: &Question<'_>) -> bool {
    let key = question.key.value.to_ascii_lowercase();
    key.starts_with("aws:requesttag/")
        || matches!(
            key.as_str(),
            "sts:roleauthorizedbyidp" | "sts:sourceidentity"
        )
}

/// Patterns for subjects.
fn subjects(statement: &Statement<'_>, lints: &mut Vec<Lint>) {
    for question in questions(statement) {
        let is_subject =
            claim(&question.key.value).is_some_and(|(_, name)| name.eq_ignore_ascii_case("sub"));
        let is_pattern = question.operator.test == Test::StringLike && !question.operator.negated;
        if !is_subject || !is_pattern {
            continue;
        }
        for operand in question.operands {
            lints.extend(too_wide(operand));
        }
    }
}

/// A pattern that leaves open what tells one party from another.
fn too_wide(operand: &Text<'_>) -> Option<Lint> {
    let pattern = operand.value.as_ref();
    let is_wild = |text: &str| text.contains(['*', '?']);
    let is_only_wild = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte == b'*');
    let lint = |message: &str, remedy: &str| {
        Some(Lint::new(
            LintCode::WildcardInOidcSubject,
            &operand.span,
            message,
            remedy,
        ))
    };
    if let Some(account) = pattern.strip_prefix("system:serviceaccount:") {
        let remedy = "write `system:serviceaccount:NAMESPACE:NAME`";
        let Some((namespace, name)) = account.split_once(':') else {
            let message = "this lets service accounts of every namespace in that fits the pattern";
            return is_wild(account).then(|| lint(message, remedy)).flatten();
        };
        if is_wild(namespace) {
            let message =
                "whoever may create a namespace that fits the pattern may assume the role";
            return lint(message, remedy);
        }
        if is_only_wild(name) {
            let message = "every service account of the namespace may assume the role";
            return lint(message, remedy);
        }
        return None;
    }
    if let Some(rest) = pattern.strip_prefix("repo:") {
        let remedy = "write `repo:OWNER/REPOSITORY:ref:refs/heads/BRANCH`";
        let repository = rest.split(':').next().unwrap_or_default();
        let (owner, name) = repository.split_once('/').unwrap_or((repository, ""));
        if is_wild(owner) {
            let message = "repositories of other owners may fit this pattern";
            return lint(message, remedy);
        }
        if is_wild(name) {
            let message = "every repository of the owner that fits the pattern may assume the role";
            return lint(message, remedy);
        }
        return None;
    }
    // The beginning says what kind of subject it is and whose.
    let crosses = pattern.starts_with(['*', '?'])
        || "system:serviceaccount:".starts_with(pattern.trim_end_matches('*'))
        || "repo:".starts_with(pattern.trim_end_matches('*'));
    if crosses && is_wild(pattern) {
        return lint(
            "a pattern with an open beginning lets in whoever can choose the rest",
            "write the subject without wildcards",
        );
    }
    None
}
