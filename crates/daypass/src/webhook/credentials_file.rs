//! The file that lists the service accounts of Pod Identity (`--watch-container-credentials-config`).

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use cluster::webhook::PodIdentities;

use crate::watched_file::{WatchedFiles, text_if_any};

/// Takes the file's content whenever it changes; does not end. A file that is missing or empty
/// lists nobody; one that can't be read changes nothing.
pub(super) async fn follow(path: &Path, identities: &ArcSwap<PodIdentities>) {
    let mut watched = WatchedFiles::new([path.to_owned()]);
    loop {
        let state = watched.changed().await;
        let read = text_if_any(path).await.map_err(anyhow::Error::from);
        let read = read.and_then(|text| Ok(PodIdentities::parse(&text)?));
        watched.took(state, read.map(|it| identities.store(Arc::new(it))));
    }
}
