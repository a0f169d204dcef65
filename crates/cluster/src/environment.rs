//! The environment of a container whose service account has a role.

/// What the pod identity webhook puts into a container, and an endpoint, because the
/// services are not AWS's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodEnvironment {
    /// The role that the service account is annotated with.
    pub role_arn: String,
    /// Where the projected token is.
    pub token_file: String,
    /// The session's name. With one of their own, sessions of two service accounts are not
    /// mixed up in the cache that the CLI keeps, by role and name, under the user's home.
    pub session_name: String,
    /// The region.
    pub region: String,
    /// The endpoint of all services.
    pub endpoint: String,
    /// A path where no file is: an SDK that looks for profiles finds none.
    pub no_file: String,
}

/// Variables with the prefix of credentials and settings that say nothing about who calls.
const KEPT: [&str; 2] = ["AWS_CA_BUNDLE", "AWS_PAGER"];

impl PodEnvironment {
    /// The variables, in the webhook's order.
    #[must_use]
    pub fn variables(&self) -> [(&'static str, &str); 9] {
        [
            ("AWS_DEFAULT_REGION", &self.region),
            ("AWS_REGION", &self.region),
            ("AWS_ROLE_ARN", &self.role_arn),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", &self.token_file),
            ("AWS_ROLE_SESSION_NAME", &self.session_name),
            ("AWS_ENDPOINT_URL", &self.endpoint),
            // A pod has no profiles of its own, and no instance role to fall back to.
            ("AWS_CONFIG_FILE", &self.no_file),
            ("AWS_SHARED_CREDENTIALS_FILE", &self.no_file),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ]
    }

    /// Whether the caller's variable must not reach the program: everything of AWS's that
    /// could be, or lead to, credentials of the caller.
    #[must_use]
    pub fn removes(name: &str) -> bool {
        name.starts_with("AWS_") && !KEPT.contains(&name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_callers_identity_is_left() {
        for name in [
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "AWS_PROFILE",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "AWS_ROLE_ARN",
            "AWS_ENDPOINT_URL_S3",
        ] {
            assert!(PodEnvironment::removes(name), "{name}");
        }
        for name in ["PATH", "HOME", "AWS_CA_BUNDLE"] {
            assert!(!PodEnvironment::removes(name), "{name}");
        }
    }
}
