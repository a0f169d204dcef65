//! The roles and their policies in IAM.

use anyhow::{Result, bail};
use cluster::ccoctl::{InfraName, Role, Trusted};
use percent_encoding::percent_decode_str;
use policy::Arn;
use serde_json::Value;

use super::cloud::Cloud;
use super::identity_provider::is_tagged;
use super::output_dir::{OutputDir, Readers};
use super::say;
use crate::shell::word;

/// Roles that there have to be, and what there is of them.
pub(super) struct Planned<'c> {
    cloud: &'c Cloud,
    name: &'c InfraName,
    roles: Vec<(Role, Option<Value>)>,
}

/// The provider has to be registered: roles that trust nothing are of no use.
pub(super) async fn require_provider(cloud: &Cloud, trusted: &Trusted) -> Result<()> {
    let arn = trusted.arn();
    let parameter = [("OpenIDConnectProviderArn", arn)];
    if cloud
        .iam_or_none("GetOpenIDConnectProvider", &parameter)
        .await?
        .is_none()
    {
        bail!(
            "there is no identity provider {arn}, so nothing has been made; `daypass ccoctl \
             create-identity-provider` makes it, and `aws iam list-open-id-connect-providers` shows \
             those that there are"
        );
    }
    Ok(())
}

impl<'c> Planned<'c> {
    /// Looks for the roles. One that was not made for this name is an error: it would be given
    /// permissions that nobody has asked for.
    pub(super) async fn new(
        cloud: &'c Cloud,
        name: &'c InfraName,
        roles: Vec<Role>,
    ) -> Result<Self> {
        let mut found = Vec::with_capacity(roles.len());
        for role in roles {
            let answer = cloud
                .iam_or_none("GetRole", &[("RoleName", &role.name)])
                .await?;
            let existing = answer.and_then(|answer| answer.get("Role").cloned());
            if existing.as_ref().is_some_and(|it| !is_tagged(it, name)) {
                bail!(
                    "the role {} is there already, and was not made for this name: it has no tag \
                     `{}`. No role has been changed; choose another --name, or tag the role if it is \
                     meant",
                    role.name,
                    name.tag_key()
                );
            }
            found.push((role, existing));
        }
        Ok(Self {
            cloud,
            name,
            roles: found,
        })
    }

    /// Makes what is missing, and puts policies right.
    pub(super) async fn create(&self, boundary: Option<&Arn>, output: &OutputDir) -> Result<()> {
        for (role, existing) in &self.roles {
            let arn = match existing {
                Some(existing) => found(role, existing, boundary)?,
                None => self.make(role, boundary).await?,
            };
            self.put_policy(role, existing.is_none()).await?;
            let manifest = format!("manifests/{}", role.manifest_name());
            let content = role.manifest(&arn);
            let path = output.write(&manifest, content.as_bytes(), Readers::Owner)?;
            say(&format!(
                "{}: its secret, for the installer",
                path.display()
            ))?;
        }
        Ok(())
    }

    async fn make(&self, role: &Role, boundary: Option<&Arn>) -> Result<String> {
        let [(owned, value), (name_key, name)] = self.name.tags();
        let mut parameters = vec![
            ("RoleName", role.name.as_str()),
            ("Description", &role.description),
            ("AssumeRolePolicyDocument", &role.trust),
            ("Tags.member.1.Key", &owned),
            ("Tags.member.1.Value", &value),
            ("Tags.member.2.Key", &name_key),
            ("Tags.member.2.Value", &name),
        ];
        parameters.extend(boundary.map(|arn| ("PermissionsBoundary", arn.as_str())));
        let answer = self.cloud.iam_done("CreateRole", &parameters).await?;
        let arn = arn_of(answer.get("Role"), role)?;
        say(&format!("role {arn}: created"))?;
        Ok(arn)
    }

    async fn put_policy(&self, role: &Role, is_new: bool) -> Result<()> {
        let name = [("RoleName", role.name.as_str()), ("PolicyName", &role.name)];
        let existing = match is_new {
            true => None,
            false => self.cloud.iam_or_none("GetRolePolicy", &name).await?,
        };
        let wanted: Value = serde_json::from_str(&role.permissions)?;
        let document = existing
            .as_ref()
            .and_then(|it| document(it, "PolicyDocument"));
        if document.as_ref() == Some(&wanted) {
            return say(&format!(
                "role {}: its policy is as it has to be",
                role.name
            ));
        }
        let [role_name, policy_name] = name;
        let parameters = [
            role_name,
            policy_name,
            ("PolicyDocument", &role.permissions),
        ];
        self.cloud.iam_done("PutRolePolicy", &parameters).await?;
        let how = match (is_new, &existing) {
            (true, _) => return Ok(()),
            (false, Some(_)) => "updated",
            (false, None) => "written",
        };
        say(&format!("role {}: its policy is {how}", role.name))
    }
}

/// A role that is there stays as it is. What about it is not as it would be made is told.
fn found(role: &Role, existing: &Value, boundary: Option<&Arn>) -> Result<String> {
    let arn = arn_of(Some(existing), role)?;
    say(&format!("role {arn}: is there already"))?;
    let wanted: Value = serde_json::from_str(&role.trust)?;
    if document(existing, "AssumeRolePolicyDocument") != Some(wanted) {
        say(&format!(
            "role {name}: its trust policy is not what would be made now, and stays as it is; to change \
             it: aws iam update-assume-role-policy --role-name {name} --policy-document {trust}",
            name = role.name,
            trust = word(&role.trust)
        ))?;
    }
    let attached = existing.pointer("/PermissionsBoundary/PermissionsBoundaryArn");
    let attached = attached.and_then(Value::as_str);
    if let Some(boundary) = boundary.filter(|it| attached != Some(it.as_str())) {
        say(&format!(
            "role {name}: its permissions boundary is {}, and stays so; to change it: aws iam \
             put-role-permissions-boundary --role-name {name} --permissions-boundary {}",
            attached.unwrap_or("none"),
            boundary.as_str(),
            name = role.name,
        ))?;
    }
    Ok(arn)
}

fn arn_of(role: Option<&Value>, planned: &Role) -> Result<String> {
    let arn = role
        .and_then(|role| role.get("Arn"))
        .and_then(Value::as_str);
    match arn {
        Some(arn) => Ok(arn.to_owned()),
        None => bail!("the answer about the role {} has no ARN", planned.name),
    }
}

/// A policy of an answer, which IAM percent-encodes.
fn document(answer: &Value, member: &str) -> Option<Value> {
    let text = answer.get(member)?.as_str()?;
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    serde_json::from_str(&decoded).ok()
}
