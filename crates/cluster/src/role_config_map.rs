//! Follows the ConfigMap that lists roles by service account.

use std::pin::pin;
use std::sync::Arc;

use arc_swap::ArcSwap;
use futures_util::StreamExt;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::Api;
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, ResourceExt};

use crate::refusal::said_of_watch;
use crate::webhook::ConfigMapRoles;

/// Its name, as upstream has it.
pub const NAME: &str = "pod-identity-webhook";

/// Follows the ConfigMap of a namespace; does not end. A text that can't be read changes nothing.
/// When the ConfigMap is deleted, its roles are gone; upstream keeps them until it is restarted.
pub async fn watch(client: Client, namespace: &str, roles: &ArcSwap<ConfigMapRoles>) {
    let api: Api<ConfigMap> = Api::namespaced(client, namespace);
    let config = watcher::Config::default().fields(&format!("metadata.name={NAME}"));
    let mut events = pin!(watcher(api, config).default_backoff());
    let mut listed = false;
    while let Some(event) = events.next().await {
        match event {
            Ok(watcher::Event::Init) => listed = false,
            Ok(watcher::Event::InitApply(map) | watcher::Event::Apply(map)) => {
                listed = true;
                read(&map, roles);
            }
            Ok(watcher::Event::InitDone) if listed => {}
            Ok(watcher::Event::InitDone | watcher::Event::Delete(_)) => {
                roles.store(Arc::default());
            }
            Err(error) => tracing::warn!(
                error = said_of_watch(&error),
                namespace,
                "the ConfigMap {NAME} can't be watched; what was read stays in use"
            ),
        }
    }
}

fn read(map: &ConfigMap, roles: &ArcSwap<ConfigMapRoles>) {
    let data = map.data.as_ref();
    let text = data.and_then(|it| it.get("config")).map(String::as_str);
    match ConfigMapRoles::parse(text.unwrap_or("{}")) {
        Ok(read) => roles.store(Arc::new(read)),
        Err(error) => {
            tracing::warn!(%error, namespace = map.namespace(), "the ConfigMap {NAME} is wrong");
        }
    }
}
