//! The credential report: every user of an account and the state of its credentials.

mod other_credentials;
mod row;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use directory::{AccountView, CredentialReport};
use door::Permit;
use jiff::Timestamp;

use super::change::write;
use super::needs;
use crate::generated::iam::errors::{CREDENTIAL_REPORT_EXPIRED, CREDENTIAL_REPORT_NOT_PRESENT};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs, account_view};
use crate::wire::Fault;

/// How long a report is good for, and no other is made (IAM User Guide, "Generate credential
/// reports for your AWS account").
const FRESH: Duration = Duration::from_secs(4 * 60 * 60);
/// The key of an account's report.
const KEY: &str = CredentialReport::KEY;
/// AWS says nothing more of a report that isn't there.
const UNKNOWN: &str = "Unknown";

impl Handle for GenerateCredentialReport {
    /// CloudTrail calls it a read: nothing of the account changes.
    const READ_ONLY: bool = true;

    fn needs((): &(), _: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>("*").into())
    }

    /// The report is there, and durable, before the answer leaves: who asks again, as clients
    /// do, is told `COMPLETE`.
    async fn handle(
        (): (),
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GenerateCredentialReportResponse, Fault> {
        let (account, now) = (at.account, at.call.now);
        let kept = |view: &AccountView| view.shelved::<CredentialReport>(KEY).cloned();
        let last = at.view(|view| Ok(kept(view)))?;
        let description = match last {
            Some(report) if is_fresh(&report, now) => {
                return Ok(GenerateCredentialReportResponse {
                    state: Some("COMPLETE".to_owned()),
                    description: None,
                });
            }
            Some(_) => "The report has expired. Starting a new report generation task",
            None => "No report exists. Starting a new report generation task",
        };
        let csv = report(at)?;
        write(at, move |tx| {
            account_view(tx.snapshot(), account)?;
            tx.shelve(CredentialReport {
                account,
                generated: now,
                csv,
            });
            Ok(())
        })
        .await?;
        Ok(GenerateCredentialReportResponse {
            state: Some("STARTED".to_owned()),
            description: Some(description.to_owned()),
        })
    }
}

impl Handle for GetCredentialReport {
    const READ_ONLY: bool = true;

    fn needs((): &(), _: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>("*").into())
    }

    async fn handle(
        (): (),
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GetCredentialReportResponse, Fault> {
        let snapshot = at.snapshot();
        let view = account_view(&snapshot, at.account)?;
        let report = view
            .shelved::<CredentialReport>(KEY)
            .ok_or_else(|| CREDENTIAL_REPORT_NOT_PRESENT.fault(UNKNOWN))?;
        if !is_fresh(report, at.call.now) {
            return Err(CREDENTIAL_REPORT_EXPIRED.fault(UNKNOWN));
        }
        Ok(GetCredentialReportResponse {
            content: Some(STANDARD.encode(&report.csv)),
            report_format: Some("text/csv".to_owned()),
            generated_time: Some(report.generated),
        })
    }
}

fn is_fresh(report: &CredentialReport, now: Timestamp) -> bool {
    now.duration_since(report.generated).unsigned_abs() <= FRESH
}

/// The report on the account as it is now: the root first, then the users by name, and no
/// newline at the end.
fn report(at: &At<'_>) -> Result<String, Fault> {
    let snapshot = at.snapshot();
    let view = account_view(&snapshot, at.account)?;
    let keys = row::keys_by_user(&snapshot);
    let users = view.users().iter();
    let users = users.map(|(_, user)| {
        let keys = keys.get(user.id.as_str());
        row::user(at, view, user, keys.map_or(&[], Vec::as_slice))
    });
    let rows = [row::header(), row::root(view)].into_iter().chain(users);
    Ok(rows.collect::<Vec<_>>().join("\n"))
}
