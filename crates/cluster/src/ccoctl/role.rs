//! The roles that requests are fulfilled with.

use std::collections::BTreeMap;

use policy::Arn;
use serde_json::{Value, json};
use thiserror::Error;

use super::secret::secret_manifest;
use super::{CredentialsRequest, DryRunFile, InfraName};

/// The provider that the roles trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusted {
    arn: Arn,
    /// The issuer's URL without its scheme, as condition keys have it.
    issuer: String,
}

/// A role for one secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// The name, cut at 64 characters; also that of its inline policy.
    pub name: String,
    /// The name before it was cut, which the files of a dry run have.
    pub long_name: String,
    /// The description.
    pub description: String,
    /// The trust policy.
    pub trust: String,
    /// The inline policy.
    pub permissions: String,
    request: CredentialsRequest,
}

/// A file of a role, and what is in it, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleFile {
    /// Name and content.
    pub file: DryRunFile,
    /// The `aws iam` operation that takes it.
    pub operation: &'static str,
}

/// The requests can't have roles.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidRoles {
    /// Not the ARN of an OIDC provider.
    #[error(
        "`{0}` is not the ARN of an OIDC provider, which ends with `:oidc-provider/ISSUER`; `aws iam \
         list-open-id-connect-providers` shows them"
    )]
    Provider(String),
    /// Two requests would share a role, and the later one's permissions would take the place of the earlier one's.
    #[error("{first} and {second} would have one role, `{role}`{}", hint(*.cut))]
    Shared {
        /// The role's name.
        role: String,
        /// A request.
        first: String,
        /// Another one.
        second: String,
        /// Whether only because the name is cut.
        cut: bool,
    },
}

fn hint(cut: bool) -> &'static str {
    match cut {
        true => ", because names of roles are cut at 64 characters; choose a shorter --name",
        false => ", because they ask for the same secret; leave one of them out",
    }
}

impl Trusted {
    /// By the provider's ARN, which has the issuer in it.
    ///
    /// # Errors
    /// [`InvalidRoles::Provider`].
    pub fn by_arn(arn: &str) -> Result<Self, InvalidRoles> {
        let invalid = || InvalidRoles::Provider(arn.to_owned());
        let parsed: Arn = arn.parse().map_err(|_| invalid())?;
        let issuer = parsed.resource().strip_prefix("oidc-provider/");
        let issuer = issuer.filter(|issuer| !issuer.is_empty() && parsed.service() == "iam");
        Ok(Self {
            issuer: issuer.ok_or_else(invalid)?.to_owned(),
            arn: parsed,
        })
    }

    /// The provider's ARN.
    #[must_use]
    pub fn arn(&self) -> &str {
        self.arn.as_str()
    }

    /// The ARN of a role of the provider's account.
    #[must_use]
    pub fn role_arn(&self, role: &str) -> String {
        let (partition, account) = (self.arn.partition(), self.arn.account());
        format!("arn:{partition}:iam::{account}:role/{role}")
    }

    fn policy(&self, request: &CredentialsRequest) -> Value {
        let namespace = &request.namespace;
        let accounts = request.service_accounts.iter();
        let subjects: Vec<_> = accounts
            .map(|account| format!("system:serviceaccount:{namespace}:{account}"))
            .collect();
        json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": {"Federated": self.arn.as_str()},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": {format!("{}:sub", self.issuer): subjects}},
            }],
        })
    }
}

/// The roles of all requests, in their order.
///
/// # Errors
/// [`InvalidRoles::Shared`].
pub fn roles(
    name: &InfraName,
    requests: Vec<CredentialsRequest>,
    trusted: &Trusted,
) -> Result<Vec<Role>, InvalidRoles> {
    let mut taken: BTreeMap<String, (String, String)> = BTreeMap::new();
    let mut roles = Vec::with_capacity(requests.len());
    for request in requests {
        let long_name = name.long_role(&request.namespace, &request.secret);
        let role = InfraName::cut(&long_name).to_owned();
        let holder = (request.shown.clone(), long_name.clone());
        if let Some((first, other)) = taken.insert(role.clone(), holder) {
            return Err(InvalidRoles::Shared {
                role,
                first,
                second: request.shown,
                cut: other != long_name,
            });
        }
        let entries = request.statements.iter();
        let statements: Vec<Value> = entries.map(|entry| entry.to_json()).collect();
        let permissions = json!({"Version": "2012-10-17", "Statement": statements});
        roles.push(Role {
            name: role,
            long_name,
            description: format!(
                "OpenShift role for {}/{}",
                request.namespace, request.secret
            ),
            trust: trusted.policy(&request).to_string(),
            permissions: permissions.to_string(),
            request,
        });
    }
    Ok(roles)
}

impl Role {
    /// The request that the role fulfils.
    #[must_use]
    pub fn request(&self) -> &CredentialsRequest {
        &self.request
    }

    /// The name of the secret's manifest.
    #[must_use]
    pub fn manifest_name(&self) -> String {
        let CredentialsRequest {
            namespace, secret, ..
        } = &self.request;
        format!("{namespace}-{secret}-credentials.yaml")
    }

    /// The secret's manifest, for the role that has this ARN.
    #[must_use]
    pub fn manifest(&self, role_arn: &str) -> String {
        let request = &self.request;
        secret_manifest(
            &request.namespace,
            &request.secret,
            role_arn,
            &request.token_path,
        )
    }

    /// The files of a dry run, for `aws iam create-role` and `aws iam put-role-policy` with `--cli-input-json`. `place` counts
    /// the roles from 0.
    #[must_use]
    pub fn files(&self, place: usize, name: &InfraName, boundary: Option<&str>) -> [RoleFile; 2] {
        let tags = name.tags();
        let tags = tags.map(|(key, value)| json!({"Key": key, "Value": value}));
        let mut role = json!({
            "RoleName": self.name,
            "Description": self.description,
            "AssumeRolePolicyDocument": self.trust,
            "Tags": tags,
        });
        if let Some(boundary) = boundary {
            role["PermissionsBoundary"] = boundary.into();
        }
        let policy = json!({
            "RoleName": self.name,
            "PolicyName": self.name,
            "PolicyDocument": self.permissions,
        });
        let long = &self.long_name;
        [
            ("create-role", format!("05-{place}-{long}-role.json"), role),
            (
                "put-role-policy",
                format!("06-{place}-{long}-policy.json"),
                policy,
            ),
        ]
        .map(|(operation, name, input)| RoleFile {
            file: DryRunFile {
                name,
                content: input.to_string(),
            },
            operation,
        })
    }
}

#[cfg(test)]
mod tests;
