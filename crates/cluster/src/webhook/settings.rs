//! What the webhook is told by its flags.

use std::str::FromStr;

use policy::AccountId;
use thiserror::Error;

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
    /// Where roles are that are named without an ARN (`--compose-role-arn`).
    pub home: Option<Home>,
    /// Ours: `AWS_ENDPOINT_URL`, for services that are not AWS's.
    pub endpoint: Option<String>,
    /// Ours: `AWS_CA_BUNDLE`, for an endpoint with a private certificate authority.
    pub ca_bundle: Option<CaBundle>,
    /// Ours: `AWS_ROLE_SESSION_NAME` is the pod's name.
    pub session_name_from_pod: bool,
}

/// Where roles are that are named without an ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// `aws`, `aws-us-gov`, …
    pub partition: &'static str,
    /// The account.
    pub account: AccountId,
}

impl Home {
    /// An account in a region's partition, which the beginning of the region's name tells.
    #[must_use]
    pub fn in_region(account: AccountId, region: &str) -> Self {
        let partitions = [
            ("cn-", "aws-cn"),
            ("us-gov-", "aws-us-gov"),
            ("us-isob-", "aws-iso-b"),
            ("us-iso-", "aws-iso"),
            ("eusc-", "aws-eusc"),
        ];
        let found = partitions.iter().find(|it| region.starts_with(it.0));
        let partition = found.map_or("aws", |it| it.1);
        Self { partition, account }
    }
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

/// The text isn't the name of a ConfigMap.
#[derive(Debug, Error)]
#[error("`{0}` is not the name of a ConfigMap, with /KEY behind it if the key is not `ca.crt`")]
pub struct InvalidCaBundle(String);

impl FromStr for CaBundle {
    type Err = InvalidCaBundle;

    /// `NAME` or `NAME/KEY`; the key is `ca.crt` when not said.
    fn from_str(text: &str) -> Result<Self, InvalidCaBundle> {
        let (name, key) = text.split_once('/').unwrap_or((text, "ca.crt"));
        let plain = |it: &str| {
            let fits = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
            !it.is_empty() && it.len() <= 253 && it.chars().all(fits)
        };
        if !plain(name) || !plain(key) {
            return Err(InvalidCaBundle(text.to_owned()));
        }
        Ok(Self {
            config_map: name.to_owned(),
            key: key.to_owned(),
        })
    }
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
            home: None,
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
