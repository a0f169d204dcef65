//! Identity providers that many customers share (IAM User Guide, "Identity-provider controls for
//! shared OIDC providers"): whoever trusts one must say which customer's tokens are meant.

use super::Checked;
use crate::action::{Action, Buffer};
use crate::condition::operator::Quantifier;
use crate::condition::{Condition, Operands};
use crate::document::DocumentKind;
use crate::error::InvalidPolicy;
use crate::grantee::Grantee;
use crate::statement::{Effect, Statement};
use crate::syntax::Document;
use crate::template::{Pattern, Template};

/// Issuer without its scheme, and the claim that tells its customers apart.
const ISSUERS: &[(&str, Tenancy)] = &[
    ("token.actions.githubusercontent.com", Tenancy::Claim("sub")),
    (
        "vstoken.actions.githubusercontent.com",
        Tenancy::Claim("sub"),
    ),
    (
        "oidc-configuration.audit-log.githubusercontent.com",
        Tenancy::Claim("sub"),
    ),
    ("gitlab.com", Tenancy::Claim("sub")),
    ("agent.buildkite.com", Tenancy::Claim("sub")),
    ("oidc.codefresh.io", Tenancy::Claim("sub")),
    ("studio.datachain.ai/api", Tenancy::Claim("sub")),
    ("scalr.io", Tenancy::Claim("sub")),
    ("tokens.cloud.shisho.dev", Tenancy::Claim("sub")),
    ("app.terraform.io", Tenancy::Claim("sub")),
    ("proidc.upbound.io", Tenancy::Claim("sub")),
    (
        "rh-oidc.s3.us-east-1.amazonaws.com/22ejnvnnturfmt6km08idd0nt4hekbn7",
        Tenancy::Claim("sub"),
    ),
    (
        "rh-oidc.s3.us-east-1.amazonaws.com/23e3sd27sju1hoou6ohfs68vbno607tr",
        Tenancy::Claim("sub"),
    ),
    (
        "rh-oidc.s3.us-east-1.amazonaws.com/23ne21h005qjl3n33d8dui5dlrmv2tmg",
        Tenancy::Claim("sub"),
    ),
    (
        "rh-oidc.s3.us-east-1.amazonaws.com/24jrf12m5dj7ljlfb4ta2frhrcoadm26",
        Tenancy::Claim("sub"),
    ),
    (
        "oidc.op1.openshiftapps.com/2f785sojlpb85i7402pk3qogugim5nfb",
        Tenancy::Claim("sub"),
    ),
    (
        "oidc.op1.openshiftapps.com/2c51blsaqa9gkjt0o9rt11mle8mmropu",
        Tenancy::Claim("sub"),
    ),
    ("cognito-identity.amazonaws.com", Tenancy::Claim("aud")),
    ("api.pulumi.com/oidc", Tenancy::Claim("aud")),
    ("sandboxes.cloud", Tenancy::Claim("aud")),
    ("oidc.vercel.com", Tenancy::Claim("aud")),
    (
        "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d",
        Tenancy::Key("sts:RoleSessionName"),
    ),
];

#[derive(Debug, Clone, Copy)]
enum Tenancy {
    /// The condition key is the issuer's own for this claim.
    Claim(&'static str),
    Key(&'static str),
}

pub(super) fn check(document: &Document<'_>, statements: &[Statement]) -> Checked {
    let mut buffer = Buffer::new();
    let web_identity = Action::new("sts:AssumeRoleWithWebIdentity", &mut buffer);
    for (statement, syntax) in statements.iter().zip(&document.statements) {
        if statement.effect == Effect::Deny || !statement.action.matches(&web_identity) {
            continue;
        }
        let grantees = statement
            .principal
            .iter()
            .flat_map(|principal| &principal.list);
        for issuer in grantees.filter_map(issuer) {
            let Some((issuer, tenancy)) = ISSUERS
                .iter()
                .find(|(shared, _)| issuer.eq_ignore_ascii_case(shared))
            else {
                continue;
            };
            let key = match tenancy {
                Tenancy::Claim(claim) => format!("{issuer}:{claim}"),
                Tenancy::Key(key) => (*key).to_owned(),
            };
            if !statement
                .conditions
                .iter()
                .any(|condition| narrows(condition, &key))
            {
                let message = format!(
                    "The trust policy must evaluate the condition key {key} for the shared identity provider {issuer}"
                );
                let reason = format!(
                    "without a condition on `{key}` every customer of `{issuer}` may assume the role"
                );
                return Err(InvalidPolicy::new(
                    DocumentKind::Trust,
                    &syntax.span,
                    message,
                    reason,
                ));
            }
        }
    }
    Ok(())
}

fn issuer(grantee: &Grantee) -> Option<&str> {
    match grantee {
        Grantee::Provider(name) => Some(
            name.split_once(":oidc-provider/")
                .map_or(name, |(_, issuer)| issuer),
        ),
        _ => None,
    }
}

/// Whether the condition holds only for some values of the key, and not when it is missing.
fn narrows(condition: &Condition, key: &str) -> bool {
    let operator = condition.operator();
    let asks = condition.key().eq_ignore_ascii_case(key)
        && !operator.negated
        && !operator.if_exists
        && operator.quantifier != Quantifier::ForAllValues;
    // A variable may hold whatever the token says, the very claim that is asked for included.
    let says =
        |text: &Template| matches!(text, Template::Fixed(text) if !matches!(&**text, "" | "*"));
    asks && match condition.operands() {
        Operands::Equals(texts) | Operands::EqualsIgnoreCase(texts) => texts.iter().all(says),
        Operands::Like(patterns) => patterns.iter().all(|pattern| match pattern {
            Pattern::Fixed(glob) => glob.has_text(),
            Pattern::Variable(_) => false,
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Policy;

    fn trust(issuer: &str, key: &str, value: &str) -> Result<Policy, InvalidPolicy> {
        let principal = match issuer {
            "cognito-identity.amazonaws.com" => issuer.to_owned(),
            other => format!("arn:aws:iam::123456789012:oidc-provider/{other}"),
        };
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"Federated":"{principal}"}},
            "Action":"sts:AssumeRoleWithWebIdentity","Condition":{{"StringLike":{{"{key}":"{value}"}}}}}}}}"#
        );
        Policy::parse(DocumentKind::Trust, &text)
    }

    /// The list of the IAM User Guide, "Identity-provider controls for shared OIDC providers".
    #[test]
    fn every_shared_issuer_is_asked_for_its_own_tenancy_claim() {
        let sub = [
            "token.actions.githubusercontent.com",
            "vstoken.actions.githubusercontent.com",
            "oidc-configuration.audit-log.githubusercontent.com",
            "gitlab.com",
            "agent.buildkite.com",
            "oidc.codefresh.io",
            "studio.datachain.ai/api",
            "scalr.io",
            "tokens.cloud.shisho.dev",
            "app.terraform.io",
            "proidc.upbound.io",
            "rh-oidc.s3.us-east-1.amazonaws.com/22ejnvnnturfmt6km08idd0nt4hekbn7",
            "rh-oidc.s3.us-east-1.amazonaws.com/23e3sd27sju1hoou6ohfs68vbno607tr",
            "rh-oidc.s3.us-east-1.amazonaws.com/23ne21h005qjl3n33d8dui5dlrmv2tmg",
            "rh-oidc.s3.us-east-1.amazonaws.com/24jrf12m5dj7ljlfb4ta2frhrcoadm26",
            "oidc.op1.openshiftapps.com/2f785sojlpb85i7402pk3qogugim5nfb",
            "oidc.op1.openshiftapps.com/2c51blsaqa9gkjt0o9rt11mle8mmropu",
        ];
        let aud = [
            "cognito-identity.amazonaws.com",
            "api.pulumi.com/oidc",
            "sandboxes.cloud",
            "oidc.vercel.com",
        ];
        let sentinel = "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d";
        let rows = sub.iter().map(|issuer| (*issuer, format!("{issuer}:sub")));
        let rows = rows.chain(aud.iter().map(|issuer| (*issuer, format!("{issuer}:aud"))));
        let rows: Vec<_> = rows
            .chain([(sentinel, "sts:RoleSessionName".to_owned())])
            .collect();
        assert_eq!(rows.len(), ISSUERS.len());
        for (issuer, key) in &rows {
            assert!(trust(issuer, key, "tenant").is_ok(), "{issuer}");
            let others = ["sub", "aud", "amr"].map(|claim| format!("{issuer}:{claim}"));
            for other in others.iter().filter(|other| *other != key) {
                let error = trust(issuer, other, "tenant").unwrap_err();
                assert!(error.message().contains(key.as_str()), "{issuer}: {error}");
            }
            assert!(trust(issuer, key, "*").is_err(), "{issuer}");
            let upper = issuer.to_ascii_uppercase();
            assert!(trust(&upper, "aws:SourceIp", "x").is_err(), "{upper}");
        }
        // A cluster's own issuer has one tenant.
        for private in [
            "oidc.eks.eu-west-1.amazonaws.com/id/ABC",
            "gitlab.example.com",
            "gitlab.com.evil.example",
        ] {
            let audience = format!("{private}:aud");
            assert!(trust(private, &audience, "sts.amazonaws.com").is_ok());
        }
    }
}
