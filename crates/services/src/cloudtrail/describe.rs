//! What the trail is: `DescribeTrails`, `ListTrails`, `GetTrail`, `GetTrailStatus`.

use door::{Need, Permit};
use trail::Resource;

use super::selectors::are_custom;
use super::trail_name::{self, NAME, TrailName};
use crate::generated::cloudtrail::{
    DescribeTrails, DescribeTrailsRequest, DescribeTrailsResponse, GetTrail, GetTrailRequest,
    GetTrailResponse, GetTrailStatus, GetTrailStatusRequest, GetTrailStatusResponse, ListTrails,
    ListTrailsRequest, ListTrailsResponse, Trail, TrailInfo, errors,
};
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for DescribeTrails {
    const READ_ONLY: bool = true;

    fn needs(_: &DescribeTrailsRequest, _: &At<'_>) -> Result<Needs, Fault> {
        // The action has no resource type: policies grant it on `*`.
        let need = Need::new("cloudtrail:DescribeTrails", "*");
        Ok(need.shown(None).into())
    }

    async fn handle(
        input: DescribeTrailsRequest,
        _: Permit,
        at: &At<'_>,
    ) -> Result<DescribeTrailsResponse, Fault> {
        let names = input.trail_name_list.iter();
        let names: Vec<TrailName> = names
            .map(|name| TrailName::parse(name, at))
            .collect::<Result<_, _>>()?;
        // Those that are not there are left out (CloudTrail API Reference, `DescribeTrails`).
        let wanted = names.is_empty() || names.iter().any(|name| name.is_there(at));
        Ok(DescribeTrailsResponse {
            trail_list: wanted.then(|| describe(at)).into_iter().collect(),
        })
    }
}

impl Handle for ListTrails {
    const READ_ONLY: bool = true;

    fn needs(_: &ListTrailsRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(Need::new("cloudtrail:ListTrails", "*").shown(None).into())
    }

    async fn handle(
        input: ListTrailsRequest,
        _: Permit,
        at: &At<'_>,
    ) -> Result<ListTrailsResponse, Fault> {
        // There is one page, and no token that could be from it.
        if input.next_token.is_some() {
            return Err(errors::UNSUPPORTED_OPERATION.fault("The next token is not valid."));
        }
        Ok(ListTrailsResponse {
            trails: vec![TrailInfo {
                trail_arn: Some(trail_name::arn(at)),
                name: Some(NAME.to_owned()),
                home_region: Some(at.door.region().to_owned()),
            }],
            next_token: None,
        })
    }
}

impl Handle for GetTrail {
    const READ_ONLY: bool = true;

    fn needs(input: &GetTrailRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(TrailName::parse(&input.name, at)?.need::<Self>().into())
    }

    fn resources(input: &GetTrailRequest, at: &At<'_>) -> Vec<Resource> {
        trail_name::resources(&input.name, at)
    }

    async fn handle(
        input: GetTrailRequest,
        _: Permit,
        at: &At<'_>,
    ) -> Result<GetTrailResponse, Fault> {
        TrailName::parse(&input.name, at)?.find(at)?;
        Ok(GetTrailResponse {
            trail: Some(describe(at)),
        })
    }
}

impl Handle for GetTrailStatus {
    const READ_ONLY: bool = true;

    fn needs(input: &GetTrailStatusRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(TrailName::parse(&input.name, at)?.need::<Self>().into())
    }

    fn resources(input: &GetTrailStatusRequest, at: &At<'_>) -> Vec<Resource> {
        trail_name::resources(&input.name, at)
    }

    async fn handle(
        input: GetTrailStatusRequest,
        _: Permit,
        at: &At<'_>,
    ) -> Result<GetTrailStatusResponse, Fault> {
        TrailName::parse(&input.name, at)?.find(at)?;
        // It began with the account, and is never stopped.
        let created = at.view(|view| Ok(view.account().created))?;
        Ok(GetTrailStatusResponse {
            is_logging: Some(true),
            start_logging_time: Some(created),
            time_logging_started: Some(created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            ..GetTrailStatusResponse::default()
        })
    }
}

/// The trail of the caller's account. It is in the server's data directory and not in a bucket, so it has none.
fn describe(at: &At<'_>) -> Trail {
    Trail {
        name: Some(NAME.to_owned()),
        include_global_service_events: Some(true),
        // The events of IAM are in us-east-1, wherever the server is.
        is_multi_region_trail: Some(true),
        home_region: Some(at.door.region().to_owned()),
        trail_arn: Some(trail_name::arn(at)),
        log_file_validation_enabled: Some(false),
        has_custom_event_selectors: Some(are_custom(at)),
        has_insight_selectors: Some(false),
        is_organization_trail: Some(false),
        ..Trail::default()
    }
}
