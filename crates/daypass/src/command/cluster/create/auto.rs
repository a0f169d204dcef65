//! `--mode auto`: one step after the other, each told when it is done.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};

use super::super::installation::{Became, Installation, put};
use super::super::wait;
use super::{Found, provider, undo};
use crate::api_server::{Kubernetes, Place};
use crate::cli::cluster::CreateCluster;
use crate::command::aws::Aws;
use crate::command::check::Check;
use crate::command::identity::{Subject, Trial, try_identity};
use crate::print::print;

const STEPS: [&str; 6] = [
    "provider",
    "keys",
    "registration",
    "webhook",
    "pods",
    "verification",
];

/// Where the command is on its way.
struct Progress {
    done: usize,
}

impl Progress {
    fn passed(&mut self, text: &str) -> Result<()> {
        print(&Check::passed(self.next(), text).told())
    }

    fn skipped(&mut self, text: &str) -> Result<()> {
        print(&Check::skipped(self.next(), text).told())
    }

    fn next(&mut self) -> &'static str {
        let subject = STEPS.get(self.done).copied().unwrap_or_default();
        self.done += 1;
        subject
    }
}

/// Makes what is missing, then tries it.
pub(super) async fn run(
    options: &CreateCluster,
    kubernetes: &Kubernetes,
    aws: &Aws,
    found: &Found,
) -> Result<ExitCode> {
    let cluster = format!("{} at {}", options.name, kubernetes.url);
    print(&Check::passed("cluster", cluster).told())?;
    print(&Check::passed("issuer", found.issuer.url.as_str()).told())?;
    let mut progress = Progress { done: 0 };
    let undo = undo(options, aws);
    let carried = carry_out(options, kubernetes, aws, found, &mut progress).await;
    if let Err(error) = carried {
        let (done, left) = STEPS.split_at(progress.done.min(STEPS.len()));
        let done = match done {
            [] => "nothing is done".to_owned(),
            done => format!("done: {}", done.join(", ")),
        };
        bail!(
            "{error:#}\n  {done}; not done: {}\n  next: the same command again, which goes on from \
             there, or `{undo}`",
            left.join(", ")
        );
    }
    print(&format!("undo: {undo}\n"))?;
    Ok(ExitCode::SUCCESS)
}

async fn carry_out(
    options: &CreateCluster,
    kubernetes: &Kubernetes,
    aws: &Aws,
    found: &Found,
    progress: &mut Progress,
) -> Result<()> {
    progress.passed(&provider::provide(options, aws, found).await?)?;
    progress.passed(&provider::keys(options, kubernetes, aws, found).await?)?;
    aws.register(&options.name, &found.provider_arn).await?;
    let cluster = aws.known_cluster(&options.name).await?;
    progress.passed(&match found.registered {
        Some(_) => format!("{} was there", cluster.arn),
        None => format!("{} was made", cluster.arn),
    })?;
    // Only now the region is known for certain.
    let (region, endpoint) = (cluster.region(), found.endpoint.clone());
    let planned = Installation::plan(&options.webhook, kubernetes, endpoint, region).await?;
    let webhook = install(options, kubernetes, planned, progress).await?;
    let trial = Trial {
        kubernetes,
        aws,
        cluster: &options.name,
        provider_arn: &found.provider_arn,
        namespace: "default",
        subject: Subject::Temporary,
        webhook,
        // Where it is missing, the webhook's step says so.
        endpoint: false,
    };
    let checks = try_identity(&trial).await;
    for check in &checks {
        print(&check.told())?;
    }
    if checks.iter().any(Check::is_failed) {
        return Err(anyhow!("the cluster's identities don't work yet"));
    }
    progress.passed("a token of the cluster becomes a session of its role, and of no other")
}

/// Whether there is a webhook to try afterwards.
async fn install(
    options: &CreateCluster,
    kubernetes: &Kubernetes,
    planned: Installation,
    progress: &mut Progress,
) -> Result<bool> {
    let (objects, namespace, endpoint, kept) = match planned {
        Installation::None(why) => {
            progress.skipped(&why)?;
            progress.skipped("not looked at")?;
            return Ok(!options.webhook.no_webhook);
        }
        Installation::Objects {
            objects,
            namespace,
            endpoint,
            kept,
        } => (objects, namespace, endpoint, kept),
    };
    let (mut made, mut changed) = (0, Vec::new());
    for object in &objects {
        match put(kubernetes, object).await? {
            Became::Made => made += 1,
            Became::Changed => changed.push(Place::of(object)?.shown()),
            Became::WasThere => {}
        }
    }
    let place = match &namespace {
        Some(namespace) => format!("in the namespace {namespace}"),
        None => "by URL".to_owned(),
    };
    let mut text = match (made, changed.as_slice()) {
        (0, []) => format!("{place}, was there"),
        (made, []) => format!("{place}, {made} of {} objects were made", objects.len()),
        (0, changed) => format!("{place}, was there; changed: {}", changed.join(", ")),
        (made, changed) => format!(
            "{place}, {made} objects were made; changed: {}",
            changed.join(", ")
        ),
    };
    if !kept.is_empty() {
        text.push_str(&format!("; kept as it was: {}", kept.join(", ")));
    }
    if !endpoint {
        text.push_str(
            "; pods are not told where the server is, for this command asks it at a loopback \
             address: say --endpoint-url",
        );
    }
    progress.passed(&text)?;
    match &namespace {
        Some(namespace) => {
            let patience = Duration::from_secs(options.webhook.timeout);
            progress.passed(&wait::for_webhook(kubernetes, namespace, patience).await?)?;
        }
        None => progress.skipped("the webhook runs outside of the cluster")?,
    }
    Ok(true)
}
