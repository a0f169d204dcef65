//! From a pod and its association to a session: of the association's role, or of the target role by way of it.

use std::sync::Arc;

use directory::{Cluster, PodIdentityAssociation, Role, Snapshot};
use door::{Caller, Need, Permit, attested_key, passed_on};
use policy::Value;
use session::{Credentials, Session, SessionName, SessionPolicies, SessionTag};

use super::fault::{internal, not_assumable};
use super::pod::Pod;
use crate::eks::needs::PODS;
use crate::generated::eks_auth::errors::INVALID_REQUEST;
use crate::handle::At;
use crate::sts::{Grant, packed_size, request_tags, trust_need};
use crate::wire::Fault;

/// How long a session lasts if its role lets it, in seconds (Amazon EKS User Guide, "EKS Pod Identity": 6 hours).
const SECONDS: u32 = 6 * 3600;
/// The most that a chained session gets (IAM User Guide, "Role chaining").
const CHAINED_SECONDS: u32 = 3600;

/// What a session is made of.
pub(super) struct Wanted<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) association: &'a PodIdentityAssociation,
    pub(super) pod: &'a Pod,
    pub(super) name: SessionName,
}

/// A session that was issued.
pub(super) struct Issued {
    pub(super) role: Arc<Role>,
    pub(super) credentials: Credentials,
    pub(super) session: Arc<Session>,
}

impl Wanted<'_> {
    /// Issues the session.
    ///
    /// # Errors
    /// `AccessDeniedException`, one and the same for a role that isn't there and for one that does not let itself be
    /// assumed; `InvalidRequestException` when policy and tags have no room in a session.
    pub(super) fn issue(&self, at: &At<'_>, snapshot: &Snapshot) -> Result<Issued, Fault> {
        let association = self.association;
        let role = snapshot
            .assumable_role(&association.role)
            .filter(|role| role.account == association.account)
            .ok_or_else(|| not_assumable(at, format!("there is no role {}", association.role)))?;
        let permit = self.assume(at, snapshot, role)?;
        let Some(target) = &association.target_role else {
            let grant = self.grant(role, self.policies(), SECONDS);
            return issue(at, grant, &permit);
        };
        // The first session is nobody's but the service's: it is not minted, and has no policy.
        let first = self.grant(role, SessionPolicies::default(), SECONDS);
        let first = first
            .session(at.call.now, &permit)
            .map_err(|error| internal(at, error.to_string()))?;
        self.chain(at, snapshot, role, first, target)
    }

    /// Decides for the pods' service by the role's trust policy.
    fn assume(&self, at: &At<'_>, snapshot: &Snapshot, role: &Role) -> Result<Permit, Fault> {
        let service = Caller::service(PODS);
        let organization = snapshot.organization_path(self.cluster.account);
        let need = |action| {
            let need = trust_need(action, role, &[])
                .key("aws:SourceArn", self.cluster.arn())
                .key("aws:SourceAccount", self.cluster.account.to_string());
            let need = match &organization {
                Some(path) => need
                    .key("aws:SourceOrgID", path.organization().id.clone())
                    .key("aws:SourceOrgPaths", Value::Many(vec![path.text()])),
                None => need,
            };
            self.asked(need, &self.pod.attested)
        };
        let needs: Vec<_> = self.actions().into_iter().map(need).collect();
        let decided = at.door.authorize_as(at.call, &service, &needs);
        decided.map_err(|refused| not_assumable(at, self.told(&refused.told())))
    }

    /// Issues a session of the target role to the first role's session.
    fn chain(
        &self,
        at: &At<'_>,
        snapshot: &Snapshot,
        role: &Arc<Role>,
        first: Session,
        target: &str,
    ) -> Result<Issued, Fault> {
        let key = at.call.caller.access_key_id.as_deref().unwrap_or_default();
        let attested = passed_on(&first);
        let caller = Caller::role(Arc::clone(role), Arc::new(first), key)
            .map_err(|error| internal(at, error.to_string()))?;
        let target = snapshot
            .assumable_role(target)
            .ok_or_else(|| not_assumable(at, format!("there is no role {target}")))?;
        let need = |action| {
            let mut need = trust_need(action, target, &self.tags());
            if let Some(id) = self.association.external_id() {
                need = need.key("sts:ExternalId", id);
            }
            self.asked(need, &[])
        };
        let needs: Vec<_> = self.actions().into_iter().map(need).collect();
        let permit = at
            .door
            .authorize_as(at.call, &caller, &needs)
            .map_err(|refused| not_assumable(at, self.told(&refused.told())))?;
        let grant = Grant {
            chained: true,
            attested,
            ..self.grant(target, self.policies(), CHAINED_SECONDS)
        };
        issue(at, grant, &permit)
    }

    /// What assuming a role takes: without tags, no right to tag.
    fn actions(&self) -> Vec<&'static str> {
        match self.association.disable_session_tags {
            true => vec!["sts:AssumeRole"],
            false => vec!["sts:AssumeRole", "sts:TagSession"],
        }
    }

    /// The keys of the request. The service makes it, so nothing in it is of the caller's choice.
    fn asked(&self, need: Need, attested: &[(String, String)]) -> Need {
        let need = need.key("sts:RoleSessionName", self.name.as_str());
        let need = attested.iter().fold(need, |need, (name, value)| {
            need.key(attested_key(name), value.as_str())
        });
        let tags = self.tags();
        let keys: Vec<_> = tags.iter().map(|tag| tag.key.clone()).collect();
        let pairs = tags.iter().map(|tag| (&*tag.key, &*tag.value));
        request_tags(need, pairs, &keys)
    }

    fn tags(&self) -> Vec<SessionTag> {
        match self.association.disable_session_tags {
            true => Vec::new(),
            false => self.pod.tags(self.cluster),
        }
    }

    fn policies(&self) -> SessionPolicies {
        SessionPolicies {
            inline: self.association.policy.clone(),
            arns: Vec::new(),
        }
    }

    fn grant(&self, role: &Arc<Role>, policies: SessionPolicies, seconds: u32) -> Grant {
        Grant {
            role: Arc::clone(role),
            name: self.name.clone(),
            seconds: seconds.min(role.max_session_duration),
            source_identity: None,
            tags: self.tags(),
            policies,
            federated: None,
            mfa: None,
            chained: false,
            attested: self.pod.attested.clone(),
        }
    }

    /// A refusal for the log, with the service account that it is about.
    fn told(&self, reason: &str) -> String {
        let (id, subject) = (&self.association.id, &self.pod.subject);
        format!("{reason} (association `{id}`, sub `{subject}`)")
    }
}

fn issue(at: &At<'_>, grant: Grant, permit: &Permit) -> Result<Issued, Fault> {
    packed_size(&grant.policies, &grant.tags)
        .map_err(|fault| INVALID_REQUEST.fault(fault.message))?;
    let role = Arc::clone(&grant.role);
    let (credentials, session) = grant
        .issue(at.door, at.call.now, permit)
        .map_err(|error| internal(at, error.to_string()))?;
    Ok(Issued {
        role,
        credentials,
        session,
    })
}
