//! Which policies give an identity access to services.

use door::Permit;
use policy::Summary;
use reference::Reference;
use trail::Resource;

use super::policies::{self, Granting, Place};
use super::subject::Subject;
use super::{accessible, reports, work};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs};
use crate::iam::page::Window;
use crate::wire::Fault;

/// Services on a page: as many as a request can name, since it has no `MaxItems`.
const SERVICES: i32 = 200;

impl Handle for ListPoliciesGrantingServiceAccess {
    const READ_ONLY: bool = true;

    fn needs(
        input: &ListPoliciesGrantingServiceAccessRequest,
        at: &At<'_>,
    ) -> Result<Needs, Fault> {
        Ok(Subject::identity(&input.arn)?.need::<Self>(at)?.into())
    }

    fn resources(input: &ListPoliciesGrantingServiceAccessRequest, at: &At<'_>) -> Vec<Resource> {
        let subject = Subject::identity(&input.arn);
        subject.map_or_else(|_| Vec::new(), |it| vec![it.resource(at)])
    }

    async fn handle(
        input: ListPoliciesGrantingServiceAccessRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListPoliciesGrantingServiceAccessResponse, Fault> {
        let window = Window::new(input.marker.as_deref(), Some(SERVICES))?;
        let snapshot = at.snapshot();
        let subject = Subject::identity(&input.arn)?.find(&snapshot, at.account)?;
        let mut prefixes = input.service_namespaces;
        reports::known(&prefixes)?;
        prefixes.sort_unstable();
        prefixes.dedup();
        let policies = policies::of(&snapshot, &subject);
        let entries = work::run(move |reference| entries(reference, &prefixes, &policies)).await?;
        let page = window.page(entries);
        Ok(ListPoliciesGrantingServiceAccessResponse {
            is_truncated: page.is_truncated(),
            policies_granting_service_access: page.items,
            marker: page.marker,
        })
    }
}

/// An entry for each service; the policies in the order of what they are attached to.
fn entries(
    reference: &Reference,
    prefixes: &[String],
    policies: &[Granting],
) -> Vec<(String, ListPoliciesGrantingServiceAccessEntry)> {
    let summaries = policies.iter().filter_map(|policy| {
        let summary = Summary::of(policy.kind(), &policy.text, reference).ok()?;
        Some((policy, summary))
    });
    let summaries: Vec<_> = summaries.collect();
    let entry = |prefix: &String| {
        let granting = summaries
            .iter()
            .filter(|(_, summary)| accessible::grants(summary, prefix));
        let entry = ListPoliciesGrantingServiceAccessEntry {
            service_namespace: Some(prefix.clone()),
            policies: granting.map(|(policy, _)| shown(policy)).collect(),
        };
        (prefix.clone(), entry)
    };
    prefixes.iter().map(entry).collect()
}

fn shown(policy: &Granting) -> PolicyGrantingServiceAccess {
    let name = policy.name.clone();
    match &policy.place {
        Place::Managed(arn) => PolicyGrantingServiceAccess {
            policy_name: name,
            policy_type: "MANAGED".to_owned(),
            policy_arn: Some(arn.clone()),
            ..PolicyGrantingServiceAccess::default()
        },
        Place::Inline(kind, holder) => PolicyGrantingServiceAccess {
            policy_name: name,
            policy_type: "INLINE".to_owned(),
            entity_type: Some((*kind).to_owned()),
            entity_name: Some(holder.clone()),
            ..PolicyGrantingServiceAccess::default()
        },
    }
}
