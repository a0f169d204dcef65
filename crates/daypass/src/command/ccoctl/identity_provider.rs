//! The issuer's bucket, its documents, and the provider in IAM.

use anyhow::{Result, bail};
use cluster::ccoctl::{
    CLIENT_IDS, InfraName, PublicAccess, Trusted, authentication_manifest, issuer_url,
};
use cluster::region::Region;
use federation::PublishedKey;
use serde_json::Value;

use super::bucket::Bucket;
use super::cloud::Cloud;
use super::documents::Documents;
use super::dry_run;
use super::output_dir::{OutputDir, Readers};
use super::say;

/// Where the installer looks for the issuer.
pub(super) const AUTHENTICATION: &str = "manifests/cluster-authentication-02-config.yaml";

/// What there has to be.
pub(super) struct IdentityProvider<'a> {
    pub(super) name: &'a InfraName,
    pub(super) region: &'a Region,
    pub(super) thumbprint: Option<&'a str>,
    /// Whether the bucket is private.
    pub(super) private: bool,
    /// The key that the cluster signs with.
    pub(super) key: &'a PublishedKey,
    pub(super) keys: Keys,
}

/// How a key is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// And no other.
    Alone,
    /// Besides those that are published.
    BesideOthers,
    /// It has to be published already, if any is.
    AsPublished,
}

impl IdentityProvider<'_> {
    /// Makes what is missing; what the roles have to trust. Everything is looked at before
    /// anything is made.
    pub(super) async fn create(&self, cloud: &Cloud, output: &OutputDir) -> Result<Trusted> {
        let bucket = Bucket::find(cloud, self.name).await?;
        let documents = Documents::read(&bucket).await?;
        let (issuer, trusted, registered) = self.issuer(cloud, &bucket, &documents, output).await?;
        let keys = documents.plan(self.key, self.keys)?;
        // A provider is read from the bucket that held its documents when it was registered, and
        // from no other.
        if registered.is_some() && !cloud.is_aws() && documents.issuer().is_none() {
            let arn = trusted.arn();
            bail!(
                "{arn} was registered before its bucket had the issuer's documents, or with an earlier \
                 bucket of this name, so Daypass would not read them. Nothing has been changed. Delete \
                 it and run this again: aws iam delete-open-id-connect-provider \
                 --open-id-connect-provider-arn {arn}"
            );
        }
        let access = match self.private {
            true => PublicAccess::None,
            false => PublicAccess::ByPolicy,
        };
        bucket.create(self.name, self.region, access).await?;
        documents.publish(&bucket, self.name, &issuer, keys).await?;
        match registered {
            Some(provider) => say_existing(&provider, trusted.arn(), self.name)?,
            None => self.register(cloud, &issuer, &trusted).await?,
        }
        let manifest = authentication_manifest(&issuer);
        let path = output.write(AUTHENTICATION, manifest.as_bytes(), Readers::Owner)?;
        say(&format!(
            "{}: the issuer, for the installer",
            path.display()
        ))?;
        Ok(trusted)
    }

    /// The issuer's URL, its provider's ARN, and the provider if it is registered.
    async fn issuer(
        &self,
        cloud: &Cloud,
        bucket: &Bucket<'_>,
        documents: &Documents,
        output: &OutputDir,
    ) -> Result<(String, Trusted, Option<Value>)> {
        let own = issuer_url(bucket.name(), self.region);
        let issuer = documents.issuer().unwrap_or(&own).to_owned();
        let trusted = cloud.provider(&issuer)?;
        let parameter = [("OpenIDConnectProviderArn", trusted.arn())];
        let registered = cloud
            .iam_or_none("GetOpenIDConnectProvider", &parameter)
            .await?;
        let behind_cloudfront = self.private && cloud.is_aws();
        if issuer != own && !(behind_cloudfront && registered.is_some()) {
            bail!(
                "the documents in the bucket {} are those of the issuer {issuer}, and not of {own}. \
                 Nothing has been changed; give the --region that they were made for, \
                 --create-private-s3-bucket if they are behind CloudFront, or begin anew after \
                 `daypass ccoctl delete`",
                bucket.name()
            );
        }
        if behind_cloudfront && issuer == own {
            bail!(
                "at AWS, the issuer of a private bucket needs CloudFront, whose API is not spoken here. \
                 Nothing has been made. The same command with --dry-run writes all that is needed. Then \
                 run these:\n{}",
                dry_run::commands(self, &output.path(""))?.join("\n")
            );
        }
        Ok((issuer, trusted, registered))
    }

    async fn register(&self, cloud: &Cloud, issuer: &str, trusted: &Trusted) -> Result<()> {
        let [(owned, value), (name_key, name)] = self.name.tags();
        let mut parameters = vec![
            ("Url", issuer),
            ("ClientIDList.member.1", CLIENT_IDS[0]),
            ("ClientIDList.member.2", CLIENT_IDS[1]),
            ("Tags.member.1.Key", &owned),
            ("Tags.member.1.Value", &value),
            ("Tags.member.2.Key", &name_key),
            ("Tags.member.2.Value", &name),
        ];
        let thumbprint = self.thumbprint;
        parameters.extend(thumbprint.map(|it| ("ThumbprintList.member.1", it)));
        cloud
            .iam_done("CreateOpenIDConnectProvider", &parameters)
            .await?;
        // ccoctl's own words, because scripts look for the ARN in them.
        say(&format!(
            "Identity Provider created with ARN: {}",
            trusted.arn()
        ))?;
        say(match (cloud.is_aws(), thumbprint) {
            (_, Some(_)) => "thumbprint: as given",
            (true, None) => "thumbprint: found by IAM itself",
            (false, None) => {
                "thumbprint: none, because Daypass reads the documents from its own bucket and asks \
                 nobody else for them"
            }
        })
    }
}

fn say_existing(provider: &Value, arn: &str, name: &InfraName) -> Result<()> {
    // ccoctl's own words.
    say(&format!("Existing Identity Provider found with ARN: {arn}"))?;
    let list = |member: &str| provider.get(member).and_then(Value::as_array).cloned();
    let clients = list("ClientIDList").unwrap_or_default();
    for client in CLIENT_IDS {
        if !clients.iter().any(|it| it.as_str() == Some(client)) {
            say(&format!(
                "it does not take tokens for `{client}`; for that: aws iam \
                 add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn {arn} \
                 --client-id {client}"
            ))?;
        }
    }
    if !is_tagged(provider, name) {
        say(&format!(
            "it has no tag `{}`, so `daypass ccoctl delete` will leave it",
            name.tag_key()
        ))?;
    }
    Ok(())
}

/// Whether something of IAM's was made for a name.
pub(super) fn is_tagged(entity: &Value, name: &InfraName) -> bool {
    let tags = entity.get("Tags").and_then(Value::as_array);
    let key = name.tag_key();
    tags.is_some_and(|tags| {
        tags.iter()
            .any(|tag| tag.get("Key").and_then(Value::as_str) == Some(&key))
    })
}
