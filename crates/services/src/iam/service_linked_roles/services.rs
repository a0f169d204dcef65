//! The services that have service-linked roles.

/// What is known of a service's roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LinkedService {
    /// The service principal: `autoscaling.amazonaws.com`.
    pub(super) principal: &'static str,
    /// The role's name behind `AWSServiceRoleFor`.
    role: &'static str,
    /// The policy's name.
    policy: &'static str,
    /// Whether there may be several roles, told apart by a suffix.
    pub(super) takes_suffix: bool,
}

impl LinkedService {
    /// The service with exactly this principal; principals are case-sensitive.
    pub(super) fn of(principal: &str) -> Option<Self> {
        all().find(|service| service.principal == principal)
    }

    /// The name of the service's role.
    pub(super) fn role_name(&self, suffix: Option<&str>) -> String {
        let name = format!("AWSServiceRoleFor{}", self.role);
        match suffix {
            Some(suffix) => format!("{name}_{suffix}"),
            None => name,
        }
    }

    /// ARN of the policy that the role has.
    pub(super) fn policy_arn(&self) -> String {
        format!("arn:aws:iam::aws:policy/aws-service-role/{}", self.policy)
    }
}

fn all() -> impl Iterator<Item = LinkedService> {
    TABLE.lines().filter_map(|line| {
        let mut words = line.split_ascii_whitespace();
        Some(LinkedService {
            principal: words.next().filter(|word| *word != "#")?,
            role: words.next()?,
            policy: words.next()?,
            takes_suffix: words.next().is_some(),
        })
    })
}

static TABLE: &str = include_str!("services.txt");

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use directory::catalogue;

    use super::*;

    #[test]
    fn every_service_has_a_role_of_its_own_and_a_policy_that_exists() {
        let mut principals = HashSet::new();
        let mut roles = HashSet::new();
        for service in all() {
            assert!(
                principals.insert(service.principal),
                "{}",
                service.principal
            );
            assert!(roles.insert(service.role), "{}", service.role);
            let arn = service.policy_arn();
            assert!(catalogue::find(&arn).is_some(), "{arn}");
            assert!(service.role_name(None).len() <= 64);
            assert!(service.principal.ends_with(".amazonaws.com"));
        }
        assert!(principals.len() > 100);
    }

    #[test]
    fn a_suffix_follows_behind_an_underscore() {
        let service = LinkedService::of("autoscaling.amazonaws.com").unwrap();
        assert_eq!(service.role_name(None), "AWSServiceRoleForAutoScaling");
        assert_eq!(
            service.role_name(Some("x")),
            "AWSServiceRoleForAutoScaling_x"
        );
        assert_eq!(LinkedService::of("AutoScaling.amazonaws.com"), None);
        assert_eq!(LinkedService::of("#"), None);
    }
}
