//! Fetching reports.

use directory::{AccessReport, AccessibleService, AccessingEntity, Use, last_use};
use door::Permit;

use super::{jobs, work};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs};
use crate::iam::fault::invalid_input;
use crate::iam::needs;
use crate::iam::page::Window;
use crate::wire::Fault;

/// The state of every report that there is: it was done before anybody had its id.
pub(super) const COMPLETED: &str = "COMPLETED";

impl Handle for GetServiceLastAccessedDetails {
    const READ_ONLY: bool = true;

    fn needs(_: &GetServiceLastAccessedDetailsRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>("*").into())
    }

    async fn handle(
        input: GetServiceLastAccessedDetailsRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GetServiceLastAccessedDetailsResponse, Fault> {
        let window = Window::new(input.marker.as_deref(), input.max_items)?;
        let report = jobs::own(at, &input.job_id)?;
        let services = report.services.iter().map(|it| (&it.prefix, it));
        let page = window.page(services);
        let is_truncated = page.is_truncated();
        let services = page.items.into_iter().map(|it| service(&report, it));
        Ok(GetServiceLastAccessedDetailsResponse {
            job_status: COMPLETED.to_owned(),
            job_type: Some(granularity(&report).to_owned()),
            job_creation_date: report.created,
            job_completion_date: report.completed,
            services_last_accessed: services.collect::<Result<_, _>>()?,
            is_truncated,
            marker: page.marker,
            error: None,
        })
    }
}

impl Handle for GetServiceLastAccessedDetailsWithEntities {
    const READ_ONLY: bool = true;

    fn needs(
        _: &GetServiceLastAccessedDetailsWithEntitiesRequest,
        _: &At<'_>,
    ) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>("*").into())
    }

    /// The most recent first, then those that never accessed the service.
    async fn handle(
        input: GetServiceLastAccessedDetailsWithEntitiesRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GetServiceLastAccessedDetailsWithEntitiesResponse, Fault> {
        let window = Window::new(input.marker.as_deref(), input.max_items)?;
        let report = jobs::own(at, &input.job_id)?;
        let prefix = &input.service_namespace;
        known(std::slice::from_ref(prefix))?;
        let accessible = report.services.iter().any(|it| it.prefix == *prefix);
        let entities = report.entities.iter().filter(|_| accessible);
        let mut entities: Vec<_> = entities
            .map(|entity| (later_first(entity, prefix), entity))
            .collect();
        entities.sort_by(|a, b| a.0.cmp(&b.0));
        let page = window.page(entities).map(|entity| EntityDetails {
            entity_info: EntityInfo {
                arn: entity.arn.clone(),
                name: entity.name.clone(),
                r#type: entity.kind.clone(),
                id: entity.id.clone(),
                path: Some(entity.path.to_string()),
            },
            last_authenticated: last(entity, prefix).map(|it| it.at),
        });
        Ok(GetServiceLastAccessedDetailsWithEntitiesResponse {
            job_status: COMPLETED.to_owned(),
            job_creation_date: report.created,
            job_completion_date: report.completed,
            is_truncated: page.is_truncated(),
            entity_details_list: page.items,
            marker: page.marker,
            error: None,
        })
    }
}

/// # Errors
/// `InvalidInput` for the first that is no service's prefix.
pub(super) fn known(prefixes: &[String]) -> Result<(), Fault> {
    let reference = work::reference()?;
    let unknown = |it: &&String| reference.service(it).is_none();
    match prefixes.iter().find(unknown) {
        None => Ok(()),
        Some(prefix) => Err(invalid_input(&format!(
            "Invalid service namespace: {prefix}"
        ))),
    }
}

/// The name of a service for people.
pub(super) fn service_name(prefix: &str) -> Result<String, Fault> {
    let service = work::reference()?.service(prefix);
    Ok(service.map_or(prefix, |it| it.name()).to_owned())
}

fn granularity(report: &AccessReport) -> &'static str {
    match report.by_action {
        true => "ACTION_LEVEL",
        false => "SERVICE_LEVEL",
    }
}

/// The last use of a service by an entity.
fn last<'e>(entity: &'e AccessingEntity, prefix: &str) -> Option<&'e Use> {
    entity.uses.get(prefix).and_then(last_use::latest)
}

/// A key under which later uses come first.
fn later_first(entity: &AccessingEntity, prefix: &str) -> String {
    let ago = last(entity, prefix).map_or(i64::MAX, |it| i64::MAX - it.at.as_millisecond());
    format!("{ago:020}/{}", entity.arn)
}

fn service(
    report: &AccessReport,
    service: &AccessibleService,
) -> Result<ServiceLastAccessed, Fault> {
    let prefix = &service.prefix;
    let entities = report.entities.iter();
    let uses = entities.filter_map(|entity| Some((entity, last(entity, prefix)?)));
    let latest = uses.clone().max_by_key(|(_, it)| it.at);
    let actions = service.actions.iter();
    Ok(ServiceLastAccessed {
        service_name: service_name(prefix)?,
        service_namespace: prefix.clone(),
        last_authenticated: latest.map(|(_, it)| it.at),
        last_authenticated_entity: latest.map(|(entity, _)| entity.arn.clone()),
        last_authenticated_region: latest.map(|(_, it)| it.region.clone()),
        total_authenticated_entities: Some(i32::try_from(uses.count()).unwrap_or(i32::MAX)),
        tracked_actions_last_accessed: actions
            .map(|action| tracked(report, prefix, action))
            .collect(),
    })
}

fn tracked(report: &AccessReport, prefix: &str, action: &str) -> TrackedActionLastAccessed {
    let entities = report.entities.iter();
    let uses = entities.filter_map(|entity| {
        let used = entity.uses.get(prefix)?.get(action)?;
        Some((entity, used))
    });
    let latest = uses.max_by_key(|(_, it)| it.at);
    TrackedActionLastAccessed {
        action_name: Some(action.to_owned()),
        last_accessed_entity: latest.map(|(entity, _)| entity.arn.clone()),
        last_accessed_time: latest.map(|(_, it)| it.at),
        last_accessed_region: latest.map(|(_, it)| it.region.clone()),
    }
}
