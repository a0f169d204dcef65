//! Whether a statement speaks of the request: its action, its resource and its conditions.

use serde_json::Value as Json;

use super::condition;
use super::glob::{self, Piece, pattern};
use super::notes::Notes;
use super::variables::Reader;
use super::world::Question;

/// The statements of a document; one may stand without its list.
pub(crate) fn statements(document: &Json) -> &[Json] {
    match &document["Statement"] {
        Json::Array(list) => list,
        one => std::slice::from_ref(one),
    }
}

/// Whether everything but the principal matches.
pub(crate) fn applies(
    document: &Json,
    statement: &Json,
    question: &Question,
    notes: &Notes,
) -> bool {
    let reader = Reader {
        enabled: document["Version"] == "2012-10-17",
        question,
        notes,
    };
    action_matches(statement, &reader)
        && resource_matches(statement, &reader)
        && condition::hold(&statement["Condition"], &reader)
}

fn texts(json: &Json) -> Vec<&str> {
    match json {
        Json::Array(list) => list.iter().filter_map(Json::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

fn action_matches(statement: &Json, reader: &Reader<'_>) -> bool {
    let action = &reader.question.action;
    let any = |list: &Json| {
        texts(list)
            .iter()
            .any(|pattern| one_action_matches(pattern, action))
    };
    if statement.get("NotAction").is_some() {
        let matches = !any(&statement["NotAction"]);
        reader.notes.take(|| format!("NotAction {matches}"));
        return matches;
    }
    any(&statement["Action"])
}

/// Case does not count in actions. A service is named in full, or not at all.
fn one_action_matches(wanted: &str, action: &str) -> bool {
    if wanted == "*" {
        return true;
    }
    let (wanted, action) = (wanted.to_ascii_lowercase(), action.to_ascii_lowercase());
    let (Some((service, name)), Some((its_service, its_name))) =
        (wanted.split_once(':'), action.split_once(':'))
    else {
        return false;
    };
    (service == "*" || service == its_service) && glob::matches(&pattern(name), its_name)
}

fn resource_matches(statement: &Json, reader: &Reader<'_>) -> bool {
    if let Some(list) = statement.get("NotResource") {
        let answers: Vec<Option<bool>> = texts(list)
            .iter()
            .map(|wanted| one_resource_matches(wanted, reader))
            .collect();
        // A variable without a value: nobody can say what is excepted.
        let matches = !answers.contains(&None) && !answers.contains(&Some(true));
        reader.notes.take(|| format!("NotResource {matches}"));
        return matches;
    }
    match statement.get("Resource") {
        Some(list) => texts(list)
            .iter()
            .any(|wanted| one_resource_matches(wanted, reader) == Some(true)),
        // Only trust policies have none: they speak of their role.
        None => true,
    }
}

/// `None` if a variable has no value.
fn one_resource_matches(wanted: &str, reader: &Reader<'_>) -> Option<bool> {
    if wanted == "*" {
        return Some(true);
    }
    let wanted: Vec<&str> = wanted.splitn(6, ':').collect();
    // A pattern with fewer parts is held against as many, its last against all that is left.
    let parts: Vec<&str> = reader.question.resource.splitn(wanted.len(), ':').collect();
    let mut patterns: Vec<Vec<Piece>> = wanted.iter().map(|part| pattern(part)).collect();
    // Variables are for what comes after the fifth colon.
    if wanted.len() == 6 {
        patterns[5] = reader.pattern(wanted[5])?;
    }
    let alike = patterns
        .iter()
        .zip(&parts)
        .all(|(pattern, part)| glob::matches(pattern, part));
    Some(parts.len() == wanted.len() && alike)
}
