//! `daypass policy check`.

mod draw;
mod json;

use std::io::{self, IsTerminal};
use std::ops::Range;
use std::process::ExitCode;

use anyhow::{Context, Result};
use policy::{DocumentKind, Lint, Severity, lint};
use reference::Reference;

use super::source::Source;
use crate::cli::policy::{self as cli, Output};
use crate::print::print;

/// What is known of one document.
struct Report<'s> {
    source: &'s Source,
    kind: DocumentKind,
    /// Whether nobody said what kind it is.
    is_guessed: bool,
    errors: Vec<Finding>,
    /// Warnings and notes.
    warnings: Vec<Finding>,
}

/// One thing that is wrong.
struct Finding {
    level: Level,
    code: &'static str,
    /// For people.
    message: String,
    /// What the API answers to the document, if it refuses it.
    answer: Option<String>,
    remedy: Option<String>,
    /// Bytes of the document.
    span: Range<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Error,
    Warning,
    Note,
}

/// Prints what is wrong with each file.
pub(crate) fn run(options: &cli::Check) -> Result<ExitCode> {
    let reference = Reference::load().context("cannot read the table of services")?;
    let (mut is_unread, mut is_wrong) = (false, false);
    for path in &options.files {
        let source = match Source::read(path) {
            Ok(source) => source,
            Err(error) => {
                eprintln!("daypass: {error:#}");
                is_unread = true;
                continue;
            }
        };
        let kind = options.kind.map(DocumentKind::from);
        let report = Report::new(&source, kind, &reference);
        is_wrong |=
            !report.errors.is_empty() || options.deny_warnings && report.count(Level::Warning) > 0;
        print(&match options.output {
            Output::Text => draw::text(&report, wants_colours()),
            Output::Json => json::line(&report)?,
        })?;
    }
    Ok(match (is_unread, is_wrong) {
        (true, _) => ExitCode::from(2),
        (false, true) => ExitCode::FAILURE,
        (false, false) => ExitCode::SUCCESS,
    })
}

/// On a terminal, and unless NO_COLOR says no (no-color.org).
fn wants_colours() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stdout().is_terminal() && !refused
}

impl<'s> Report<'s> {
    fn new(source: &'s Source, kind: Option<DocumentKind>, reference: &Reference) -> Self {
        let is_guessed = kind.is_none();
        let kind = kind.unwrap_or_else(|| source.kind());
        let (errors, warnings) = match lint(kind, &source.text, reference) {
            Ok(lints) => (Vec::new(), lints.into_iter().map(Finding::from).collect()),
            Err(error) => (
                vec![Finding {
                    level: Level::Error,
                    code: error.code(),
                    message: error.reason().to_owned(),
                    answer: Some(error.message().to_owned()),
                    remedy: error.remedy().map(str::to_owned),
                    span: error.span(),
                }],
                Vec::new(),
            ),
        };
        Self {
            source,
            kind,
            is_guessed,
            errors,
            warnings,
        }
    }

    fn count(&self, level: Level) -> usize {
        let findings = self.errors.iter().chain(&self.warnings);
        findings.filter(|finding| finding.level == level).count()
    }
}

impl From<Lint> for Finding {
    fn from(lint: Lint) -> Self {
        Self {
            level: match lint.severity {
                Severity::Warning => Level::Warning,
                Severity::Note => Level::Note,
            },
            code: lint.code.as_str(),
            message: lint.message,
            answer: None,
            remedy: Some(lint.remedy),
            span: lint.span,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All that this prints for a text, whatever the kind.
    fn printed(text: &str, reference: &Reference) -> String {
        let source = Source {
            name: "p.json".to_owned(),
            text: text.to_owned(),
        };
        let kinds = [None, Some(DocumentKind::Trust), Some(DocumentKind::Bucket)];
        kinds
            .into_iter()
            .map(|kind| {
                let report = Report::new(&source, kind, reference);
                draw::text(&report, false) + &json::line(&report).unwrap()
            })
            .collect()
    }

    #[test]
    fn nothing_that_is_read_makes_it_panic() {
        let reference = Reference::load().unwrap();
        let document = r#"{"Version": "2012-10-17", "Statement": [{"Sid": "ä€😀", "Effect": "Allow",
            "Principal": {"AWS": "*"}, "Action": ["s3:Lits*", "*:x", "€:*", "s3:\u0041"],
            "Resource": ["arn:aws:s3:::b/${aws:username", "*"],
            "Condition": {"StringEquals": {"aws:TagKeys": [], "€": "${"}, "Bool": {}}}]}"#;
        // Cut off anywhere, and with any byte replaced.
        for end in (0..=document.len()).filter(|end| document.is_char_boundary(*end)) {
            assert!(!printed(&document[..end], &reference).is_empty());
        }
        for (at, letter) in document.char_indices() {
            for other in ["", "\0", "\"", "{", "\u{7f}", "\r\n", "\u{202e}", "😀"] {
                let end = at + letter.len_utf8();
                let text = format!("{}{other}{}", &document[..at], &document[end..]);
                assert!(!printed(&text, &reference).is_empty());
            }
        }
        for text in [
            "\u{feff}{}",
            "\n\n\n",
            "[[[[",
            "{\"Statement\":\n\n",
            "\t\t{\t",
        ] {
            assert!(!printed(text, &reference).is_empty());
        }
    }
}
