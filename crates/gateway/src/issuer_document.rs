//! Documents of issuers whose URL is a bucket's, read from the bucket itself.

use std::io;

use jiff::Timestamp;
use policy::AccountId;

use crate::Gateway;
use crate::name::{BucketName, ObjectKey};

/// The most bytes of one document, as for those that are fetched.
const MOST: u64 = 1024 * 1024;

impl Gateway {
    /// The object at a URL of S3's (`https://BUCKET.s3.REGION.amazonaws.com/KEY`, the path-style form, or a domain that this
    /// server's buckets are subdomains of), for a provider that `owner` registered at `since`; in the error, why it can't be
    /// read.
    ///
    /// `None` if the bucket isn't the provider's: it must belong to the provider's account, and have been there when the
    /// provider was registered. Else whoever may create a bucket could give keys to a provider of an issuer elsewhere. The
    /// bucket policy has no part in it: the account's own server reads the account's own bucket.
    pub async fn issuer_document(
        &self,
        url: &str,
        owner: AccountId,
        since: Timestamp,
    ) -> Option<Result<Vec<u8>, String>> {
        let (bucket, key) = place(url, &self.domains)?;
        let bucket = self.store.bucket(&BucketName::parse(bucket).ok()?)?;
        if bucket.owner != owner || bucket.created > since {
            return None;
        }
        let Ok(key) = ObjectKey::parse(key) else {
            return Some(Err("it names no object".to_owned()));
        };
        let read = self.opened(bucket.id, &key, |files, object| {
            if object.size > MOST {
                return Err(io::Error::other("it has more than 1 MiB"));
            }
            std::fs::read(files.path(object.file))
        });
        Some(match read.await {
            Ok((_, Some(bytes))) => Ok(bytes),
            Ok((_, None)) => Err("there is no such object in the bucket".to_owned()),
            Err(_) => Err("the object can't be read".to_owned()),
        })
    }
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
    use super::*;

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
    async fn only_a_bucket_of_the_providers_account_that_was_there_before_it_counts() {
        let dir = tempfile::tempdir().unwrap();
        let gateway = Gateway::open(dir.path(), "us-east-1", Vec::new());
        let gateway = gateway.await.unwrap();
        let owner: AccountId = "123456789012".parse().unwrap();
        let made = Timestamp::from_second(1_000).unwrap();
        let created = gateway.store.create_bucket(
            BucketName::parse("c-oidc").unwrap(),
            owner,
            "us-east-1".to_owned(),
            crate::tags::Tags::default(),
            made,
        );
        created.await.unwrap().unwrap();
        let url = "https://c-oidc.s3.us-east-1.amazonaws.com/keys.json";
        let ask = async |owner: &str, since: i64| {
            let since = Timestamp::from_second(since).unwrap();
            gateway
                .issuer_document(url, owner.parse().unwrap(), since)
                .await
        };
        assert!(ask("123456789012", 1_000).await.unwrap().is_err());
        assert_eq!(ask("123456789012", 999).await, None);
        assert_eq!(ask("210987654321", 2_000).await, None);
        let other = gateway.issuer_document(
            "https://other.s3.us-east-1.amazonaws.com/keys.json",
            owner,
            made,
        );
        assert_eq!(other.await, None);
    }
}
