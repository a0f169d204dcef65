//! The pod that holds a token.

use directory::Cluster;
use federation::UnverifiedToken;
use session::SessionTag;
use uuid::Uuid;

use super::fault;
use crate::eks::needs::PODS;
use crate::handle::At;
use crate::identity_token::{For, Identified, Rejected, accepted};
use crate::sts::federation_data;
use crate::wire::Fault;

/// A pod, as a verified token of its cluster names it.
pub(super) struct Pod {
    pub(super) namespace: String,
    pub(super) service_account: String,
    pub(super) name: String,
    pub(super) uid: String,
    /// The token's subject.
    pub(super) subject: String,
    /// What is attested of its sessions: the provider, the subject, the bound objects.
    pub(super) attested: Vec<(String, String)>,
}

impl Pod {
    /// Verifies a token of a cluster: the issuer is the cluster's own, the provider of the cluster's account verifies it,
    /// it is for Pod Identity, and bound to a pod.
    ///
    /// # Errors
    /// `InvalidTokenException`, `ExpiredTokenException`, or `ServiceUnavailableException` when the issuer can't be reached.
    pub(super) async fn verify(at: &At<'_>, cluster: &Cluster, token: &str) -> Result<Self, Fault> {
        let refuse = |error| fault::token(at, &error);
        let unverified = UnverifiedToken::parse(token).map_err(refuse)?;
        if unverified.issuer() != cluster.issuer.as_str() {
            return Err(fault::not_of_a_pod(at, "the issuer is not the cluster's"));
        }
        match accepted(at, cluster.account, &unverified, For::Audience(PODS)).await {
            Ok(identified) => {
                let pod = Self::of(&identified);
                let pod =
                    pod.ok_or_else(|| fault::not_of_a_pod(at, "the token is not bound to a pod"))?;
                pod.note(at);
                Ok(pod)
            }
            Err(Rejected { error, verified }) => {
                if let Some(pod) = verified.as_deref().and_then(Self::of) {
                    pod.note(at);
                }
                Err(refuse(error))
            }
        }
    }

    /// Puts what the token attests into the event.
    fn note(&self, at: &At<'_>) {
        let _ = at.notes.additional.set(federation_data(&self.attested));
    }

    fn of(identified: &Identified) -> Option<Self> {
        let (provider, claims) = (&identified.provider, &identified.token.claims);
        let bound = claims.attested();
        let named = |name: &str| {
            let found = bound.iter().find(|(it, _)| it == name);
            found.map(|(_, value)| value.clone())
        };
        let own = [
            ("provider".to_owned(), provider.arn()),
            ("sub".to_owned(), claims.subject.clone()),
        ];
        Some(Self {
            namespace: named("namespace")?,
            service_account: named("serviceaccount")?,
            name: named("pod")?,
            uid: named("pod-uid")?,
            subject: claims.subject.clone(),
            attested: own.into_iter().chain(bound.iter().cloned()).collect(),
        })
    }

    /// The tags of its sessions, which pass on in a chain (Amazon EKS User Guide, "Grant Pods access to AWS resources based
    /// on tags").
    pub(super) fn tags(&self, cluster: &Cluster) -> Vec<SessionTag> {
        [
            ("eks-cluster-arn", cluster.arn()),
            ("eks-cluster-name", cluster.name.to_string()),
            ("kubernetes-namespace", self.namespace.clone()),
            ("kubernetes-service-account", self.service_account.clone()),
            ("kubernetes-pod-name", self.name.clone()),
            ("kubernetes-pod-uid", self.uid.clone()),
        ]
        .into_iter()
        .map(|(key, value)| SessionTag {
            key: key.to_owned(),
            value,
            transitive: true,
        })
        .collect()
    }
}

/// Most characters of a session's name.
const LONGEST: usize = 64;

/// `eks-CLUSTER-POD-UUID` (EKS API Reference, `AssumedRoleUser`), in 64 characters: the UUID stays whole, and the names
/// share what is left.
pub(super) fn session_name(cluster: &str, pod: &str, uuid: Uuid) -> String {
    let uuid = uuid.to_string();
    let room = LONGEST - "eks---".len() - uuid.len();
    let half = room / 2;
    // What one of them does not need is the other's.
    let first = cluster.len().min(room - pod.len().min(half));
    let second = pod.len().min(room - first);
    let cut = |text: &str, length: usize| text.chars().take(length).collect::<String>();
    format!("eks-{}-{}-{uuid}", cut(cluster, first), cut(pod, second))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(cluster: &str, pod: &str) -> String {
        let uuid = "2f0a7c1e-5b1d-4c7a-9f5e-0123456789ab".parse().unwrap();
        session_name(cluster, pod, uuid)
    }

    #[test]
    fn a_sessions_name_keeps_its_uuid_and_fits() {
        let uuid = "2f0a7c1e-5b1d-4c7a-9f5e-0123456789ab";
        assert_eq!(name("prod", "web-0"), format!("eks-prod-web-0-{uuid}"));
        let long = "abcdefghijklmnopqrstuvwxyz";
        assert_eq!(
            name(long, long),
            format!("eks-abcdefghijk-abcdefghijk-{uuid}")
        );
        assert_eq!(
            name("c", long),
            format!("eks-c-abcdefghijklmnopqrstu-{uuid}")
        );
        assert_eq!(
            name(long, "p"),
            format!("eks-abcdefghijklmnopqrstu-p-{uuid}")
        );
        for (cluster, pod) in [
            (long, long),
            ("c", long),
            (long, "p"),
            ("prod-eu", "web-7d9f"),
        ] {
            let name = name(cluster, pod);
            assert!(name.len() <= 64, "{name}");
            name.parse::<session::SessionName>().unwrap();
        }
        assert_eq!(name(long, long).len(), 64);
    }
}
