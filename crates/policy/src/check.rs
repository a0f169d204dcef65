//! From text to compiled statements, with the checks and the error texts of each kind.

mod bucket;
mod conditions;
mod identity;
mod organization;
mod principal;
mod resource;
mod s3;
mod shared_issuers;
mod trust;

pub use s3::s3_action_has_key;

use std::ops::Range;

use crate::document::DocumentKind;
use crate::error::InvalidPolicy;
use crate::grantee::Grantees;
use crate::json;
use crate::nearest::nearest;
use crate::statement::{Effect, Statement};
use crate::syntax::{self, Document, Flaw, FlawKind};
use crate::template::Variables;

const CURRENT_VERSION: &str = "2012-10-17";
const FIRST_VERSION: &str = "2008-10-17";

type Checked<T = ()> = Result<T, InvalidPolicy>;

/// Reads, checks and compiles a document.
pub(crate) fn compile(kind: DocumentKind, text: &str) -> Checked<Vec<Statement>> {
    if kind == DocumentKind::Bucket {
        bucket::check_text(text)?;
    }
    let document = read(kind, text)?;
    match kind {
        DocumentKind::Identity
        | DocumentKind::Managed
        | DocumentKind::Boundary
        | DocumentKind::Session => {
            identity::check(kind, &document)?;
        }
        DocumentKind::Scp => organization::check_scp(&document)?,
        DocumentKind::Rcp => organization::check_rcp(&document)?,
        DocumentKind::Trust => trust::check_form(&document)?,
        DocumentKind::Bucket | DocumentKind::Resource => resource::check(kind, &document)?,
    }
    let principals = principal::compile(kind, &document)?;
    match kind {
        DocumentKind::Trust => trust::check_content(&document)?,
        DocumentKind::Bucket => bucket::check(&document)?,
        _ => {}
    }
    let statements = assemble(&document, principals);
    if kind == DocumentKind::Trust {
        shared_issuers::check(&document, &statements)?;
    }
    Ok(statements)
}

/// Reads the elements of a document and checks nothing but their shape.
pub(crate) fn read(kind: DocumentKind, text: &str) -> Checked<Document<'_>> {
    let node = json::parse(text).map_err(|error| {
        let reason = error.problem.to_string();
        let remedy = match &error.problem {
            json::Problem::DuplicateMember(_) => {
                Some("write it once, with all its values in one list".to_owned())
            }
            _ => None,
        };
        InvalidPolicy::new(kind, &error.span, not_json(kind), reason).with_remedy(remedy)
    })?;
    syntax::document(node).map_err(|flaw| misshapen(kind, &flaw))
}

fn assemble(document: &Document<'_>, principals: Vec<Option<Grantees>>) -> Vec<Statement> {
    let version = document
        .version
        .as_ref()
        .map(|version| version.value.as_ref());
    // Documents of 2008-10-17, and those that name no version, have no variables.
    let variables = if version == Some(CURRENT_VERSION) {
        Variables::Expand
    } else {
        Variables::Literal
    };
    let pairs = document.statements.iter().zip(principals);
    pairs
        .map(|(statement, principal)| {
            Statement::new(statement, effect_of(statement), principal, variables)
        })
        .collect()
}

/// The effect of a checked statement.
fn effect_of(statement: &syntax::Statement<'_>) -> Effect {
    match &statement.effect {
        Some(effect) if effect.value == "Allow" => Effect::Allow,
        _ => Effect::Deny,
    }
}

fn not_json(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Identity | DocumentKind::Managed | DocumentKind::Boundary => identity::SYNTAX,
        DocumentKind::Session => "The policy is not in the valid JSON format.",
        DocumentKind::Trust | DocumentKind::Bucket | DocumentKind::Resource => {
            "This policy contains invalid Json"
        }
        DocumentKind::Scp | DocumentKind::Rcp => organization::MESSAGE,
    }
}

fn misshapen(kind: DocumentKind, flaw: &Flaw) -> InvalidPolicy {
    let message = match kind {
        DocumentKind::Trust | DocumentKind::Bucket | DocumentKind::Resource => match &flaw.kind {
            FlawKind::MissingStatement => "Missing required field Statement".to_owned(),
            FlawKind::EmptyStatement => {
                "Could not parse the policy: Statement is empty!".to_owned()
            }
            FlawKind::UnknownElement(name) => format!("Unknown field {name}"),
            FlawKind::Shape { .. } | FlawKind::Both(_) => not_json(kind).to_owned(),
        },
        DocumentKind::Scp | DocumentKind::Rcp => organization::MESSAGE.to_owned(),
        _ => identity::SYNTAX.to_owned(),
    };
    let remedy = match &flaw.kind {
        FlawKind::UnknownElement(name) => nearest(name, syntax::ELEMENTS.iter().copied())
            .filter(|near| near != name)
            .map(|near| format!("write `{near}`")),
        _ => None,
    };
    InvalidPolicy::new(kind, &flaw.span, message, flaw.kind.to_string()).with_remedy(remedy)
}

/// Elements that trust policies and resource policies have in common.
fn check_version(kind: DocumentKind, document: &Document<'_>) -> Checked {
    match &document.version {
        Some(version) if version.value != CURRENT_VERSION && version.value != FIRST_VERSION => {
            let reason = format!("there is no policy language of version `{}`", version.value);
            Err(InvalidPolicy::new(
                kind,
                &version.span,
                "The policy must contain a valid version string",
                reason,
            ))
        }
        _ => Ok(()),
    }
}

fn check_effect(kind: DocumentKind, statement: &syntax::Statement<'_>) -> Checked {
    match &statement.effect {
        None => Err(missing(kind, &statement.span, "Effect")),
        Some(effect) if effect.value == "Allow" || effect.value == "Deny" => Ok(()),
        Some(effect) => {
            let message = format!("Invalid effect: {}", effect.value);
            Err(InvalidPolicy::new(
                kind,
                &effect.span,
                message,
                "an effect is `Allow` or `Deny`",
            )
            .with_remedy(effect_in_right_case(&effect.value)))
        }
    }
}

/// `Allow` for `allow`.
fn effect_in_right_case(effect: &str) -> Option<String> {
    let mut effects = ["Allow", "Deny"].into_iter();
    let right = effects.find(|right| right.eq_ignore_ascii_case(effect))?;
    Some(format!("write `{right}`"))
}

fn missing(kind: DocumentKind, span: &Range<usize>, element: &str) -> InvalidPolicy {
    let reason = format!("a statement of this kind of policy needs `{element}`");
    InvalidPolicy::new(
        kind,
        span,
        format!("Missing required field {element}"),
        reason,
    )
}

/// The second statement with a `Sid` that another one has; an empty one does not count.
fn repeated_sid<'d, 'a>(document: &'d Document<'a>) -> Option<&'d syntax::Text<'a>> {
    let mut sids: Vec<_> = document
        .statements
        .iter()
        .filter_map(|statement| statement.sid.as_ref())
        .collect();
    sids.sort_by(|left, right| left.value.cmp(&right.value));
    sids.windows(2).find_map(|pair| match pair {
        [first, second] if first.value == second.value && !first.value.is_empty() => Some(*second),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
