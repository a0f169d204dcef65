//! `daypass status`: the server, and a cluster as it is registered.

mod agent;
mod ca_bundle;
mod clock;
mod pods;
mod provider;
mod webhook;

use std::process::ExitCode;

use anyhow::Result;
use directory::ClusterName;

use crate::api_server::Kubernetes;
use crate::cli::policy::Output;
use crate::cli::verbs::Status;
use crate::command::aws::{Aws, Registered};
use crate::command::check::{Check, document};
use crate::command::cluster::issuer::ClusterIssuer;
use crate::print::print;

/// Checks and prints.
pub(crate) async fn run(options: &Status) -> Result<ExitCode> {
    let mut checks = Vec::new();
    let cluster = check(options, &mut checks).await;
    print(&match options.output {
        Output::Json => document(cluster.as_deref(), &checks),
        Output::Text => checks.iter().map(Check::told).collect(),
    })?;
    Ok(match checks.iter().any(Check::is_failed) {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    })
}

/// The name of the cluster that was looked at.
async fn check(options: &Status, checks: &mut Vec<Check>) -> Option<String> {
    let aws = match Aws::new(&options.data).await {
        Ok(aws) => aws,
        Err(error) => {
            let text = format!("{error:#}");
            // A server that refuses whoever asks is there.
            let refused = [
                "InvalidClientTokenId",
                "ExpiredToken",
                "SignatureDoesNotMatch",
            ];
            let check = match refused.iter().any(|code| text.contains(code)) {
                true => {
                    let text = format!("{text}; the credentials are not good, get others");
                    let next = format!("eval \"$(daypass credentials{})\"", options.data.words());
                    Check::failed("server", text, next)
                }
                false => {
                    let text = format!(
                        "{text}; start one, or name it with AWS_ENDPOINT_URL and credentials for it"
                    );
                    Check::failed(
                        "server",
                        text,
                        format!("daypass serve{}", options.data.words()),
                    )
                }
            };
            checks.push(check);
            return options.cluster.as_ref().map(ToString::to_string);
        }
    };
    let text = format!("{} answers, account {}", aws.asker.endpoint(), aws.account);
    checks.push(Check::passed("server", text));
    checks.push(clock::server(&aws));
    let registered = match registered(options, &aws).await {
        Ok(Some(registered)) => registered,
        Ok(None) => {
            let text = "none is registered; `daypass create cluster --name NAME` registers one";
            checks.push(Check::skipped("cluster", text));
            return None;
        }
        Err(check) => {
            checks.push(check);
            return options.cluster.as_ref().map(ToString::to_string);
        }
    };
    let name = registered.name.clone();
    if let Err(check) = of_cluster(options, &aws, &registered, checks).await {
        checks.push(check);
    }
    Some(name)
}

/// The cluster that is meant.
async fn registered(options: &Status, aws: &Aws) -> Result<Option<Registered>, Check> {
    let broken = |error: anyhow::Error| {
        let next = format!("daypass list clusters{}", aws.words);
        Check::failed("cluster", format!("{error:#}"), next)
    };
    if let Some(name) = &options.cluster {
        return match aws.cluster(name).await.map_err(broken)? {
            Some(cluster) => Ok(Some(cluster)),
            None => Err(Check::failed(
                "cluster",
                format!("no cluster `{name}` is registered"),
                format!(
                    "daypass create cluster --name {name}{}{}",
                    options.kubernetes.words(),
                    aws.words
                ),
            )),
        };
    }
    match aws.clusters().await.map_err(broken)?.as_slice() {
        [] => Ok(None),
        [name] => {
            let name: ClusterName = name
                .parse()
                .map_err(|error| broken(anyhow::Error::new(error)))?;
            aws.cluster(&name).await.map_err(broken)
        }
        several => Err(Check::failed(
            "cluster",
            format!(
                "there are several, say which with --cluster: {}",
                several.join(", ")
            ),
            format!("daypass list clusters{}", aws.words),
        )),
    }
}

/// The checks of a cluster; what keeps all others from being made is an error.
async fn of_cluster(
    options: &Status,
    aws: &Aws,
    registered: &Registered,
    checks: &mut Vec<Check>,
) -> Result<(), Check> {
    let arn = aws.provider_arn(registered.issuer_path());
    let kubectl = options.kubernetes.kubectl();
    let connect = async {
        let kubernetes = Kubernetes::connect(&options.kubernetes).await?;
        let issuer = ClusterIssuer::read(&kubernetes).await?;
        anyhow::Ok((kubernetes, issuer))
    };
    let (kubernetes, issuer) = connect
        .await
        .map_err(|error| Check::of_error("cluster", &error, format!("{kubectl} version")))?;
    if issuer.url.as_str() != registered.issuer {
        return Err(Check::failed(
            "cluster",
            format!(
                "{} is registered with the issuer {}, and {} has {}; name its context with --context",
                registered.name, registered.issuer, kubernetes.url, issuer.url
            ),
            "kubectl config get-contexts",
        ));
    }
    let text = format!(
        "{} at {} answers, issuer {}",
        registered.name, kubernetes.url, issuer.url
    );
    checks.push(Check::passed("cluster", text));
    checks.push(clock::cluster(&kubernetes).await);
    provider::check(aws, &kubernetes, &arn, registered, &issuer, checks).await;
    webhook::check(options, aws, &kubernetes, registered, checks).await;
    checks.push(agent::check(&kubernetes).await);
    Ok(())
}
