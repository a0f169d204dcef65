//! `AssumeRoleForPodIdentity`: a pod's token becomes a session of the role that is associated with its service account.

use directory::PodIdentityAssociation as Association;
use door::Permit;
use trail::Resource;
use uuid::Uuid;

use super::fault::{internal, no_association};
use super::pod::{Pod, session_name};
use super::session::{Issued, Wanted};
use crate::eks::fault::no_cluster;
use crate::eks::needs::{self, PODS};
use crate::generated::eks_auth::{
    AssumeRoleForPodIdentity, AssumeRoleForPodIdentityRequest, AssumeRoleForPodIdentityResponse,
    AssumedRoleUser, Credentials, PodIdentityAssociation, Subject,
};
use crate::handle::{At, Handle, Needs, account_view};
use crate::sts::{assumed_role_user, role_resource, wire};
use crate::wire::Fault;

impl Handle for AssumeRoleForPodIdentity {
    // As the other operations that issue sessions.
    const READ_ONLY: bool = true;
    const RECORDS_ANSWER: bool = true;

    /// On the cluster, for the node's own credentials. The cluster is one of their account.
    fn needs(input: &AssumeRoleForPodIdentityRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on_cluster::<Self>(at, &input.cluster_name).into())
    }

    fn resources(input: &AssumeRoleForPodIdentityRequest, at: &At<'_>) -> Vec<Resource> {
        vec![needs::cluster_resource(at, &input.cluster_name)]
    }

    async fn handle(
        input: AssumeRoleForPodIdentityRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<AssumeRoleForPodIdentityResponse, Fault> {
        let name = &input.cluster_name;
        let cluster = needs::cluster(at, name).ok_or_else(|| no_cluster(name))?;
        let pod = Pod::verify(at, &cluster, input.token.reveal()).await?;
        // Verifying may have waited for the issuer. What counts is what is there now.
        let snapshot = at.snapshot();
        let view = account_view(&snapshot, at.account)?;
        let same = view.shelved::<directory::Cluster>(name);
        let same = same.filter(|it| it.issuer == cluster.issuer);
        let cluster = same.ok_or_else(|| no_cluster(name))?;
        let key = Association::key_of(&cluster.name, &pod.namespace, &pod.service_account);
        let association = view
            .shelved::<Association>(&key)
            .ok_or_else(|| no_association(name, &pod.namespace, &pod.service_account))?;
        let session_name = session_name(cluster.name.as_str(), &pod.name, Uuid::new_v4());
        let wanted = Wanted {
            cluster,
            association,
            pod: &pod,
            name: session_name
                .parse()
                .map_err(|error| internal(at, format!("the session name {error}")))?,
        };
        let issued = wanted.issue(at, &snapshot)?;
        let mut touched = role_resource(&issued.role.arn());
        touched.push(needs::cluster_resource(at, name));
        // Set once; this is its only writer.
        let _ = at.notes.resources.set(touched);
        answer(at, association, pod, &issued)
    }
}

fn answer(
    at: &At<'_>,
    association: &Association,
    pod: Pod,
    issued: &Issued,
) -> Result<AssumeRoleForPodIdentityResponse, Fault> {
    let credentials = wire(&issued.credentials).map_err(|fault| internal(at, fault.to_string()))?;
    let user = assumed_role_user(&issued.role, &issued.session);
    Ok(AssumeRoleForPodIdentityResponse {
        subject: Subject {
            namespace: pod.namespace,
            service_account: pod.service_account,
        },
        audience: PODS.to_owned(),
        pod_identity_association: PodIdentityAssociation {
            association_arn: association.arn(),
            association_id: association.id.clone(),
        },
        assumed_role_user: AssumedRoleUser {
            arn: user.arn,
            assume_role_id: user.assumed_role_id,
        },
        credentials: Credentials {
            session_token: credentials.session_token,
            secret_access_key: credentials.secret_access_key,
            access_key_id: credentials.access_key_id,
            expiration: credentials.expiration,
        },
    })
}
