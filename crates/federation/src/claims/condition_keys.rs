//! The condition keys that a token brings into the evaluation of a trust policy.

use serde_json::Value;

use super::Claims;

impl Claims {
    /// The condition keys `<issuer without scheme>:<claim>` and their values, for the trust policy: `aud`, `sub`,
    /// `amr`, `email`, with `azp` also `oaud`, and for some well-known issuers the claims that AWS lists for them
    /// (IAM User Guide, "Available keys for AWS OIDC federation"). Every other claim is ignored, as AWS does.
    /// `used_audience` is what [`Claims::used_audience`] returned.
    pub fn condition_keys(&self, used_audience: &str) -> Vec<(String, Vec<String>)> {
        let mut keys = self.session_keys(used_audience);
        if self.authorized_party.is_some() {
            keys.push((self.key("oaud"), self.audience.clone()));
        }
        for name in ["email"].iter().chain(claims_of_issuer(self.issuer.host())) {
            if let Some(values) = self.lookup(name).and_then(values) {
                keys.push((self.key(name), values));
            }
        }
        keys
    }

    /// Those condition keys that stay with the session and are there in its later requests: `aud`, `sub`, `amr`.
    pub fn session_keys(&self, used_audience: &str) -> Vec<(String, Vec<String>)> {
        let mut keys = vec![
            (self.key("aud"), vec![used_audience.to_owned()]),
            (self.key("sub"), vec![self.subject.clone()]),
        ];
        if let Some(methods) = self.claim("amr").and_then(values) {
            keys.push((self.key("amr"), methods));
        }
        keys
    }

    fn key(&self, name: &str) -> String {
        format!("{}:{name}", self.issuer.without_scheme())
    }

    /// The claim of a condition key's name: as it stands, or as a path of two members (`google/organization_number`).
    fn lookup(&self, name: &str) -> Option<&Value> {
        self.claim(name).or_else(|| {
            let (outer, inner) = name.split_once('/')?;
            self.claim(outer)?.get(inner)
        })
    }
}

fn claims_of_issuer(host: &str) -> &'static [&'static str] {
    match host {
        "token.actions.githubusercontent.com" => GITHUB,
        "gitlab.com" => GITLAB,
        "oidc.circleci.com" => CIRCLECI,
        "agent.buildkite.com" => BUILDKITE,
        "accounts.google.com" => GOOGLE,
        // Each identity domain of Oracle's cloud is an issuer of its own.
        host if host.ends_with(".identity.oraclecloud.com") => ORACLE,
        _ => &[],
    }
}

/// A claim's values as a policy compares them: texts, and numbers and truth values in their JSON spelling.
/// Objects, nulls and mixed lists give no key rather than half of one.
fn values(claim: &Value) -> Option<Vec<String>> {
    match claim {
        Value::Array(elements) => elements.iter().map(scalar).collect(),
        single => Some(vec![scalar(single)?]),
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

const GITHUB: &[&str] = &[
    "actor",
    "actor_id",
    "enterprise_id",
    "environment",
    "job_workflow_ref",
    "ref",
    "repository",
    "repository_id",
    "repository_owner_id",
    "workflow",
];
const GITLAB: &[&str] = &[
    "namespace_id",
    "pipeline_source",
    "project_id",
    "ref_protected",
    "runner_environment",
    "user_access_level",
    "user_email",
    "user_id",
    "user_login",
];
const CIRCLECI: &[&str] = &["oidc.circleci.com/project-id"];
const BUILDKITE: &[&str] = &[
    "build_branch",
    "cluster_id",
    "cluster_name",
    "organization_id",
    "organization_slug",
    "pipeline_id",
    "pipeline_slug",
];
const GOOGLE: &[&str] = &["google/organization_number"];
const ORACLE: &[&str] = &["rpst_id"];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{claims, claims_of};

    fn pairs(keys: &[(String, Vec<String>)]) -> Vec<(&str, Vec<&str>)> {
        keys.iter()
            .map(|(key, values)| (key.as_str(), values.iter().map(String::as_str).collect()))
            .collect()
    }

    #[test]
    fn a_service_accounts_token_gives_audience_and_subject() {
        let claims = claims(json!({
            "kubernetes.io": {"namespace": "ns"}, "repository": "org/repo", "groups": ["admins"],
        }));
        let expected = vec![
            ("host.example/id/A:aud", vec!["sts.amazonaws.com"]),
            ("host.example/id/A:sub", vec!["system:serviceaccount:ns:sa"]),
        ];
        assert_eq!(pairs(&claims.condition_keys("sts.amazonaws.com")), expected);
        assert_eq!(pairs(&claims.session_keys("sts.amazonaws.com")), expected);
    }

    #[test]
    fn what_stays_with_the_session_is_less_than_what_the_trust_policy_sees() {
        let claims = claims(json!({
            "azp": "app", "aud": ["x", "y"], "amr": ["pwd", "mfa"], "email": "a@host.example",
        }));
        assert_eq!(
            pairs(&claims.condition_keys("app")),
            vec![
                ("host.example/id/A:aud", vec!["app"]),
                ("host.example/id/A:sub", vec!["system:serviceaccount:ns:sa"]),
                ("host.example/id/A:amr", vec!["pwd", "mfa"]),
                ("host.example/id/A:oaud", vec!["x", "y"]),
                ("host.example/id/A:email", vec!["a@host.example"]),
            ]
        );
        assert_eq!(
            pairs(&claims.session_keys("app")),
            vec![
                ("host.example/id/A:aud", vec!["app"]),
                ("host.example/id/A:sub", vec!["system:serviceaccount:ns:sa"]),
                ("host.example/id/A:amr", vec!["pwd", "mfa"]),
            ]
        );
    }

    #[test]
    fn claims_of_well_known_issuers_count_for_those_issuers_only() {
        let change = json!({
            "repository": "org/repo", "ref": "refs/heads/main", "actor_id": 7, "ref_protected": true,
            "google": {"organization_number": 12}, "oidc.circleci.com/project-id": "p", "environment": {"x": 1},
        });
        let of = |url: &str| {
            let keys = claims_of(url, change.clone()).condition_keys("x");
            let mut keys: Vec<String> = keys
                .into_iter()
                .map(|(key, values)| format!("{key}={}", values.join(",")))
                .filter(|key| !key.contains(":aud=") && !key.contains(":sub="))
                .collect();
            keys.sort();
            keys
        };
        assert_eq!(
            of("https://token.actions.githubusercontent.com"),
            [
                "token.actions.githubusercontent.com:actor_id=7",
                "token.actions.githubusercontent.com:ref=refs/heads/main",
                "token.actions.githubusercontent.com:repository=org/repo",
            ]
        );
        assert_eq!(of("https://gitlab.com"), ["gitlab.com:ref_protected=true"]);
        assert_eq!(
            of("https://oidc.circleci.com/org/1"),
            ["oidc.circleci.com/org/1:oidc.circleci.com/project-id=p"]
        );
        assert_eq!(
            of("https://accounts.google.com"),
            ["accounts.google.com:google/organization_number=12"]
        );
        assert!(of("https://gitlab.com.evil.example").is_empty());
        assert!(of("https://host.example/token.actions.githubusercontent.com").is_empty());
    }

    /// The table of the IAM User Guide, "Available keys for AWS OIDC federation".
    #[test]
    fn every_claim_that_aws_lists_for_an_issuer_is_a_condition_key_of_it() {
        let table: [(&str, &[&str]); 6] = [
            (
                "token.actions.githubusercontent.com",
                &[
                    "actor",
                    "actor_id",
                    "enterprise_id",
                    "environment",
                    "job_workflow_ref",
                    "ref",
                    "repository",
                    "repository_id",
                    "repository_owner_id",
                    "workflow",
                ],
            ),
            (
                "gitlab.com",
                &[
                    "namespace_id",
                    "pipeline_source",
                    "project_id",
                    "ref_protected",
                    "runner_environment",
                    "user_access_level",
                    "user_email",
                    "user_id",
                    "user_login",
                ],
            ),
            (
                "oidc.circleci.com/org/1b2c",
                &["oidc.circleci.com/project-id"],
            ),
            (
                "agent.buildkite.com",
                &[
                    "build_branch",
                    "cluster_id",
                    "cluster_name",
                    "organization_id",
                    "organization_slug",
                    "pipeline_id",
                    "pipeline_slug",
                ],
            ),
            ("accounts.google.com", &["google/organization_number"]),
            ("idcs-1.identity.oraclecloud.com", &["rpst_id"]),
        ];
        let everything: serde_json::Map<_, _> = table
            .iter()
            .flat_map(|(_, claims)| *claims)
            .map(|claim| ((*claim).to_owned(), json!(format!("value of {claim}"))))
            .collect();
        for (issuer, claims) in table {
            let token = claims_of(&format!("https://{issuer}"), json!(everything));
            let keys = token.condition_keys("x");
            let got: std::collections::BTreeMap<_, _> = keys
                .into_iter()
                .filter(|(key, _)| !key.ends_with(":aud") && !key.ends_with(":sub"))
                .collect();
            let expected = claims
                .iter()
                .map(|claim| {
                    (
                        format!("{issuer}:{claim}"),
                        vec![format!("value of {claim}")],
                    )
                })
                .collect();
            assert_eq!(got, expected, "{issuer}");
            // None of them stays with the session.
            assert_eq!(token.session_keys("x").len(), 2);
        }
    }
}
