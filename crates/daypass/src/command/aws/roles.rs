//! Roles, and what is attached to them.

use anyhow::{Context, Result};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::{Aws, Tags, explained, parameter, tag_parameters, tags, text};

/// A role.
#[derive(Debug, Clone)]
pub(crate) struct Role {
    pub(crate) name: String,
    pub(crate) arn: String,
    /// Its trust policy.
    pub(crate) trust: Value,
    pub(crate) tags: Tags,
    /// ARN of its permissions boundary.
    pub(crate) boundary: Option<String>,
}

impl Role {
    fn of(value: &Value) -> Result<Self> {
        let document = text(value, "AssumeRolePolicyDocument");
        let document = percent_decode_str(&document).decode_utf8_lossy();
        let boundary = value.pointer("/PermissionsBoundary/PermissionsBoundaryArn");
        Ok(Self {
            name: text(value, "RoleName"),
            arn: text(value, "Arn"),
            trust: serde_json::from_str(&document).context("a role's trust policy is not JSON")?,
            tags: tags(value),
            boundary: boundary.and_then(Value::as_str).map(str::to_owned),
        })
    }
}

fn named(role: &str) -> Vec<(String, String)> {
    vec![parameter("RoleName", role)]
}

impl Aws {
    pub(crate) async fn role(&self, name: &str) -> Result<Option<Role>> {
        let found = self.find("iam", "GetRole", named(name)).await?;
        let role = found.as_ref().and_then(|it| it.get("Role"));
        role.map(Role::of).transpose()
    }

    /// The roles whose trust policy names a provider, with their tags.
    pub(crate) async fn roles_trusting(&self, provider_arn: &str) -> Result<Vec<Role>> {
        let most = [parameter("MaxItems", "1000")];
        let mut roles = Vec::new();
        for value in self.pages("ListRoles", &most, "Roles").await? {
            let document = text(&value, "AssumeRolePolicyDocument");
            let document = percent_decode_str(&document).decode_utf8_lossy();
            if !document.contains(provider_arn) {
                continue;
            }
            let mut role = Role::of(&value)?;
            // A listing of roles has no tags (IAM API Reference, `ListRoles`).
            let listed = self
                .pages("ListRoleTags", &named(&role.name), "Tags")
                .await?;
            role.tags = listed
                .iter()
                .map(|it| (text(it, "Key"), text(it, "Value")))
                .collect();
            roles.push(role);
        }
        Ok(roles)
    }

    /// Makes a role; its ARN.
    pub(crate) async fn create_role(
        &self,
        name: &str,
        trust: &Value,
        description: &str,
        boundary: Option<&str>,
        tags: &[(&str, &str)],
    ) -> Result<String> {
        let mut parameters = named(name);
        parameters.push(parameter("AssumeRolePolicyDocument", &trust.to_string()));
        parameters.push(parameter("Description", description));
        parameters.extend(boundary.map(|it| parameter("PermissionsBoundary", it)));
        parameters.extend(tag_parameters(tags.iter().copied()));
        let made = self.call("iam", "CreateRole", parameters).await?;
        let arn = made.pointer("/Role/Arn").and_then(Value::as_str);
        Ok(arn
            .context("the answer to CreateRole has no ARN")?
            .to_owned())
    }

    pub(crate) async fn set_trust(&self, role: &str, trust: &Value) -> Result<()> {
        let mut parameters = named(role);
        parameters.push(parameter("PolicyDocument", &trust.to_string()));
        self.call("iam", "UpdateAssumeRolePolicy", parameters)
            .await?;
        Ok(())
    }

    pub(crate) async fn set_boundary(&self, role: &str, policy_arn: &str) -> Result<()> {
        let mut parameters = named(role);
        parameters.push(parameter("PermissionsBoundary", policy_arn));
        self.call("iam", "PutRolePermissionsBoundary", parameters)
            .await?;
        Ok(())
    }

    /// ARNs of the managed policies that are attached to a role.
    pub(crate) async fn attached(&self, role: &str) -> Result<Vec<String>> {
        let named = named(role);
        let found = self.pages("ListAttachedRolePolicies", &named, "AttachedPolicies");
        Ok(found
            .await?
            .iter()
            .map(|it| text(it, "PolicyArn"))
            .collect())
    }

    /// Names of a role's inline policies.
    pub(crate) async fn inline(&self, role: &str) -> Result<Vec<String>> {
        let found = self
            .pages("ListRolePolicies", &named(role), "PolicyNames")
            .await?;
        let names = found.iter().filter_map(Value::as_str);
        Ok(names.map(str::to_owned).collect())
    }

    /// Whether there is a managed policy; `None` if whoever asks may not know.
    pub(crate) async fn has_policy(&self, arn: &str) -> Result<Option<bool>> {
        let parameters = vec![parameter("PolicyArn", arn)];
        Ok(
            match self.asker.call("iam", "GetPolicy", &parameters).await? {
                Ok(_) => Some(true),
                Err(refused) if refused.code == "NoSuchEntity" => Some(false),
                Err(refused) if refused.code == "AccessDenied" => None,
                Err(refused) => return Err(explained("GetPolicy", &refused)),
            },
        )
    }

    pub(crate) async fn attach(&self, role: &str, policy_arn: &str) -> Result<()> {
        self.on_policy("AttachRolePolicy", role, "PolicyArn", policy_arn)
            .await
    }

    pub(crate) async fn detach(&self, role: &str, policy_arn: &str) -> Result<()> {
        self.on_policy("DetachRolePolicy", role, "PolicyArn", policy_arn)
            .await
    }

    pub(crate) async fn delete_inline(&self, role: &str, policy: &str) -> Result<()> {
        self.on_policy("DeleteRolePolicy", role, "PolicyName", policy)
            .await
    }

    pub(crate) async fn put_inline(
        &self,
        role: &str,
        policy: &str,
        document: &Value,
    ) -> Result<()> {
        let mut parameters = named(role);
        parameters.push(parameter("PolicyName", policy));
        parameters.push(parameter("PolicyDocument", &document.to_string()));
        self.call("iam", "PutRolePolicy", parameters).await?;
        Ok(())
    }

    pub(crate) async fn delete_role(&self, role: &str) -> Result<()> {
        self.call("iam", "DeleteRole", named(role)).await?;
        Ok(())
    }

    async fn on_policy(&self, action: &str, role: &str, kind: &str, policy: &str) -> Result<()> {
        let mut parameters = named(role);
        parameters.push(parameter(kind, policy));
        self.call("iam", action, parameters).await?;
        Ok(())
    }
}
