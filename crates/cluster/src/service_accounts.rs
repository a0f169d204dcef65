//! The service accounts of a cluster, kept in memory by a watch, and looked up when they are not there yet.
//!
//! A pod that is created right after its service account can reach the webhook before the watch
//! has heard of the account. Whoever isn't known is therefore asked for, once for all pods that
//! wait for the same account.

mod known;
mod lookups;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::{Api, PartialObjectMeta};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, ResourceExt};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use crate::object_name::is_name;
use crate::refusal::{said, said_of_watch};
use crate::webhook::AnnotatedAccount;
use known::Known;
use lookups::Lookups;

/// How many accounts a page of the first list has.
const PAGE: u32 = 500;
/// How many are looked up at once; further ones wait, within their patience.
const AT_ONCE: usize = 32;

/// The service accounts of a cluster.
#[derive(Clone)]
pub struct ServiceAccounts {
    inner: Arc<Inner>,
}

struct Inner {
    client: Client,
    prefix: String,
    known: Known,
    lookups: Lookups<Looked>,
    places: Semaphore,
    patience: Duration,
    ready: watch::Sender<bool>,
}

/// What the API server said of one account; `None` if it gave no answer.
type Looked = Option<Found>;

/// What is known of a service account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It is there.
    Known(Arc<AnnotatedAccount>),
    /// The API server has none of that name.
    Absent,
    /// It was not known, and the API server did not answer in time; or it isn't asked.
    Unknown,
}

impl Found {
    /// The account, if it is there.
    #[must_use]
    pub fn account(&self) -> Option<&AnnotatedAccount> {
        match self {
            Self::Known(account) => Some(account),
            Self::Absent | Self::Unknown => None,
        }
    }
}

impl ServiceAccounts {
    /// None are known yet; [`Self::watch`] learns them. `patience` is how long a look-up of one
    /// that is not known may take; with zero nobody is looked up.
    #[must_use]
    pub fn new(client: Client, annotation_prefix: &str, patience: Duration) -> Self {
        Self {
            inner: Arc::new(Inner {
                client,
                prefix: annotation_prefix.to_owned(),
                known: Known::default(),
                lookups: Lookups::default(),
                places: Semaphore::new(AT_ONCE),
                patience,
                ready: watch::Sender::new(false),
            }),
        }
    }

    /// Follows the cluster's service accounts; does not end. Only their annotations are fetched
    /// and kept. What fails is tried again after a pause, and what is known stays in use.
    pub async fn watch(&self) {
        let inner = &self.inner;
        let api: Api<PartialObjectMeta<ServiceAccount>> = Api::all(inner.client.clone());
        let config = watcher::Config::default().page_size(PAGE);
        let mut events = pin!(watcher(api, config).default_backoff());
        while let Some(event) = events.next().await {
            match event {
                Ok(event) => {
                    let done = matches!(event, watcher::Event::InitDone);
                    inner.known.apply(event, |it| inner.read(it));
                    if done {
                        let number = inner.known.len();
                        tracing::info!(number, "the service accounts are known");
                        inner.ready.send_replace(true);
                    }
                }
                Err(error) => tracing::warn!(
                    error = said_of_watch(&error),
                    "the service accounts can't be watched; what is known stays in use"
                ),
            }
        }
    }

    /// Waits until the accounts that there are have been read once.
    pub async fn ready(&self) {
        let mut ready = self.inner.ready.subscribe();
        // Fails only if the sender is gone, and this holds it.
        let _ = ready.wait_for(|ready| *ready).await;
    }

    /// Whether they have been read.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        *self.inner.ready.borrow()
    }

    /// What is known of an account; one that isn't known is asked for.
    pub async fn find(&self, namespace: &str, name: &str) -> Found {
        if let Some(account) = self.inner.known.get(namespace, name) {
            return Found::Known(account);
        }
        // Whoever reaches the webhook can ask it; what is no name would end up in a URL.
        if !is_name(namespace) || !is_name(name) {
            return Found::Absent;
        }
        if self.inner.patience.is_zero() {
            return Found::Unknown;
        }
        let (inner, key) = (Arc::clone(&self.inner), (namespace.into(), name.into()));
        let looked = self.inner.lookups.ask(key, |(namespace, name)| async move {
            let asked = timeout(inner.patience, inner.look_up(&namespace, &name)).await;
            asked.ok().flatten()
        });
        looked.await.unwrap_or(Found::Unknown)
    }

    /// How many accounts are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.known.len()
    }

    /// Whether none is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All that is known, as upstream's debugging page shows it: by `NAMESPACE/NAME`.
    #[must_use]
    pub fn dump(&self) -> Value {
        let entry = |it: &AnnotatedAccount| {
            json!({
                "RoleARN": it.role_arn.as_deref().unwrap_or_default(),
                "Audience": it.audience.as_deref().unwrap_or_default(),
                "UseRegionalSTS": it.regional_sts.unwrap_or(false),
                "TokenExpiration": it.token_expiration.unwrap_or(0),
            })
        };
        Value::Object(self.inner.known.map(entry))
    }

    /// Forgets everything that is known, for debugging; accounts are then looked up one by one
    /// until the watch tells of them again.
    pub fn forget(&self) {
        self.inner.known.clear();
    }
}

impl Inner {
    fn read(&self, object: &PartialObjectMeta<ServiceAccount>) -> AnnotatedAccount {
        AnnotatedAccount::of_metadata(&json!({"annotations": object.annotations()}), &self.prefix)
    }

    async fn look_up(&self, namespace: &str, name: &str) -> Looked {
        // Never closed.
        let _place = self.places.acquire().await.ok()?;
        let api: Api<PartialObjectMeta<ServiceAccount>> =
            Api::namespaced(self.client.clone(), namespace);
        match api.get_opt(name).await {
            Ok(Some(object)) => Some(Found::Known(Arc::new(self.read(&object)))),
            Ok(None) => Some(Found::Absent),
            Err(error) => {
                tracing::warn!(
                    namespace,
                    name,
                    error = said(&error),
                    "a service account can't be looked up"
                );
                None
            }
        }
    }
}
