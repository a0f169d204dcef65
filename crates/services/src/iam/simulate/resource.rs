//! What guards a resource: its owner, its own policy, its tags.

use std::sync::Arc;

use directory::Tags;
use door::Need;
use policy::{AccountId, Arn, Policy, ResourceKind};

use super::question::is_role;
use super::simulation::Simulation;
use crate::iam::oidc_providers;
use crate::sts::{BARRED, is_barred};

/// The actions that a role's trust policy decides about.
const OF_TRUST: [&str; 6] = [
    "sts:AssumeRole",
    "sts:AssumeRoleWithWebIdentity",
    "sts:AssumeRoleWithSAML",
    "sts:TagSession",
    "sts:SetSourceIdentity",
    "sts:SetContext",
];

/// What guards a resource against an action.
#[derive(Default)]
pub(super) struct Guarded {
    pub(super) owner: Option<AccountId>,
    pub(super) policy: Option<Arc<Policy>>,
    pub(super) kind: ResourceKind,
    /// What results call the policy.
    pub(super) name: String,
    /// The action that the asker lacks for being told what the policy says.
    pub(super) concealed_by: Option<&'static str>,
    /// The resource's tags, as condition keys.
    pub(super) keys: Vec<(String, String)>,
    /// A rule outside of all policies that refuses.
    pub(super) barred: Option<&'static str>,
}

impl Simulation<'_> {
    pub(super) fn guarded(&self, action: &str, resource: &str) -> Guarded {
        let principal = &self.caller.caller.principal;
        let named = resource.parse::<Arn>().ok();
        let written = named.as_ref().and_then(|arn| arn.account().parse().ok());
        let is_trusting = OF_TRUST.iter().any(|it| it.eq_ignore_ascii_case(action))
            && is_role(resource)
            && !resource.contains(['*', '?']);
        let guarded = Guarded {
            owner: written
                .or(self.question.resource_owner)
                .or(principal.account()),
            keys: self.tag_keys(resource),
            barred: (action.eq_ignore_ascii_case("sts:AssumeRole") && is_barred(principal))
                .then_some(BARRED),
            ..Guarded::default()
        };
        if let Some(policy) = &self.question.resource_policy {
            return Guarded {
                policy: Some(Arc::clone(policy)),
                kind: match is_trusting {
                    true => ResourceKind::RoleTrust,
                    false => ResourceKind::Ordinary,
                },
                name: "ResourcePolicy".to_owned(),
                ..guarded
            };
        }
        if !self.looks_up {
            return guarded;
        }
        if is_trusting {
            return self.role(guarded, resource);
        }
        self.stored(guarded, action, resource)
    }

    /// A role, which nobody enters but through its trust policy, whether or not it is there.
    /// One of another account is taken for one that is not: its conditions could be tried
    /// out here, value by value.
    fn role(&self, guarded: Guarded, arn: &str) -> Guarded {
        let role = self.snapshot.role_by_arn(arn);
        let role = role.filter(|role| self.is_own(role.account));
        let read = role.map(|role| Need::new("iam:GetRole", arn).owner(role.account));
        Guarded {
            policy: role.map(|role| role.trust.policy()),
            kind: ResourceKind::RoleTrust,
            name: arn.to_owned(),
            concealed_by: read.and_then(|need| self.lacked(need, "iam:GetRole")),
            ..guarded
        }
    }

    /// A resource of another service; one of another account like a role of it.
    fn stored(&self, guarded: Guarded, action: &str, resource: &str) -> Guarded {
        let Some(resources) = self.at.resources else {
            return guarded;
        };
        let guard = resources.of(&self.caller.caller.principal, action, resource);
        let Some(guard) = guard.filter(|guard| self.is_own(guard.owner)) else {
            return guarded;
        };
        let concealed_by = guard.policy.as_ref().and_then(|_| {
            let (read, arn) = &guard.read_by;
            let asker = &self.at.call.caller.principal;
            let policy = resources.of(asker, read, arn).and_then(|it| it.policy);
            let need = Need::new(*read, arn.clone()).owner(guard.owner);
            self.lacked(need.resource_policy(policy), read)
        });
        Guarded {
            owner: Some(guard.owner),
            policy: guard.policy,
            name: guard.read_by.1,
            concealed_by,
            ..guarded
        }
    }

    /// The action, if the one who asks the simulator may not do it.
    fn lacked(&self, need: Need, action: &'static str) -> Option<&'static str> {
        let decided = self.at.door.authorize(self.at.call, &[need]);
        decided.is_err().then_some(action)
    }

    /// The tags of users, roles, instance profiles, policies and providers of the account that asks.
    fn tag_keys(&self, arn: &str) -> Vec<(String, String)> {
        let view = self.snapshot.account(self.at.account);
        let Some(view) = view.filter(|_| self.looks_up) else {
            return Vec::new();
        };
        let name = arn.rsplit('/').next().unwrap_or_default();
        let role = view.role(name).filter(|it| it.arn() == arn);
        let user = view.user(name).filter(|it| it.arn() == arn);
        let profile = view.instance_profile(name).filter(|it| it.arn() == arn);
        let tags: Option<&Tags> = role
            .map(|it| &it.tags)
            .or_else(|| user.map(|it| &it.tags))
            .or_else(|| profile.map(|it| &it.tags))
            .or_else(|| view.policy(arn).map(|it| &it.tags))
            .or_else(|| oidc_providers::find(view, arn).map(|it| &it.tags))
            .or_else(|| view.saml_provider(arn).map(|it| &it.tags));
        let tags = tags.into_iter().flat_map(Tags::iter);
        let keys = tags.flat_map(|(key, value)| {
            ["aws:ResourceTag", "iam:ResourceTag"]
                .map(|prefix| (format!("{prefix}/{key}"), value.to_owned()))
        });
        keys.collect()
    }
}
