//! Which bucket and key a request addresses: in the path, or the bucket in the host.

use policy::AccountId;

use crate::fault::{Code, Fault};
use crate::name::{BucketName, ObjectKey};
use crate::query::strict_decode;

/// What a request's host and path name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    /// The service: `/`.
    Service,
    /// A bucket.
    Bucket(BucketName),
    /// An object, existing or not.
    Object(BucketName, ObjectKey),
    /// An account, which only S3 Control addresses.
    Account(AccountId),
}

impl Address {
    /// Reads host and raw path. `domains` are lower-case base domains; `BUCKET.DOMAIN`
    /// is virtual-host style, everything else is path style. The key is decoded once and
    /// never normalised.
    pub(crate) fn locate(host: &str, path: &str, domains: &[String]) -> Result<Self, Fault> {
        let path = path
            .strip_prefix('/')
            .ok_or_else(|| Fault::new(Code::InvalidUri))?;
        if let Some(bucket) = virtual_bucket(host, domains) {
            let bucket = BucketName::parse(&bucket)?;
            return Self::of(bucket, path);
        }
        if path.is_empty() {
            return Ok(Self::Service);
        }
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        Self::of(BucketName::parse(&strict_decode(bucket)?)?, key)
    }

    fn of(bucket: BucketName, raw_key: &str) -> Result<Self, Fault> {
        if raw_key.is_empty() {
            return Ok(Self::Bucket(bucket));
        }
        let key = ObjectKey::parse(&strict_decode(raw_key)?)?;
        Ok(Self::Object(bucket, key))
    }

    /// The path with the bucket in it, wherever the request has it: the resource of Signature Version
    /// 2.
    pub(crate) fn v2_resource(host: &str, path: &str, domains: &[String]) -> String {
        match virtual_bucket(host, domains) {
            Some(bucket) => format!("/{bucket}{path}"),
            None => path.to_owned(),
        }
    }

    /// The bucket, if there is one.
    pub(crate) fn bucket(&self) -> Option<&BucketName> {
        match self {
            Self::Service | Self::Account(_) => None,
            Self::Bucket(bucket) | Self::Object(bucket, _) => Some(bucket),
        }
    }

    /// The key, if there is one.
    pub(crate) fn key(&self) -> Option<&ObjectKey> {
        match self {
            Self::Object(_, key) => Some(key),
            _ => None,
        }
    }
}

fn virtual_bucket(host: &str, domains: &[String]) -> Option<String> {
    let host = without_port(host).to_ascii_lowercase();
    if domains.contains(&host) {
        return None;
    }
    domains
        .iter()
        .filter_map(|domain| host.strip_suffix(domain.as_str())?.strip_suffix('.'))
        // The longest domain wins, i.e. the shortest bucket.
        .min_by_key(|bucket| bucket.len())
        .filter(|bucket| !bucket.is_empty())
        .map(str::to_owned)
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locate(host: &str, path: &str) -> Result<Address, Fault> {
        let domains = ["s3.localhost".to_owned(), "localhost".to_owned()];
        Address::locate(host, path, &domains)
    }

    fn bucket(name: &str) -> Address {
        Address::Bucket(BucketName::parse(name).unwrap())
    }

    fn object(name: &str, key: &str) -> Address {
        Address::Object(
            BucketName::parse(name).unwrap(),
            ObjectKey::parse(key).unwrap(),
        )
    }

    #[test]
    fn path_style() {
        for host in [
            "localhost:8080",
            "127.0.0.1:1",
            "s3.localhost",
            "[::1]:80",
            "x",
        ] {
            assert_eq!(locate(host, "/").unwrap(), Address::Service);
            assert_eq!(locate(host, "/abc").unwrap(), bucket("abc"));
            assert_eq!(locate(host, "/abc/").unwrap(), bucket("abc"));
            assert_eq!(locate(host, "/abc/k/l").unwrap(), object("abc", "k/l"));
        }
    }

    #[test]
    fn virtual_host_style() {
        for host in ["abc.s3.localhost", "ABC.S3.localhost:8080", "abc.localhost"] {
            assert_eq!(locate(host, "/").unwrap(), bucket("abc"));
            assert_eq!(locate(host, "/k").unwrap(), object("abc", "k"));
        }
        assert_eq!(
            locate("a.b.s3.localhost", "/x/y").unwrap(),
            object("a.b", "x/y")
        );
        assert!(locate("-.s3.localhost", "/k").is_err());
    }

    #[test]
    fn key_traversal_is_data_and_not_a_path() {
        for (raw, key) in [
            ("/abc/../other/k", "../other/k"),
            ("/abc/%2e%2e/other", "../other"),
            ("/abc//k", "/k"),
            ("/abc/a//b/./c", "a//b/./c"),
            ("/abc/%252e%252e/k", "%2e%2e/k"),
            ("/abc/a+b", "a+b"),
            ("/abc/a%20b", "a b"),
        ] {
            assert_eq!(locate("h", raw).unwrap(), object("abc", key), "{raw}");
        }
    }

    #[test]
    fn what_cannot_be_named_is_refused() {
        for raw in [
            "",
            "abc",
            "/abc/a%00b",
            "/abc/%ff",
            "/abc/%",
            "/a%2fb/k",
            "/../k",
            "/UP/k",
        ] {
            assert!(locate("h", raw).is_err(), "{raw}");
        }
    }
}
