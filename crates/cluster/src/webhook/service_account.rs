//! What a service account's annotations say.

use serde_json::Value;

use super::CaBundle;
use super::annotations::{go_bool, token_expiration};

/// A service account, as far as the webhook is concerned. What it doesn't say is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AnnotatedAccount {
    /// `role-arn`: any text, for what it is worth is the STS server's to say.
    pub role_arn: Option<String>,
    /// `audience`.
    pub audience: Option<String>,
    /// `sts-regional-endpoints`.
    pub regional_sts: Option<bool>,
    /// `token-expiration` in seconds.
    pub token_expiration: Option<i64>,
    /// Ours: `endpoint-url`, the pods' `AWS_ENDPOINT_URL`.
    pub endpoint: Option<String>,
    /// Ours: `ca-bundle-config-map`, whom the pods trust.
    pub ca_bundle: Option<CaBundle>,
}

impl AnnotatedAccount {
    /// Reads the annotations of a service account's `metadata`.
    #[must_use]
    pub fn of_metadata(metadata: &Value, prefix: &str) -> Self {
        let text = |name: &str| {
            let annotations = metadata.get("annotations")?;
            annotations.get(format!("{prefix}/{name}"))?.as_str()
        };
        let full = |name| text(name).filter(|it| !it.is_empty()).map(shortened);
        Self {
            role_arn: full("role-arn"),
            audience: full("audience"),
            regional_sts: text("sts-regional-endpoints").and_then(go_bool),
            token_expiration: text("token-expiration").and_then(token_expiration),
            endpoint: full("endpoint-url"),
            ca_bundle: text("ca-bundle-config-map").and_then(|it| it.parse().ok()),
        }
    }
}

/// The longest ARN (IAM API Reference, `arnType`); nothing else here is longer either.
const LONGEST: usize = 2048;

/// What is kept of an annotation, which may have 256 KiB: enough to see that it is too long.
fn shortened(text: &str) -> String {
    text[..text.floor_char_boundary(LONGEST + 4)].to_owned()
}

/// Whether a text is the ARN of a role as the webhook knows it; any other is injected too, with
/// a word in the log.
pub(crate) fn is_role_arn(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("arn:aws") else {
        return false;
    };
    let Some((partition, rest)) = rest.split_once(":iam::") else {
        return false;
    };
    let Some((account, name)) = rest.split_once(":role/") else {
        return false;
    };
    if text.len() > LONGEST {
        return false;
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_-/.@+=,".contains(c);
    partition
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && account.len() == 12
        && account.bytes().all(|b| b.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_annotations_with_the_prefix_count() {
        let metadata = json!({"annotations": {
            "eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/a",
            "eks.amazonaws.com/sts-regional-endpoints": "maybe",
            "eks.amazonaws.com/token-expiration": "60",
            "eks.amazonaws.com/endpoint-url": "https://daypass:8480",
            "eks.amazonaws.com/ca-bundle-config-map": "trust/bundle.pem",
            "other.example.com/audience": "elsewhere",
        }});
        let account = AnnotatedAccount::of_metadata(&metadata, "eks.amazonaws.com");
        assert_eq!(
            account.role_arn.as_deref(),
            Some("arn:aws:iam::123456789012:role/a")
        );
        assert_eq!((account.audience, account.regional_sts), (None, None));
        assert_eq!(account.token_expiration, Some(600));
        assert_eq!(account.endpoint.as_deref(), Some("https://daypass:8480"));
        let ca = account.ca_bundle.unwrap();
        assert_eq!(
            (ca.config_map.as_str(), ca.key.as_str()),
            ("trust", "bundle.pem")
        );
        let nothing = AnnotatedAccount::of_metadata(&json!({}), "eks.amazonaws.com");
        assert_eq!(nothing, AnnotatedAccount::default());
    }

    #[test]
    fn what_is_kept_of_an_annotation_is_bounded() {
        let long = format!("arn:aws:iam::123456789012:role/{}", "ä".repeat(100_000));
        let metadata = json!({"annotations": {"p/role-arn": long, "p/audience": long, "p/endpoint-url": long}});
        let account = AnnotatedAccount::of_metadata(&metadata, "p");
        for kept in [account.role_arn, account.audience, account.endpoint] {
            assert!((LONGEST + 1..LONGEST + 8).contains(&kept.unwrap().len()));
        }
        let long = format!("arn:aws:iam::123456789012:role/{}", "a".repeat(LONGEST));
        let metadata = json!({"annotations": {"p/role-arn": long}});
        let role = AnnotatedAccount::of_metadata(&metadata, "p").role_arn;
        assert!(!is_role_arn(&role.unwrap()));
    }

    #[test]
    fn role_arns_are_told_from_other_texts() {
        assert!(is_role_arn(
            "arn:aws-us-gov:iam::123456789012:role/path/name"
        ));
        for no in [
            "role/name",
            "arn:aws:iam::12345678901:role/name",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam::123456789012:user/name",
            "arn:aws:iam::123456789012:role/a b",
        ] {
            assert!(!is_role_arn(no), "{no}");
        }
    }
}
