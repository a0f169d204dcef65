//! The OIDC provider of a cluster's issuer, and its keys.

use anyhow::{Result, bail};
use cluster::irsa::AUDIENCE;
use cluster::manifests::{CLUSTER, MANAGED_BY, MANAGER};

use super::super::marks::{ADDED_CLIENT_IDS, PUSHED_KEYS};
use super::Found;
use crate::api_server::Kubernetes;
use crate::cli::cluster::CreateCluster;
use crate::command::aws::{Aws, Probe, explained};

/// Makes the provider, or adds what it lacks; says which.
pub(super) async fn provide(options: &CreateCluster, aws: &Aws, found: &Found) -> Result<String> {
    let arn = &found.provider_arn;
    let missing = found.missing_client_ids();
    let Some(provider) = &found.provider else {
        let tags = [(MANAGED_BY, MANAGER), (CLUSTER, options.name.as_str())];
        aws.create_provider(
            found.issuer.url.as_str(),
            &missing,
            &found.thumbprints,
            &tags,
        )
        .await?;
        let thumbprints = match found.thumbprints.as_slice() {
            [] => "no thumbprint, for the issuer can't be reached from here".to_owned(),
            some => format!("thumbprint {}", some.join(" and ")),
        };
        return Ok(format!(
            "{arn} was made; client ids {}; {thumbprints}",
            missing.join(", ")
        ));
    };
    let mut changes = Vec::new();
    if !missing.is_empty() {
        if !provider.is_ours() {
            // The mark comes first: what is marked and not there is no harm.
            let mut added = provider
                .tags
                .get(ADDED_CLIENT_IDS)
                .cloned()
                .unwrap_or_default();
            for id in &missing {
                added = format!("{added} {id}").trim().to_owned();
            }
            aws.tag_provider(arn, ADDED_CLIENT_IDS, &added).await?;
        }
        for id in &missing {
            aws.add_client_id(arn, id).await?;
        }
        changes.push(format!("client ids {} were added", missing.join(", ")));
    }
    let renewed = found.thumbprints.iter().any(|it| {
        let mut known = provider.thumbprints.iter();
        !known.any(|known| known.eq_ignore_ascii_case(it))
    });
    if provider.is_ours() && renewed {
        aws.set_thumbprints(arn, &found.thumbprints).await?;
        changes.push(format!(
            "its thumbprint is {} now",
            found.thumbprints.join(" and ")
        ));
    }
    Ok(match changes.as_slice() {
        [] => format!("{arn} was there"),
        some => format!("{arn} was there; {}", some.join("; ")),
    })
}

/// Makes sure that the server has the issuer's keys, one way or the other; says how.
pub(super) async fn keys(
    options: &CreateCluster,
    kubernetes: &Kubernetes,
    aws: &Aws,
    found: &Found,
) -> Result<String> {
    let arn = &found.provider_arn;
    let mut own = found.issuer.key_ids();
    let mut pushed = aws.pushed_keys(arn).await?;
    pushed.sort();
    own.sort();
    if !pushed.is_empty() && pushed == own {
        return Ok(format!("{} pushed before", count(pushed.len())));
    }
    let why = if !pushed.is_empty() {
        "the cluster has others than were pushed before".to_owned()
    } else if options.push_keys {
        "--push-keys".to_owned()
    } else {
        let token = kubernetes.token("default", "default", AUDIENCE).await?;
        match aws.probe(&token).await? {
            Probe::Verified => return Ok("the server fetches them from the issuer".to_owned()),
            Probe::NoKey(refused) => {
                format!(
                    "the server can't fetch them: {}; after a rotation they must be pushed again, unless it \
                     is started with --issuer-ca and --issuer-network for the issuer",
                    refused.message.trim_end_matches('.')
                )
            }
            Probe::Refused(refused) => bail!(explained("AssumeRoleWithWebIdentity", &refused)),
        }
    };
    let provider = aws.provider(arn).await?;
    if pushed.is_empty() && !provider.is_some_and(|it| it.is_ours()) {
        aws.tag_provider(arn, PUSHED_KEYS, options.name.as_str())
            .await?;
    }
    aws.push_keys(arn, &found.issuer.keys.document()).await?;
    Ok(format!("{} pushed ({why})", count(own.len())))
}

fn count(keys: usize) -> String {
    match keys {
        1 => "1 key was".to_owned(),
        keys => format!("{keys} keys were"),
    }
}
