//! `daypass create iamserviceaccount`.

mod auto;
mod manual;

use std::process::ExitCode;

use anyhow::{Result, bail};
use cluster::irsa::Account;
use cluster::manifests::role_annotation;
use serde_json::Value;

use super::roles_of;
use crate::api_server::{Kubernetes, Place};
use crate::cli::Data;
use crate::cli::cluster::Mode;
use crate::cli::iam_service_account::CreateIamServiceAccount;
use crate::command::aws::{Aws, Role};
use crate::command::cluster::issuer::same_cluster;

/// What there is, and what there is to be.
struct Found<'a> {
    account: Account<'a>,
    role_name: String,
    role: Option<Role>,
    /// Managed policies that are attached.
    attached: Vec<String>,
    objects: Option<Objects>,
}

/// The namespace and the service account, where they are there.
struct Objects {
    kubernetes: Kubernetes,
    namespace: Option<Value>,
    service_account: Option<Value>,
}

/// Looks first, then makes what is missing.
pub(crate) async fn run(options: &CreateIamServiceAccount, data: &Data) -> Result<ExitCode> {
    let aws = Aws::new(data).await?;
    let cluster = aws.known_cluster(&options.which.cluster).await?;
    let provider_arn = aws.provider_arn(cluster.issuer_path());
    if aws.provider(&provider_arn).await?.is_none() {
        bail!(
            "the issuer {} of the cluster `{1}` has no OIDC provider; `daypass create cluster --name \
             {1}` makes it",
            cluster.issuer,
            cluster.name
        );
    }
    let objects = match options.role_only {
        true => None,
        false => {
            let kubernetes = Kubernetes::connect(&options.kubernetes).await?;
            same_cluster(&kubernetes, &cluster).await?;
            Some(Objects::look(options, kubernetes).await?)
        }
    };
    let account = Account {
        cluster: &cluster.name,
        provider_arn: &provider_arn,
        namespace: &options.which.namespace,
        name: &options.which.name,
    };
    let found = Found::look(options, &aws, account, objects).await?;
    match options.mode {
        Mode::Manual => manual::run(options, &aws, &found)?,
        // `--approve` says the same.
        Mode::Auto => auto::run(options, &aws, &found).await?,
    }
    Ok(ExitCode::SUCCESS)
}

impl Objects {
    async fn look(options: &CreateIamServiceAccount, kubernetes: Kubernetes) -> Result<Self> {
        let (namespace, name) = (&options.which.namespace, &options.which.name);
        let there = kubernetes.get(&Place::namespace(namespace)).await?;
        let service_account = match &there {
            Some(_) => {
                kubernetes
                    .get(&Place::service_account(namespace, name))
                    .await?
            }
            None => None,
        };
        Ok(Self {
            namespace: there,
            service_account,
            kubernetes,
        })
    }

    fn role(&self) -> Option<&str> {
        self.service_account.as_ref().and_then(role_annotation)
    }
}

impl<'a> Found<'a> {
    async fn look(
        options: &CreateIamServiceAccount,
        aws: &Aws,
        account: Account<'a>,
        objects: Option<Objects>,
    ) -> Result<Self> {
        let present = roles_of(aws, &account).await?;
        let role_name = match (&options.role_name, present.as_slice()) {
            (Some(name), _) => name.clone(),
            (None, [role]) => role.name.clone(),
            (None, [_, _, ..]) => {
                let names: Vec<&str> = present.iter().map(|it| it.name.as_str()).collect();
                bail!(
                    "{}/{} has several roles: {}; say which with --role-name",
                    account.namespace,
                    account.name,
                    names.join(", ")
                )
            }
            (None, []) => match account.role_name() {
                Some(name) => name,
                None => bail!(
                    "{}-{}-{}-role is too long for a role's name, which has up to 64 characters; say \
                     one with --role-name",
                    account.cluster,
                    account.namespace,
                    account.name
                ),
            },
        };
        let role = aws.role(&role_name).await?;
        if role.is_some() && !present.iter().any(|it| it.name == role_name) {
            bail!(
                "the role `{role_name}` is there and was not made for {}/{} of this cluster; nothing \
                 was changed; say another name with --role-name",
                account.namespace,
                account.name
            );
        }
        let attached = match &role {
            Some(role) => aws.attached(&role.name).await?,
            None => Vec::new(),
        };
        let found = Self {
            account,
            role_name,
            role,
            attached,
            objects,
        };
        found.refuse_another_role(options, aws)?;
        found.refuse_missing_policies(options, aws).await?;
        Ok(found)
    }

    /// A role without the policy that was meant is half of what was asked for.
    async fn refuse_missing_policies(
        &self,
        options: &CreateIamServiceAccount,
        aws: &Aws,
    ) -> Result<()> {
        let mut wanted = self.missing(options);
        wanted.extend(self.new_boundary(options));
        for arn in wanted {
            if aws.has_policy(&arn).await? == Some(false) {
                bail!(
                    "there is no policy {arn}; nothing was changed; `aws iam list-policies` shows those \
                     there are"
                );
            }
        }
        Ok(())
    }

    /// A service account that has another role keeps it unless somebody says otherwise.
    fn refuse_another_role(&self, options: &CreateIamServiceAccount, aws: &Aws) -> Result<()> {
        let Some(other) = self.objects.as_ref().and_then(Objects::role) else {
            return Ok(());
        };
        if other != self.role_arn(aws) && !options.override_existing_serviceaccounts {
            bail!(
                "the service account {}/{} has the role {other}; nothing was changed; \
                 --override-existing-serviceaccounts gives it the new one",
                self.account.namespace,
                self.account.name
            );
        }
        Ok(())
    }

    fn role_arn(&self, aws: &Aws) -> String {
        let made = self.role.as_ref().map(|it| it.arn.clone());
        made.unwrap_or_else(|| aws.role_arn(&self.role_name))
    }

    /// The policies that are to be attached and are not.
    fn missing<'o>(&self, options: &'o CreateIamServiceAccount) -> Vec<String>
    where
        'a: 'o,
    {
        let wanted = options.attach_policy_arn.iter().map(ToString::to_string);
        wanted.filter(|arn| !self.attached.contains(arn)).collect()
    }

    /// The boundary that is to be set and is not.
    fn new_boundary(&self, options: &CreateIamServiceAccount) -> Option<String> {
        let wanted = options.permissions_boundary.as_ref()?.to_string();
        let present = self.role.as_ref().and_then(|it| it.boundary.as_ref());
        (present != Some(&wanted)).then_some(wanted)
    }
}

/// What the role is for.
fn description(account: &Account<'_>) -> String {
    format!(
        "The service account {}/{} of {}",
        account.namespace, account.name, account.cluster
    )
}

/// The command that undoes it.
fn undo(options: &CreateIamServiceAccount, aws: &Aws) -> String {
    let which = &options.which;
    let mut command = format!(
        "daypass delete iamserviceaccount --cluster {} --namespace {} --name {}{}{}",
        which.cluster,
        which.namespace,
        which.name,
        options.kubernetes.words(),
        aws.words
    );
    if options.role_only {
        command.push_str(" --role-only");
    }
    command
}
