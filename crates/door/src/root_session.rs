//! Sessions of `AssumeRoot`: the root of a member account, for one task.

use std::sync::Arc;

use directory::{RootFeature, Snapshot};
use session::{Session, SessionKind};

use crate::{Caller, Door};

impl Door {
    /// The caller behind a session of `AssumeRoot`, while its account is in an organization that
    /// still has such sessions.
    pub(crate) fn root_session(&self, session: &Arc<Session>, id: &str) -> Option<Caller> {
        let snapshot = self.directory.snapshot();
        let path = snapshot.organization_path(session.account)?;
        let features = &path.organization().root_features;
        features
            .contains(&RootFeature::Sessions)
            .then(|| Caller::assumed_root(Arc::clone(session), id))
    }
}

/// The task policy of a session of `AssumeRoot`. All that it does is to deny what is not part of
/// the task, and the root has everything else.
pub(crate) fn task_policy(caller: &Caller) -> Option<&String> {
    match &caller.session.as_deref()?.kind {
        SessionKind::Root { task_policy } => Some(task_policy),
        _ => None,
    }
}

/// Whether a session's account has been closed since.
pub(crate) fn is_closed(snapshot: &Snapshot, caller: &Caller) -> bool {
    let account = caller.account();
    account.is_some_and(|account| snapshot.is_suspended(account))
}
