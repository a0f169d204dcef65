//! Everything about an account's users, groups, roles and policies in one list.

mod detail;

use std::sync::Arc;

use directory::{AccountView, AttachedPolicy, Group, Role, Snapshot, User};
use door::Permit;

use super::needs;
use super::page::Window;
use super::usage::Usage;
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs, account_view};
use crate::wire::Fault;

impl Handle for GetAccountAuthorizationDetails {
    const READ_ONLY: bool = true;

    fn needs(_: &GetAccountAuthorizationDetailsRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>("*").into())
    }

    /// One list of users, groups, roles and policies, in this order, under one marker.
    async fn handle(
        input: GetAccountAuthorizationDetailsRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GetAccountAuthorizationDetailsResponse, Fault> {
        let window = Window::new(input.marker.as_deref(), input.max_items)?;
        let snapshot = at.snapshot();
        let view = account_view(&snapshot, at.account)?;
        let usage = Usage::of(view);
        let page = window.page(entries(&snapshot, view, &usage, &input.filter));
        let mut answer = GetAccountAuthorizationDetailsResponse {
            is_truncated: page.is_truncated(),
            marker: page.marker,
            ..GetAccountAuthorizationDetailsResponse::default()
        };
        for entry in page.items {
            match entry {
                Entry::User(user) => answer.user_detail_list.push(detail::user(user, &snapshot)),
                Entry::Group(group) => {
                    let detail = detail::group(group, &snapshot);
                    answer.group_detail_list.push(detail);
                }
                Entry::Role(role) => {
                    let detail = detail::role(role, view, &snapshot, at);
                    answer.role_detail_list.push(detail);
                }
                Entry::Policy(arn, policy) => {
                    let detail = detail::policy(&policy, usage.uses(&arn));
                    answer.policies.push(detail);
                }
            }
        }
        Ok(answer)
    }
}

enum Entry<'v> {
    User(&'v Arc<User>),
    Group(&'v Arc<Group>),
    Role(&'v Arc<Role>),
    /// With its ARN.
    Policy(String, AttachedPolicy),
}

/// What the filter leaves, in the order of its keys. Of AWS's own policies those that are used in
/// the account are shown.
fn entries<'v>(
    snapshot: &'v Snapshot,
    view: &'v AccountView,
    usage: &Usage<'v>,
    filter: &[String],
) -> impl Iterator<Item = (String, Entry<'v>)> {
    let wanted = |kind: &str| filter.is_empty() || filter.iter().any(|it| it == kind);
    let users = wanted("User").then(|| view.users().iter());
    let users = users.into_iter().flatten();
    let groups = wanted("Group").then(|| view.groups().iter());
    let groups = groups.into_iter().flatten();
    let roles = wanted("Role").then(|| view.roles().iter());
    let roles = roles.into_iter().flatten();
    let local = wanted("LocalManagedPolicy").then(|| view.policies().iter());
    let local = local.into_iter().flatten();
    let mut aws: Vec<&str> = match wanted("AWSManagedPolicy") {
        true => usage.arns().collect(),
        false => Vec::new(),
    };
    aws.retain(|arn| view.policy(arn).is_none());
    aws.sort_unstable();
    let account = view.account().id;
    let users = users.map(|(name, it)| (format!("1/{name}"), Entry::User(it)));
    let groups = groups.map(|(name, it)| (format!("2/{name}"), Entry::Group(it)));
    let roles = roles.map(|(name, it)| (format!("3/{name}"), Entry::Role(it)));
    let local = local.map(|(arn, it)| {
        let policy = AttachedPolicy::Customer(Arc::clone(it));
        (format!("4/{arn}"), Entry::Policy(arn.clone(), policy))
    });
    let aws = aws.into_iter().filter_map(move |arn| {
        let policy = snapshot.attachable(account, arn)?;
        Some((format!("5/{arn}"), Entry::Policy(arn.to_owned(), policy)))
    });
    users.chain(groups).chain(roles).chain(local).chain(aws)
}
