//! A hundred thousand roles, written as the server writes them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use directory::{Directory, Document, EntityPath, Role, SqliteStore, StoreError, Tags};
use jiff::Timestamp;
use policy::AccountId;
use session::{UniqueIdPrefix, unique_id};

/// Roles of one transaction.
const BATCH: usize = 10_000;

/// Adds roles to the data directory of a server that is not running. Each trusts a service account of its own.
pub(crate) fn add(data: &Path, count: usize) -> Result<()> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(async {
            let store = SqliteStore::open(&data.join("directory.db")).await?;
            let directory = Directory::open(store).await?;
            let snapshot = directory.snapshot();
            let account = snapshot
                .accounts()
                .next()
                .context("no account")?
                .account()
                .id;
            for first in (0..count).step_by(BATCH) {
                let roles = (first..count.min(first + BATCH))
                    .map(|number| role(account, number))
                    .collect::<Result<Vec<_>>>()?;
                directory
                    .write(move |tx| {
                        roles.into_iter().for_each(|role| tx.put_role(role));
                        Ok::<_, StoreError>(())
                    })
                    .await?;
            }
            Ok(())
        })
}

/// The trust policy of a role: one service account of a cluster.
pub(crate) fn trust(account: AccountId, number: usize) -> String {
    let issuer = "oidc.eks.us-east-2.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::{account}:oidc-provider/{issuer}"}},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{{"StringEquals":{{"{issuer}:sub":"system:serviceaccount:team-{}:app-{number}","{issuer}:aud":"sts.amazonaws.com"}}}}}}]}}"#,
        number / 100
    )
}

fn role(account: AccountId, number: usize) -> Result<Role> {
    let trust = trust(account, number);
    Ok(Role {
        account,
        id: unique_id(UniqueIdPrefix::Role),
        name: format!("team-{}-app-{number}", number / 100).parse()?,
        path: EntityPath::root(),
        description: Some(format!("Role of app {number}")),
        trust: Document::trust(&trust, |_| None).map_err(|error| anyhow!("{error}"))?,
        max_session_duration: 3600,
        inline: BTreeMap::new(),
        attached: BTreeSet::from(["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess".to_owned()]),
        boundary: None,
        tags: Tags::default(),
        created: Timestamp::now(),
    })
}
