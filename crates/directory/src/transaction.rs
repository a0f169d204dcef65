//! A write: changes to rows and to the next snapshot, kept in step.

use std::sync::Arc;

use policy::AccountId;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{
    AccessKey, Account, AccountView, Change, Group, ManagedPolicy, OidcProvider, Role, Row,
    Snapshot, SortedMap, StoreError, User,
};

const ACCOUNT: &str = "account";
const ROLE: &str = "role";
const USER: &str = "user";
const GROUP: &str = "group";
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

    /// Adds or replaces an access key.
    pub fn put_key(&mut self, key: AccessKey) {
        self.put(KEY, key.id.clone(), &key);
        self.snapshot.keys.insert(key.id.clone(), Arc::new(key));
    }

    /// Removes an access key.
    pub fn delete_key(&mut self, id: &str) {
        self.delete(KEY, id.to_owned());
        self.snapshot.keys.remove(id);
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

    /// Keeps a piece of the server's own state; the caller has sealed what is secret in it.
    pub fn put_server_state(&mut self, name: &str, text: &str) {
        self.put(SERVER, name.to_owned(), &text);
        self.snapshot.server.insert(name.to_owned(), text.into());
    }

    /// Places a stored row in the snapshot, without a change to the store. Rows come by kind,
    /// and `account` sorts before everything that is in one.
    pub(crate) fn load(&mut self, row: &Row) -> Result<(), StoreError> {
        match row.kind.as_str() {
            ACCOUNT => {
                let account = read(row)?;
                self.place_account(account);
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
            _ => return Err(bad(row, "this version does not know this kind")),
        }
        Ok(())
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
                let user = Arc::clone(&shared);
                match view.members.get_mut(group) {
                    Some(members) => members.insert(name.clone(), user),
                    None => {
                        let mut members = SortedMap::default();
                        members.insert(name.clone(), user);
                        view.members.insert(group.clone(), members);
                    }
                }
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
                let Some(members) = view.members.get_mut(group) else {
                    continue;
                };
                members.remove(&name);
                if members.is_empty() {
                    view.members.remove(group);
                }
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
