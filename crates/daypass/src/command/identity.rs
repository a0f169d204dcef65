//! `daypass test identity`: the way from a service account's token to a call, and the ways that must be refused.

mod advice;
mod steps;
mod temporary;

use std::cell::Cell;
use std::pin::pin;
use std::process::ExitCode;

use anyhow::Result;
use directory::ClusterName;

use crate::api_server::Kubernetes;
use crate::cli::Data;
use crate::cli::policy::Output;
use crate::cli::verbs::TestIdentity;
use crate::command::aws::Aws;
use crate::command::check::{Check, document};
use crate::command::cluster::issuer::same_cluster;
use crate::print::print;

pub(crate) use advice::{add_client_id, keys_command};
pub(crate) use temporary::Temporary;

/// What is tried.
pub(crate) struct Trial<'a> {
    pub(crate) kubernetes: &'a Kubernetes,
    pub(crate) aws: &'a Aws,
    pub(crate) cluster: &'a ClusterName,
    pub(crate) provider_arn: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) subject: Subject<'a>,
    /// Whether a webhook is expected to change a new pod.
    pub(crate) webhook: bool,
    /// Whether a new pod must be told where the server is.
    pub(crate) endpoint: bool,
}

/// Whose identity is tried.
#[derive(Clone, Copy)]
pub(crate) enum Subject<'a> {
    /// That of a service account and a role that are made for it and deleted afterwards.
    Temporary,
    /// That of this service account, which has a role.
    Account(&'a str),
}

/// Tries, and prints what came of it.
pub(crate) async fn run(options: &TestIdentity, data: &Data) -> Result<ExitCode> {
    let kubernetes = Kubernetes::connect(&options.kubernetes).await?;
    let aws = Aws::new(data).await?;
    let cluster = aws.known_cluster(&options.cluster).await?;
    same_cluster(&kubernetes, &cluster).await?;
    let trial = Trial {
        kubernetes: &kubernetes,
        aws: &aws,
        cluster: &options.cluster,
        provider_arn: &aws.provider_arn(cluster.issuer_path()),
        namespace: &options.namespace,
        subject: match &options.service_account {
            Some(name) => Subject::Account(name),
            None => Subject::Temporary,
        },
        webhook: true,
        endpoint: true,
    };
    let checks = try_identity(&trial).await;
    let failed = checks.iter().any(Check::is_failed);
    print(&match options.output {
        Output::Json => document(Some(options.cluster.as_str()), &checks),
        Output::Text => checks.iter().map(Check::told).collect(),
    })?;
    Ok(match failed {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    })
}

/// Tries, and cleans up whatever comes of it: an interrupt too.
pub(crate) async fn try_identity(trial: &Trial<'_>) -> Vec<Check> {
    if let Subject::Account(name) = trial.subject {
        return steps::with_account(trial, name).await;
    }
    let temporary = Temporary::new(trial.namespace);
    let mut checks = with_temporary(trial, &temporary).await;
    checks.push(tokio::select! {
        biased;
        check = temporary.remove(trial.kubernetes, trial.aws) => check,
        () = interrupted() => temporary.abandoned(trial.kubernetes),
    });
    checks
}

/// What is made is made whole or not begun, so that the clean-up finds all of it; what is only asked is left at an interrupt.
async fn with_temporary(trial: &Trial<'_>, temporary: &Temporary) -> Vec<Check> {
    let stopped = Cell::new(false);
    let made = {
        let mut making = pin!(steps::make(trial, temporary, &stopped));
        tokio::select! {
            biased;
            () = interrupted() => {
                stopped.set(true);
                tokio::select! {
                    made = &mut making => made,
                    // Whoever asks twice doesn't wait for a server that is silent.
                    () = interrupted() => Ok(None),
                }
            }
            made = &mut making => made,
        }
    };
    let stop = || {
        vec![Check::failed(
            "test",
            "it was interrupted",
            "the same command again",
        )]
    };
    match made {
        Ok(Some(arn)) => tokio::select! {
            biased;
            () = interrupted() => stop(),
            checks = steps::with_temporary(trial, temporary, &arn) => checks,
        },
        Ok(None) => stop(),
        Err(error) => {
            let next = "the same command by somebody who may make a role and a service account";
            vec![Check::failed("test", format!("{error:#}"), next)]
        }
    }
}

/// Ctrl-C, or the signal that asks a process to end.
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
