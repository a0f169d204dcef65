//! `LookupEvents`: an account's management events.

use door::{Need, Permit};
use trail::{Attribute, AttributeKey, Found, InvalidLookup, Lookup};

use crate::generated::cloudtrail::{
    Event, LookupEvents, LookupEventsRequest, LookupEventsResponse, Resource, SERVICE, errors,
};
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

/// Events of one page when nothing is asked for, and the most (CloudTrail API reference).
const PAGE: i32 = 50;

impl Handle for LookupEvents {
    const READ_ONLY: bool = true;

    fn needs(_: &LookupEventsRequest, _: &At<'_>) -> Result<Needs, Fault> {
        // The action has no resource type: policies grant it on `*`.
        Ok(Need::new("cloudtrail:LookupEvents", "*").shown(None).into())
    }

    async fn handle(
        input: LookupEventsRequest,
        _: Permit,
        at: &At<'_>,
    ) -> Result<LookupEventsResponse, Fault> {
        match input.event_category.as_deref() {
            None => {}
            // No insights are computed here, so there are none to find.
            Some("insight") => return Ok(LookupEventsResponse::default()),
            Some(_) => {
                return Err(errors::INVALID_EVENT_CATEGORY
                    .fault("The event category is not valid. The only valid value is insight."));
            }
        }
        let max_results = input.max_results.unwrap_or(PAGE);
        if !(1..=PAGE).contains(&max_results) {
            return Err(errors::INVALID_MAX_RESULTS
                .fault("The maximum number of results must be between 1 and 50."));
        }
        let lookup = Lookup {
            account: at.account,
            attribute: attribute(&input)?,
            start: input.start_time,
            end: input.end_time,
            max_results: usize::try_from(max_results).unwrap_or_default(),
            next_token: input.next_token,
        };
        let internal = || {
            SERVICE
                .protocol
                .errors()
                .internal
                .fault("The audit trail could not be read.")
        };
        let page = at.door.trail().find(lookup, at.call.now).await;
        let page = page.map_err(|error| match error {
            InvalidLookup::TimeRange => errors::INVALID_TIME_RANGE
                .fault("The start time must be before or equal to the end time."),
            InvalidLookup::NextToken => errors::INVALID_NEXT_TOKEN.fault(
                "The next token is invalid. It must come from a request with the same parameters.",
            ),
            InvalidLookup::Trail(error) => {
                tracing::error!(%error, "the audit trail could not be read");
                internal()
            }
        })?;
        Ok(LookupEventsResponse {
            events: page.events.into_iter().map(event).collect(),
            next_token: page.next_token,
        })
    }
}

/// At most one attribute, as the API has it.
fn attribute(input: &LookupEventsRequest) -> Result<Option<Attribute>, Fault> {
    let invalid = |text: &str| errors::INVALID_LOOKUP_ATTRIBUTES.fault(text);
    let attribute = match input.lookup_attributes.as_slice() {
        [] => return Ok(None),
        [one] => one,
        _ => return Err(invalid("You can specify only one lookup attribute.")),
    };
    let key = match attribute.attribute_key.as_str() {
        "EventId" => AttributeKey::EventId,
        "EventName" => AttributeKey::EventName,
        "ReadOnly" => AttributeKey::ReadOnly,
        "Username" => AttributeKey::Username,
        "ResourceType" => AttributeKey::ResourceType,
        "ResourceName" => AttributeKey::ResourceName,
        "EventSource" => AttributeKey::EventSource,
        "AccessKeyId" => AttributeKey::AccessKeyId,
        _ => return Err(invalid("The lookup attribute is not known.")),
    };
    Ok(Some(Attribute {
        key,
        value: attribute.attribute_value.clone(),
    }))
}

fn event(found: Found) -> Event {
    let resource = |(kind, name)| Resource {
        resource_type: Some(kind),
        resource_name: Some(name),
    };
    Event {
        event_id: Some(found.event_id),
        event_name: Some(found.event_name),
        read_only: Some(found.read_only),
        access_key_id: found.access_key_id,
        event_time: Some(found.time),
        event_source: Some(found.event_source),
        username: found.username,
        resources: found.resources.into_iter().map(resource).collect(),
        cloud_trail_event: Some(found.json),
    }
}
