//! What an association gives: checked when it is made or changed.

use directory::Snapshot;
use policy::{
    AccountId, Arn, Context, DocumentKind, Effect, Mismatch, Outcome, Policies, Policy, Principal,
    Request, ResourceKind, Source,
};

use super::fault::invalid;
use super::needs::PODS;
use crate::wire::Fault;

/// Most characters of a session policy (STS quotas).
const POLICY_CHARACTERS: usize = 2048;

/// The roles of an association and what narrows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) role: String,
    pub(super) target_role: Option<String>,
    pub(super) disable_session_tags: bool,
    pub(super) policy: Option<String>,
}

impl Given {
    /// Whether it can be given to the pods of a cluster of `account`. That the caller may pass the role has been decided.
    ///
    /// # Errors
    /// `InvalidParameterException`.
    pub(super) fn check(
        &self,
        snapshot: &Snapshot,
        account: AccountId,
        cluster: &str,
    ) -> Result<(), Fault> {
        let invalid = |message: &str| invalid(cluster, message);
        let role = snapshot
            .role_by_arn(&self.role)
            .filter(|role| role.account == account)
            .ok_or_else(|| invalid("Role provided in the request does not exist."))?;
        let trusts = |action| trusts_pods(&role.trust.policy(), action, &self.role);
        if !trusts("sts:AssumeRole") || !(self.disable_session_tags || trusts("sts:TagSession")) {
            return Err(invalid("Trust policy of the role provided is invalid."));
        }
        if self.target_role.as_deref().is_some_and(|arn| !is_role(arn)) {
            return Err(invalid("Target role provided in the request is invalid."));
        }
        let Some(policy) = &self.policy else {
            return Ok(());
        };
        if !self.disable_session_tags {
            return Err(invalid(
                "Session tags must be disabled when a policy is provided.",
            ));
        }
        if policy.chars().count() > POLICY_CHARACTERS {
            return Err(invalid(&format!(
                "The policy can have at most {POLICY_CHARACTERS} characters."
            )));
        }
        match Policy::parse(DocumentKind::Session, policy) {
            Ok(_) => Ok(()),
            Err(error) => Err(invalid(&format!(
                "The policy provided is invalid: {}",
                error.message()
            ))),
        }
    }
}

/// Whether a trust policy lets the pods' service do `action`, under whatever conditions: those are about the pod, and
/// there is none yet.
fn trusts_pods(trust: &Policy, action: &str, role: &str) -> bool {
    let service = Principal::Service {
        name: PODS.to_owned(),
    };
    let context = Context::new();
    let request = Request {
        principal: &service,
        action,
        resource: role,
        resource_account: None,
        context: &context,
    };
    let explanation = policy::explain(
        &request,
        &Policies {
            resource: Some(Source {
                policy: trust,
                arn: None,
                name: "trust policy",
            }),
            resource_kind: ResourceKind::RoleTrust,
            ..Policies::default()
        },
    );
    match explanation.decision.outcome {
        Outcome::Allowed => true,
        Outcome::ExplicitlyDenied(_) => false,
        Outcome::ImplicitlyDenied(_) => explanation.considered.iter().any(|it| {
            it.effect == Effect::Allow && matches!(it.mismatch, Some(Mismatch::Condition { .. }))
        }),
    }
}

/// Whether a text is the ARN of a role, in whatever account.
fn is_role(arn: &str) -> bool {
    arn.parse::<Arn>().is_ok_and(|arn| {
        arn.service() == "iam"
            && arn.account().parse::<AccountId>().is_ok()
            && arn.resource().starts_with("role/")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusts(statements: &str, action: &str) -> bool {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        let policy = Policy::parse(DocumentKind::Trust, &text).unwrap();
        trusts_pods(&policy, action, "arn:aws:iam::123456789012:role/app")
    }

    const PODS_MAY: &str = r#"{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}"#;

    #[test]
    fn the_pods_service_must_be_named_for_the_action() {
        assert!(trusts(PODS_MAY, "sts:AssumeRole"));
        assert!(trusts(PODS_MAY, "sts:TagSession"));
        let no_tags = PODS_MAY.replace(r#","sts:TagSession""#, "");
        assert!(!trusts(&no_tags, "sts:TagSession"));
        let other = PODS_MAY.replace("pods.eks", "ec2");
        assert!(!trusts(&other, "sts:AssumeRole"));
        let account = PODS_MAY.replace(
            r#"{"Service":"pods.eks.amazonaws.com"}"#,
            r#"{"AWS":"123456789012"}"#,
        );
        assert!(!trusts(&account, "sts:AssumeRole"));
    }

    #[test]
    fn conditions_are_for_the_pod_and_a_plain_deny_is_for_all() {
        let narrowed = PODS_MAY.replace(
            r#""sts:TagSession"]"#,
            r#""sts:TagSession"],"Condition":{"StringEquals":{"aws:RequestTag/kubernetes-namespace":"ns"}}"#,
        );
        assert!(trusts(&narrowed, "sts:AssumeRole"));
        let deny = PODS_MAY.replace("Allow", "Deny");
        assert!(!trusts(&format!("{PODS_MAY},{deny}"), "sts:AssumeRole"));
        let other = narrowed.replace("pods.eks", "ec2");
        assert!(!trusts(&other, "sts:AssumeRole"));
    }

    #[test]
    fn a_target_is_a_role_of_any_account() {
        for arn in [
            "arn:aws:iam::123456789012:role/a",
            "arn:aws:iam::999999999999:role/path/a",
        ] {
            assert!(is_role(arn), "{arn}");
        }
        for arn in [
            "",
            "role/a",
            "arn:aws:iam::123456789012:user/a",
            "arn:aws:sts::123456789012:assumed-role/a/b",
            "arn:aws:iam::x:role/a",
        ] {
            assert!(!is_role(arn), "{arn}");
        }
    }
}
