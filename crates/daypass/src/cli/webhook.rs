//! `daypass webhook`, as it is typed: amazon-eks-pod-identity-webhook's flags, and ours.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use ::policy::AccountId;
use clap::{ArgAction, Args};
use cluster::webhook::{CaBundle, go_bool};
use directory::ClusterName;

use super::{Data, LogFormat};
use crate::tls::{MinVersion, Suites};

/// The webhook. Flags have the names and defaults of amazon-eks-pod-identity-webhook, so that its
/// manifests need no change.
#[derive(Debug, Args)]
pub(crate) struct Webhook {
    /// Port for https: `/mutate` and `/healthz`.
    #[arg(long, value_name = "PORT", default_value_t = 443)]
    pub(crate) port: u16,
    /// Port for plain http: `/metrics`, `/healthz` and `/readyz`.
    #[arg(long, value_name = "PORT", default_value_t = 9999)]
    pub(crate) metrics_port: u16,
    /// Address that both ports are on; all addresses, IPv6 and IPv4, when not said.
    #[arg(long, value_name = "ADDR")]
    pub(crate) bind_address: Option<IpAddr>,
    /// Kubeconfig file; KUBECONFIG or ~/.kube/config when not said, and in a pod its own service
    /// account.
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// URL of the API server in place of the kubeconfig's.
    #[arg(long, value_name = "URL")]
    pub(crate) kube_api: Option<String>,
    /// Certificate chain in PEM, read again whenever it changes. With it, or with
    /// --in-cluster=false, the webhook uses files; else it makes its own certificate.
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Private key of the certificate in PEM.
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Cipher suites of TLS 1.2, with commas between them; all safe ones when not said.
    #[arg(
        long,
        value_name = "NAMES",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) tls_cipher_suites: Suites,
    /// Lowest version of TLS: 1.2 or 1.3; what is older means 1.2.
    #[arg(
        long,
        value_name = "VERSION",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) tls_min_version: MinVersion,
    /// Make the certificate: it is kept in the Secret --tls-secret, replaced in time, and its
    /// authority is written into the webhook's configuration.
    #[arg(
        long,
        visible_alias = "self-signed",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        default_value = "true",
        value_parser = go_boolean,
        action = ArgAction::Set
    )]
    pub(crate) in_cluster: bool,
    /// Name of the Service that API servers call; the certificate is for it.
    #[arg(long, value_name = "NAME", default_value = "pod-identity-webhook")]
    pub(crate) service_name: String,
    /// Namespace of the Service, of the Secret and of the ConfigMap.
    #[arg(long, value_name = "NAMESPACE", default_value = "eks")]
    pub(crate) namespace: String,
    /// Name of the Secret with the certificate.
    #[arg(long, value_name = "NAME", default_value = "pod-identity-webhook")]
    pub(crate) tls_secret: String,
    /// Name of the MutatingWebhookConfiguration whose CA bundle is kept up to date.
    #[arg(long, value_name = "NAME", default_value = "pod-identity-webhook")]
    pub(crate) webhook_configuration: String,
    /// What annotations begin with.
    #[arg(long, value_name = "PREFIX", default_value = "eks.amazonaws.com")]
    pub(crate) annotation_prefix: String,
    /// Whom tokens are for, unless a service account says otherwise.
    #[arg(long, value_name = "AUDIENCE", default_value = "sts.amazonaws.com")]
    pub(crate) token_audience: String,
    /// Where tokens are mounted.
    #[arg(
        long,
        value_name = "PATH",
        default_value = "/var/run/secrets/eks.amazonaws.com/serviceaccount"
    )]
    pub(crate) token_mount_path: String,
    /// Life of tokens in seconds, unless a service account or a pod says otherwise; at least 600.
    #[arg(long, value_name = "SECONDS", default_value_t = 86_400)]
    pub(crate) token_expiration: i64,
    /// Region for containers that have none.
    #[arg(
        long,
        value_name = "REGION",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) aws_default_region: String,
    #[command(flatten)]
    pub(crate) switches: Switches,
    /// File that lists the service accounts that use Pod Identity.
    #[arg(long, value_name = "FILE")]
    pub(crate) watch_container_credentials_config: Option<String>,
    /// Name of this cluster on the server: service accounts with a Pod Identity association use
    /// it, without a file. The server is the one at --aws-endpoint-url or AWS_ENDPOINT_URL, asked
    /// with the credentials of the environment, which must be allowed
    /// eks:ListPodIdentityAssociations.
    #[arg(long, value_name = "NAME")]
    pub(crate) pod_identity_cluster: Option<ClusterName>,
    #[command(flatten)]
    pub(crate) data: Data,
    /// Whom tokens of Pod Identity are for.
    #[arg(
        long,
        value_name = "AUDIENCE",
        default_value = "pods.eks.amazonaws.com"
    )]
    pub(crate) container_credentials_audience: String,
    /// Where tokens of Pod Identity are mounted.
    #[arg(
        long,
        value_name = "PATH",
        default_value = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount"
    )]
    pub(crate) container_credentials_token_mount_path: String,
    /// Name of the volume with the token of Pod Identity.
    #[arg(long, value_name = "NAME", default_value = "eks-pod-identity-token")]
    pub(crate) container_credentials_token_volume_name: String,
    /// File of the token in that volume.
    #[arg(long, value_name = "NAME", default_value = "eks-pod-identity-token")]
    pub(crate) container_credentials_token_path: String,
    /// URL of the agent on the node.
    #[arg(
        long,
        value_name = "URL",
        default_value = "http://169.254.170.23/v1/credentials"
    )]
    pub(crate) container_credentials_full_uri: String,
    /// How long a service account that is not known yet is looked up at the API server; 0 for
    /// not at all, which is upstream's default.
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = go_duration)]
    pub(crate) service_account_lookup_grace_period: Duration,
    /// How long reviews are still answered after SIGTERM, while API servers are being told; SIGINT
    /// stops at once.
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = go_duration)]
    pub(crate) shutdown_delay: Duration,
    /// Account of roles that are named without an ARN, for --compose-role-arn outside of EC2.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) account_id: Option<AccountId>,
    /// AWS_ENDPOINT_URL for pods: the Daypass server. A service account's annotation
    /// PREFIX/endpoint-url comes before it.
    #[arg(long, value_name = "URL")]
    pub(crate) aws_endpoint_url: Option<String>,
    /// AWS_CA_BUNDLE for pods: a ConfigMap in each pod's namespace, e.g. `kube-root-ca.crt`, and
    /// the key in it if it isn't `ca.crt`. A service account's annotation
    /// PREFIX/ca-bundle-config-map comes before it.
    #[arg(long, value_name = "NAME[/KEY]")]
    pub(crate) aws_ca_bundle_config_map: Option<CaBundle>,
    /// How log lines are written to standard error. DAYPASS_LOG filters them, e.g. `debug`.
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
    #[command(flatten)]
    pub(crate) accepted: Accepted,
}

/// Flags that are on or off, as Go writes them: `--flag` or `--flag=true`.
#[derive(Debug, Args)]
pub(crate) struct Switches {
    /// Set AWS_STS_REGIONAL_ENDPOINTS=regional, unless a service account says otherwise.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = go_boolean, action = ArgAction::Set)]
    pub(crate) sts_regional_endpoint: bool,
    /// Read roles from the ConfigMap `pod-identity-webhook` of --namespace too.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = go_boolean, action = ArgAction::Set)]
    pub(crate) watch_config_map: bool,
    /// Take a role's name for its ARN, in the account of the EC2 instance or of --account-id.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = go_boolean, action = ArgAction::Set)]
    pub(crate) compose_role_arn: bool,
    /// Name sessions after the pods: AWS_ROLE_SESSION_NAME.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = go_boolean, action = ArgAction::Set)]
    pub(crate) role_session_name: bool,
    /// Write Kubernetes events that say what was done.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "true", value_parser = go_boolean, action = ArgAction::Set)]
    pub(crate) events: bool,
    /// Serve pages for debugging: `/debug/alpha/cache` and `/debug/alpha/cache/clear` on the
    /// metrics port, `/debug/alpha/deny` and `/debug/alpha/500` on the other.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", value_parser = go_boolean, action = ArgAction::Set)]
    pub(crate) enable_debugging_handlers: bool,
}

/// Flags of upstream that change nothing here; manifests may have them.
#[derive(Debug, Args)]
#[command(next_help_heading = "Accepted for upstream's manifests, without effect")]
pub(crate) struct Accepted {
    /// The watch needs no resync.
    #[arg(long, value_name = "DURATION", value_parser = go_duration)]
    pub(crate) resync_period: Option<Duration>,
    /// The log always goes to standard error.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_boolean)]
    pub(crate) logtostderr: Option<bool>,
    /// As --logtostderr.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_boolean)]
    pub(crate) alsologtostderr: Option<bool>,
    /// The log has one stream.
    #[arg(long, value_name = "LEVEL")]
    pub(crate) stderrthreshold: Option<String>,
    /// DAYPASS_LOG says what is logged.
    #[arg(long, short = 'v', value_name = "LEVEL")]
    pub(crate) v: Option<i32>,
    /// DAYPASS_LOG says what is logged.
    #[arg(long, value_name = "PATTERNS")]
    pub(crate) vmodule: Option<String>,
}

fn go_boolean(text: &str) -> Result<bool, String> {
    go_bool(text).ok_or_else(|| format!("`{text}` is neither true nor false"))
}

/// A duration as Go writes it, e.g. `100ms` or `1m30s`; one without a unit is zero or wrong.
fn go_duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a duration such as 100ms, 1s or 1m30s");
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let mut whole = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() || text.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.');
        let (number, after) = rest.split_at(digits.ok_or_else(wrong)?);
        let number: f64 = number.parse().map_err(|_| wrong())?;
        let units = [
            ("ns", 1e-9),
            ("us", 1e-6),
            ("µs", 1e-6),
            ("ms", 1e-3),
            ("s", 1.0),
            ("m", 60.0),
            ("h", 3600.0),
        ];
        let unit = units.iter().find(|it| after.starts_with(it.0));
        let (name, seconds) = unit.ok_or_else(wrong)?;
        whole += Duration::try_from_secs_f64(number * seconds).map_err(|_| wrong())?;
        rest = &after[name.len()..];
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    fn parsed(words: &str) -> Webhook {
        let words = ["daypass", "webhook"].into_iter().chain(words.split(' '));
        let Command::Webhook(webhook) = Cli::try_parse_from(words).unwrap().command else {
            panic!("another command");
        };
        *webhook
    }

    #[test]
    fn the_arguments_of_upstreams_and_openshifts_manifests_are_taken() {
        let upstream = parsed(
            "--in-cluster=false --namespace=eks --service-name=pod-identity-webhook \
             --annotation-prefix=eks.amazonaws.com --token-audience=sts.amazonaws.com \
             --logtostderr",
        );
        assert!(!upstream.in_cluster);
        let openshift = parsed(
            "--in-cluster=false --annotation-prefix=eks.amazonaws.com \
             --token-audience=sts.amazonaws.com --port=9443 --aws-default-region=us-east-1 \
             --tls-cert=/var/run/app/certs/tls.crt --tls-key=/var/run/app/certs/tls.key -v=3 \
             --tls-min-version=VersionTLS12 --sts-regional-endpoint",
        );
        assert_eq!(openshift.port, 9443);
        assert!(openshift.switches.sts_regional_endpoint);
        assert!(!openshift.switches.watch_config_map);
        assert!(parsed("--self-signed").in_cluster);
    }

    #[test]
    fn durations_are_gos() {
        let millis = |text| go_duration(text).map(|it| it.as_millis());
        assert_eq!(millis("100ms"), Ok(100));
        assert_eq!(millis("1m30s"), Ok(90_000));
        assert_eq!(millis("1.5s"), Ok(1_500));
        assert_eq!(millis("0"), Ok(0));
        for wrong in ["", "5", "s", "-1s", "1d", "1s2"] {
            assert!(millis(wrong).is_err(), "{wrong}");
        }
    }
}
