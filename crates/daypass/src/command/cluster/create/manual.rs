//! `--mode manual`: the same steps as commands.

use std::process::ExitCode;

use anyhow::Result;
use cluster::manifests::{CLUSTER, MANAGED_BY, MANAGER, NAME, documents};

use super::super::installation::Installation;
use super::super::marks::{ADDED_CLIENT_IDS, PUSHED_KEYS};
use super::{Found, undo};
use crate::api_server::Kubernetes;
use crate::cli::cluster::CreateCluster;
use crate::command::aws::Aws;
use crate::command::manual::Script;
use crate::shell::word;

/// What every command about a provider begins with.
const ARN: &str = "--open-id-connect-provider-arn";

/// Prints the commands of what is not there yet.
pub(super) async fn run(
    options: &CreateCluster,
    kubernetes: &Kubernetes,
    aws: &Aws,
    found: &Found,
    planned: &Installation,
) -> Result<ExitCode> {
    let mut script = Script::new(&options.output_dir);
    script.note(&format!("Cluster {} at {}", options.name, kubernetes.url));
    script.credentials(aws);
    provider(&mut script, options, found);
    keys(&mut script, options, aws, found).await?;
    registration(&mut script, options, aws, found);
    webhook(&mut script, options, kubernetes, planned);
    script.note("Try it");
    let (name, kubernetes) = (&options.name, options.kubernetes.words());
    script.raw(&format!(
        "daypass test identity --cluster {name}{kubernetes}{}",
        aws.words
    ));
    script.note(&format!("Undo: {}", undo(options, aws)));
    script.finish()?;
    Ok(ExitCode::SUCCESS)
}

fn provider(script: &mut Script, options: &CreateCluster, found: &Found) {
    let arn = found.provider_arn.as_str();
    let missing = found.missing_client_ids();
    let Some(provider) = &found.provider else {
        script.note("The issuer's OIDC provider");
        let (manager, cluster) = (
            tag(MANAGED_BY, MANAGER),
            tag(CLUSTER, options.name.as_str()),
        );
        let mut words = vec!["aws", "iam", "create-open-id-connect-provider"];
        words.extend(["--url", found.issuer.url.as_str(), "--client-id-list"]);
        words.extend(missing);
        if !found.thumbprints.is_empty() {
            words.push("--thumbprint-list");
            words.extend(found.thumbprints.iter().map(String::as_str));
        }
        words.extend(["--tags", &manager, &cluster]);
        return script.command(words);
    };
    script.note(&format!("The issuer's OIDC provider is there: {arn}"));
    if missing.is_empty() {
        return;
    }
    if !provider.is_ours() {
        let before = provider
            .tags
            .get(ADDED_CLIENT_IDS)
            .cloned()
            .unwrap_or_default();
        let added = format!("{before} {}", missing.join(" "));
        let added = tag(ADDED_CLIENT_IDS, added.trim());
        script.command([
            "aws",
            "iam",
            "tag-open-id-connect-provider",
            ARN,
            arn,
            "--tags",
            &added,
        ]);
    }
    for id in missing {
        let verb = "add-client-id-to-open-id-connect-provider";
        script.command(["aws", "iam", verb, ARN, arn, "--client-id", id]);
    }
}

async fn keys(
    script: &mut Script,
    options: &CreateCluster,
    aws: &Aws,
    found: &Found,
) -> Result<()> {
    let arn = found.provider_arn.as_str();
    let mut pushed = match &found.provider {
        Some(_) => aws.pushed_keys(arn).await?,
        None => Vec::new(),
    };
    let mut own = found.issuer.key_ids();
    pushed.sort();
    own.sort();
    if pushed == own {
        script.note("The cluster's keys are pushed");
        return Ok(());
    }
    if pushed.is_empty() && !options.push_keys {
        script.note(
            "The server fetches the issuer's keys. If it can't: this command with --push-keys",
        );
        return Ok(());
    }
    script.note("The cluster's keys");
    let ours = found.provider.as_ref().is_none_or(|it| it.is_ours());
    if !ours && pushed.is_empty() {
        let mark = tag(PUSHED_KEYS, options.name.as_str());
        script.command([
            "aws",
            "iam",
            "tag-open-id-connect-provider",
            ARN,
            arn,
            "--tags",
            &mark,
        ]);
    }
    let file = script.file("keys.json", found.issuer.keys.document() + "\n");
    let (arn, data) = (word(arn), &aws.words);
    script.raw(&format!(
        "daypass oidc push-keys --provider-arn {arn} {file}{data}"
    ));
    Ok(())
}

fn registration(script: &mut Script, options: &CreateCluster, aws: &Aws, found: &Found) {
    if let Some(registered) = &found.registered {
        return script.note(&format!("The cluster is registered: {}", registered.arn));
    }
    script.note("The cluster's name");
    let (name, arn, data) = (&options.name, word(&found.provider_arn), &aws.words);
    script.raw(&format!(
        "daypass register cluster --name {name} --provider-arn {arn}{data}"
    ));
}

fn webhook(
    script: &mut Script,
    options: &CreateCluster,
    kubernetes: &Kubernetes,
    planned: &Installation,
) {
    let (objects, namespace, kept) = match planned {
        Installation::None(why) => return script.note(&format!("No webhook: {why}")),
        Installation::Objects {
            objects,
            namespace,
            kept,
            ..
        } => (objects, namespace, kept),
    };
    script.note("The webhook");
    if !kept.is_empty() {
        script.note(&format!("Kept as it was: {}", kept.join(", ")));
    }
    let file = script.file("webhook.yaml", documents(objects));
    let kubectl = &kubernetes.kubectl;
    script.raw(&format!("{kubectl} apply -f {file}"));
    if let Some(namespace) = namespace {
        let timeout = options.webhook.timeout;
        script.raw(&format!(
            "{kubectl} rollout status deployment/{NAME} -n {namespace} --timeout {timeout}s"
        ));
    }
}

fn tag(key: &str, value: &str) -> String {
    format!("Key={key},Value={value}")
}
