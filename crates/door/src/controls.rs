//! The control policies of an organization that take part in a decision.

use std::borrow::Cow;

use directory::{ControlPolicyKind, OrganizationPath, Snapshot};
use policy::{AccountId, Source};

use crate::Caller;
use crate::caller::Attached;
use crate::layers::{Applied, sources};

/// Where service-linked roles are; no control policy touches them (AWS Organizations User
/// Guide, "Tasks and entities not restricted by SCPs").
const SERVICE_LINKED: &str = "/aws-service-role/";

/// The services whose resources are under resource control policies (AWS Organizations User
/// Guide, "List of AWS services that support RCPs").
const UNDER_RESOURCE_POLICIES: [&str; 11] = [
    "s3",
    "sts",
    "kms",
    "sqs",
    "secretsmanager",
    "cognito-identity",
    "cognito-idp",
    "logs",
    "dynamodb",
    "ecr",
    "aoss",
];

/// Control policies of one kind, level by level from the root to the account.
#[derive(Debug, Default)]
pub struct Controls<'s>(Option<Vec<Vec<Applied<'s>>>>);

impl<'s> Controls<'s> {
    /// The service control policies over a caller.
    #[must_use]
    pub fn of_caller(snapshot: &'s Snapshot, caller: &Caller) -> Self {
        match caller.account() {
            Some(account) if !is_service_linked(caller) => {
                Self::over(snapshot, account, ControlPolicyKind::Service)
            }
            _ => Self::default(),
        }
    }

    /// The resource control policies over what `action` is done to by `caller`. `owner` owns it.
    #[must_use]
    pub fn of_resource(
        snapshot: &'s Snapshot,
        caller: &Caller,
        action: &str,
        owner: Option<AccountId>,
    ) -> Self {
        let service = action.split(':').next().unwrap_or_default();
        let is_covered = UNDER_RESOURCE_POLICIES
            .iter()
            .any(|it| it.eq_ignore_ascii_case(service));
        match owner {
            Some(owner) if is_covered && !is_service_linked(caller) => {
                Self::over(snapshot, owner, ControlPolicyKind::Resource)
            }
            _ => Self::default(),
        }
    }

    fn over(snapshot: &'s Snapshot, account: AccountId, kind: ControlPolicyKind) -> Self {
        let path: Option<OrganizationPath<'s>> = snapshot.organization_path(account);
        let levels = path.and_then(|path| path.levels(kind));
        let applied = levels.map(|levels| {
            let level = |level: Vec<directory::ControlPolicy<'s>>| {
                let applied = level.into_iter().map(|it| Applied {
                    policy: it.policy,
                    arn: Some(it.arn),
                    name: Cow::Borrowed(it.name),
                });
                applied.collect()
            };
            levels.into_iter().map(level).collect()
        });
        Self(applied)
    }

    /// Whether there are any: the account is in an organization that uses this kind.
    #[must_use]
    pub fn take_part(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn sources(&self) -> Option<Vec<Vec<Source<'_>>>> {
        let levels = self.0.as_ref()?;
        Some(levels.iter().map(|level| sources(level)).collect())
    }
}

fn is_service_linked(caller: &Caller) -> bool {
    match &caller.attached {
        Attached::Role(role) => role.path.as_str().starts_with(SERVICE_LINKED),
        Attached::User(_) | Attached::None => false,
    }
}
