//! The issuer's bucket.

use anyhow::{Result, bail};
use cluster::ccoctl::{InfraName, PublicAccess, public_policy};
use cluster::region::Region;
use http::Method;

use super::cloud::{Cloud, explained};
use super::say;
use crate::client::elements;

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// The bucket with this name, as it was found.
pub(super) struct Bucket<'c> {
    cloud: &'c Cloud,
    name: String,
    found: Found,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Nothing,
    /// With the tag of this name.
    Tagged,
    /// Empty and without tags, as a run that was interrupted leaves it.
    Bare,
}

impl<'c> Bucket<'c> {
    /// Looks for the bucket. One that somebody else has made, or made for something else, is an
    /// error: its objects would be published.
    pub(super) async fn find(cloud: &'c Cloud, name: &InfraName) -> Result<Self> {
        let bucket = name.bucket()?;
        let path = format!("/{bucket}");
        let key = name.tag_key();
        let found = match cloud.s3(Method::GET, &path, "tagging=").await? {
            Ok(xml) if elements(&xml, "Key")?.contains(&key) => Found::Tagged,
            Ok(_) => bail!(foreign(&bucket, &key)),
            Err(refused) => match refused.code.as_str() {
                "NoSuchBucket" => Found::Nothing,
                "NoSuchTagSet" => {
                    let listed = cloud
                        .s3(Method::GET, &path, "list-type=2&max-keys=1")
                        .await?;
                    let listed = listed.map_err(|refused| {
                        explained(&format!("list the bucket {bucket}"), &refused)
                    })?;
                    if !elements(&listed, "Key")?.is_empty() {
                        bail!(foreign(&bucket, &key));
                    }
                    Found::Bare
                }
                _ => {
                    let what = format!("read the tags of the bucket {bucket}");
                    return Err(explained(&what, &refused).context(format!(
                        "the bucket {bucket} can't be used: names of buckets are unique over all \
                         accounts, so it may be somebody else's, or in another region; choose another \
                         --name or --region, or have s3:GetBucketTagging"
                    )));
                }
            },
        };
        Ok(Self {
            cloud,
            name: bucket,
            found,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether it can have documents.
    pub(super) fn exists(&self) -> bool {
        self.found != Found::Nothing
    }

    /// An object's content, if there is such an object.
    pub(super) async fn object(&self, key: &str) -> Result<Option<String>> {
        let path = format!("/{}/{key}", self.name);
        match self.cloud.s3(Method::GET, &path, "").await? {
            Ok(content) => Ok(Some(content)),
            Err(refused) if refused.code == "NoSuchKey" => Ok(None),
            Err(refused) => {
                let what = format!("read s3:/{path}");
                Err(explained(&what, &refused))
            }
        }
    }

    /// Writes an object with the tags of the name.
    pub(super) async fn put(&self, key: &str, content: &[u8], name: &InfraName) -> Result<()> {
        let mut tags = form_urlencoded::Serializer::new(String::new());
        tags.extend_pairs(name.tags());
        let tags = tags.finish();
        let headers = [
            ("content-type", "application/json"),
            ("x-amz-tagging", tags.as_str()),
        ];
        let path = format!("/{}/{key}", self.name);
        let put = self.cloud.s3_put(&path, "", &headers, content).await?;
        put.map_err(|refused| explained(&format!("write s3:/{path}"), &refused))?;
        Ok(())
    }

    /// Makes the bucket with its access and its tags, or what is missing of it. The tags come last:
    /// a bucket that has them is finished, and stays as it is.
    pub(super) async fn create(
        &self,
        name: &InfraName,
        region: &Region,
        access: PublicAccess,
    ) -> Result<()> {
        let bucket = &self.name;
        match self.found {
            Found::Tagged => {
                say(&format!("bucket {bucket}: is there already"))?;
                return self.compare(access).await;
            }
            Found::Bare => say(&format!("bucket {bucket}: is there already, empty"))?,
            Found::Nothing => {
                self.make(region).await?;
                say(&format!("bucket {bucket}: created"))?;
            }
        }
        self.open(access).await?;
        let pairs = name.tags();
        let tags: String = pairs
            .iter()
            .map(|(key, value)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>"))
            .collect();
        let tagging = format!("<Tagging xmlns=\"{NAMESPACE}\"><TagSet>{tags}</TagSet></Tagging>");
        self.configure("tagging=", tagging.as_bytes(), "tag").await
    }

    /// Whether a bucket that is there is as private or public as it is asked for.
    async fn compare(&self, access: PublicAccess) -> Result<()> {
        let bucket = &self.name;
        let block = |access: PublicAccess| {
            let blocks = access
                .blocks()
                .map(|(name, value)| format!("{name}={value}"));
            format!(
                "aws s3api put-public-access-block --bucket {bucket} \
                 --public-access-block-configuration {}",
                blocks.join(",")
            )
        };
        match access {
            PublicAccess::None if !self.has_blocks(&access.blocks()).await? => bail!(
                "the bucket {bucket} is not private, and has not been changed; to make it private: aws s3api \
                 delete-bucket-policy --bucket {bucket} && {}",
                block(access)
            ),
            PublicAccess::ByPolicy if !self.has_policy().await? => {
                let told = format!(
                    "bucket {bucket}: is private, and stays so; to make it public: {} && aws s3api \
                     put-bucket-policy --bucket {bucket} --policy '{}'",
                    block(access),
                    public_policy(self.cloud.partition(), bucket)
                );
                // Daypass reads it all the same, and AWS can't.
                match self.cloud.is_aws() {
                    true => bail!(told),
                    false => say(&told),
                }
            }
            _ => Ok(()),
        }
    }

    async fn has_policy(&self) -> Result<bool> {
        let path = format!("/{}", self.name);
        match self.cloud.s3(Method::GET, &path, "policy=").await? {
            Ok(_) => Ok(true),
            Err(refused) if refused.code == "NoSuchBucketPolicy" => Ok(false),
            Err(refused) => Err(explained(
                &format!("read the policy of the bucket {}", self.name),
                &refused,
            )),
        }
    }

    async fn make(&self, region: &Region) -> Result<()> {
        // S3 refuses its oldest region by name.
        let body = match region.name() {
            "us-east-1" => String::new(),
            region => format!(
                "<CreateBucketConfiguration xmlns=\"{NAMESPACE}\"><LocationConstraint>{region}\
                 </LocationConstraint></CreateBucketConfiguration>"
            ),
        };
        let path = format!("/{}", self.name);
        let made = self.cloud.s3_put(&path, "", &[], body.as_bytes()).await?;
        made.map_err(|refused| {
            let error = explained(&format!("create the bucket {}", self.name), &refused);
            match refused.code.as_str() {
                "BucketAlreadyExists" => {
                    error.context("the name is taken by another account; choose another --name")
                }
                _ => error,
            }
        })?;
        Ok(())
    }

    /// Sets who may read the documents, unless the bucket has a policy already.
    async fn open(&self, access: PublicAccess) -> Result<()> {
        let bucket = &self.name;
        if self.has_policy().await? {
            return say(&format!(
                "bucket {bucket}: has a policy already, which stays as it is"
            ));
        }
        let blocks = access.blocks();
        let wanted: String = blocks
            .iter()
            .map(|(name, value)| format!("<{name}>{value}</{name}>"))
            .collect();
        if !self.has_blocks(&blocks).await? {
            let block = format!(
                "<PublicAccessBlockConfiguration xmlns=\"{NAMESPACE}\">{wanted}\
                 </PublicAccessBlockConfiguration>"
            );
            self.configure(
                "publicAccessBlock=",
                block.as_bytes(),
                "set the public access of",
            )
            .await?;
        }
        match access {
            PublicAccess::None => say(&format!("bucket {bucket}: private")),
            PublicAccess::ByPolicy => {
                let policy = public_policy(self.cloud.partition(), bucket);
                self.configure("policy=", policy.as_bytes(), "set the policy of")
                    .await?;
                say(&format!("bucket {bucket}: everybody may read its objects"))
            }
        }
    }

    async fn has_blocks(&self, blocks: &[(&str, bool)]) -> Result<bool> {
        let path = format!("/{}", self.name);
        let read = self
            .cloud
            .s3(Method::GET, &path, "publicAccessBlock=")
            .await?;
        let xml = match read {
            Ok(xml) => xml,
            Err(refused) if refused.code == "NoSuchPublicAccessBlockConfiguration" => {
                return Ok(false);
            }
            Err(refused) => {
                let what = format!("read the public access block of {}", self.name);
                return Err(explained(&what, &refused));
            }
        };
        for (name, wanted) in blocks {
            let value = elements(&xml, name)?.into_iter().next();
            if value.as_deref().map(str::trim) != Some(if *wanted { "true" } else { "false" }) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn configure(&self, query: &str, body: &[u8], what: &str) -> Result<()> {
        let path = format!("/{}", self.name);
        let done = self.cloud.s3_put(&path, query, &[], body).await?;
        done.map_err(|refused| explained(&format!("{what} the bucket {}", self.name), &refused))?;
        Ok(())
    }
}

fn foreign(bucket: &str, key: &str) -> String {
    format!(
        "the bucket {bucket} is there already, and was not made for this name: it has no tag `{key}`, and \
         is not empty or has other tags. Its objects would be published. Nothing has been changed; choose \
         another --name, or add the tag to the bucket if it is meant"
    )
}
