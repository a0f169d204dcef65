//! The read model: everything that exists at one moment.

use std::sync::Arc;

use policy::{AccountId, Policy};

use crate::catalogue;
use crate::name::fold;
use crate::{
    AccessKey, Account, AccountAlias, Group, InstanceProfile, ManagedPolicy, OidcProvider,
    PasswordPolicy, Role, Shelves, SortedMap, User,
};

/// Everything that exists at one moment. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    pub(crate) accounts: SortedMap<AccountId, AccountView>,
    pub(crate) roles_by_id: SortedMap<String, Arc<Role>>,
    pub(crate) users_by_id: SortedMap<String, Arc<User>>,
    pub(crate) groups_by_id: SortedMap<String, Arc<Group>>,
    pub(crate) keys: SortedMap<String, Arc<AccessKey>>,
    /// The account of each alias.
    pub(crate) aliases: SortedMap<AccountAlias, AccountId>,
    /// The management account of each account that is in an organization.
    pub(crate) organized: SortedMap<AccountId, AccountId>,
    /// Sealed state of the server itself, by name.
    pub(crate) server: SortedMap<String, Arc<str>>,
}

/// One account's entities, by folded name or by ARN.
#[derive(Debug, Clone)]
pub struct AccountView {
    pub(crate) account: Arc<Account>,
    pub(crate) alias: Option<AccountAlias>,
    pub(crate) password_policy: Option<PasswordPolicy>,
    pub(crate) roles: SortedMap<String, Arc<Role>>,
    pub(crate) users: SortedMap<String, Arc<User>>,
    pub(crate) groups: SortedMap<String, Arc<Group>>,
    /// The members of each group that has any: by the group's unique id, and then by the
    /// user's folded name.
    pub(crate) members: SortedMap<String, SortedMap<String, Arc<User>>>,
    pub(crate) instance_profiles: SortedMap<String, Arc<InstanceProfile>>,
    /// The instance profiles of each role that is in any: by the role's unique id, and then by
    /// the profile's folded name.
    pub(crate) profiles_of: SortedMap<String, SortedMap<String, Arc<InstanceProfile>>>,
    pub(crate) policies: SortedMap<String, Arc<ManagedPolicy>>,
    pub(crate) providers: SortedMap<String, Arc<OidcProvider>>,
    pub(crate) shelves: Shelves,
}

/// A managed policy that can be attached: a customer's, or one of AWS's catalogue.
#[derive(Debug, Clone)]
pub enum AttachedPolicy {
    /// In an account of this directory.
    Customer(Arc<ManagedPolicy>),
    /// AWS managed.
    Aws(&'static catalogue::ManagedPolicy),
}

impl AttachedPolicy {
    /// Its compiled default version; evaluated live, as AWS does.
    #[must_use]
    pub fn policy(&self) -> Arc<Policy> {
        match self {
            Self::Customer(policy) => policy
                .default_document()
                .map_or_else(|| Arc::new(Policy::deny_all()), |it| it.policy()),
            Self::Aws(policy) => policy.policy(),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Customer(policy) => policy.name.as_str(),
            Self::Aws(policy) => &policy.name,
        }
    }
}

impl Snapshot {
    /// An account's entities.
    #[must_use]
    pub fn account(&self, id: AccountId) -> Option<&AccountView> {
        self.accounts.get(&id)
    }

    /// Every account, by number.
    pub fn accounts(&self) -> impl Iterator<Item = &AccountView> {
        self.accounts.iter().map(|(_, view)| view)
    }

    /// A role by its unique id.
    #[must_use]
    pub fn role_by_id(&self, id: &str) -> Option<&Arc<Role>> {
        self.roles_by_id.get(id)
    }

    /// A user by its unique id.
    #[must_use]
    pub fn user_by_id(&self, id: &str) -> Option<&Arc<User>> {
        self.users_by_id.get(id)
    }

    /// A group by its unique id.
    #[must_use]
    pub fn group_by_id(&self, id: &str) -> Option<&Arc<Group>> {
        self.groups_by_id.get(id)
    }

    /// An access key.
    #[must_use]
    pub fn key(&self, id: &str) -> Option<&Arc<AccessKey>> {
        self.keys.get(id)
    }

    /// Every access key, by key id.
    pub fn keys(&self) -> impl Iterator<Item = &Arc<AccessKey>> {
        self.keys.iter().map(|(_, key)| key)
    }

    /// The access keys of the user with this unique id, by key id.
    pub fn keys_of<'a>(&'a self, user_id: &'a str) -> impl Iterator<Item = &'a Arc<AccessKey>> {
        self.keys().filter(move |key| key.user_id == user_id)
    }

    /// The account with this alias.
    #[must_use]
    pub fn account_by_alias(&self, alias: &AccountAlias) -> Option<AccountId> {
        self.aliases.get(alias).copied()
    }

    /// A piece of the server's own sealed state.
    #[must_use]
    pub fn server_state(&self, name: &str) -> Option<&Arc<str>> {
        self.server.get(name)
    }

    /// Every piece of the server's own state whose name begins with `prefix`.
    pub fn server_states<'a>(
        &'a self,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a String, &'a Arc<str>)> {
        self.server
            .iter()
            .filter(move |(name, _)| name.starts_with(prefix))
    }

    /// The present unique id of the user or role with this ARN.
    #[must_use]
    pub fn unique_id(&self, arn: &str) -> Option<String> {
        if let Some(role) = self.role_by_arn(arn) {
            return Some(role.id.clone());
        }
        let (account, name) = entity_of(arn, "user/")?;
        let user = self.account(account)?.user(name)?;
        (user.arn() == arn).then(|| user.id.clone())
    }

    /// The role with exactly this ARN.
    #[must_use]
    pub fn role_by_arn(&self, arn: &str) -> Option<&Arc<Role>> {
        let (account, name) = entity_of(arn, "role/")?;
        let role = self.account(account)?.role(name)?;
        (role.arn() == arn).then_some(role)
    }

    /// The managed policy with this ARN that `account` can attach: its own, or AWS's.
    #[must_use]
    pub fn attachable(&self, account: AccountId, arn: &str) -> Option<AttachedPolicy> {
        if let Some(policy) = self.account(account).and_then(|view| view.policy(arn)) {
            return Some(AttachedPolicy::Customer(Arc::clone(policy)));
        }
        catalogue::find(arn).map(AttachedPolicy::Aws)
    }
}

impl AccountView {
    pub(crate) fn new(account: Arc<Account>) -> Self {
        Self {
            account,
            alias: None,
            password_policy: None,
            roles: SortedMap::default(),
            users: SortedMap::default(),
            groups: SortedMap::default(),
            members: SortedMap::default(),
            instance_profiles: SortedMap::default(),
            profiles_of: SortedMap::default(),
            policies: SortedMap::default(),
            providers: SortedMap::default(),
            shelves: Shelves::default(),
        }
    }

    /// The account.
    #[must_use]
    pub fn account(&self) -> &Arc<Account> {
        &self.account
    }

    /// Its alias.
    #[must_use]
    pub fn alias(&self) -> Option<&AccountAlias> {
        self.alias.as_ref()
    }

    /// Its password policy, if one has been set.
    #[must_use]
    pub fn password_policy(&self) -> Option<&PasswordPolicy> {
        self.password_policy.as_ref()
    }

    /// A role by name, in any case.
    #[must_use]
    pub fn role(&self, name: &str) -> Option<&Arc<Role>> {
        self.roles.get(&fold(name))
    }

    /// A user by name, in any case.
    #[must_use]
    pub fn user(&self, name: &str) -> Option<&Arc<User>> {
        self.users.get(&fold(name))
    }

    /// A group by name, in any case.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<&Arc<Group>> {
        self.groups.get(&fold(name))
    }

    /// An instance profile by name, in any case.
    #[must_use]
    pub fn instance_profile(&self, name: &str) -> Option<&Arc<InstanceProfile>> {
        self.instance_profiles.get(&fold(name))
    }

    /// A customer managed policy by ARN.
    #[must_use]
    pub fn policy(&self, arn: &str) -> Option<&Arc<ManagedPolicy>> {
        self.policies.get(arn)
    }

    /// An OIDC provider by the ARN's `HOST/PATH` part, i.e. the issuer without its scheme.
    #[must_use]
    pub fn provider(&self, host_and_path: &str) -> Option<&Arc<OidcProvider>> {
        self.providers.get(host_and_path)
    }

    /// The roles, by folded name.
    #[must_use]
    pub fn roles(&self) -> &SortedMap<String, Arc<Role>> {
        &self.roles
    }

    /// The users, by folded name.
    #[must_use]
    pub fn users(&self) -> &SortedMap<String, Arc<User>> {
        &self.users
    }

    /// The groups, by folded name.
    #[must_use]
    pub fn groups(&self) -> &SortedMap<String, Arc<Group>> {
        &self.groups
    }

    /// The users in the group with this unique id, by folded name.
    pub fn members(&self, group_id: &str) -> impl Iterator<Item = (&String, &Arc<User>)> {
        let members = self.members.get(group_id);
        members.into_iter().flat_map(SortedMap::iter)
    }

    /// The instance profiles, by folded name.
    #[must_use]
    pub fn instance_profiles(&self) -> &SortedMap<String, Arc<InstanceProfile>> {
        &self.instance_profiles
    }

    /// The instance profiles that hold the role with this unique id, by folded name.
    pub fn profiles_of(
        &self,
        role_id: &str,
    ) -> impl Iterator<Item = (&String, &Arc<InstanceProfile>)> {
        let profiles = self.profiles_of.get(role_id);
        profiles.into_iter().flat_map(SortedMap::iter)
    }

    /// The customer managed policies, by ARN.
    #[must_use]
    pub fn policies(&self) -> &SortedMap<String, Arc<ManagedPolicy>> {
        &self.policies
    }

    /// The OIDC providers, by issuer without scheme.
    #[must_use]
    pub fn providers(&self) -> &SortedMap<String, Arc<OidcProvider>> {
        &self.providers
    }
}

/// Account and name in `arn:aws:iam::A:<kind>path/Name`.
fn entity_of<'a>(arn: &'a str, kind: &str) -> Option<(AccountId, &'a str)> {
    let rest = arn.strip_prefix("arn:aws:iam::")?;
    let (account, resource) = rest.split_once(':')?;
    let name = resource.strip_prefix(kind)?.rsplit('/').next()?;
    Some((account.parse().ok()?, name))
}
