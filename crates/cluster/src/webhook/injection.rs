//! What a pod is given.

use super::CaBundle;

/// What a pod is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Injection {
    /// How it gets its credentials.
    pub method: Method,
    /// Life of its token in seconds.
    pub token_expiration: i64,
    /// Whether `AWS_STS_REGIONAL_ENDPOINTS=regional` is set.
    pub regional_sts: bool,
    /// `AWS_ENDPOINT_URL`, for services that are not AWS's.
    pub endpoint: Option<String>,
    /// `AWS_CA_BUNDLE`, for an endpoint with a private certificate authority.
    pub ca_bundle: Option<CaBundle>,
}

/// How a pod gets credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    /// With its token, from STS.
    WebIdentity {
        /// `AWS_ROLE_ARN`.
        role_arn: String,
        /// Whom the token is for.
        audience: String,
    },
    /// With its token, from the node's agent.
    PodIdentity,
}

impl Method {
    /// The label of metrics, as upstream names it.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::WebIdentity { .. } => "sts_web_identity",
            Self::PodIdentity => "container_credentials",
        }
    }
}
