//! `daypass delete cluster`: what `daypass create cluster` made, in reverse.

mod webhook;

use std::process::ExitCode;

use anyhow::{Result, bail};
use cluster::manifests::CLUSTER;

use super::issuer::ClusterIssuer;
use super::marks::{ADDED_CLIENT_IDS, PUSHED_KEYS};
use crate::api_server::Kubernetes;
use crate::cli::Data;
use crate::cli::cluster::{DeleteCluster, Mode};
use crate::command::aws::{Aws, Provider, Registered};
use crate::command::check::Check;
use crate::command::iam_service_account::account_of;
use crate::command::manual::Script;
use crate::print::print;
use crate::shell::word;
use webhook::Objects;

/// What every command about a provider begins with.
const ARN: &str = "--open-id-connect-provider-arn";

/// What there is to take back.
struct Found {
    registered: Option<Registered>,
    provider_arn: Option<String>,
    provider: Option<Provider>,
    objects: Option<Objects>,
    /// With `--force`: the roles that stay, and the commands that delete them with their service accounts.
    stranded: Vec<(String, String)>,
}

/// Looks first, then deletes.
pub(crate) async fn run(options: &DeleteCluster, data: &Data) -> Result<ExitCode> {
    let aws = Aws::new(data).await?;
    let kubernetes = match options.keep_webhook {
        true => None,
        false => Some(Kubernetes::connect(&options.kubernetes).await?),
    };
    let found = Found::look(options, &aws, kubernetes.as_ref()).await?;
    match options.mode {
        Mode::Manual => manual(options, &aws, &found).await?,
        Mode::Auto => {
            if let (Some(kubernetes), Some(objects)) = (&kubernetes, &found.objects) {
                objects.delete(kubernetes).await?;
            }
            auto(options, &aws, &found).await?;
            for (what, command) in &found.stranded {
                let text = format!("{what} stays; `{command}` deletes it");
                print(&Check::skipped("role", text).told())?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl Found {
    async fn look(
        options: &DeleteCluster,
        aws: &Aws,
        kubernetes: Option<&Kubernetes>,
    ) -> Result<Self> {
        let registered = aws.cluster(&options.name).await?;
        // A name that is mistyped must not cost another cluster its webhook.
        if registered.is_none() && !options.force {
            bail!(
                "no cluster `{}` is registered; `daypass list clusters` shows those there are; nothing \
                 was deleted; --force takes back what is left of an installation whose registration is \
                 gone",
                options.name
            );
        }
        let issuer = match kubernetes {
            Some(kubernetes) => Some(ClusterIssuer::read(kubernetes).await?),
            None => None,
        };
        // The kubeconfig's cluster must be the one that is meant: its objects are deleted.
        let path = match (&registered, &issuer) {
            (Some(registered), Some(issuer)) if registered.issuer != issuer.url.as_str() => bail!(
                "the cluster `{}` has the issuer {}, and the one that was asked has {}; name its \
                 context with --context, or keep its webhook with --keep-webhook",
                options.name,
                registered.issuer,
                issuer.url
            ),
            (Some(registered), _) => Some(registered.issuer_path().to_owned()),
            // Half of it may have been deleted before.
            (None, Some(issuer)) => {
                refuse_another_name(options, aws, issuer).await?;
                Some(issuer.url.without_scheme().to_owned())
            }
            (None, None) => None,
        };
        let provider_arn = path.map(|path| aws.provider_arn(&path));
        let provider = match &provider_arn {
            Some(arn) => aws.provider(arn).await?,
            None => None,
        };
        if let Some(arn) = &provider_arn
            && provider.is_some()
        {
            refuse_if_used(options, aws, arn, registered.is_some()).await?;
        }
        let objects = match kubernetes {
            Some(kubernetes) => Some(Objects::look(kubernetes).await?),
            None => None,
        };
        let stranded = match options.force {
            true => stranded(options, aws).await?,
            false => Vec::new(),
        };
        Ok(Self {
            registered,
            provider_arn,
            provider,
            objects,
            stranded,
        })
    }

    /// Whether the provider was made for this cluster.
    fn owns_provider(&self, options: &DeleteCluster) -> bool {
        self.provider.as_ref().is_some_and(|it| {
            it.is_ours()
                && it
                    .tags
                    .get(CLUSTER)
                    .is_some_and(|it| it == options.name.as_str())
        })
    }

    /// What was added to a provider that somebody else made: client ids, and whether keys were.
    fn added(&self, options: &DeleteCluster) -> (Vec<String>, bool) {
        let tag = |key| self.provider.as_ref().and_then(|it| it.tags.get(key));
        let ids = tag(ADDED_CLIENT_IDS)
            .map(String::as_str)
            .unwrap_or_default();
        let keys = tag(PUSHED_KEYS).is_some_and(|it| it == options.name.as_str());
        (ids.split_whitespace().map(str::to_owned).collect(), keys)
    }
}

/// What is in a cluster that is registered by another name is that one's.
async fn refuse_another_name(
    options: &DeleteCluster,
    aws: &Aws,
    issuer: &ClusterIssuer,
) -> Result<()> {
    for name in aws.clusters().await? {
        let other = aws.cluster(&name.parse()?).await?;
        if other.is_some_and(|it| it.issuer == issuer.url.as_str()) {
            bail!(
                "no cluster `{}` is registered, and the one that was asked is `{name}`; nothing was \
                 deleted; `daypass delete cluster --name {name}` deletes it",
                options.name
            );
        }
    }
    Ok(())
}

/// What `--force` leaves: roles that nobody can assume, and service accounts that are annotated with them.
async fn stranded(options: &DeleteCluster, aws: &Aws) -> Result<Vec<(String, String)>> {
    let name = options.name.as_str();
    let mut stranded = Vec::new();
    for role in aws.roles_trusting(&aws.provider_arn("")).await? {
        let Some((namespace, account)) = account_of(&role, name) else {
            continue;
        };
        let what = format!("{} of the service account {namespace}/{account}", role.arn);
        // Without the cluster, its service accounts can't be asked for.
        let how = match options.keep_webhook {
            true => " --role-only".to_owned(),
            false => options.kubernetes.words(),
        };
        let command = format!(
            "daypass delete iamserviceaccount --cluster {name} --namespace {namespace} --name \
             {account}{how}{}",
            aws.words
        );
        stranded.push((what, command));
    }
    Ok(stranded)
}

async fn refuse_if_used(
    options: &DeleteCluster,
    aws: &Aws,
    provider_arn: &str,
    registered: bool,
) -> Result<()> {
    if options.force {
        return Ok(());
    }
    let name = &options.name;
    let roles = aws.roles_trusting(provider_arn).await?;
    let of_cluster = |it: &&crate::command::aws::Role| {
        it.tags.get(CLUSTER).is_some_and(|it| it == name.as_str())
    };
    let roles: Vec<&str> = roles
        .iter()
        .filter(of_cluster)
        .map(|it| it.name.as_str())
        .collect();
    if !roles.is_empty() {
        bail!(
            "service accounts of the cluster `{name}` have roles: {}; nothing was deleted; `daypass \
             list iamserviceaccounts --cluster {name}` shows them, `daypass delete \
             iamserviceaccount` deletes one, and --force leaves them without a cluster",
            roles.join(", ")
        );
    }
    let associations = match registered {
        true => aws.associations(name).await?.len(),
        false => 0,
    };
    if associations > 0 {
        bail!(
            "the cluster `{name}` has {associations} Pod Identity associations; nothing was deleted; \
             `aws eks list-pod-identity-associations --cluster-name {name}` shows them, and --force \
             deletes them with it"
        );
    }
    Ok(())
}

async fn auto(options: &DeleteCluster, aws: &Aws, found: &Found) -> Result<()> {
    let told = |subject, text: &str| print(&Check::passed(subject, text).told());
    let untouched = |subject, text: &str| print(&Check::skipped(subject, text).told());
    match &found.registered {
        Some(registered) => {
            for id in aws.associations(&options.name).await? {
                aws.delete_association(&options.name, &id).await?;
                told("association", &format!("{id} was deleted"))?;
            }
            aws.deregister(&options.name).await?;
            told("registration", &format!("{} was deleted", registered.arn))?;
        }
        None => untouched(
            "registration",
            &format!("no cluster `{}` is registered", options.name),
        )?,
    }
    let (Some(arn), Some(_)) = (&found.provider_arn, &found.provider) else {
        return untouched("provider", "there is none");
    };
    if found.owns_provider(options) {
        aws.delete_provider(arn).await?;
        return told("provider", &format!("{arn} was deleted, with its keys"));
    }
    let (ids, keys) = found.added(options);
    for id in &ids {
        aws.remove_client_id(arn, id).await?;
        told(
            "provider",
            &format!("the client id {id} was removed from {arn}"),
        )?;
    }
    if !ids.is_empty() {
        aws.untag_provider(arn, ADDED_CLIENT_IDS).await?;
    }
    if keys {
        aws.delete_keys(arn).await?;
        aws.untag_provider(arn, PUSHED_KEYS).await?;
        told(
            "provider",
            &format!("the keys that were pushed for {arn} were deleted"),
        )?;
    }
    untouched(
        "provider",
        &format!("{arn} stays, for it was not made for this cluster"),
    )
}

async fn manual(options: &DeleteCluster, aws: &Aws, found: &Found) -> Result<()> {
    let mut script = Script::new(std::path::Path::new("."));
    script.credentials(aws);
    if let Some(objects) = &found.objects {
        objects.script(&mut script, &options.kubernetes.kubectl());
    }
    for (what, command) in &found.stranded {
        script.note(&format!("{what} stays; this deletes it: {command}"));
    }
    let name = options.name.as_str();
    if found.registered.is_some() {
        for id in aws.associations(&options.name).await? {
            let verb = "delete-pod-identity-association";
            let of = ["--cluster-name", name, "--association-id", &id];
            script.command(["aws", "eks", verb].into_iter().chain(of));
        }
        script.command(["aws", "eks", "deregister-cluster", "--name", name]);
    } else {
        script.note(&format!("No cluster {name} is registered"));
    }
    let (Some(arn), Some(_)) = (&found.provider_arn, &found.provider) else {
        script.note("There is no provider");
        return script.finish();
    };
    if found.owns_provider(options) {
        script.command(["aws", "iam", "delete-open-id-connect-provider", ARN, arn]);
        return script.finish();
    }
    let (ids, keys) = found.added(options);
    let untag = "untag-open-id-connect-provider";
    for id in &ids {
        let verb = "remove-client-id-from-open-id-connect-provider";
        script.command(["aws", "iam", verb, ARN, arn, "--client-id", id]);
    }
    if !ids.is_empty() {
        script.command([
            "aws",
            "iam",
            untag,
            ARN,
            arn,
            "--tag-keys",
            ADDED_CLIENT_IDS,
        ]);
    }
    if keys {
        let (data, shown) = (&aws.words, word(arn));
        script.raw(&format!(
            "daypass oidc keys delete --provider-arn {shown} --all{data}"
        ));
        script.command(["aws", "iam", untag, ARN, arn, "--tag-keys", PUSHED_KEYS]);
    }
    script.note(&format!(
        "{arn} stays, for it was not made for this cluster"
    ));
    script.finish()
}
