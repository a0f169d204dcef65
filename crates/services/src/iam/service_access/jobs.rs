//! Reports that are kept until they are fetched.

use std::sync::Arc;
use std::time::Duration;

use directory::{AccessReport, OrganizationAccessReport, Shelved, Snapshot, Transaction};
use jiff::Timestamp;
use policy::{AccountId, Principal};

use crate::handle::{At, account_view};
use crate::iam::change::write;
use crate::iam::fault::no_such_job;
use crate::wire::Fault;

/// How long a report can be fetched: seven days.
const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Most reports of a kind that an account has; the oldest goes for a new one.
const MOST: usize = 10_000;

/// A report with a job's id.
pub(super) trait Job: Shelved {
    fn created(&self) -> Timestamp;
}

impl Job for AccessReport {
    fn created(&self) -> Timestamp {
        self.created
    }
}

impl Job for OrganizationAccessReport {
    fn created(&self) -> Timestamp {
        self.created
    }
}

/// Who asks: a user, a role by any of its sessions, or the root, by what never changes.
pub(super) fn asker(at: &At<'_>) -> String {
    match &at.call.caller.principal {
        Principal::User { unique_id, .. } => unique_id.clone(),
        Principal::Role(role) => role.role_id.clone(),
        _ => at.call.caller.user_id(),
    }
}

/// Keeps a report, and drops those that nobody can fetch any more.
pub(super) async fn keep<J: Job>(at: &At<'_>, report: J) -> Result<(), Fault> {
    let (account, now) = (at.account, at.call.now);
    write(at, move |tx| {
        drop_old::<J>(tx, account, now)?;
        tx.shelve(report);
        Ok(())
    })
    .await
}

fn drop_old<J: Job>(tx: &mut Transaction, account: AccountId, now: Timestamp) -> Result<(), Fault> {
    let shelf = account_view(tx.snapshot(), account)?.shelf::<J>();
    let mut old: Vec<String> = shelf
        .iter()
        .filter(|(_, job)| is_over(&***job, now))
        .map(|(key, _)| key.clone())
        .collect();
    if old.is_empty() && shelf.len() >= MOST {
        let oldest = shelf.iter().min_by_key(|(_, job)| job.created());
        old.extend(oldest.map(|(key, _)| key.clone()));
    }
    for key in old {
        tx.unshelve::<J>(account, &key);
    }
    Ok(())
}

fn is_over(job: &impl Job, now: Timestamp) -> bool {
    now.duration_since(job.created()).unsigned_abs() > KEPT
}

/// # Errors
/// `NoSuchEntity`, also when the report is too old.
pub(super) fn find<J: Job>(snapshot: &Snapshot, at: &At<'_>, id: &str) -> Result<Arc<J>, Fault> {
    let view = account_view(snapshot, at.account)?;
    let job = view.shelved::<J>(id);
    let job = job.filter(|job| !is_over(&***job, at.call.now));
    job.cloned().ok_or_else(|| no_such_job(id))
}

/// A report that the caller asked for: nobody else gets it (IAM API reference,
/// `GenerateServiceLastAccessedDetails`).
///
/// # Errors
/// `NoSuchEntity`.
pub(super) fn own(at: &At<'_>, id: &str) -> Result<Arc<AccessReport>, Fault> {
    let job: Arc<AccessReport> = find(&at.snapshot(), at, id)?;
    match job.asker == asker(at) {
        true => Ok(job),
        false => Err(no_such_job(id)),
    }
}
