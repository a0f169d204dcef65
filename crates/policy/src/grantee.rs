//! Principals as policies name them, and how a caller matches them.

use std::collections::BTreeMap;

use crate::{AccountId, Principal, ResourceKind};

/// One entry of `Principal` or `NotPrincipal`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Grantee {
    Everyone,
    Account(AccountId),
    User(Entity),
    Role(Entity),
    /// A session of a role, by its ARN.
    Session(Box<str>),
    FederatedUser(Box<str>),
    Provider(Box<str>),
    Service(Box<str>),
}

/// A user or role: its ARN, and the unique id that it had when the policy was saved. With an id
/// the ARN no longer counts, so that a new entity of the same name is somebody else (IAM User
/// Guide, "AWS JSON policy elements: Principal").
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entity {
    pub(crate) arn: Box<str>,
    unique_id: Option<Box<str>>,
}

/// What an `Allow` for a caller is worth within one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grant {
    /// The account may delegate; the caller's own policies must allow too.
    Account,
    /// Stands in for identity policies; boundary and session policies still limit it.
    Limited,
    /// Enough by itself.
    Direct,
}

/// `Principal` or `NotPrincipal` of a statement.
#[derive(Debug, Clone)]
pub(crate) struct Grantees {
    pub(crate) negated: bool,
    pub(crate) list: Box<[Grantee]>,
}

impl Grantee {
    /// Reads an entry of type AWS.
    pub(crate) fn aws(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Everyone);
        }
        if let Ok(account) = text.parse() {
            return Some(Self::Account(account));
        }
        // There are no wildcards in principals.
        if text.contains(['*', '?']) {
            return None;
        }
        let mut parts = text.splitn(6, ':');
        let (arn, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        if arn != "arn"
            || !(partition == "aws" || partition.starts_with("aws-"))
            || !region.is_empty()
        {
            return None;
        }
        let account: AccountId = account.parse().ok()?;
        let (kind, name) = resource.split_once('/').unwrap_or((resource, ""));
        let named = !name.is_empty() && !name.ends_with('/');
        match (service, kind) {
            ("iam", "root") if resource == "root" => Some(Self::Account(account)),
            ("iam", "user") if named => Some(Self::User(Entity::new(text))),
            ("iam", "role") if named => Some(Self::Role(Entity::new(text))),
            ("sts", "assumed-role") => {
                let (role, session) = name.split_once('/')?;
                let sound = !role.is_empty() && !session.is_empty() && !session.contains('/');
                sound.then(|| Self::Session(text.into()))
            }
            ("sts", "federated-user") if named => Some(Self::FederatedUser(text.into())),
            _ => None,
        }
    }

    /// Reads an entry of type Federated: the ARN of a provider, or the domain of a built-in one.
    pub(crate) fn provider(text: &str) -> Option<Self> {
        let arn = text.parse::<crate::Arn>().ok();
        let sound = match arn {
            Some(arn) => {
                let resource = arn.resource();
                let name = resource
                    .strip_prefix("oidc-provider/")
                    .or_else(|| resource.strip_prefix("saml-provider/"));
                arn.service() == "iam"
                    && arn.region().is_empty()
                    && arn.account().parse::<AccountId>().is_ok()
                    && name.is_some_and(|name| !name.is_empty() && !name.contains(['*', '?']))
            }
            None => is_domain(text),
        };
        sound.then(|| Self::Provider(text.into()))
    }

    /// Reads an entry of type Service.
    pub(crate) fn service(text: &str) -> Option<Self> {
        let known = [
            ".amazonaws.com",
            ".amazonaws.com.cn",
            ".amazon.com",
            ".aws.internal",
            ".api.aws",
        ];
        let sound = is_domain(text) && known.iter().any(|suffix| text.ends_with(suffix));
        sound.then(|| Self::Service(text.into()))
    }

    fn entity(&self) -> Option<&Entity> {
        match self {
            Self::User(entity) | Self::Role(entity) => Some(entity),
            _ => None,
        }
    }

    /// Whether naming this can grant something to the caller in this kind of policy.
    fn counts(&self, caller: &Principal, kind: ResourceKind) -> bool {
        match (kind, self, caller) {
            // Tokens come from anywhere: a role that lets them in must name their provider. And a
            // service must be named, and nobody enters without credentials.
            (
                ResourceKind::RoleTrust,
                Self::Everyone,
                Principal::Federated { .. } | Principal::Service { .. } | Principal::Anonymous,
            ) => false,
            // A provider is the caller of AssumeRoleWith…, not of what its sessions do next.
            (ResourceKind::RoleTrust, Self::Provider(_), Principal::Role(_)) => false,
            _ => true,
        }
    }

    /// What an `Allow` that names this is worth to the caller; a `Deny` hits whoever has a value.
    fn grant(&self, caller: &Principal) -> Option<Grant> {
        match (self, caller) {
            (Self::Everyone, _) => Some(Grant::Direct),
            (Self::Account(account), _) => {
                (caller.account()? == *account).then_some(Grant::Account)
            }
            (Self::User(user), Principal::User { arn, unique_id, .. }) => {
                user.is(arn.as_str(), unique_id).then_some(Grant::Direct)
            }
            // The session of GetFederationToken: what its user is granted, within its session policies.
            (
                Self::User(user),
                Principal::FederatedUser {
                    user_arn, user_id, ..
                },
            ) => user
                .is(user_arn.as_str(), user_id)
                .then_some(Grant::Limited),
            (Self::Role(role), Principal::Role(session)) => role
                .is(session.role_arn.as_str(), &session.role_id)
                .then_some(Grant::Limited),
            (Self::Session(arn), Principal::Role(session)) => {
                (**arn == *session.session_arn.as_str()).then_some(Grant::Direct)
            }
            (Self::FederatedUser(name), Principal::FederatedUser { arn, .. }) => {
                (**name == *arn.as_str()).then_some(Grant::Direct)
            }
            (Self::Provider(name), Principal::Federated { provider }) => {
                (**name == **provider).then_some(Grant::Direct)
            }
            (Self::Provider(name), Principal::Role(session)) => {
                (session.federated_provider.as_deref() == Some(name)).then_some(Grant::Limited)
            }
            (Self::Service(service), Principal::Service { name }) => {
                (**service == **name).then_some(Grant::Direct)
            }
            _ => None,
        }
    }
}

impl Entity {
    fn new(arn: &str) -> Self {
        Self {
            arn: arn.into(),
            unique_id: None,
        }
    }

    fn is(&self, arn: &str, unique_id: &str) -> bool {
        match &self.unique_id {
            Some(recorded) => **recorded == *unique_id,
            None => *self.arn == *arn,
        }
    }
}

impl Grantees {
    /// What an `Allow` with this element is worth to the caller. `NotPrincipal` grants nothing.
    pub(crate) fn allow(&self, caller: &Principal, kind: ResourceKind) -> Option<Grant> {
        if self.negated {
            return None;
        }
        self.list
            .iter()
            .filter(|grantee| grantee.counts(caller, kind))
            .filter_map(|grantee| grantee.grant(caller))
            .max()
    }

    /// Whether a `Deny` with this element hits the caller.
    pub(crate) fn denies(&self, caller: &Principal, has_boundary: bool) -> bool {
        if self.negated {
            // A caller with a boundary is never exempt (IAM User Guide, "NotPrincipal").
            has_boundary || !self.exempts(caller)
        } else {
            self.list
                .iter()
                .any(|grantee| grantee.grant(caller).is_some())
        }
    }

    // AWS asks for the account, then the role, then the session: whoever is to be exempt must be
    // listed at each of these levels.
    fn exempts(&self, caller: &Principal) -> bool {
        let lists = |matches: &dyn Fn(&Grantee) -> bool| {
            self.list
                .iter()
                .any(|grantee| *grantee == Grantee::Everyone || matches(grantee))
        };
        let account = || {
            lists(
                &|grantee| matches!(grantee, Grantee::Account(account) if Some(*account) == caller.account()),
            )
        };
        let direct = || lists(&|grantee| grantee.grant(caller) == Some(Grant::Direct));
        match caller {
            Principal::Anonymous | Principal::Federated { .. } | Principal::Service { .. } => {
                direct()
            }
            Principal::Root { .. } => account(),
            Principal::User { .. } | Principal::FederatedUser { .. } => account() && direct(),
            Principal::Role(_) => {
                let role = lists(&|grantee| {
                    matches!(grantee, Grantee::Role(_)) && grantee.grant(caller).is_some()
                });
                account() && role && direct()
            }
        }
    }

    pub(crate) fn arns(&self) -> impl Iterator<Item = &str> {
        self.list
            .iter()
            .filter_map(|grantee| grantee.entity().map(|entity| &*entity.arn))
    }

    pub(crate) fn pin(&mut self, ids: &BTreeMap<String, String>) {
        for grantee in &mut self.list {
            if let Grantee::User(entity) | Grantee::Role(entity) = grantee
                && let Some(id) = ids.get(&*entity.arn)
            {
                entity.unique_id = Some(id.as_str().into());
            }
        }
    }

    pub(crate) fn includes_everyone(&self) -> bool {
        !self.negated && self.list.contains(&Grantee::Everyone)
    }
}

fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        let edges = !label.starts_with('-') && !label.ends_with('-');
        !label.is_empty()
            && edges
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.contains('.') && text.split('.').all(label)
}

#[cfg(test)]
mod tests;
