//! Reports on parts of an organization.

use std::collections::BTreeMap;

use directory::{OrganizationAccessReport, OrganizationService, Use, last_use};
use door::Permit;
use jiff::Timestamp;
use uuid::Uuid;

use super::reports::{COMPLETED, service_name};
use super::scope::{Scope, scope};
use super::{accessible, jobs, work};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs};
use crate::iam::last_used::is_tracked;
use crate::iam::needs;
use crate::iam::page::Window;
use crate::wire::Fault;

impl Handle for GenerateOrganizationsAccessReport {
    /// CloudTrail calls it a read: nothing of the account changes.
    const READ_ONLY: bool = true;

    fn needs(
        input: &GenerateOrganizationsAccessReportRequest,
        at: &At<'_>,
    ) -> Result<Needs, Fault> {
        let path = &input.entity_path;
        let arn = format!("arn:aws:iam::{}:access-report/{path}", at.account);
        let need = needs::action::<Self>(arn);
        Ok(match &input.organizations_policy_id {
            Some(id) => need.key("iam:OrganizationsPolicyId", id.as_str()).into(),
            None => need.into(),
        })
    }

    /// The report is done, and durable, before the answer leaves.
    async fn handle(
        input: GenerateOrganizationsAccessReportRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GenerateOrganizationsAccessReportResponse, Fault> {
        let policy = input.organizations_policy_id.as_deref();
        let scope = scope(&at.snapshot(), at.account, &input.entity_path, policy)?;
        let levels = scope.levels.clone();
        let left = work::run(move |reference| accessible::left_by(reference, &levels)).await?;
        let mut used = used(at, &scope);
        let services = left.into_iter().map(|prefix| {
            let used = used.remove(&prefix).unwrap_or_default();
            let (last, path) = used.last.unzip();
            OrganizationService {
                prefix,
                last,
                path,
                accounts: used.accounts,
            }
        });
        let report = OrganizationAccessReport {
            account: at.account,
            id: Uuid::new_v4().to_string(),
            created: at.call.now,
            completed: at.door.now(),
            services: services.collect(),
        };
        let id = report.id.clone();
        jobs::keep(at, report).await?;
        Ok(GenerateOrganizationsAccessReportResponse { job_id: Some(id) })
    }
}

impl Handle for GetOrganizationsAccessReport {
    const READ_ONLY: bool = true;

    fn needs(_: &GetOrganizationsAccessReportRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>("*").into())
    }

    async fn handle(
        input: GetOrganizationsAccessReportRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GetOrganizationsAccessReportResponse, Fault> {
        let window = Window::new(input.marker.as_deref(), input.max_items)?;
        let report = jobs::find::<OrganizationAccessReport>(&at.snapshot(), at, &input.job_id)?;
        let mut services: Vec<_> = report.services.iter().collect();
        sort(&mut services, input.sort_key.as_deref());
        let accessed = services.iter().filter(|it| it.last.is_some()).count();
        // A report does not change, so that a place in it is a key.
        let keyed = services.iter().enumerate();
        let keyed = keyed.map(|(place, it)| (format!("{place:06}"), *it));
        let page = window.page(keyed);
        let is_truncated = page.is_truncated();
        let count = |it: usize| Some(i32::try_from(it).unwrap_or(i32::MAX));
        Ok(GetOrganizationsAccessReportResponse {
            job_status: COMPLETED.to_owned(),
            job_creation_date: report.created,
            job_completion_date: Some(report.completed),
            number_of_services_accessible: count(services.len()),
            number_of_services_not_accessed: count(services.len() - accessed),
            access_details: page
                .items
                .into_iter()
                .map(detail)
                .collect::<Result<_, _>>()?,
            is_truncated,
            marker: page.marker,
            error_details: None,
        })
    }
}

/// The uses of one service.
#[derive(Default)]
struct Used {
    /// The last, and the path of the account that it came from.
    last: Option<(Use, String)>,
    accounts: u32,
}

/// The uses of every service by the accounts, by prefix.
fn used(at: &At<'_>, scope: &Scope) -> BTreeMap<String, Used> {
    let mut all: BTreeMap<String, Used> = BTreeMap::new();
    for member in &scope.accounts {
        let mut own: BTreeMap<String, Use> = BTreeMap::new();
        for principal in at.door.last_uses(member.account) {
            for (service, actions) in &principal.uses {
                let latest = last_use::latest(actions);
                let Some(latest) = latest.filter(|it| is_tracked(it, at.call.now)) else {
                    continue;
                };
                if own.get(service).is_none_or(|it| it.at < latest.at) {
                    own.insert(service.clone(), latest.clone());
                }
            }
        }
        for (service, latest) in own {
            let used = all.entry(service).or_default();
            used.accounts += 1;
            if used.last.as_ref().is_none_or(|(it, _)| it.at < latest.at) {
                used.last = Some((latest, member.path.clone()));
            }
        }
    }
    all
}

/// By prefix unless told otherwise; what was never used is earlier than everything.
fn sort(services: &mut [&OrganizationService], key: Option<&str>) {
    let time = |it: &OrganizationService| it.last.as_ref().map(|it| it.at);
    match key {
        Some("SERVICE_NAMESPACE_DESCENDING") => services.reverse(),
        Some("LAST_AUTHENTICATED_TIME_ASCENDING") => services.sort_by_key(|it| time(it)),
        Some("LAST_AUTHENTICATED_TIME_DESCENDING") => {
            services.sort_by_key(|it| std::cmp::Reverse::<Option<Timestamp>>(time(it)));
        }
        _ => {}
    }
}

fn detail(service: &OrganizationService) -> Result<AccessDetail, Fault> {
    Ok(AccessDetail {
        service_name: service_name(&service.prefix)?,
        service_namespace: service.prefix.clone(),
        region: service.last.as_ref().map(|it| it.region.clone()),
        entity_path: service.path.clone(),
        last_authenticated_time: service.last.as_ref().map(|it| it.at),
        total_authenticated_entities: i32::try_from(service.accounts).ok(),
    })
}
