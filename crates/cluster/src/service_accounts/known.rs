//! What the watch has told: every account's annotations, by namespace and name.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use k8s_openapi::api::core::v1::ServiceAccount;
use kube::ResourceExt;
use kube::api::PartialObjectMeta;
use kube::runtime::watcher::Event;
use serde_json::{Map, Value};

use crate::webhook::AnnotatedAccount;

type Accounts = HashMap<Box<str>, Arc<AnnotatedAccount>>;

/// Most accounts of a cluster say nothing, so those share one entry.
#[derive(Default)]
pub(super) struct Known {
    accounts: RwLock<Accounts>,
    /// A list that is under way; it takes the place of the accounts when it is whole.
    listed: Mutex<Accounts>,
    silent: Arc<AnnotatedAccount>,
}

impl Known {
    pub(super) fn get(&self, namespace: &str, name: &str) -> Option<Arc<AnnotatedAccount>> {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        accounts.get(key(namespace, name).as_str()).cloned()
    }

    /// What the watch says.
    pub(super) fn apply(
        &self,
        event: Event<PartialObjectMeta<ServiceAccount>>,
        read: impl Fn(&PartialObjectMeta<ServiceAccount>) -> AnnotatedAccount,
    ) {
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Init => *listed = Accounts::new(),
            Event::InitApply(object) => {
                listed.insert(key_of(&object), self.entry(read(&object)));
            }
            Event::InitDone => *self.write() = std::mem::take(&mut *listed),
            Event::Apply(object) => {
                let entry = self.entry(read(&object));
                self.write().insert(key_of(&object), entry);
            }
            Event::Delete(object) => {
                self.write().remove(&key_of(&object));
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        accounts.len()
    }

    pub(super) fn map(&self, entry: impl Fn(&AnnotatedAccount) -> Value) -> Map<String, Value> {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        let pairs = accounts
            .iter()
            .map(|(key, it)| (key.to_string(), entry(it)));
        pairs.collect()
    }

    pub(super) fn clear(&self) {
        self.write().clear();
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Accounts> {
        self.accounts
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn entry(&self, account: AnnotatedAccount) -> Arc<AnnotatedAccount> {
        match account == *self.silent {
            true => Arc::clone(&self.silent),
            false => Arc::new(account),
        }
    }
}

/// Neither name can have a slash (Kubernetes, "Object Names and IDs").
fn key(namespace: &str, name: &str) -> String {
    format!("{namespace}/{name}")
}

fn key_of(object: &PartialObjectMeta<ServiceAccount>) -> Box<str> {
    let namespace = object.namespace().unwrap_or_default();
    key(&namespace, &object.name_any()).into_boxed_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(namespace: &str, name: &str, role: &str) -> PartialObjectMeta<ServiceAccount> {
        serde_json::from_value(json!({
            "apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata",
            "metadata": {"namespace": namespace, "name": name, "annotations": {"p/role-arn": role}},
        }))
        .unwrap()
    }

    fn read(object: &PartialObjectMeta<ServiceAccount>) -> AnnotatedAccount {
        AnnotatedAccount::of_metadata(&json!({"annotations": object.annotations()}), "p")
    }

    fn role(known: &Known, namespace: &str, name: &str) -> Option<String> {
        known.get(namespace, name)?.role_arn.clone()
    }

    #[test]
    fn a_list_takes_the_place_of_what_was_known_when_it_is_whole() {
        let known = Known::default();
        for event in [
            Event::Init,
            Event::InitApply(object("a", "x", "one")),
            Event::InitDone,
        ] {
            known.apply(event, read);
        }
        assert_eq!(role(&known, "a", "x").as_deref(), Some("one"));
        known.apply(Event::Init, read);
        known.apply(Event::InitApply(object("a", "y", "two")), read);
        assert_eq!(role(&known, "a", "x").as_deref(), Some("one"), "not yet");
        known.apply(Event::InitDone, read);
        assert_eq!(known.get("a", "x"), None);
        assert_eq!(role(&known, "a", "y").as_deref(), Some("two"));
    }

    #[test]
    fn changes_and_deletions_count_at_once() {
        let known = Known::default();
        known.apply(Event::Apply(object("a", "x", "one")), read);
        known.apply(Event::Apply(object("a", "x", "two")), read);
        known.apply(Event::Apply(object("b", "x", "three")), read);
        assert_eq!(role(&known, "a", "x").as_deref(), Some("two"));
        known.apply(Event::Delete(object("a", "x", "two")), read);
        assert_eq!(known.get("a", "x"), None);
        assert_eq!(role(&known, "b", "x").as_deref(), Some("three"));
        assert_eq!(known.len(), 1);
    }

    #[test]
    fn accounts_that_say_nothing_share_an_entry() {
        let known = Known::default();
        for name in ["x", "y"] {
            known.apply(Event::Apply(object("a", name, "")), read);
        }
        let (x, y) = (known.get("a", "x").unwrap(), known.get("a", "y").unwrap());
        assert!(Arc::ptr_eq(&x, &y));
    }
}
