//! What a delegation request asks for, for people.

use std::fmt::Write as _;

use directory::DelegationRequest as Entity;
use door::Permit;
use policy::{Arn, DocumentKind, ServiceSummary, Summary};
use reference::Reference;
use trail::Resource;

use super::super::fault::invalid_input;
use super::super::needs;
use super::visible::{need, touched, visible};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

/// The language that summaries are in.
const LOCALE: &str = "en";
/// The most characters of a summary.
const LONGEST: usize = 10_000;

impl Handle for GetHumanReadableSummary {
    const READ_ONLY: bool = true;

    fn needs(input: &GetHumanReadableSummaryRequest, at: &At<'_>) -> Result<Needs, Fault> {
        match request_id(&input.entity_arn, at) {
            Ok(id) => Ok(need::<Self>(at, id, true).into()),
            // What it is about is looked at only after the caller may ask at all.
            Err(_) => Ok(needs::action::<Self>(&*input.entity_arn).into()),
        }
    }

    fn resources(input: &GetHumanReadableSummaryRequest, at: &At<'_>) -> Vec<Resource> {
        let id = request_id(&input.entity_arn, at);
        id.map_or_else(|_| Vec::new(), |id| touched(at, id))
    }

    /// AWS lets a language model write it; here it is a policy summary, which says the same of the
    /// same request every time.
    async fn handle(
        input: GetHumanReadableSummaryRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GetHumanReadableSummaryResponse, Fault> {
        let id = request_id(&input.entity_arn, at)?;
        let snapshot = at.snapshot();
        let request = visible(&snapshot, at.account, id)?;
        let locale = input.locale.unwrap_or_else(|| LOCALE.to_owned());
        let language = locale.split(['-', '_']).next().unwrap_or_default();
        let (state, content) = if !language.eq_ignore_ascii_case(LOCALE) {
            ("NOT_SUPPORTED", None)
        } else {
            match text(request) {
                Some(text) => ("AVAILABLE", Some(text)),
                None => ("FAILED", None),
            }
        };
        Ok(GetHumanReadableSummaryResponse {
            summary_content: content,
            locale: Some(locale),
            summary_state: Some(state.to_owned()),
        })
    }
}

/// The id in a request's ARN.
fn request_id<'a>(arn: &'a str, at: &At<'_>) -> Result<&'a str, Fault> {
    let invalid = || invalid_input("The entity ARN is not that of a delegation request.");
    let parsed: Arn = arn.parse().map_err(|_| invalid())?;
    let prefix = format!("arn:aws:iam::{}:delegation-request/", at.account);
    if parsed.resource().starts_with("delegation-request/") && !arn.starts_with(&prefix) {
        // Another account's: no id is the empty one.
        return Ok("");
    }
    let id = arn.strip_prefix(&prefix).filter(|id| !id.is_empty());
    id.ok_or_else(invalid)
}

fn text(request: &Entity) -> Option<String> {
    let reference = Reference::load().ok()?;
    let summary = Summary::of(DocumentKind::Session, &request.policy, &reference).ok()?;
    let minutes = request.session_seconds.div_ceil(60);
    let mut text = format!(
        "Account {} asks for access to your account for {minutes} minutes.\n",
        request.requestor
    );
    for (title, services) in [("Allowed:", &summary.allow), ("Denied:", &summary.deny)] {
        if !services.is_empty() {
            text.push_str(title);
            text.push('\n');
            services.iter().for_each(|service| line(&mut text, service));
        }
    }
    let end = text.floor_char_boundary(LONGEST);
    text.truncate(end);
    Some(text)
}

fn line(text: &mut String, service: &ServiceSummary) {
    // Writing to a string can't fail.
    let _ = writeln!(
        text,
        "- {}: {}; resources: {}; conditions: {}",
        service.name, service.access, service.resources, service.conditions
    );
    for action in &service.actions {
        let _ = writeln!(text, "  - {} on {}", action.name, action.resources);
    }
}
