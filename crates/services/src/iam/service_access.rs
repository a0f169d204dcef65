//! Which services users, roles, groups and policies give access to, and when they were last
//! accessed.

mod accessible;
mod entities;
mod grants;
mod jobs;
mod organization;
mod policies;
mod reports;
mod scope;
mod subject;
mod work;

use directory::AccessReport;
use door::Permit;
use trail::Resource;
use uuid::Uuid;

use self::subject::Subject;
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for GenerateServiceLastAccessedDetails {
    /// CloudTrail calls it a read: nothing of the account changes.
    const READ_ONLY: bool = true;

    fn needs(
        input: &GenerateServiceLastAccessedDetailsRequest,
        at: &At<'_>,
    ) -> Result<Needs, Fault> {
        Ok(Subject::parse(&input.arn)?.need::<Self>(at)?.into())
    }

    fn resources(input: &GenerateServiceLastAccessedDetailsRequest, at: &At<'_>) -> Vec<Resource> {
        let subject = Subject::parse(&input.arn);
        subject.map_or_else(|_| Vec::new(), |it| vec![it.resource(at)])
    }

    /// The report is done, and durable, before the answer leaves.
    async fn handle(
        input: GenerateServiceLastAccessedDetailsRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GenerateServiceLastAccessedDetailsResponse, Fault> {
        let by_action = input.granularity.as_deref() == Some("ACTION_LEVEL");
        let snapshot = at.snapshot();
        let subject = Subject::parse(&input.arn)?.find(&snapshot, at.account)?;
        let documents = policies::of(&snapshot, &subject);
        let services =
            work::run(move |reference| accessible::services(reference, &documents, by_action))
                .await?;
        let prefixes = services.iter().map(|it| it.prefix.as_str()).collect();
        let entities = entities::of(at, &snapshot, &subject, &prefixes)?;
        let report = AccessReport {
            account: at.account,
            id: Uuid::new_v4().to_string(),
            asker: jobs::asker(at),
            created: at.call.now,
            completed: at.door.now(),
            by_action,
            services,
            entities,
        };
        let id = report.id.clone();
        jobs::keep(at, report).await?;
        Ok(GenerateServiceLastAccessedDetailsResponse { job_id: Some(id) })
    }
}
