//! `PutEventSelectors`: which data events an account's trail has.

use directory::{EventSelectors, Selectors, StoreError};
use door::Permit;
use trail::Resource;

use super::selectors::shown;
use super::trail_name::{self, TrailName};
use crate::generated::cloudtrail::{
    PutEventSelectors, PutEventSelectorsRequest, PutEventSelectorsResponse, SERVICE, errors,
};
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for PutEventSelectors {
    const READ_ONLY: bool = false;

    fn needs(input: &PutEventSelectorsRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(TrailName::parse(&input.trail_name, at)?
            .need::<Self>()
            .into())
    }

    fn resources(input: &PutEventSelectorsRequest, at: &At<'_>) -> Vec<Resource> {
        trail_name::resources(&input.trail_name, at)
    }

    async fn handle(
        input: PutEventSelectorsRequest,
        _: Permit,
        at: &At<'_>,
    ) -> Result<PutEventSelectorsResponse, Fault> {
        TrailName::parse(&input.trail_name, at)?.find(at)?;
        let invalid = |text: String| errors::INVALID_EVENT_SELECTORS.fault(text);
        let (basic, advanced) = (input.event_selectors, input.advanced_event_selectors);
        let selectors = match (basic.is_empty(), advanced.is_empty()) {
            (false, false) => {
                let text =
                    "You can use either EventSelectors or AdvancedEventSelectors, but not both.";
                return Err(invalid(text.to_owned()));
            }
            (_, true) => Selectors::Basic(basic.into_iter().map(Into::into).collect()),
            (true, false) => Selectors::Advanced(advanced.into_iter().map(Into::into).collect()),
        };
        let selectors = EventSelectors::new(at.account, selectors)
            .map_err(|error| invalid(error.to_string()))?;
        let (basic, advanced) = shown(selectors.selectors().clone());
        let directory = at.door.directory();
        let written = directory.write(move |tx| {
            tx.shelve(selectors);
            Ok::<_, StoreError>(())
        });
        // The reason is the server's own affair: the directory has logged it.
        written.await.map_err(|_| {
            let internal = SERVICE.protocol.errors().internal;
            internal.fault("The change could not be stored.")
        })?;
        Ok(PutEventSelectorsResponse {
            trail_arn: Some(trail_name::arn(at)),
            event_selectors: basic,
            advanced_event_selectors: advanced,
        })
    }
}
