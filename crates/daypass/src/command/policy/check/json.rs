//! Findings for programs.

use anyhow::Result;
use policy::DocumentKind;
use serde::Serialize;

use super::{Finding, Level, Report};

#[derive(Serialize)]
struct Document<'r> {
    file: &'r str,
    kind: &'static str,
    errors: Vec<Entry<'r>>,
    warnings: Vec<Entry<'r>>,
}

#[derive(Serialize)]
struct Entry<'r> {
    code: &'static str,
    /// Of warnings: errors are all alike.
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<&'static str>,
    message: &'r str,
    /// Of errors: what is wrong, where the message is the API's.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<&'r str>,
    /// From one.
    line: usize,
    /// In characters, from one.
    column: usize,
    span: Span,
}

/// Bytes of the file.
#[derive(Serialize)]
struct Span {
    start: usize,
    end: usize,
}

/// One object for one file, on a line of its own.
pub(super) fn line(report: &Report<'_>) -> Result<String> {
    let document = Document {
        file: &report.source.name,
        kind: name(report.kind),
        errors: entries(report, &report.errors),
        warnings: entries(report, &report.warnings),
    };
    Ok(format!("{}\n", serde_json::to_string(&document)?))
}

fn entries<'r>(report: &Report<'_>, findings: &'r [Finding]) -> Vec<Entry<'r>> {
    let entry = |finding| entry(report, finding);
    findings.iter().map(entry).collect()
}

fn entry<'r>(report: &Report<'_>, finding: &'r Finding) -> Entry<'r> {
    let (line, column) = place(&report.source.text, finding.span.start);
    let (message, reason) = match &finding.answer {
        Some(answer) => (answer, Some(finding.message.as_str())),
        None => (&finding.message, None),
    };
    Entry {
        code: finding.code,
        severity: match finding.level {
            Level::Error => None,
            Level::Warning => Some("warning"),
            Level::Note => Some("note"),
        },
        message,
        reason,
        remedy: finding.remedy.as_deref(),
        line,
        column,
        span: Span {
            start: finding.span.start,
            end: finding.span.end,
        },
    }
}

/// Line and column of a byte.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let column = before.get(start..).unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// As `--kind` has it.
fn name(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Identity => "identity",
        DocumentKind::Managed => "managed",
        DocumentKind::Boundary => "boundary",
        DocumentKind::Session => "session",
        DocumentKind::Trust => "trust",
        DocumentKind::Bucket => "bucket",
        DocumentKind::Resource => "resource",
        DocumentKind::Scp => "scp",
        DocumentKind::Rcp => "rcp",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        assert_eq!(place("", 0), (1, 1));
        assert_eq!(place("a\nä€😀x", 11), (2, 4));
        assert_eq!(place("a\n", 2), (2, 1));
        assert_eq!(place("a\r\nb", 3), (2, 1));
    }
}
