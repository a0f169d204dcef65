//! Whether a bucket policy is public (S3 User Guide, "Blocking public access to your Amazon S3
//! storage: The meaning of public").

use crate::AccountId;
use crate::condition::network::Network;
use crate::condition::operator::Quantifier;
use crate::condition::{Condition, Operands};
use crate::document::Policy;
use crate::statement::{Effect, Statement};
use crate::template::{Pattern, Template};

/// Keys whose fixed values keep an `Allow` for everybody from being public.
const LIMITING_KEYS: [&str; 13] = [
    "aws:SourceArn",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:SourceOwner",
    "aws:SourceAccount",
    "aws:userid",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalArn",
    "aws:PrincipalAccount",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "s3:DataAccessPointArn",
    "s3:DataAccessPointAccount",
];

/// Whether the policy grants something to everybody: an `Allow` for `*` that no condition limits
/// to fixed values of who asks or from where. In doubt it is public.
#[must_use]
pub fn is_public(policy: &Policy) -> bool {
    policy
        .statements()
        .iter()
        .any(|statement| statement.effect == Effect::Allow && is_open(statement))
}

fn is_open(statement: &Statement) -> bool {
    let everybody = statement
        .principal
        .as_ref()
        .is_some_and(|principal| principal.includes_everyone());
    everybody && !statement.conditions.iter().any(limits)
}

fn limits(condition: &Condition) -> bool {
    let operator = condition.operator();
    // These hold for requests without the key, or for all but the values that are named.
    if operator.negated || operator.if_exists || operator.quantifier == Quantifier::ForAllValues {
        return false;
    }
    if let Operands::IpAddress(networks) = condition.operands() {
        return condition.key().eq_ignore_ascii_case("aws:SourceIp")
            && networks.iter().all(is_narrow);
    }
    let is_user_id = condition.key().eq_ignore_ascii_case("aws:userid");
    let is_access_point = condition
        .key()
        .eq_ignore_ascii_case("s3:DataAccessPointArn");
    LIMITING_KEYS
        .iter()
        .any(|key| condition.key().eq_ignore_ascii_case(key))
        && match condition.operands() {
            Operands::Equals(texts) | Operands::EqualsIgnoreCase(texts) => texts
                .iter()
                .all(|text| matches!(text, Template::Fixed(text) if names_somebody(text))),
            Operands::Like(patterns) => patterns.iter().all(|pattern| match pattern {
                // The sessions of one role: the id is fixed, the session's name is not.
                Pattern::Fixed(glob) => {
                    glob.is_exact() && names_somebody(glob.literal_prefix())
                        || is_user_id && glob.is_prefix_of_sessions()
                        || is_access_point && is_of_one_account(glob.literal_prefix())
                }
                Pattern::Variable(_) => false,
            }),
            Operands::Arn(patterns) => patterns
                .iter()
                .all(|pattern| pattern.is_exact() || is_access_point && pattern.has_fixed_head()),
            _ => false,
        }
}

/// Callers without credentials have these keys too: `anonymous` is their account and their id.
fn names_somebody(text: &str) -> bool {
    !text.eq_ignore_ascii_case("anonymous")
}

/// All access points of one account: region and account are fixed, the name need not be.
fn is_of_one_account(literal_prefix: &str) -> bool {
    let mut parts = literal_prefix.splitn(6, ':');
    let account = parts.nth(4).unwrap_or_default();
    account.parse::<AccountId>().is_ok() && parts.next().is_some()
}

fn is_narrow(network: &Network) -> bool {
    match network {
        Network::V4 { prefix, .. } => *prefix >= 8,
        Network::V6 { prefix, .. } => *prefix >= 32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::DocumentKind;

    fn public(principal: &str, condition: &str) -> bool {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{principal},
               "Action":"s3:*","Resource":"arn:aws:s3:::b","Condition":{{{condition}}}}}]}}"#
        );
        is_public(
            &Policy::parse(DocumentKind::Bucket, &text)
                .unwrap_or_else(|error| panic!("{error}: {text}")),
        )
    }

    #[test]
    fn everybody_without_a_fixed_limit_is_public() {
        assert!(public("\"*\"", ""));
        assert!(public(r#"{"AWS":["123456789012","*"]}"#, ""));
        for condition in [
            r#""StringEquals":{"aws:Referer":"https://example.com"}"#,
            r#""StringLike":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/*"}"#,
            r#""ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/a"}"#,
            r#""StringLike":{"aws:userid":"*"}"#,
            r#""StringLike":{"aws:userid":["AROAX:*","A*"]}"#,
            r#""StringEquals":{"aws:PrincipalAccount":"${aws:ResourceAccount}"}"#,
            r#""StringEqualsIfExists":{"aws:PrincipalAccount":"123456789012"}"#,
            r#""ForAllValues:StringEquals":{"aws:PrincipalOrgPaths":"o-1/r/"}"#,
            r#""StringNotEquals":{"aws:PrincipalAccount":"123456789012"}"#,
            r#""IpAddress":{"aws:SourceIp":"0.0.0.0/0"}"#,
            r#""IpAddress":{"aws:SourceIp":["10.0.0.0/8","0.0.0.0/1"]}"#,
            r#""IpAddress":{"aws:SourceIp":"2000::/3"}"#,
            r#""NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}"#,
            r#""Null":{"aws:PrincipalAccount":"false"}"#,
            r#""StringLike":{"s3:DataAccessPointArn":"arn:aws:s3:eu-west-1:*:accesspoint/a"}"#,
            r#""StringLike":{"s3:DataAccessPointArn":"arn:aws:s3:*:123456789012:accesspoint/a"}"#,
            r#""ArnLike":{"s3:DataAccessPointArn":"arn:aws:s3:eu-west-1:12345678901?:accesspoint/a"}"#,
            r#""StringLike":{"s3:DataAccessPointArn":"arn:aws:s3:eu-west-1:123456789012*"}"#,
            r#""StringLike":{"aws:SourceArn":"arn:aws:sns:eu-west-1:123456789012:*"}"#,
            r#""StringEquals":{"aws:PrincipalAccount":"anonymous"}"#,
            r#""StringEquals":{"aws:PrincipalAccount":["123456789012","anonymous"]}"#,
            r#""StringEqualsIgnoreCase":{"aws:userid":"ANONYMOUS"}"#,
            r#""StringLike":{"aws:userid":"anonymous"}"#,
        ] {
            assert!(public("\"*\"", condition), "{condition}");
        }
    }

    #[test]
    fn a_fixed_value_or_a_name_is_not_public() {
        assert!(!public(r#"{"AWS":"123456789012"}"#, ""));
        for condition in [
            r#""StringEquals":{"aws:PrincipalAccount":"123456789012"}"#,
            r#""StringLike":{"AWS:userid":"AROAX:*"}"#,
            r#""ArnEquals":{"aws:SourceArn":"arn:aws:sns:eu-west-1:123456789012:topic"}"#,
            r#""IpAddress":{"aws:SourceIp":["203.0.113.0/24","2001:db8::/32"]}"#,
            r#""ForAnyValue:StringEquals":{"aws:PrincipalOrgPaths":"o-1/r/"}"#,
            r#""StringEquals":{"aws:Referer":"x","aws:SourceVpce":"vpce-1"}"#,
            r#""StringLike":{"s3:DataAccessPointArn":"arn:aws:s3:eu-west-1:123456789012:accesspoint/*"}"#,
            r#""ArnLike":{"s3:DataAccessPointArn":"arn:aws:s3:eu-west-1:123456789012:accesspoint/*"}"#,
        ] {
            assert!(!public("\"*\"", condition), "{condition}");
        }
    }
}
