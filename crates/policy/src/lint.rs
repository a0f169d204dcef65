//! What is legal in a policy but surely not meant.

mod action;
mod code;
mod condition_key;
mod empty;
mod grant;
mod missing_key;
mod operand;
mod own;
mod provider;
mod resource;
mod subject;
mod variable;

use std::ops::Range;

use reference::Reference;

pub use self::code::{LintCode, Severity};
use self::subject::Subject;
use crate::check;
use crate::document::DocumentKind;
use crate::error::InvalidPolicy;

/// One thing in a valid document that its author should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lint {
    /// What it is.
    pub code: LintCode,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong, for people: lower case, no full stop.
    pub message: String,
    /// What to write instead, in the same form.
    pub remedy: String,
    /// Bytes of the document that it is about; a text comes with its quotes.
    pub span: Range<usize>,
}

/// Looks for what is legal but surely not meant, in the order of the document.
///
/// ```
/// use policy::{DocumentKind, LintCode, lint};
/// use reference::Reference;
///
/// let text = r#"{"Version": "2012-10-17", "Statement":
///     {"Effect": "Allow", "Action": "s3:ListObjects", "Resource": "arn:aws:s3:::b"}}"#;
/// let lints = lint(DocumentKind::Identity, text, &Reference::load()?)?;
///
/// assert_eq!(lints[0].code, LintCode::InvalidAction);
/// assert_eq!(&text[lints[0].span.clone()], "\"s3:ListObjects\"");
/// assert_eq!(lints[0].remedy, "write `s3:ListBucket`");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Those of [`Policy::parse`](crate::Policy::parse).
pub fn lint(
    kind: DocumentKind,
    text: &str,
    reference: &Reference,
) -> Result<Vec<Lint>, InvalidPolicy> {
    check::compile(kind, text)?;
    let document = check::read(kind, text)?;
    let subject = Subject::new(kind, &document, reference);
    let mut lints = Vec::new();
    variable::lint_version(&subject, &mut lints);
    empty::lint(text, &mut lints);
    for statement in &document.statements {
        action::lint(&subject, statement, &mut lints);
        resource::lint(&subject, statement, &mut lints);
        condition_key::lint(&subject, statement, &mut lints);
        operand::lint(&subject, statement, &mut lints);
        missing_key::lint(&subject, statement, &mut lints);
        variable::lint(&subject, statement, &mut lints);
        grant::lint(&subject, statement, &mut lints);
        provider::lint(&subject, statement, &mut lints);
    }
    lints.sort_by_key(|lint| (lint.span.start, lint.span.end));
    Ok(lints)
}

impl Lint {
    fn new(
        code: LintCode,
        span: &Range<usize>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            remedy: remedy.into(),
            span: span.clone(),
        }
    }

    fn with_severity(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }
}

#[cfg(test)]
mod tests;
