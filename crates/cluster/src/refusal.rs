//! What a cluster answered instead, in its own words: the client's errors show whole statuses.

use kube::Error;
use kube::runtime::watcher;

/// An API server's message; any other error as it is.
#[must_use]
pub fn said(error: &Error) -> String {
    match error {
        Error::Api(status) => status.message.clone(),
        other => other.to_string(),
    }
}

/// The same of a watch.
pub(crate) fn said_of_watch(error: &watcher::Error) -> String {
    use watcher::Error::{InitialListFailed, WatchError, WatchFailed, WatchStartFailed};
    match error {
        InitialListFailed(error) | WatchStartFailed(error) | WatchFailed(error) => said(error),
        WatchError(status) => status.message.clone(),
        other @ watcher::Error::NoResourceVersion => other.to_string(),
    }
}
