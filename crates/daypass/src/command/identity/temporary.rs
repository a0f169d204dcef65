//! A role and a service account for one test, and their end.

use anyhow::Result;
use cluster::irsa::Account;
use cluster::manifests::{MANAGED_BY, MANAGER, service_account};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Trial;
use crate::api_server::{Kubernetes, Place};
use crate::command::aws::Aws;
use crate::command::check::Check;

/// Their names are known before they are made, so that whatever there is of them is found at the end.
pub(crate) struct Temporary {
    /// Of the role and of the service account.
    pub(super) name: String,
    namespace: String,
}

/// The role's one policy.
const POLICY: &str = "daypass-test";

impl Temporary {
    pub(crate) fn new(namespace: &str) -> Self {
        let id = Uuid::new_v4().simple().to_string();
        Self {
            name: format!("daypass-test-{id:.8}"),
            namespace: namespace.to_owned(),
        }
    }

    /// Makes the role; its ARN.
    pub(super) async fn make_role(&self, trial: &Trial<'_>) -> Result<String> {
        let account = Account {
            cluster: trial.cluster.as_str(),
            provider_arn: trial.provider_arn,
            namespace: trial.namespace,
            name: &self.name,
        };
        let trust = account.trust_policy();
        let description = "A test of daypass, deleted at its end";
        let tags = [(MANAGED_BY, MANAGER)];
        let aws = trial.aws;
        let made = aws.create_role(&self.name, &trust, description, None, &tags);
        made.await
    }

    /// The role may look at itself and do nothing else.
    pub(super) async fn allow(&self, trial: &Trial<'_>, arn: &str) -> Result<()> {
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "iam:GetRole", "Resource": arn}],
        });
        trial.aws.put_inline(&self.name, POLICY, &policy).await
    }

    /// Makes the service account, which is annotated with a role.
    pub(crate) async fn make_account(
        &self,
        kubernetes: &Kubernetes,
        role_arn: &str,
    ) -> Result<Value> {
        let object = service_account(&self.namespace, &self.name, role_arn);
        kubernetes.create(&object).await
    }

    /// Deletes what there is of them.
    pub(crate) async fn remove(&self, kubernetes: &Kubernetes, aws: &Aws) -> Check {
        let (account, role) = (
            self.remove_account(kubernetes).await,
            self.remove_role(aws).await,
        );
        let mut left = Vec::new();
        let mut next = Vec::new();
        let (name, [delete_account, delete_role]) = (&self.name, self.commands(kubernetes));
        if let Err(error) = account {
            left.push(format!(
                "the service account {}/{name}: {error:#}",
                self.namespace
            ));
            next.push(delete_account);
        }
        if let Err(error) = role {
            left.push(format!("the role {name}: {error:#}"));
            next.push(delete_role);
        }
        match left.is_empty() {
            true => Check::passed("clean-up", "what was made for the test is deleted"),
            false => {
                let text = format!("this is left behind: {}", left.join("; "));
                Check::failed("clean-up", text, next.join("; "))
            }
        }
    }

    /// What may be there still when the clean-up itself was interrupted.
    pub(super) fn abandoned(&self, kubernetes: &Kubernetes) -> Check {
        let (name, namespace) = (&self.name, &self.namespace);
        let text = format!(
            "it was interrupted too: the role {name} and the service account {namespace}/{name} may be \
             left behind"
        );
        Check::failed("clean-up", text, self.commands(kubernetes).join("; "))
    }

    /// The commands that delete the service account, and the role.
    fn commands(&self, kubernetes: &Kubernetes) -> [String; 2] {
        let (name, kubectl) = (&self.name, &kubernetes.kubectl);
        [
            format!(
                "{kubectl} delete serviceaccount {name} -n {}",
                self.namespace
            ),
            format!(
                "aws iam delete-role-policy --role-name {name} --policy-name {POLICY}; aws iam \
                 delete-role --role-name {name}"
            ),
        ]
    }

    pub(crate) async fn remove_account(&self, kubernetes: &Kubernetes) -> Result<()> {
        let place = Place::service_account(&self.namespace, &self.name);
        if let Some(present) = kubernetes.get(&place).await? {
            kubernetes.delete(&place, &present).await?;
        }
        Ok(())
    }

    async fn remove_role(&self, aws: &Aws) -> Result<()> {
        if aws.role(&self.name).await?.is_none() {
            return Ok(());
        }
        for policy in aws.inline(&self.name).await? {
            aws.delete_inline(&self.name, &policy).await?;
        }
        aws.delete_role(&self.name).await
    }
}
