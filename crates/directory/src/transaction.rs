//! A write: changes to rows and to the next snapshot, kept in step.

use std::sync::Arc;

use policy::AccountId;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{
    AccessKey, Account, AccountAlias, AccountView, Change, Group, InstanceProfile, KeyUse,
    ManagedPolicy, OidcProvider, PasswordPolicy, PrincipalUse, Role, Row, Shelved, Snapshot,
    SortedMap, StoreError, User, shelf,
};

const ACCOUNT: &str = "account";
const ALIAS: &str = "account-alias";
const PASSWORD_POLICY: &str = "password-policy";
const ROLE: &str = "role";
const USER: &str = "user";
const GROUP: &str = "group";
const PROFILE: &str = "instance-profile";
const KEY: &str = "access-key";
const POLICY: &str = "policy";
const PROVIDER: &str = "oidc-provider";
const SERVER: &str = "server";

/// A snapshot under change. Reads see the changes already made.
#[derive(Debug, Clone, Default)]
pub struct Transaction {
    snapshot: Snapshot,
    changes: Vec<Change>,
}

impl Transaction {
    pub(crate) fn new(snapshot: Snapshot) -> Self {
        Self {
            snapshot,
            changes: Vec::new(),
        }
    }

    pub(crate) fn into_parts(self) -> (Snapshot, Vec<Change>) {
        (self.snapshot, self.changes)
    }

    /// What exists, with this transaction's changes.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Adds an account.
    pub fn put_account(&mut self, account: Account) {
        self.put(ACCOUNT, account.id.to_string(), &account);
        self.place_account(account);
    }

    /// Gives an account its alias, in place of the one that it had. The caller has seen that no
    /// other account has it.
    pub fn put_alias(&mut self, account: AccountId, alias: AccountAlias) {
        self.put(ALIAS, account.to_string(), &alias);
        self.displace_alias(account);
        self.place_alias(account, alias);
    }

    /// Takes an account's alias away.
    pub fn delete_alias(&mut self, account: AccountId) {
        self.delete(ALIAS, account.to_string());
        self.displace_alias(account);
    }

    /// Sets an account's password policy.
    pub fn put_password_policy(&mut self, account: AccountId, policy: PasswordPolicy) {
        self.put(PASSWORD_POLICY, account.to_string(), &policy);
        self.view(account, |view| view.password_policy = Some(policy));
    }

    /// Takes an account's password policy away.
    pub fn delete_password_policy(&mut self, account: AccountId) {
        self.delete(PASSWORD_POLICY, account.to_string());
        self.view(account, |view| view.password_policy = None);
    }

    /// Adds or replaces a role; found by its unique id, so its name and path may change.
    pub fn put_role(&mut self, role: Role) {
        self.put(ROLE, role.id.clone(), &role);
        if let Some(old) = self.snapshot.roles_by_id.get(&role.id).cloned() {
            self.view(old.account, |view| {
                view.roles.remove(&old.name.folded());
            });
        }
        self.place_role(role);
    }

    /// Removes a role. Its sessions die with it: they name its unique id.
    pub fn delete_role(&mut self, role: &Role) {
        self.delete(ROLE, role.id.clone());
        self.unshelve::<PrincipalUse>(role.account, &role.id);
        self.snapshot.roles_by_id.remove(&role.id);
        self.view(role.account, |view| {
            view.roles.remove(&role.name.folded());
        });
    }

    /// Adds or replaces a user; found by its unique id, so its name and path may change. It is
    /// in the groups that it names from then on, and in no others.
    pub fn put_user(&mut self, user: User) {
        self.put(USER, user.id.clone(), &user);
        if let Some(old) = self.snapshot.users_by_id.get(&user.id).cloned() {
            self.displace_user(&old);
        }
        self.place_user(user);
    }

    /// Removes a user.
    pub fn delete_user(&mut self, user: &User) {
        self.delete(USER, user.id.clone());
        self.unshelve::<PrincipalUse>(user.account, &user.id);
        if let Some(old) = self.snapshot.users_by_id.remove(&user.id) {
            self.displace_user(&old);
        }
    }

    /// Adds or replaces a group; found by its unique id, so its name and path may change.
    pub fn put_group(&mut self, group: Group) {
        self.put(GROUP, group.id.clone(), &group);
        if let Some(old) = self.snapshot.groups_by_id.get(&group.id).cloned() {
            self.view(old.account, |view| {
                view.groups.remove(&old.name.folded());
            });
        }
        self.place_group(group);
    }

    /// Removes a group, and nothing from its members: the caller has seen that there are none.
    pub fn delete_group(&mut self, group: &Group) {
        self.delete(GROUP, group.id.clone());
        self.snapshot.groups_by_id.remove(&group.id);
        self.view(group.account, |view| {
            view.groups.remove(&group.name.folded());
        });
    }

    /// Adds or replaces an instance profile. It holds the role that it names from then on, and
    /// no other.
    pub fn put_instance_profile(&mut self, profile: InstanceProfile) {
        self.put(PROFILE, profile.id.clone(), &profile);
        self.displace_instance_profile(&profile);
        self.place_instance_profile(profile);
    }

    /// Removes an instance profile.
    pub fn delete_instance_profile(&mut self, profile: &InstanceProfile) {
        self.delete(PROFILE, profile.id.clone());
        self.displace_instance_profile(profile);
    }

    /// Adds or replaces an access key.
    pub fn put_key(&mut self, key: AccessKey) {
        self.put(KEY, key.id.clone(), &key);
        self.snapshot.keys.insert(key.id.clone(), Arc::new(key));
    }

    /// Removes an access key.
    pub fn delete_key(&mut self, id: &str) {
        self.delete(KEY, id.to_owned());
        if let Some(key) = self.snapshot.keys.remove(id) {
            self.unshelve::<KeyUse>(key.account, id);
        }
    }

    /// Adds or replaces a managed policy.
    pub fn put_policy(&mut self, policy: ManagedPolicy) {
        self.put(POLICY, policy.arn(), &policy);
        self.place_policy(policy);
    }

    /// Removes a managed policy.
    pub fn delete_policy(&mut self, policy: &ManagedPolicy) {
        let arn = policy.arn();
        self.delete(POLICY, arn.clone());
        self.view(policy.account, |view| {
            view.policies.remove(&arn);
        });
    }

    /// Adds or replaces an OIDC provider.
    pub fn put_provider(&mut self, provider: OidcProvider) {
        self.put(PROVIDER, provider.arn(), &provider);
        self.place_provider(provider);
    }

    /// Removes an OIDC provider.
    pub fn delete_provider(&mut self, provider: &OidcProvider) {
        self.delete(PROVIDER, provider.arn());
        let url = provider.url.without_scheme().to_owned();
        self.view(provider.account, |view| {
            view.providers.remove(&url);
        });
    }

    /// Adds an entity to its shelf, or replaces the one with its key.
    pub fn shelve<T: Shelved>(&mut self, entity: T) {
        self.put(T::KIND, row_key(entity.account(), &entity.key()), &entity);
        self.place_shelved(entity);
    }

    /// Takes the entity with this key from its shelf.
    pub fn unshelve<T: Shelved>(&mut self, account: AccountId, key: &str) {
        self.delete(T::KIND, row_key(account, key));
        let mut had = None;
        self.view(account, |view| {
            had = T::shelf_mut(&mut view.shelves).remove(key)
        });
        if let Some(had) = had {
            had.displaced(&mut self.snapshot);
        }
    }

    /// Keeps a piece of the server's own state; the caller has sealed what is secret in it.
    pub fn put_server_state(&mut self, name: &str, text: &str) {
        self.put(SERVER, name.to_owned(), &text);
        self.snapshot.server.insert(name.to_owned(), text.into());
    }

    /// Forgets a piece of the server's own state.
    pub fn delete_server_state(&mut self, name: &str) {
        self.delete(SERVER, name.to_owned());
        self.snapshot.server.remove(name);
    }

    /// Places a stored row in the snapshot, without a change to the store. Rows come by kind,
    /// and `account` sorts before everything that is in one.
    pub(crate) fn load(&mut self, row: &Row) -> Result<(), StoreError> {
        match row.kind.as_str() {
            ACCOUNT => {
                let account = read(row)?;
                self.place_account(account);
            }
            ALIAS => {
                let alias = read(row)?;
                self.place_alias(account_of(row)?, alias);
            }
            PASSWORD_POLICY => {
                let policy = read(row)?;
                self.view(account_of(row)?, |view| view.password_policy = Some(policy));
            }
            ROLE => {
                let role = read(row)?;
                self.place_role(role);
            }
            USER => {
                let user = read(row)?;
                self.place_user(user);
            }
            GROUP => {
                let group = read(row)?;
                self.place_group(group);
            }
            PROFILE => {
                let profile = read(row)?;
                self.place_instance_profile(profile);
            }
            KEY => {
                let key: AccessKey = read(row)?;
                self.snapshot.keys.insert(key.id.clone(), Arc::new(key));
            }
            POLICY => {
                let policy = read(row)?;
                self.place_policy(policy);
            }
            PROVIDER => {
                let provider = read(row)?;
                self.place_provider(provider);
            }
            SERVER => {
                let text: String = read(row)?;
                self.snapshot.server.insert(row.key.clone(), text.into());
            }
            _ => {
                let unknown = || Err(bad(row, "this version does not know this kind"));
                return shelf::load(self, row).unwrap_or_else(unknown);
            }
        }
        Ok(())
    }

    pub(crate) fn load_shelved<T: Shelved>(&mut self, row: &Row) -> Result<(), StoreError> {
        let entity: T = read(row)?;
        self.place_shelved(entity);
        Ok(())
    }

    fn place_shelved<T: Shelved>(&mut self, entity: T) {
        entity.placed(&mut self.snapshot);
        self.view(entity.account(), |view| {
            T::shelf_mut(&mut view.shelves).insert(entity.key(), Arc::new(entity));
        });
    }

    fn place_account(&mut self, account: Account) {
        let id = account.id;
        let account = Arc::new(account);
        let view = match self.snapshot.accounts.get(&id) {
            Some(view) => AccountView {
                account,
                ..view.clone()
            },
            None => AccountView::new(account),
        };
        self.snapshot.accounts.insert(id, view);
    }

    fn place_alias(&mut self, account: AccountId, alias: AccountAlias) {
        self.snapshot.aliases.insert(alias.clone(), account);
        self.view(account, |view| view.alias = Some(alias));
    }

    fn displace_alias(&mut self, account: AccountId) {
        let mut had = None;
        self.view(account, |view| had = view.alias.take());
        if let Some(alias) = had {
            self.snapshot.aliases.remove(&alias);
        }
    }

    fn place_role(&mut self, role: Role) {
        let role = Arc::new(role);
        let shared = Arc::clone(&role);
        self.view(role.account, |view| {
            view.roles.insert(shared.name.folded(), shared);
        });
        self.snapshot.roles_by_id.insert(role.id.clone(), role);
    }

    fn place_user(&mut self, user: User) {
        let user = Arc::new(user);
        let shared = Arc::clone(&user);
        self.view(user.account, |view| {
            let name = shared.name.folded();
            for group in &shared.groups {
                enlist(&mut view.members, group, &name, Arc::clone(&shared));
            }
            view.users.insert(name, shared);
        });
        self.snapshot.users_by_id.insert(user.id.clone(), user);
    }

    /// Takes a user, as it was last placed, out of its account and its groups.
    fn displace_user(&mut self, user: &User) {
        self.view(user.account, |view| {
            let name = user.name.folded();
            for group in &user.groups {
                delist(&mut view.members, group, &name);
            }
            view.users.remove(&name);
        });
    }

    fn place_group(&mut self, group: Group) {
        let group = Arc::new(group);
        let shared = Arc::clone(&group);
        self.view(group.account, |view| {
            view.groups.insert(shared.name.folded(), shared);
        });
        self.snapshot.groups_by_id.insert(group.id.clone(), group);
    }

    fn place_instance_profile(&mut self, profile: InstanceProfile) {
        let profile = Arc::new(profile);
        self.view(profile.account, |view| {
            let name = profile.name.folded();
            if let Some(role) = &profile.role {
                enlist(&mut view.profiles_of, role, &name, Arc::clone(&profile));
            }
            view.instance_profiles.insert(name, Arc::clone(&profile));
        });
    }

    /// Takes an instance profile, as it was last placed, out of its account and from its role.
    fn displace_instance_profile(&mut self, profile: &InstanceProfile) {
        let name = profile.name.folded();
        self.view(profile.account, |view| {
            let old = view.instance_profiles.remove(&name);
            if let Some(role) = old.as_ref().and_then(|old| old.role.as_ref()) {
                delist(&mut view.profiles_of, role, &name);
            }
        });
    }

    fn place_policy(&mut self, policy: ManagedPolicy) {
        self.view(policy.account, |view| {
            view.policies.insert(policy.arn(), Arc::new(policy));
        });
    }

    fn place_provider(&mut self, provider: OidcProvider) {
        self.view(provider.account, |view| {
            let url = provider.url.without_scheme().to_owned();
            view.providers.insert(url, Arc::new(provider));
        });
    }

    fn view(&mut self, account: AccountId, change: impl FnOnce(&mut AccountView)) {
        if let Some(view) = self.snapshot.accounts.get_mut(&account) {
            change(view);
        }
    }

    fn put<T: Serialize + ?Sized>(&mut self, kind: &str, key: String, entity: &T) {
        match serde_json::to_string(entity) {
            Ok(body) => self.changes.push(Change::Put(Row {
                kind: kind.to_owned(),
                key,
                body,
            })),
            // INVARIANT: entities hold only strings, numbers and maps with string keys.
            Err(error) => tracing::error!(kind, key, %error, "an entity could not be written"),
        }
    }

    fn delete(&mut self, kind: &'static str, key: String) {
        self.changes.push(Change::Delete { kind, key });
    }
}

/// Lists an entity under `owner`, by its folded name.
fn enlist<T: Clone>(
    lists: &mut SortedMap<String, SortedMap<String, T>>,
    owner: &String,
    name: &str,
    entity: T,
) {
    match lists.get_mut(owner) {
        Some(list) => list.insert(name.to_owned(), entity),
        None => {
            let mut list = SortedMap::default();
            list.insert(name.to_owned(), entity);
            lists.insert(owner.clone(), list);
        }
    }
}

/// Takes an entity off the list of `owner`, and an empty list away.
fn delist<T: Clone>(
    lists: &mut SortedMap<String, SortedMap<String, T>>,
    owner: &String,
    name: &str,
) {
    let Some(list) = lists.get_mut(owner) else {
        return;
    };
    list.remove(name);
    if list.is_empty() {
        lists.remove(owner);
    }
}

/// The key of a shelved entity's row.
fn row_key(account: AccountId, key: &str) -> String {
    format!("{account}/{key}")
}

/// The account that a row is about by its key.
fn account_of(row: &Row) -> Result<AccountId, StoreError> {
    let parsed = row.key.parse();
    parsed.map_err(|_| bad(row, "the key is no account"))
}

fn read<T: DeserializeOwned>(row: &Row) -> Result<T, StoreError> {
    serde_json::from_str(&row.body).map_err(|error| bad(row, &error.to_string()))
}

fn bad(row: &Row, reason: &str) -> StoreError {
    StoreError::BadRow {
        kind: row.kind.clone(),
        key: row.key.clone(),
        reason: reason.to_owned(),
    }
}
