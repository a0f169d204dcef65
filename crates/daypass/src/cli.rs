//! The command line, as it is typed.

pub(crate) mod agent;
pub(crate) mod can;
pub(crate) mod ccoctl;
pub(crate) mod cluster;
pub(crate) mod explain;
pub(crate) mod iam_service_account;
pub(crate) mod issuer;
pub(crate) mod kubernetes;
pub(crate) mod node_address;
pub(crate) mod oidc;
pub(crate) mod policy;
pub(crate) mod s3_upstream;
pub(crate) mod sessions;
pub(crate) mod token_review;
pub(crate) mod verbs;
pub(crate) mod webhook;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use ::policy::{AccountId, Arn};
use clap::{Args, Parser, Subcommand, ValueEnum};
use federation::{IssuerUrl, ServiceAccountRef};
use ipnet::IpNet;
use services::QuotaSetting;

use self::token_review::TokenReviewSetting;
use crate::shell::word;

/// IRSA for everything that isn't AWS: IAM, STS, S3 and CloudTrail in one server.
#[derive(Debug, Parser)]
#[command(version, about)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server.
    Serve(Box<Serve>),
    /// Print short-lived credentials, for the `aws` CLI or a shell.
    Credentials(Credentials),
    /// Print a service account's token, as Kubernetes would project it into a pod.
    Token(Token),
    /// Print the exchange token of a delegation request whose owner has released it.
    DelegationToken(DelegationToken),
    /// Run a program as a pod would run it: with a token file and a role.
    Run(Run),
    /// Keys of OIDC providers whose issuers can't be reached.
    Oidc(oidc::Oidc),
    /// Check, summarize and try policies, without a server.
    #[command(subcommand)]
    Policy(policy::Policy),
    /// Ask a server whether a principal may do something, and why (or why not).
    Can(can::Can),
    /// List the sessions of a role that still work.
    Sessions(sessions::Sessions),
    /// End the sessions of a role that were issued up to now, or one of them.
    Revoke(sessions::Revoke),
    /// Print why a request was refused, by its authorization message, or why a pod has its role or none.
    Explain(explain::Explain),
    /// Make, rotate and retire the issuers that the server hosts, one for each cluster.
    #[command(subcommand)]
    Issuer(issuer::Issuer),
    /// Give this node the addresses that containers ask the agent at.
    NodeAddress(node_address::NodeAddress),
    /// Register a cluster, or give a service account a role.
    Create(verbs::Create),
    /// Show a registered cluster.
    Describe(verbs::Describe),
    /// List clusters, or service accounts with a role.
    List(verbs::List),
    /// Take back what `create` made.
    Delete(verbs::Delete),
    /// Tell the server a cluster's name.
    Register(verbs::Register),
    /// Check the server and a cluster: clocks, issuer, keys, provider, webhook, agent.
    Status(verbs::Status),
    /// Try a cluster's identities.
    Test(verbs::Test),
    /// Run the pod identity webhook: it gives pods the role of their service account.
    Webhook(Box<webhook::Webhook>),
    /// Run the node agent of Pod Identity: pods get their role's credentials from it.
    Agent(Box<agent::Agent>),
    /// Make an OpenShift cluster's issuer, identity provider and roles, as `ccoctl aws` does.
    Ccoctl(Box<ccoctl::Ccoctl>),
    /// Walk through the whole way, from a service account's token to an object in a bucket.
    Demo(Demo),
}

/// Where the server's state is.
#[derive(Debug, Clone, Args)]
pub(crate) struct Data {
    /// The server's data directory.
    #[arg(
        long = "data",
        value_name = "DIR",
        env = "DAYPASS_DATA",
        default_value = "daypass-data",
        global = true
    )]
    pub(crate) dir: PathBuf,
}

impl Data {
    /// The option for another command that asks the same server, after a blank; nothing where the environment or the working
    /// directory says it.
    pub(crate) fn words(&self) -> String {
        let said = std::env::var_os("DAYPASS_DATA").is_some();
        match said || self.dir == Path::new("daypass-data") {
            true => String::new(),
            false => format!(" --data {}", word(&self.dir.display().to_string())),
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) data: Data,
    /// IP address and port to listen on.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8480")]
    pub(crate) listen: SocketAddr,
    /// URL that clients on this machine are told to use, e.g. one with the certificate's name,
    /// and that SAML assertions may be for; made of the address when not said.
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// Number of the account that the first start creates; a random one when not said.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) account: Option<AccountId>,
    /// The region that the server calls its own.
    #[arg(long, value_name = "REGION", default_value = "us-east-2")]
    pub(crate) region: String,
    /// File with the key that seals the server's keys; `DIR/key` when not said, which the
    /// first start creates. The environment variable DAYPASS_KEY may hold the key itself.
    #[arg(long, value_name = "FILE", env = "DAYPASS_KEY_FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// URL of the issuer that this server hosts; made up by the first start when not said.
    #[arg(long, value_name = "URL")]
    pub(crate) issuer: Option<IssuerUrl>,
    /// Certificate chain in PEM: the server then speaks https.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Private key of the certificate in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Listen on an address that is not loopback although there is no TLS.
    #[arg(long)]
    pub(crate) allow_plaintext: bool,
    /// Certificates in PEM that are trusted for issuers besides the platform's.
    #[arg(long, value_name = "FILE")]
    pub(crate) issuer_ca: Option<PathBuf>,
    /// A network that issuers may be in although it is refused otherwise: loopback, or a private
    /// range under --no-private-issuers; may be repeated. Link-local addresses and metadata
    /// services are always refused.
    #[arg(long, value_name = "CIDR")]
    pub(crate) issuer_network: Vec<IpNet>,
    /// Refuse issuers in private ranges, but for those that --issuer-network names.
    #[arg(long)]
    pub(crate) no_private_issuers: bool,
    /// Strict mode: have the issuer's cluster review each token, so that one of a deleted pod is refused; with a kubeconfig,
    /// else in the cluster that the server is a pod of. May be repeated.
    #[arg(long, value_name = "ISSUER[=KUBECONFIG]")]
    pub(crate) token_review: Vec<TokenReviewSetting>,
    /// How many tokens of issuers are remembered once their signature was verified, until they
    /// expire; 0 for none.
    #[arg(long, value_name = "NUMBER", default_value_t = 16_384)]
    pub(crate) verified_tokens: usize,
    /// A domain whose subdomains are buckets (virtual-host style); may be repeated.
    #[arg(long, value_name = "DOMAIN", default_value = "s3.localhost")]
    pub(crate) s3_domain: Vec<String>,
    #[command(flatten)]
    pub(crate) s3_upstream: s3_upstream::S3Upstream,
    /// The storage under the data directory is encrypted with AES-256, as LUKS or the provider's disks
    /// are: S3 clients are then told that objects are (SSE-S3), and may ask for it.
    #[arg(long)]
    pub(crate) s3_encrypted_storage: bool,
    /// Take presigned URLs of S3 that are signed by the old Signature Version 2, for clients that make no others.
    #[arg(long)]
    pub(crate) allow_sigv2_query: bool,
    /// A quota of every account in place of AWS's default, e.g. `roles=5000`; may be repeated.
    #[arg(long, value_name = "NAME=NUMBER")]
    pub(crate) quota: Vec<QuotaSetting>,
    /// How log lines are written to standard error. DAYPASS_LOG filters them, e.g. `debug`.
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct Credentials {
    #[command(flatten)]
    pub(crate) data: Data,
    /// `env` prints `export` lines, `process` the JSON of the CLI's `credential_process`.
    #[arg(long, value_enum, default_value_t = CredentialsFormat::Env)]
    pub(crate) format: CredentialsFormat,
    /// The role; the account's administrator when not said.
    #[arg(long, value_name = "ARN")]
    pub(crate) role_arn: Option<Arn>,
    /// Length of the session, e.g. `900` or `1h`: from 900 s to the role's maximum; one hour
    /// when not said.
    #[arg(long, value_name = "SECONDS", value_parser = session_seconds)]
    pub(crate) duration: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CredentialsFormat {
    /// For `credential_process` in `~/.aws/config`.
    Process,
    /// For `eval "$(daypass credentials)"`.
    Env,
}

#[derive(Debug, Args)]
pub(crate) struct Token {
    #[command(flatten)]
    pub(crate) data: Data,
    /// The service account.
    #[arg(long, value_name = "NS/NAME")]
    pub(crate) service_account: ServiceAccountRef,
    /// The issuer that signs it; the server's default one when not said.
    #[arg(long, value_name = "URL")]
    pub(crate) issuer: Option<IssuerUrl>,
    /// Whom the token is for; may be repeated.
    #[arg(long, value_name = "AUDIENCE", default_value = "sts.amazonaws.com")]
    pub(crate) audience: Vec<String>,
    /// How long the token is valid, from 600s to 86400s (24h).
    #[arg(long, value_name = "DURATION", default_value = "86400s", value_parser = seconds)]
    pub(crate) duration: i64,
}

#[derive(Debug, Args)]
pub(crate) struct DelegationToken {
    #[command(flatten)]
    pub(crate) data: Data,
    /// Id of the delegation request.
    #[arg(long, value_name = "ID")]
    pub(crate) request: String,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) data: Data,
    /// The role to run as.
    #[arg(long, value_name = "ARN")]
    pub(crate) role_arn: Arn,
    /// The service account whose token is used.
    #[arg(long, value_name = "NS/NAME")]
    pub(crate) service_account: ServiceAccountRef,
    /// Whom the token is for.
    #[arg(long, value_name = "AUDIENCE", default_value = "sts.amazonaws.com")]
    pub(crate) audience: String,
    /// The program and its arguments.
    #[arg(required = true, last = true, value_name = "COMMAND")]
    pub(crate) program: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Where to keep the demo's data; a new directory that is removed at the end when not said.
    #[arg(long = "data", value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

/// As [`seconds`], for what can't be negative.
fn session_seconds(text: &str) -> Result<u32, String> {
    let seconds = seconds(text)?;
    u32::try_from(seconds).map_err(|_| format!("{seconds} seconds is no length of a session"))
}

/// `86400`, `86400s`, `1440m` or `24h`, in seconds.
fn seconds(text: &str) -> Result<i64, String> {
    let (digits, unit) = match text.char_indices().next_back() {
        Some((at, 's')) => (&text[..at], 1),
        Some((at, 'm')) => (&text[..at], 60),
        Some((at, 'h')) => (&text[..at], 3600),
        _ => (text, 1),
    };
    digits
        .parse::<i64>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
        .ok_or_else(|| "not a duration such as 86400s, 1440m or 24h".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn key_ids_may_begin_with_a_hyphen() {
        for words in [
            "issuer retire https://h/c1 --key -kAm",
            "oidc keys delete --provider-arn https://h/c1 -kAm",
            "oidc keys delete --provider-arn https://h/c1 --all",
        ] {
            let words = std::iter::once("daypass").chain(words.split(' '));
            let parsed = Cli::try_parse_from(words);
            let shown = format!("{:?}", parsed.unwrap().command);
            assert!(
                shown.contains("-kAm") || shown.contains("all: true"),
                "{shown}"
            );
        }
    }

    #[test]
    fn durations_have_units() {
        assert_eq!(seconds("86400s"), Ok(86400));
        assert_eq!(seconds("24h"), Ok(86400));
        assert_eq!(seconds("90m"), Ok(5400));
        assert_eq!(seconds("600"), Ok(600));
        assert!(seconds("1d").is_err());
        assert!(seconds("9223372036854775807h").is_err());
    }
}
