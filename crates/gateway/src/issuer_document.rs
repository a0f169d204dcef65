//! Documents of issuers whose URL is a bucket's, read from the bucket itself.

use std::io;
use std::sync::Arc;

use policy::AccountId;

use crate::Gateway;
use crate::name::{BucketName, ObjectKey};
use crate::store::Bucket;

/// The most bytes of one document, as for those that are fetched.
const MOST: u64 = 1024 * 1024;

impl Gateway {
    /// Name and identity of the bucket that a URL of S3's leads to (`https://BUCKET.s3.REGION.amazonaws.com/KEY`, the
    /// path-style form, or a domain that this server's buckets are subdomains of), if it is this account's. A bucket that is
    /// made again under the name has another identity.
    #[must_use]
    pub fn issuer_bucket(&self, url: &str, owner: AccountId) -> Option<(String, String)> {
        let (bucket, _) = self.at(url)?;
        (bucket.owner == owner).then(|| (bucket.name.as_str().to_owned(), identity(&bucket)))
    }

    /// The object at a URL of S3's, for a provider of `owner` whose documents are in the bucket with this
    /// [identity](Self::issuer_bucket) and in no other; in the error, why it can't be read.
    ///
    /// The bucket policy has no part in it: the account's own server reads the account's own bucket.
    ///
    /// # Errors
    /// The reason, for the server's log: the bucket is gone, was made again or is another one, or there is no such object.
    pub async fn issuer_document(
        &self,
        url: &str,
        owner: AccountId,
        recorded: &str,
    ) -> Result<Vec<u8>, String> {
        let (bucket, key) = self.at(url).ok_or(
            "it is in no bucket of this server; the provider was registered with one that is gone, or the discovery document \
             points out of it",
        )?;
        if bucket.owner != owner || identity(&bucket) != recorded {
            return Err(
                "it is not in the bucket that the provider was registered with, which was deleted, or the discovery \
                 document points out of it"
                    .to_owned(),
            );
        }
        let key = ObjectKey::parse(key).map_err(|_| "it names no object")?;
        if let Some(theirs) = bucket.upstream.as_deref() {
            return self.upstream_document(theirs, &key, MOST).await;
        }
        let read = self.opened(&bucket, &key, None, |files, object| {
            if object.size > MOST {
                return Err(io::Error::other("it has more than 1 MiB"));
            }
            std::fs::read(files.path(object.file))
        });
        match read.await {
            Ok((_, Some(bytes))) => Ok(bytes),
            Ok((_, None)) => Err("there is no such object in the bucket".to_owned()),
            Err(_) => Err("the object can't be read".to_owned()),
        }
    }

    /// The bucket that a URL leads to, and the key in it.
    fn at<'u>(&self, url: &'u str) -> Option<(Arc<Bucket>, &'u str)> {
        let (bucket, key) = place(url, &self.domains)?;
        let bucket = self.store.bucket(&BucketName::parse(bucket).ok()?)?;
        Some((bucket, key))
    }
}

/// Its number is never given again while the store lasts; with the time, not by another store of this server either.
fn identity(bucket: &Bucket) -> String {
    let (name, number) = (bucket.name.as_str(), bucket.id);
    format!("{name} {number} {}", bucket.created.as_second())
}

/// Bucket and key of an https URL, in either style (S3 User Guide, "Virtual hosting of buckets").
fn place<'u>(url: &'u str, domains: &[String]) -> Option<(&'u str, &'u str)> {
    let (host, path) = url.strip_prefix("https://")?.split_once('/')?;
    let name = host.split(':').next().unwrap_or_default();
    let own = domains.iter().find_map(|domain| {
        let bucket = name.strip_suffix(domain.as_str())?.strip_suffix('.')?;
        (!bucket.is_empty()).then_some(bucket)
    });
    if let Some(bucket) = own {
        return Some((bucket, path));
    }
    let rest = host
        .strip_suffix(".amazonaws.com")
        .or_else(|| host.strip_suffix(".amazonaws.com.cn"))?;
    let bucket = match rest.rsplit_once('.') {
        // `s3.REGION`, `BUCKET.s3.REGION`; a name of a bucket may have full stops.
        Some((before, region)) if is_region(region) => match before.rsplit_once('.') {
            Some((bucket, "s3")) => Some(bucket),
            None if before == "s3" => None,
            _ => return None,
        },
        // `BUCKET.s3`, and the old form `BUCKET.s3-REGION`.
        Some((bucket, last)) if is_endpoint(last) => Some(bucket),
        None if is_endpoint(rest) => None,
        _ => return None,
    };
    match bucket {
        Some(bucket) => Some((bucket, path)),
        None => path.split_once('/'),
    }
}

fn is_region(label: &str) -> bool {
    label.contains('-') && !label.starts_with("s3-")
}

fn is_endpoint(label: &str) -> bool {
    label == "s3" || label.strip_prefix("s3-").is_some_and(|it| it.contains('-'))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::tags::Tags;

    #[test]
    fn urls_of_buckets_in_every_style_and_no_others() {
        let domains = ["s3.localhost".to_owned()];
        let at = |url: &str| place(url, &domains).map(|(bucket, key)| format!("{bucket} {key}"));
        for (url, expected) in [
            (
                "https://c-oidc.s3.us-east-1.amazonaws.com/keys.json",
                "c-oidc keys.json",
            ),
            (
                "https://a.b.s3.eu-west-1.amazonaws.com/p/keys.json",
                "a.b p/keys.json",
            ),
            ("https://c.s3.cn-north-1.amazonaws.com.cn/k", "c k"),
            ("https://c.s3.amazonaws.com/k", "c k"),
            ("https://c.s3-eu-west-1.amazonaws.com/k", "c k"),
            ("https://s3.us-east-1.amazonaws.com/c/p/k", "c p/k"),
            ("https://s3.amazonaws.com/c/k", "c k"),
            ("https://s3-eu-west-1.amazonaws.com/c/k", "c k"),
            ("https://s3.s3.us-east-1.amazonaws.com/k", "s3 k"),
            ("https://c.s3.localhost/k", "c k"),
            ("https://c.s3.localhost:8443/k", "c k"),
        ] {
            assert_eq!(at(url).as_deref(), Some(expected), "{url}");
        }
        for url in [
            "http://c.s3.us-east-1.amazonaws.com/k",
            "https://c.s3.us-east-1.amazonaws.com",
            "https://c.s3.us-east-1.amazonaws.com.evil.example/k",
            "https://c.s3.us-east-1.evilamazonaws.com/k",
            "https://oidc.eks.eu-west-1.amazonaws.com/id/A/keys",
            "https://sts.us-east-1.amazonaws.com/c/k",
            "https://s3.us-east-1.amazonaws.com/c",
            "https://amazonaws.com/c/k",
            "https://s3.localhost/c/k",
            "https://xs3.localhost/k",
        ] {
            assert_eq!(at(url), None, "{url}");
        }
    }

    #[tokio::test]
    async fn a_provider_is_read_from_the_bucket_it_was_registered_with_and_no_other() {
        const URL: &str = "https://c-oidc.s3.us-east-1.amazonaws.com/keys.json";
        let dir = tempfile::tempdir().unwrap();
        let gateway = Gateway::open(dir.path(), "us-east-1", Vec::new());
        let gateway = gateway.await.unwrap();
        let [owner, other] = ["123456789012", "210987654321"].map(|it| it.parse().unwrap());
        let name = || BucketName::parse("c-oidc").unwrap();
        let create = async |owner: AccountId| {
            let made = Timestamp::from_second(1_000).unwrap();
            let (store, region) = (&gateway.store, "us-east-1".to_owned());
            let created = store.create_bucket(name(), owner, region, Tags::default(), made);
            created.await.unwrap().unwrap();
        };
        let delete = async || {
            let bucket = gateway.store.bucket(&name()).unwrap();
            gateway.store.delete_bucket(bucket).await.unwrap().unwrap();
        };
        let read = async |recorded: &str| gateway.issuer_document(URL, owner, recorded).await;

        assert_eq!(gateway.issuer_bucket(URL, owner), None);
        create(owner).await;
        let (shown, recorded) = gateway.issuer_bucket(URL, owner).unwrap();
        assert_eq!(shown, "c-oidc");
        assert_eq!(gateway.issuer_bucket(URL, other), None);
        let reason = read(&recorded).await.unwrap_err();
        assert!(reason.contains("no such object"), "{reason}");
        let reason = gateway.issuer_document(URL, other, &recorded).await;
        assert!(reason.unwrap_err().contains("registered with"));

        delete().await;
        let reason = read(&recorded).await.unwrap_err();
        assert!(reason.contains("no bucket of this server"), "{reason}");
        // Under the same name, even in the same second, it is another bucket.
        create(owner).await;
        let reason = read(&recorded).await.unwrap_err();
        assert!(reason.contains("registered with"), "{reason}");
        let again = gateway.issuer_bucket(URL, owner).unwrap().1;
        assert_ne!(again, recorded);
        assert!(read(&again).await.unwrap_err().contains("no such object"));
        delete().await;
        create(other).await;
        let reason = read(&again).await.unwrap_err();
        assert!(reason.contains("registered with"), "{reason}");
    }
}
