//! `GetEventSelectors`, and event selectors between the wire and the directory.

use directory::{
    AdvancedSelector, BasicSelector, DataResource as Kept, EventSelectors, FieldSelector, Selectors,
};
use door::Permit;
use trail::Resource;

use super::trail_name::{self, TrailName};
use crate::generated::cloudtrail::{
    AdvancedEventSelector, AdvancedFieldSelector, DataResource, EventSelector, GetEventSelectors,
    GetEventSelectorsRequest, GetEventSelectorsResponse,
};
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for GetEventSelectors {
    const READ_ONLY: bool = true;

    fn needs(input: &GetEventSelectorsRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(TrailName::parse(&input.trail_name, at)?
            .need::<Self>()
            .into())
    }

    fn resources(input: &GetEventSelectorsRequest, at: &At<'_>) -> Vec<Resource> {
        trail_name::resources(&input.trail_name, at)
    }

    async fn handle(
        input: GetEventSelectorsRequest,
        _: Permit,
        at: &At<'_>,
    ) -> Result<GetEventSelectorsResponse, Fault> {
        TrailName::parse(&input.trail_name, at)?.find(at)?;
        let snapshot = at.snapshot();
        let view = snapshot.account(at.account);
        let put = view.and_then(|view| view.shelved::<EventSelectors>(EventSelectors::KEY));
        let selectors = match put {
            Some(put) => put.selectors().clone(),
            None => Selectors::Advanced(EventSelectors::unset()),
        };
        let (basic, advanced) = shown(selectors);
        Ok(GetEventSelectorsResponse {
            trail_arn: Some(trail_name::arn(at)),
            event_selectors: basic,
            advanced_event_selectors: advanced,
        })
    }
}

/// Whether an account has put selectors of its own.
pub(super) fn are_custom(at: &At<'_>) -> bool {
    let snapshot = at.snapshot();
    let view = snapshot.account(at.account);
    view.is_some_and(|view| {
        view.shelved::<EventSelectors>(EventSelectors::KEY)
            .is_some()
    })
}

/// Selectors as the API shows them; one of the two lists is empty.
pub(super) fn shown(selectors: Selectors) -> (Vec<EventSelector>, Vec<AdvancedEventSelector>) {
    match selectors {
        Selectors::Basic(basic) => (basic.into_iter().map(EventSelector::from).collect(), vec![]),
        Selectors::Advanced(advanced) => {
            let shown = advanced.into_iter().map(AdvancedEventSelector::from);
            (vec![], shown.collect())
        }
    }
}

impl From<EventSelector> for BasicSelector {
    /// The defaults are those of the API: everything.
    fn from(selector: EventSelector) -> Self {
        let kept = |it: DataResource| Kept {
            kind: it.r#type.unwrap_or_default(),
            values: it.values,
        };
        Self {
            read_write: selector.read_write_type.unwrap_or_else(|| "All".to_owned()),
            management: selector.include_management_events.unwrap_or(true),
            resources: selector.data_resources.into_iter().map(kept).collect(),
            excluded_sources: selector.exclude_management_event_sources,
        }
    }
}

impl From<BasicSelector> for EventSelector {
    fn from(selector: BasicSelector) -> Self {
        let shown = |it: Kept| DataResource {
            r#type: Some(it.kind),
            values: it.values,
        };
        Self {
            read_write_type: Some(selector.read_write),
            include_management_events: Some(selector.management),
            data_resources: selector.resources.into_iter().map(shown).collect(),
            exclude_management_event_sources: selector.excluded_sources,
        }
    }
}

impl From<AdvancedEventSelector> for AdvancedSelector {
    fn from(selector: AdvancedEventSelector) -> Self {
        let kept = |it: AdvancedFieldSelector| FieldSelector {
            field: it.field,
            equals: it.equals,
            starts_with: it.starts_with,
            ends_with: it.ends_with,
            not_equals: it.not_equals,
            not_starts_with: it.not_starts_with,
            not_ends_with: it.not_ends_with,
        };
        Self {
            name: selector.name,
            fields: selector.field_selectors.into_iter().map(kept).collect(),
        }
    }
}

impl From<AdvancedSelector> for AdvancedEventSelector {
    fn from(selector: AdvancedSelector) -> Self {
        let shown = |it: FieldSelector| AdvancedFieldSelector {
            field: it.field,
            equals: it.equals,
            starts_with: it.starts_with,
            ends_with: it.ends_with,
            not_equals: it.not_equals,
            not_starts_with: it.not_starts_with,
            not_ends_with: it.not_ends_with,
        };
        Self {
            name: selector.name,
            field_selectors: selector.fields.into_iter().map(shown).collect(),
        }
    }
}
