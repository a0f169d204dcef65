//! `daypass delete iamserviceaccount`: the service account first, then the role, so that no pod is told a role that isn't there.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};
use cluster::manifests::{ROLE_ARN, is_ours, role_annotation};
use serde_json::{Value, json};

use super::{account_of, roles_of_cluster};
use crate::api_server::{Kubernetes, Place};
use crate::cli::Data;
use crate::cli::cluster::Mode;
use crate::cli::iam_service_account::{DeleteIamServiceAccount, Which};
use crate::command::aws::{Aws, Role};
use crate::command::check::Check;
use crate::command::cluster::issuer::{ClusterIssuer, same_cluster};
use crate::command::manual::Script;
use crate::print::print;

/// The service account, if it is to change.
struct Object {
    kubernetes: Kubernetes,
    place: Place,
    present: Value,
}

/// Looks first, then deletes.
pub(crate) async fn run(options: &DeleteIamServiceAccount, data: &Data) -> Result<ExitCode> {
    let which = &options.which;
    let aws = Aws::new(data).await?;
    let (cluster, roles) = roles_of_cluster(&aws, &which.cluster).await?;
    let of_account = |role: &Role| {
        let account = account_of(role, which.cluster.as_str());
        account == Some((which.namespace.as_str(), which.name.as_str()))
    };
    let roles: Vec<Role> = roles.into_iter().filter(of_account).collect();
    let object = match options.role_only {
        true => None,
        false => {
            let kubernetes = Kubernetes::connect(&options.kubernetes).await?;
            match &cluster {
                Some(cluster) => same_cluster(&kubernetes, cluster).await?,
                None => trusted(&aws, &kubernetes, &roles).await?,
            }
            look(kubernetes, which, &roles).await?
        }
    };
    if roles.is_empty() && object.is_none() {
        bail!(
            "no role was made for {}/{} of the cluster `{2}`; `daypass list iamserviceaccounts \
             --cluster {2}` shows the service accounts that have one",
            which.namespace,
            which.name,
            which.cluster
        );
    }
    match options.mode {
        Mode::Manual => manual(&aws, &roles, object.as_ref()).await?,
        Mode::Auto => {
            if let Some(object) = &object {
                object.remove().await?;
            }
            for role in &roles {
                delete(&aws, role).await?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Refuses another cluster than the one whose service accounts the roles trust, of which the server has no registration.
async fn trusted(aws: &Aws, kubernetes: &Kubernetes, roles: &[Role]) -> Result<()> {
    let issuer = ClusterIssuer::read(kubernetes).await?;
    let arn = aws.provider_arn(issuer.url.without_scheme());
    let trusts = |role: &Role| {
        let statement = role.trust.pointer("/Statement/0/Principal/Federated");
        statement == Some(&Value::from(arn.as_str()))
    };
    if let Some(other) = roles.iter().find(|it| !trusts(it)) {
        bail!(
            "the role {} does not trust service accounts of {}; name the context of its cluster with \
             --context, or delete the role alone with --role-only",
            other.name,
            issuer.url
        );
    }
    Ok(())
}

/// The service account if it is ours, or annotated with one of the roles.
async fn look(kubernetes: Kubernetes, account: &Which, roles: &[Role]) -> Result<Option<Object>> {
    let place = Place::service_account(&account.namespace, &account.name);
    let Some(present) = kubernetes.get(&place).await? else {
        return Ok(None);
    };
    let annotated = role_annotation(&present);
    let annotated = annotated.is_some_and(|arn| roles.iter().any(|role| role.arn == arn));
    Ok((is_ours(&present) || annotated).then_some(Object {
        kubernetes,
        place,
        present,
    }))
}

impl Object {
    async fn remove(&self) -> Result<()> {
        let shown = self.place.shown();
        if is_ours(&self.present) {
            self.kubernetes.delete(&self.place, &self.present).await?;
            return told(&format!("{shown} was deleted"));
        }
        let patch = json!({"metadata": {"annotations": {ROLE_ARN: null}}});
        self.kubernetes.merge(&self.place, &patch).await?;
        told(&format!(
            "{shown} stays, without the annotation: it was there before"
        ))
    }

    fn script(&self, script: &mut Script) {
        let (kubectl, name) = (&self.kubernetes.kubectl, &self.place.name);
        let namespace = self.place.in_namespace();
        script.raw(&match is_ours(&self.present) {
            true => format!("{kubectl} delete serviceaccount {name}{namespace}"),
            false => format!("{kubectl} annotate serviceaccount {name}{namespace} {ROLE_ARN}-"),
        });
    }
}

fn told(text: &str) -> Result<()> {
    print(&Check::passed("service account", text).told())
}

/// A role was made by us, and what is attached to it goes with it.
async fn delete(aws: &Aws, role: &Role) -> Result<()> {
    let name = &role.name;
    for policy in aws.attached(name).await? {
        aws.detach(name, &policy).await?;
    }
    for policy in aws.inline(name).await? {
        aws.delete_inline(name, &policy).await?;
    }
    aws.delete_role(name).await?;
    print(&Check::passed("role", format!("{} was deleted", role.arn)).told())
}

async fn manual(aws: &Aws, roles: &[Role], object: Option<&Object>) -> Result<()> {
    let mut script = Script::new(Path::new("."));
    script.credentials(aws);
    if let Some(object) = object {
        object.script(&mut script);
    }
    for role in roles {
        let name = role.name.as_str();
        for policy in aws.attached(name).await? {
            script.command([
                "aws",
                "iam",
                "detach-role-policy",
                "--role-name",
                name,
                "--policy-arn",
                &policy,
            ]);
        }
        for policy in aws.inline(name).await? {
            script.command([
                "aws",
                "iam",
                "delete-role-policy",
                "--role-name",
                name,
                "--policy-name",
                &policy,
            ]);
        }
        script.command(["aws", "iam", "delete-role", "--role-name", name]);
    }
    script.finish()
}
