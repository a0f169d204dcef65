//! The role of a service account: its name, its trust policy, its tags.

use serde_json::{Value, json};

use crate::manifests::{CLUSTER, MANAGED_BY, MANAGER};

/// The tag with the service account's namespace.
pub const NAMESPACE: &str = "daypass.internal/namespace";
/// The tag with the service account's name.
pub const SERVICE_ACCOUNT: &str = "daypass.internal/service-account";
/// The audience of tokens that are for STS.
pub const AUDIENCE: &str = "sts.amazonaws.com";

/// The longest name of a role (IAM API Reference, `CreateRole`).
const LONGEST: usize = 64;

/// A service account of a registered cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account<'a> {
    /// The cluster's name.
    pub cluster: &'a str,
    /// ARN of the cluster's OIDC provider.
    pub provider_arn: &'a str,
    /// The namespace.
    pub namespace: &'a str,
    /// The name.
    pub name: &'a str,
}

impl Account<'_> {
    /// The `sub` of its tokens.
    #[must_use]
    pub fn subject(&self) -> String {
        format!("system:serviceaccount:{}:{}", self.namespace, self.name)
    }

    /// The role's name as rosa makes it, `CLUSTER-NAMESPACE-NAME-role`; `None` if that is too long.
    #[must_use]
    pub fn role_name(&self) -> Option<String> {
        let name = format!("{}-{}-{}-role", self.cluster, self.namespace, self.name);
        // Names of Kubernetes may have dots, and so may a role's.
        (name.len() <= LONGEST).then_some(name)
    }

    /// The trust policy: this service account, and tokens for STS only. Without the audience, a token that was made for
    /// another reader would do.
    #[must_use]
    pub fn trust_policy(&self) -> Value {
        let issuer = self.provider_arn.split_once(":oidc-provider/");
        let issuer = issuer.map_or(self.provider_arn, |(_, issuer)| issuer);
        json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": {"Federated": self.provider_arn},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": {
                    format!("{issuer}:sub"): self.subject(),
                    format!("{issuer}:aud"): AUDIENCE,
                }},
            }],
        })
    }

    /// The role's tags, by which it is found again.
    #[must_use]
    pub fn tags(&self) -> [(&'static str, String); 4] {
        [
            (MANAGED_BY, MANAGER.to_owned()),
            (CLUSTER, self.cluster.to_owned()),
            (NAMESPACE, self.namespace.to_owned()),
            (SERVICE_ACCOUNT, self.name.to_owned()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: Account<'_> = Account {
        cluster: "prod",
        provider_arn: "arn:aws:iam::123456789012:oidc-provider/host.example:6443/id",
        namespace: "shop",
        name: "cart",
    };

    #[test]
    fn the_trust_policy_has_both_conditions() {
        let policy = ACCOUNT.trust_policy();
        let conditions = policy
            .pointer("/Statement/0/Condition/StringEquals")
            .unwrap();
        assert_eq!(
            conditions,
            &json!({
                "host.example:6443/id:sub": "system:serviceaccount:shop:cart",
                "host.example:6443/id:aud": "sts.amazonaws.com",
            })
        );
    }

    #[test]
    fn a_name_that_is_too_long_is_none() {
        assert_eq!(ACCOUNT.role_name().as_deref(), Some("prod-shop-cart-role"));
        let name = "a".repeat(64 - "prod-shop--role".len());
        let fits = Account {
            name: &name,
            ..ACCOUNT
        };
        assert_eq!(fits.role_name().map(|it| it.len()), Some(64));
        let name = format!("{name}a");
        let long = Account {
            name: &name,
            ..ACCOUNT
        };
        assert_eq!(long.role_name(), None);
    }
}
