//! `daypass agent`, as it is typed.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;
use jiff::SignedDuration;

use super::{Data, LogFormat};

/// A drop-in for eks-pod-identity-agent: pods get the credentials of the role that is associated
/// with their service account, at `http://169.254.170.23/v1/credentials`, where SDKs ask.
///
/// The server is the one of --endpoint, of AWS_ENDPOINT_URL or of the profile's endpoint_url; the
/// agent asks it with the credentials of the environment (AWS_ACCESS_KEY_ID, or AWS_ROLE_ARN with
/// AWS_WEB_IDENTITY_TOKEN_FILE) or of the profile, which must be allowed
/// eks-auth:AssumeRoleForPodIdentity on the cluster. Without an endpoint it is the server of this
/// machine, asked as its administrator.
#[derive(Debug, Args)]
pub(crate) struct Agent {
    #[command(flatten)]
    pub(crate) data: Data,
    /// The cluster's name on the server.
    #[arg(short, long, value_name = "NAME", value_parser = cluster_name)]
    pub(crate) cluster_name: String,
    /// Port for pods.
    #[arg(short, long, value_name = "PORT", default_value_t = 80)]
    pub(crate) port: u16,
    /// Port of /healthz and /readyz, at the node's loopback address.
    #[arg(long, value_name = "PORT", default_value_t = 2703)]
    pub(crate) probe_port: u16,
    /// Address of the metrics' port.
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0", value_parser = address)]
    pub(crate) metrics_address: IpAddr,
    /// Port of /metrics, which has /healthz and /readyz too.
    #[arg(long, value_name = "PORT", default_value_t = 2705)]
    pub(crate) metrics_port: u16,
    /// Addresses for pods, with commas between them; may be repeated. Without it 169.254.170.23
    /// and fd00:ec2::23, of which the node need not have the second.
    #[arg(short, long, value_name = "ADDR,…", value_delimiter = ',', value_parser = address)]
    pub(crate) bind_hosts: Vec<IpAddr>,
    /// The server's URL.
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// Certificates in PEM that are trusted for the server besides the platform's; AWS_CA_BUNDLE
    /// when not said.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_bundle: Option<PathBuf>,
    /// The longest time until credentials are renewed, e.g. `3h` or `1h30m`; 0 keeps none.
    #[arg(
        long, value_name = "DURATION", default_value = "3h", value_parser = retention
    )]
    pub(crate) max_credential_retention_before_renewal: SignedDuration,
    /// The most renewals that the server is asked for in a second.
    #[arg(
        long, value_name = "NUMBER", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000)
    )]
    pub(crate) max_service_qps: u32,
    /// The most tokens whose credentials are kept; 0 keeps none.
    #[arg(long, value_name = "NUMBER", default_value_t = 2000)]
    pub(crate) max_cache_size: u32,
    /// The agent's own credentials are those of the shared credentials file, which is read again
    /// every minute.
    #[arg(long)]
    pub(crate) rotate_credentials: bool,
    /// How log lines are written to standard error. DAYPASS_LOG filters them, e.g. `debug`.
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
}

/// A name that EKS takes: 1 to 100 letters, digits, `-` and `_`, the first of them no sign.
fn cluster_name(text: &str) -> Result<String, String> {
    let is_sign = |it: char| it == '-' || it == '_';
    let fits = text
        .chars()
        .all(|it| it.is_ascii_alphanumeric() || is_sign(it));
    match fits && (1..=100).contains(&text.len()) && !text.starts_with(is_sign) {
        true => Ok(text.to_owned()),
        false => Err(
            "a cluster's name has 1 to 100 letters, digits, `-` and `_`, and begins with a letter \
             or digit"
                .to_owned(),
        ),
    }
}

/// An IP address; one of version 6 may stand in brackets.
fn address(text: &str) -> Result<IpAddr, String> {
    let inner = text.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let parsed = inner.unwrap_or(text).parse();
    parsed.map_err(|_| "not an IP address such as 169.254.170.23 or [fd00:ec2::23]".to_owned())
}

/// As Go writes durations: `3h`, `1h30m`, `90s`, `0`.
fn retention(text: &str) -> Result<SignedDuration, String> {
    let parsed = match text {
        "0" => Some(SignedDuration::ZERO),
        _ => text.parse().ok(),
    };
    parsed
        .filter(|it| !it.is_negative())
        .ok_or_else(|| "not a duration such as 3h, 1h30m, 90s or 0".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command as Top};

    fn parsed(words: &str) -> Result<Agent, String> {
        let words = ["daypass", "agent"]
            .into_iter()
            .chain(words.split_whitespace());
        match Cli::try_parse_from(words)
            .map_err(|it| it.to_string())?
            .command
        {
            Top::Agent(agent) => Ok(*agent),
            _ => unreachable!("it says agent"),
        }
    }

    #[test]
    fn upstreams_flags_and_their_short_forms() {
        let options = parsed("-c prod -p 8080 -b 169.254.170.23 -b [::1],127.0.0.1").unwrap();
        assert_eq!(
            (options.cluster_name.as_str(), options.port),
            ("prod", 8080)
        );
        let shown: Vec<_> = options.bind_hosts.iter().map(IpAddr::to_string).collect();
        assert_eq!(shown, ["169.254.170.23", "::1", "127.0.0.1"]);
        let defaults = parsed("--cluster-name prod").unwrap();
        assert_eq!(
            (
                defaults.port,
                defaults.probe_port,
                defaults.metrics_port,
                defaults.max_service_qps,
                defaults.max_cache_size
            ),
            (80, 2703, 2705, 3, 2000)
        );
        assert_eq!(
            defaults.max_credential_retention_before_renewal,
            SignedDuration::from_hours(3)
        );
    }

    #[test]
    fn what_is_none_is_refused() {
        for words in [
            "",
            "-c -prod",
            "-c a/../b",
            "-c a --bind-hosts localhost",
            "-c a --max-service-qps 0",
            "-c a --max-credential-retention-before-renewal 3",
            "-c a --max-credential-retention-before-renewal -3h",
        ] {
            assert!(parsed(words).is_err(), "{words}");
        }
        let zero = parsed("-c a --max-credential-retention-before-renewal 0").unwrap();
        assert!(zero.max_credential_retention_before_renewal.is_zero());
        let mixed = parsed("-c a --max-credential-retention-before-renewal 1h30m").unwrap();
        assert_eq!(mixed.max_credential_retention_before_renewal.as_mins(), 90);
    }
}
