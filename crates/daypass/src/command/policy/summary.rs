//! `daypass policy summary`.

use std::process::ExitCode;

use anyhow::{Context, Result, anyhow};
use policy::{DocumentKind, ServiceSummary, Summary, Unrecognized};
use reference::Reference;

use super::source::Source;
use crate::cli::policy::{self as cli, Output};
use crate::command::columns::columns;
use crate::print::print;

/// Prints what the documents give access to, all of them taken together.
pub(crate) fn run(options: &cli::Summary) -> Result<ExitCode> {
    let sources = options.files.iter().map(|path| {
        let source = Source::read(path)?;
        let kind = options.kind.map_or_else(|| source.kind(), Into::into);
        // One at a time, so that an error can tell which.
        policy::Policy::parse(kind, &source.text).map_err(|error| {
            anyhow!(
                "{}: {} (`daypass policy check` shows where)",
                source.name,
                error.reason()
            )
        })?;
        Ok((kind, source))
    });
    let sources: Vec<(DocumentKind, Source)> = sources.collect::<Result<_>>()?;
    let reference = Reference::load().context("cannot read the table of services")?;
    let documents = sources
        .iter()
        .map(|(kind, source)| (*kind, source.text.as_str()));
    let summary = Summary::of_all(documents, &reference)?;
    match options.output {
        Output::Json => print(&format!("{}\n", serde_json::to_string_pretty(&summary)?))?,
        Output::Text => print(&text(&summary, &sources, options.actions))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn text(summary: &Summary, sources: &[(DocumentKind, Source)], actions: bool) -> String {
    let mut parts = Vec::new();
    for (title, services) in [("Allow", &summary.allow), ("Explicit deny", &summary.deny)] {
        if services.is_empty() {
            continue;
        }
        let table = match actions {
            true => by_action(services),
            false => by_service(services),
        };
        parts.push(format!("{title}\n{table}"));
    }
    if !summary.unrecognized.is_empty() {
        let lines = summary.unrecognized.iter().map(|it| line(it, sources));
        parts.push(format!("Not recognized\n{}", lines.collect::<String>()));
    }
    if parts.is_empty() {
        return "These policies allow nothing and deny nothing.\n".to_owned();
    }
    parts.join("\n")
}

fn by_service(services: &[ServiceSummary]) -> String {
    let rows: Vec<[String; 4]> = services
        .iter()
        .map(|service| {
            [
                service.name.clone(),
                service.access.to_string(),
                service.resources.to_string(),
                service.conditions.to_string(),
            ]
        })
        .collect();
    columns(
        ["Service", "Access level", "Resource", "Request condition"],
        &rows,
    )
}

fn by_action(services: &[ServiceSummary]) -> String {
    let rows: Vec<[String; 4]> = services
        .iter()
        .flat_map(|service| {
            let used = service.actions.iter();
            used.map(|action| {
                let unused = action
                    .no_access
                    .as_ref()
                    .map(|why| format!(" ({why})"))
                    .unwrap_or_default();
                [
                    format!("{}:{}", service.prefix, action.name),
                    action.level.to_string(),
                    format!("{}{unused}", action.resources),
                    action.conditions.to_string(),
                ]
            })
        })
        .collect();
    columns(
        ["Action", "Access level", "Resource", "Request condition"],
        &rows,
    )
}

fn line(found: &Unrecognized, sources: &[(DocumentKind, Source)]) -> String {
    let place = match sources {
        [_] => String::new(),
        several => several
            .get(found.policy)
            .map(|(_, source)| format!("{}: ", source.name))
            .unwrap_or_default(),
    };
    let instead = found
        .suggestion
        .as_ref()
        .map(|name| format!("; is it `{name}`?"))
        .unwrap_or_default();
    format!("{place}`{}`: {}{instead}\n", found.text, found.problem)
}
