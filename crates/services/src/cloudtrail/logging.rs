//! `StartLogging` and `StopLogging`. Management events are recorded always, so there is nothing to start or to stop.

use door::Permit;
use trail::Resource;

use super::trail_name::{self, NAME, TrailName};
use crate::generated::cloudtrail::{
    StartLogging, StartLoggingRequest, StartLoggingResponse, StopLogging, StopLoggingRequest,
    StopLoggingResponse, errors,
};
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for StartLogging {
    const READ_ONLY: bool = false;

    fn needs(input: &StartLoggingRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(TrailName::parse(&input.name, at)?.need::<Self>().into())
    }

    fn resources(input: &StartLoggingRequest, at: &At<'_>) -> Vec<Resource> {
        trail_name::resources(&input.name, at)
    }

    /// A trail that is logging stays so, as at AWS.
    async fn handle(
        input: StartLoggingRequest,
        _: Permit,
        at: &At<'_>,
    ) -> Result<StartLoggingResponse, Fault> {
        TrailName::parse(&input.name, at)?.find(at)?;
        Ok(StartLoggingResponse {})
    }
}

impl Handle for StopLogging {
    const READ_ONLY: bool = false;

    fn needs(input: &StopLoggingRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(TrailName::parse(&input.name, at)?.need::<Self>().into())
    }

    fn resources(input: &StopLoggingRequest, at: &At<'_>) -> Vec<Resource> {
        trail_name::resources(&input.name, at)
    }

    async fn handle(
        input: StopLoggingRequest,
        _: Permit,
        at: &At<'_>,
    ) -> Result<StopLoggingResponse, Fault> {
        TrailName::parse(&input.name, at)?.find(at)?;
        Err(errors::OPERATION_NOT_PERMITTED.fault(format!(
            "The trail {NAME} cannot be stopped: management events are always recorded. To leave out data events, use \
             `aws cloudtrail put-event-selectors --trail-name {NAME}`."
        )))
    }
}
