//! `daypass ccoctl`: what `ccoctl aws` does, against Daypass or AWS.

mod bucket;
mod cloud;
mod delete;
mod documents;
mod dry_run;
mod identity_provider;
mod key_pair;
mod output_dir;
mod requests;
mod roles;

use std::process::ExitCode;

use anyhow::Result;
use cloud::Cloud;
use federation::PublishedKey;
use identity_provider::{IdentityProvider, Keys};
use output_dir::OutputDir;

use crate::cli::ccoctl::{Ccoctl, Command, CreateAll, CreateIamRoles, CreateIdentityProvider};
use crate::print::print;

/// Does what is asked, and says what was done and what was there already.
pub(crate) async fn run(options: &Ccoctl) -> Result<ExitCode> {
    match options.command.command() {
        Command::CreateKeyPair(asked) => {
            key_pair::create(&OutputDir::new(&asked.output.output_dir)?)?;
        }
        Command::CreateIdentityProvider(asked) => create_identity_provider(options, asked).await?,
        Command::CreateIamRoles(asked) => create_iam_roles(options, asked).await?,
        Command::CreateAll(asked) => create_all(options, asked).await?,
        Command::Delete(asked) => {
            let cloud = Cloud::new(&asked.region, &options.data).await?;
            return delete::run(&cloud, &asked.name.name).await;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn create_identity_provider(options: &Ccoctl, asked: &CreateIdentityProvider) -> Result<()> {
    let output = OutputDir::new(&asked.output.output_dir)?;
    let key = key_pair::public_key(&output, asked.public_key_file.as_deref())?;
    let wanted = IdentityProvider {
        name: &asked.name.name,
        region: &asked.region,
        thumbprint: asked.thumbprint.thumbprint.as_deref(),
        private: asked.private.create_private_s3_bucket,
        key: &key,
        keys: match asked.keep_keys {
            true => Keys::BesideOthers,
            false => Keys::Alone,
        },
    };
    if asked.dry_run.dry_run {
        return dry_run::identity_provider(&wanted, &output);
    }
    let cloud = Cloud::new(&asked.region, &options.data).await?;
    wanted.create(&cloud, &output).await?;
    Ok(())
}

async fn create_iam_roles(options: &Ccoctl, asked: &CreateIamRoles) -> Result<()> {
    let requests = requests::read(&asked.requests)?;
    let name = &asked.name.name;
    let trusted = &asked.identity_provider_arn;
    let planned = cluster::ccoctl::roles(name, requests, trusted)?;
    let boundary = asked.requests.permissions_boundary_arn.as_ref();
    let output = OutputDir::new(&asked.output.output_dir)?;
    if asked.dry_run.dry_run {
        return dry_run::roles(name, &planned, trusted, boundary, &output);
    }
    let cloud = Cloud::new(&asked.region, &options.data).await?;
    roles::require_provider(&cloud, trusted).await?;
    let planned = roles::Planned::new(&cloud, name, planned).await?;
    planned.create(boundary, &output).await
}

async fn create_all(options: &Ccoctl, asked: &CreateAll) -> Result<()> {
    // What is wrong with the requests or with the roles is told before anything is made.
    let name = &asked.name.name;
    let requests = requests::read(&asked.requests)?;
    let bucket = name.bucket()?;
    let cloud = Cloud::new(&asked.region, &options.data).await?;
    let issuer = cluster::ccoctl::issuer_url(&bucket, &asked.region);
    let expected = cloud.provider(&issuer)?;
    cluster::ccoctl::roles(name, requests.clone(), &expected)?;

    let output = OutputDir::new(&asked.output.output_dir)?;
    let key = key_pair::create(&output)?;
    let wanted = IdentityProvider {
        name,
        region: &asked.region,
        thumbprint: asked.thumbprint.thumbprint.as_deref(),
        private: asked.private.create_private_s3_bucket,
        key: &key,
        keys: Keys::AsPublished,
    };
    let trusted = wanted.create(&cloud, &output).await?;
    let planned = cluster::ccoctl::roles(name, requests, &trusted)?;
    let planned = roles::Planned::new(&cloud, name, planned).await?;
    let boundary = asked.requests.permissions_boundary_arn.as_ref();
    planned.create(boundary, &output).await
}

/// Prints a line.
fn say(line: &str) -> Result<()> {
    print(&format!("{line}\n"))
}

/// The ids of keys, for people.
fn ids(keys: &[PublishedKey]) -> String {
    let ids: Vec<_> = keys.iter().map(|key| key.id().unwrap_or("-")).collect();
    ids.join(", ")
}
