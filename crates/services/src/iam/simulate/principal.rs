//! The principal whose requests are simulated.

use std::sync::Arc;

use directory::{AccountView, Group, Role, Snapshot, Tags, User};
use door::{Caller, Layers, Need};
use jiff::Timestamp;
use policy::{AccountId, Arn, InvalidArn, Policy, Principal, RoleSession};
use session::{Session, SessionKind, SessionName, SessionPolicies};

use crate::handle::At;
use crate::iam::fault::{no_such, no_such_provider, unclear_entity as unclear};
use crate::iam::{needs, oidc_providers};
use crate::wire::{Fault, Operation};

/// The name of the session when only a role is named. Policies never see it: see
/// [`Supposed::hidden`].
const SESSION: &str = "simulated";
/// How long such a session lasts, in seconds; nothing is decided on it.
const SECONDS: i64 = 3600;

/// A principal by its ARN, of whatever there may or may not be.
pub(super) struct Named<'t> {
    arn: &'t str,
    account: AccountId,
    kind: Kind<'t>,
}

enum Kind<'t> {
    User(&'t str),
    Group(&'t str),
    Role(&'t str),
    /// A session by its role's name and its own.
    Session(&'t str, SessionName),
    Root,
    Provider,
}

/// A caller that nobody has proven to be there.
#[derive(Clone)]
pub(super) struct Supposed {
    pub(super) caller: Caller,
    /// What its inline policies are attached to, as results have it.
    pub(super) holder: &'static str,
    /// Keys that such a caller has, and whose values nobody can know.
    pub(super) hidden: &'static [&'static str],
    /// Keys that follow from its ARN.
    pub(super) keys: Vec<(&'static str, String)>,
    /// Those of its inline policies that it has from groups.
    pub(super) of_groups: Vec<Arc<Policy>>,
    /// The group that stands for any of its members.
    group: Option<Arc<Group>>,
}

impl Supposed {
    fn of(caller: Caller, holder: &'static str) -> Self {
        Self {
            caller,
            holder,
            hidden: &[],
            keys: Vec::new(),
            of_groups: Vec::new(),
            group: None,
        }
    }

    /// Somebody of an account, of whom no more is known.
    pub(super) fn unknown(account: AccountId) -> Result<Self, Fault> {
        let arn = format!("arn:aws:iam::{account}:user/{SESSION}");
        let principal = Principal::User {
            account,
            arn: arn.parse().map_err(|_| unclear(&arn))?,
            unique_id: String::new(),
        };
        Ok(Self {
            hidden: &[
                "aws:userid",
                "aws:PrincipalArn",
                "aws:PrincipalType",
                "aws:PrincipalIsAWSService",
            ],
            ..Self::of(Caller::supposed(principal), "none")
        })
    }
}

impl Supposed {
    /// What is attached to it.
    pub(super) fn layers<'s>(&'s self, snapshot: &'s Snapshot) -> Layers<'s> {
        match &self.group {
            Some(group) => Layers::of_group(snapshot, group).under(snapshot, &self.caller),
            None => Layers::of(snapshot, &self.caller),
        }
    }
}

impl<'t> Named<'t> {
    /// # Errors
    /// `InvalidInput` when it isn't the ARN of a user, group, role or, beyond AWS, of a role's
    /// session, an account's root or an OIDC provider.
    pub(super) fn parse(arn: &'t str) -> Result<Self, Fault> {
        let unclear = || unclear(arn);
        let parsed: Arn = arn.parse().map_err(|_| unclear())?;
        let account = parsed.account().parse().map_err(|_| unclear())?;
        let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
        let name_of = |path: &'t str| path.rsplit('/').next().filter(|it| !it.is_empty());
        let (kind, rest) = resource.split_once('/').unwrap_or((resource, ""));
        let kind = match (parsed.service(), kind) {
            ("iam", "user") => Kind::User(name_of(rest).ok_or_else(unclear)?),
            ("iam", "group") => Kind::Group(name_of(rest).ok_or_else(unclear)?),
            ("iam", "role") => Kind::Role(name_of(rest).ok_or_else(unclear)?),
            ("iam", "root") if rest.is_empty() => Kind::Root,
            ("iam", "oidc-provider") if !rest.is_empty() => Kind::Provider,
            ("sts", "assumed-role") => {
                let (role, session) = rest.split_once('/').ok_or_else(unclear)?;
                Kind::Session(role, session.parse().map_err(|_| unclear())?)
            }
            _ => return Err(unclear()),
        };
        Ok(Self { arn, account, kind })
    }

    /// `O` on it; for a session, on its role (Service Authorization Reference, "Actions defined
    /// by IAM"). Nobody may simulate another account's principals.
    pub(super) fn need<O: Operation>(&self, at: &At<'_>) -> Need {
        let snapshot = at.snapshot();
        let view = snapshot.account(self.account);
        let need = needs::action::<O>(self.entity_arn(view)).owner(self.account);
        match view.and_then(|view| self.tags(view)) {
            Some(tags) if self.account == at.account => needs::resource_tags(need, tags),
            _ => need,
        }
    }

    /// It as it is now, with what is attached to it.
    ///
    /// # Errors
    /// `NoSuchEntity`.
    pub(super) fn existing(&self, snapshot: &Snapshot, now: Timestamp) -> Result<Supposed, Fault> {
        let view = snapshot.account(self.account);
        match &self.kind {
            Kind::User(name) => {
                let user = view.and_then(|view| self.user(view, name));
                let user = user.ok_or_else(|| no_such("user", name))?;
                let caller = Caller::user(Arc::clone(user), "");
                let groups = user.groups.iter();
                let groups = groups.filter_map(|id| snapshot.group_by_id(id));
                let inline = groups.flat_map(|group| group.inline.values());
                Ok(Supposed {
                    of_groups: inline.map(|it| it.policy()).collect(),
                    ..Supposed::of(caller.map_err(|_| unclear(self.arn))?, "user")
                })
            }
            Kind::Group(name) => {
                let group = view.and_then(|view| self.group(view, name));
                let group = group.ok_or_else(|| no_such("group", name))?;
                Ok(Supposed {
                    holder: "group",
                    group: Some(Arc::clone(group)),
                    ..Supposed::unknown(self.account)?
                })
            }
            Kind::Role(name) => {
                let role = view.and_then(|view| self.role(view, name));
                let role = role.ok_or_else(|| no_such("role", name))?;
                let session = SESSION.parse().map_err(|_| unclear(self.arn))?;
                Ok(Supposed {
                    hidden: &["aws:userid"],
                    ..self.session_of(role, session, now)?
                })
            }
            Kind::Session(name, session) => {
                let role = view.and_then(|view| view.role(name));
                let role = role.filter(|it| it.name.as_str() == *name);
                let role = role.ok_or_else(|| no_such("role", name))?;
                self.session_of(role, session.clone(), now)
            }
            Kind::Root => {
                let account = self.account;
                view.ok_or_else(|| no_such("account", &account.to_string()))?;
                let caller = Caller::supposed(Principal::Root { account });
                Ok(Supposed::of(caller, "none"))
            }
            Kind::Provider => {
                let found = view.and_then(|view| oidc_providers::find(view, self.arn));
                found.ok_or_else(|| no_such_provider(self.arn))?;
                Ok(self.of_provider())
            }
        }
    }

    /// What follows from its ARN alone, whether or not it is there. Unique ids are added for
    /// `own`, the account that asks: policies that are stored name principals by them.
    ///
    /// # Errors
    /// `InvalidInput` for a group, which calls nothing.
    pub(super) fn by_arn_alone(
        &self,
        snapshot: &Snapshot,
        own: AccountId,
    ) -> Result<Supposed, Fault> {
        let is_own = self.account == own;
        let view = snapshot.account(self.account).filter(|_| is_own);
        let account = self.account;
        let entity = self.entity_arn(view);
        let id = snapshot.unique_id(&entity).filter(|_| is_own);
        let id = id.unwrap_or_default();
        let parse = |arn: &str| arn.parse().map_err(|_: InvalidArn| unclear(arn));
        let role = |role: &str, session: &str| {
            let session_arn = format!("arn:aws:sts::{account}:assumed-role/{role}/{session}");
            Ok::<_, Fault>(Principal::Role(Box::new(RoleSession {
                account,
                role_arn: parse(&entity)?,
                role_id: id.clone(),
                session_arn: parse(&session_arn)?,
                session_name: session.to_owned(),
                federated_provider: None,
            })))
        };
        let (principal, hides, keys) = match &self.kind {
            Kind::User(name) => {
                let principal = Principal::User {
                    account,
                    arn: parse(self.arn)?,
                    unique_id: id.clone(),
                };
                let keys = vec![("aws:username", (*name).to_owned())];
                (principal, id.is_empty(), keys)
            }
            Kind::Group(_) => return Err(unclear(self.arn)),
            Kind::Role(name) => (role(name, SESSION)?, true, Vec::new()),
            Kind::Session(name, session) => {
                let principal = role(name, session.as_str())?;
                (principal, id.is_empty(), Vec::new())
            }
            Kind::Root => (Principal::Root { account }, false, Vec::new()),
            Kind::Provider => return Ok(self.of_provider()),
        };
        let supposed = Supposed::of(Caller::supposed(principal), "none");
        let hidden: &[&str] = if hides { &["aws:userid"] } else { &[] };
        Ok(Supposed {
            hidden,
            keys,
            ..supposed
        })
    }

    /// The caller of `AssumeRoleWithWebIdentity` with some token of the provider.
    fn of_provider(&self) -> Supposed {
        Supposed {
            keys: vec![("aws:FederatedProvider", self.arn.to_owned())],
            ..Supposed::of(Caller::web_identity(self.arn, "", ""), "none")
        }
    }

    /// A session of a role, issued now by `AssumeRole`, without tags, policies or MFA.
    fn session_of(
        &self,
        role: &Arc<Role>,
        name: SessionName,
        now: Timestamp,
    ) -> Result<Supposed, Fault> {
        let issued_at = now.as_second();
        let session = Session {
            account: role.account,
            kind: SessionKind::Role {
                role_id: role.id.clone(),
            },
            name,
            issued_at,
            expires_at: issued_at + SECONDS,
            source_identity: None,
            tags: Vec::new(),
            policies: SessionPolicies::default(),
            federated: None,
            mfa: None,
            chained: false,
            attested: Vec::new(),
        };
        let caller = Caller::role(Arc::clone(role), Arc::new(session), "");
        Ok(Supposed::of(caller.map_err(|_| unclear(self.arn))?, "role"))
    }

    /// Its own ARN; for a session, its role's, with the path if the role is there.
    fn entity_arn(&self, view: Option<&AccountView>) -> String {
        let Kind::Session(name, _) = &self.kind else {
            return self.arn.to_owned();
        };
        let role = view.and_then(|view| view.role(name));
        let unknown = || format!("arn:aws:iam::{}:role/{name}", self.account);
        role.map_or_else(unknown, |role| role.arn())
    }

    fn tags<'v>(&self, view: &'v AccountView) -> Option<&'v Tags> {
        match &self.kind {
            Kind::User(name) => Some(&self.user(view, name)?.tags),
            Kind::Role(name) => Some(&self.role(view, name)?.tags),
            Kind::Session(name, _) => Some(&view.role(name)?.tags),
            Kind::Group(_) | Kind::Root | Kind::Provider => None,
        }
    }

    fn user<'v>(&self, view: &'v AccountView, name: &str) -> Option<&'v Arc<User>> {
        view.user(name).filter(|user| user.arn() == self.arn)
    }

    fn group<'v>(&self, view: &'v AccountView, name: &str) -> Option<&'v Arc<Group>> {
        view.group(name).filter(|group| group.arn() == self.arn)
    }

    fn role<'v>(&self, view: &'v AccountView, name: &str) -> Option<&'v Arc<Role>> {
        view.role(name).filter(|role| role.arn() == self.arn)
    }
}
