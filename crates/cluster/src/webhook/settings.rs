//! What the webhook is told by its flags.

use policy::AccountId;

/// The shortest life of a projected token that an API server issues, in seconds.
pub const SHORTEST: i64 = 600;
/// A day, the longest and the default.
const DAY: i64 = 86_400;

/// The settings for all pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Of the annotations: `PREFIX/role-arn`.
    pub annotation_prefix: String,
    /// Whom the tokens are for, unless a service account says otherwise.
    pub audience: String,
    /// Where the token is mounted.
    pub mount_path: String,
    /// Life of a token in seconds, at least [`SHORTEST`].
    pub token_expiration: i64,
    /// The region that containers without one get.
    pub region: Option<String>,
    /// Whether `AWS_STS_REGIONAL_ENDPOINTS=regional` is set, unless a service account says
    /// otherwise.
    pub regional_sts: bool,
    /// For service accounts that use Pod Identity.
    pub pod_identity: PodIdentitySettings,
    /// The account of roles that are named without an ARN (`--compose-role-arn`).
    pub account: Option<AccountId>,
    /// Ours: `AWS_ENDPOINT_URL`, for services that are not AWS's.
    pub endpoint: Option<String>,
    /// Ours: `AWS_CA_BUNDLE`, for an endpoint with a private certificate authority.
    pub ca_bundle: Option<CaBundle>,
    /// Ours: `AWS_ROLE_SESSION_NAME` is the pod's name.
    pub session_name_from_pod: bool,
}

/// The settings of Pod Identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodIdentitySettings {
    /// Whom the tokens are for.
    pub audience: String,
    /// Where the token is mounted.
    pub mount_path: String,
    /// The volume's name.
    pub volume_name: String,
    /// The token's file in the volume.
    pub token_path: String,
    /// The agent's URL.
    pub full_uri: String,
}

/// A ConfigMap of each pod's own namespace with the certificates of an authority;
/// `kube-root-ca.crt` is one that Kubernetes puts into every namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaBundle {
    /// The ConfigMap's name.
    pub config_map: String,
    /// The key in it.
    pub key: String,
}

impl CaBundle {
    /// The volume's name.
    pub(super) const VOLUME: &'static str = "aws-ca-bundle";
    /// Where it is mounted.
    pub(super) const MOUNT_PATH: &'static str = "/var/run/secrets/eks.amazonaws.com/ca";
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            annotation_prefix: "eks.amazonaws.com".to_owned(),
            audience: "sts.amazonaws.com".to_owned(),
            mount_path: "/var/run/secrets/eks.amazonaws.com/serviceaccount".to_owned(),
            token_expiration: DAY,
            region: None,
            regional_sts: false,
            pod_identity: PodIdentitySettings::default(),
            account: None,
            endpoint: None,
            ca_bundle: None,
            session_name_from_pod: false,
        }
    }
}

impl Default for PodIdentitySettings {
    fn default() -> Self {
        Self {
            audience: "pods.eks.amazonaws.com".to_owned(),
            mount_path: "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount".to_owned(),
            volume_name: "eks-pod-identity-token".to_owned(),
            token_path: "eks-pod-identity-token".to_owned(),
            full_uri: "http://169.254.170.23/v1/credentials".to_owned(),
        }
    }
}
