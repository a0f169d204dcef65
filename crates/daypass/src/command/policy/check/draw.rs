//! Findings under the text that they are about, for people.

use annotate_snippets::{AnnotationKind, Group, Level as Title, Renderer, Snippet};
use policy::DocumentKind;

use super::{Finding, Level, Report};

/// Every finding, and a line that says how many there are.
pub(super) fn text(report: &Report<'_>, colours: bool) -> String {
    let renderer = if colours {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let findings = report.errors.iter().chain(&report.warnings);
    let mut drawn: String = findings
        .map(|finding| format!("{}\n\n", renderer.render(&[group(report, finding)])))
        .collect();
    drawn.push_str(&total(report));
    drawn
}

fn group<'r>(report: &'r Report<'_>, finding: &'r Finding) -> Group<'r> {
    let level = match finding.level {
        Level::Error => Title::ERROR,
        Level::Warning => Title::WARNING,
        Level::Note => Title::NOTE,
    };
    let snippet = Snippet::source(&report.source.text)
        .path(&report.source.name)
        .annotation(AnnotationKind::Primary.span(finding.span.clone()));
    let group = level
        .primary_title(&finding.message)
        .id(finding.code)
        .element(snippet);
    let answer = finding.answer.as_ref();
    let remedy = finding.remedy.as_ref();
    group
        .elements(answer.map(|answer| Title::NOTE.message(format!("the API answers: {answer}"))))
        .elements(remedy.map(|remedy| Title::HELP.message(remedy)))
}

fn total(report: &Report<'_>) -> String {
    let several = |number: usize, word: &str| match number {
        0 => format!("no {word}s"),
        1 => format!("1 {word}"),
        number => format!("{number} {word}s"),
    };
    let mut counts = vec![several(report.errors.len(), "error")];
    for (level, word) in [(Level::Warning, "warning"), (Level::Note, "note")] {
        let number = report.count(level);
        if number > 0 {
            counts.push(several(number, word));
        }
    }
    let hint = match (report.is_guessed, report.errors.is_empty()) {
        (true, false) => " (`--kind` says what it is)",
        _ => "",
    };
    format!(
        "{}: read as {}{hint}: {}\n",
        report.source.name,
        name(report.kind),
        counts.join(", ")
    )
}

fn name(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Identity => "an identity policy",
        DocumentKind::Managed => "a managed policy",
        DocumentKind::Boundary => "a permissions boundary",
        DocumentKind::Session => "a session policy",
        DocumentKind::Trust => "a trust policy",
        DocumentKind::Bucket => "a bucket policy",
        DocumentKind::Resource => "a resource policy",
        DocumentKind::Scp => "a service control policy",
        DocumentKind::Rcp => "a resource control policy",
    }
}
