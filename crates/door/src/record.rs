//! From a call and what its handler said to durable audit records.

use http::StatusCode;
use http::request::Parts;
use policy::AccountId;
use trail::{Draft, Frame, Record, TrailError, UserIdentity};

use crate::data_events::is_wanted;
use crate::request_id::fresh_id;
use crate::{Call, Door};

impl Door {
    /// Records a call; it is durable when this returns `Ok`. What is nobody's is left out, and so are the data events that
    /// the account whose trail it is has switched off.
    ///
    /// # Errors
    /// [`TrailError`]: the call must not be answered then.
    pub async fn record(&self, call: &Call, draft: &Draft) -> Result<(), TrailError> {
        if draft.unattributed {
            return Ok(());
        }
        let identity = draft.identity.as_ref().unwrap_or(&call.caller.identity);
        let Some(own) = draft.recipient.or_else(|| call.caller.account()) else {
            return Ok(());
        };
        // A call into other accounts leaves a record in each, tied by one id (CloudTrail user
        // guide, "sharedEventID"). A copy may be from one account's bucket to another's.
        let snapshot = self.directory.snapshot();
        let owners = draft.resources.iter().filter_map(|it| it.account);
        let mut foreign: Vec<AccountId> = owners
            // An account that isn't here has no trail either.
            .filter(|owner| *owner != own && snapshot.account(*owner).is_some())
            .filter(|_| concerns_owner(draft))
            .collect();
        foreign.sort_unstable();
        foreign.dedup();
        let region = self.event_region(call, draft);
        let principal = &call.caller.principal;
        let arn = principal.account().map(|_| principal.arn_text());
        let is_own = is_wanted(&snapshot, own, draft, arn.as_deref());
        let is_shared = !foreign.is_empty();
        foreign.retain(|owner| is_wanted(&snapshot, *owner, draft, None));
        if is_own || !foreign.is_empty() {
            let mut frame = Frame {
                identity: identity.clone(),
                time: call.now,
                region: region.to_owned(),
                source_ip: call.source_ip.to_canonical().to_string(),
                user_agent: call.user_agent.clone(),
                request_id: call.request_id.clone(),
                recipient: own,
                shared_event_id: is_shared.then(fresh_id),
                tls: call.tls.clone(),
            };
            if is_own {
                self.keep(&frame, draft).await?;
            }
            if let Some(account) = call.caller.account() {
                frame.identity = UserIdentity::AwsAccount {
                    account,
                    principal_id: call.caller.user_id(),
                };
            }
            for owner in foreign {
                frame.recipient = owner;
                self.keep(&frame, draft).await?;
            }
        }
        self.last_used.note(call, draft, region);
        Ok(())
    }

    async fn keep(&self, frame: &Frame, draft: &Draft) -> Result<(), TrailError> {
        let record = Record::new(frame, draft, &fresh_id());
        self.trail().record(record).await
    }

    /// IAM and Organizations are global services, and their events are always in us-east-1
    /// (CloudTrail user guide, "Global service events").
    fn event_region<'a>(&self, call: &'a Call, draft: &Draft) -> &'a str {
        match draft.event_source {
            "iam.amazonaws.com" | "organizations.amazonaws.com" => "us-east-1",
            _ => &call.region,
        }
    }
}

/// Whether a call is the business of the account whose resource it names. A refused one is
/// not: the resource need not exist, and anybody could fill that account's trail. An event of
/// S3 names the owner only after the bucket has been found.
fn concerns_owner(draft: &Draft) -> bool {
    draft.error.is_none() || draft.event_source == "s3.amazonaws.com"
}

/// The request's one line in the log.
pub(crate) fn log(call: &Call, event: &Draft, parts: &Parts, status: StatusCode) {
    let (code, message) = match &event.error {
        Some((code, message)) => (Some(code.as_str()), Some(message.as_str())),
        None => (None, None),
    };
    let reason = event.reason.as_deref().or(message);
    let caller = event
        .identity
        .as_ref()
        .unwrap_or(&call.caller.identity)
        .name();
    tracing::info!(
        request_id = call.request_id,
        source = event.event_source,
        operation = event.event_name,
        caller,
        peer = %call.source_ip,
        method = parts.method.as_str(),
        path = parts.uri.path(),
        status = status.as_u16(),
        error = code,
        reason,
        "request"
    );
}
