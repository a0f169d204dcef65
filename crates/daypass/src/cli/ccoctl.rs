//! `daypass ccoctl`, as it is typed: with the flags of `ccoctl aws`.

use std::path::PathBuf;

use clap::{ArgAction, Args, Subcommand};
use cluster::ccoctl::{InfraName, Trusted};
use cluster::region::Region;
use policy::Arn;

use super::Data;

/// Whom the commands ask.
const ASKED: &str = "\
The server is the one at AWS_ENDPOINT_URL, or the endpoint_url of the profile, asked with the credentials \
that the SDKs would find. Without either it is AWS itself, as for ccoctl, if the environment says who \
asks (AWS_ACCESS_KEY_ID, AWS_WEB_IDENTITY_TOKEN_FILE or AWS_PROFILE), and else the Daypass of this machine, \
asked as its administrator. What is there already is not changed.";

#[derive(Debug, Args)]
#[command(after_help = ASKED)]
pub(crate) struct Ccoctl {
    #[command(flatten)]
    pub(crate) data: Data,
    #[command(subcommand)]
    pub(crate) command: Spelled,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Spelled {
    #[command(flatten)]
    Plain(Command),
    /// The same commands, as ccoctl spells them.
    #[command(subcommand)]
    Aws(Command),
}

impl Spelled {
    pub(crate) fn command(&self) -> &Command {
        match self {
            Self::Plain(command) | Self::Aws(command) => command,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make the key pair that the cluster signs its service accounts' tokens with.
    CreateKeyPair(CreateKeyPair),
    /// Put the issuer's documents into a bucket and register the issuer in IAM.
    CreateIdentityProvider(CreateIdentityProvider),
    /// Make a role for each CredentialsRequest, and the manifest of its secret.
    #[command(name = "create-iam-roles")]
    CreateIamRoles(CreateIamRoles),
    /// Key pair, identity provider and roles.
    CreateAll(CreateAll),
    /// Delete the roles, the identity provider and the bucket that were made for a name.
    Delete(Delete),
}

#[derive(Debug, Args)]
pub(crate) struct Output {
    /// Directory for the files that are made; it is created if need be.
    #[arg(
        long,
        value_name = "DIR",
        default_value = ".",
        hide_default_value = true
    )]
    pub(crate) output_dir: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Name {
    /// What everything that is made is named after and tagged with; need not be the cluster's
    /// infrastructure id.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: InfraName,
}

#[derive(Debug, Args)]
pub(crate) struct DryRun {
    /// Make nothing: write files for `aws … --cli-input-json`, and print these commands.
    #[arg(
        long,
        action = ArgAction::Set,
        num_args = 0..=1,
        require_equals = true,
        default_value_t = false,
        default_missing_value = "true",
        value_name = "BOOL",
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PrivateBucket {
    /// Keep the bucket private. Daypass reads the issuer's documents from its own private bucket;
    /// at AWS they need CloudFront.
    #[arg(
        long,
        action = ArgAction::Set,
        num_args = 0..=1,
        require_equals = true,
        default_value_t = false,
        default_missing_value = "true",
        value_name = "BOOL",
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub(crate) create_private_s3_bucket: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Thumbprint {
    /// SHA-1 of the certificate to register for the issuer, 40 hexadecimal digits. AWS finds it
    /// itself when not said; Daypass needs none, because it reads its own bucket.
    #[arg(long, value_name = "HEX", value_parser = thumbprint)]
    pub(crate) thumbprint: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct CreateKeyPair {
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct CreateIdentityProvider {
    #[command(flatten)]
    pub(crate) name: Name,
    /// The region of the bucket, which is part of the issuer's URL.
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Region,
    /// The public key; `serviceaccount-signer.public` in the output directory when not said.
    #[arg(long, value_name = "FILE")]
    pub(crate) public_key_file: Option<PathBuf>,
    /// Publish the key besides those that are published already, for a rotation with overlap.
    /// Without it the issuer has this key only.
    #[arg(long)]
    pub(crate) keep_keys: bool,
    #[command(flatten)]
    pub(crate) thumbprint: Thumbprint,
    #[command(flatten)]
    pub(crate) private: PrivateBucket,
    #[command(flatten)]
    pub(crate) dry_run: DryRun,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Requests {
    /// Directory of CredentialsRequests, as `oc adm release extract --credentials-requests
    /// --cloud=aws` extracts them from a release image: files *.yaml and *.yml.
    #[arg(long, value_name = "DIR")]
    pub(crate) credentials_requests_dir: PathBuf,
    /// ARN of the policy to be the permissions boundary of the roles that are made.
    #[arg(long, value_name = "ARN")]
    pub(crate) permissions_boundary_arn: Option<Arn>,
    /// Take requests of the feature set TechPreviewNoUpgrade too.
    #[arg(
        long,
        action = ArgAction::Set,
        num_args = 0..=1,
        require_equals = true,
        default_value_t = false,
        default_missing_value = "true",
        value_name = "BOOL",
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub(crate) enable_tech_preview: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CreateIamRoles {
    #[command(flatten)]
    pub(crate) name: Name,
    /// The region whose partition is AWS's part that has the roles; only GovCloud and China need
    /// it.
    #[arg(
        long,
        value_name = "REGION",
        default_value = "us-east-1",
        env = "AWS_REGION"
    )]
    pub(crate) region: Region,
    /// ARN of the identity provider that the roles trust.
    #[arg(long, value_name = "ARN", value_parser = Trusted::by_arn)]
    pub(crate) identity_provider_arn: Trusted,
    #[command(flatten)]
    pub(crate) requests: Requests,
    #[command(flatten)]
    pub(crate) dry_run: DryRun,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct CreateAll {
    #[command(flatten)]
    pub(crate) name: Name,
    /// The region of the bucket, which is part of the issuer's URL.
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Region,
    #[command(flatten)]
    pub(crate) thumbprint: Thumbprint,
    #[command(flatten)]
    pub(crate) private: PrivateBucket,
    #[command(flatten)]
    pub(crate) requests: Requests,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Delete {
    #[command(flatten)]
    pub(crate) name: Name,
    /// The region that the bucket was made in.
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Region,
}

/// As IAM takes it.
fn thumbprint(text: &str) -> Result<String, String> {
    match text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        true => Ok(text.to_owned()),
        false => Err("a thumbprint has 40 hexadecimal digits".to_owned()),
    }
}
