//! Where a pod's role comes from.

use serde_json::Value;
use thiserror::Error;

use super::annotations::token_expiration;
use super::service_account::is_role_arn;
use super::{AnnotatedAccount, ConfigMapRoles, Injection, Method, PodIdentities, Settings};
use crate::printable;

/// A day: the life of a token that is spread when a node's agent takes it.
const DAY: i64 = 86_400;
/// By how much it is shortened at most, in seconds.
const SPREAD: i64 = 7_200;

/// How much of a text that is no ARN a warning has: API servers cut warnings at 256 characters.
const LONGEST_TOLD: usize = 80;

/// What is known when a pod is created.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// The pod's service account; `None` if nobody knows of one.
    pub account: Option<&'a AnnotatedAccount>,
    /// The ConfigMap's entries.
    pub config_map: &'a ConfigMapRoles,
    /// The service accounts that use Pod Identity.
    pub pod_identities: &'a PodIdentities,
}

/// Why a pod is left as it is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Untouched {
    /// There is no such service account, as far as the webhook can see.
    #[error(
        "the service account {namespace}/{name} is not known; if it is there now, create the pod anew"
    )]
    UnknownAccount {
        /// The pod's namespace.
        namespace: String,
        /// The service account's name.
        name: String,
    },
    /// What would be added has no room in a cluster, or the pod itself hasn't.
    #[error(
        "the pod of the service account {namespace}/{name} is too large for a cluster, or what \
         would be added to it is"
    )]
    TooLarge {
        /// The pod's namespace.
        namespace: String,
        /// The service account's name.
        name: String,
    },
    /// The service account has no role.
    #[error(
        "the service account {namespace}/{name} has no annotation {prefix}/role-arn; \
         `kubectl -n {namespace} annotate serviceaccount {name} {prefix}/role-arn=ARN` gives it one"
    )]
    NoRole {
        /// The pod's namespace.
        namespace: String,
        /// The service account's name.
        name: String,
        /// Of the annotations.
        prefix: String,
    },
}

/// What a pod of a service account is given. `random` spreads the lives of the tokens that a
/// node's agent takes, so that they don't all end at once.
///
/// # Errors
/// [`Untouched`]: the pod stays as it is, and is let in.
pub fn decide(
    namespace: &str,
    account: &str,
    pod: &Value,
    sources: Sources<'_>,
    settings: &Settings,
    random: u64,
) -> Result<Injection, Untouched> {
    let of_pod = pod
        .pointer("/metadata/annotations")
        .and_then(|it| it.get(format!("{}/token-expiration", settings.annotation_prefix)))
        .and_then(Value::as_str)
        .and_then(token_expiration);
    if sources.pod_identities.has(namespace, account) {
        let exact = || sources.config_map.exact(namespace, account);
        let known = sources.account.cloned().or_else(exact);
        // The flags are for service accounts that are known, as upstream has it.
        let (regional_sts, usual) = match known {
            Some(_) => (settings.regional_sts, settings.token_expiration),
            None => (false, DAY),
        };
        let known = known.unwrap_or_default();
        let seconds = of_pod.or(known.token_expiration).unwrap_or(usual);
        return Ok(Injection {
            method: Method::PodIdentity,
            token_expiration: match seconds {
                DAY => DAY - i64::try_from(random % (SPREAD as u64 + 1)).unwrap_or_default(),
                other => other,
            },
            regional_sts: known.regional_sts.unwrap_or(regional_sts),
            endpoint: known.endpoint.or_else(|| settings.endpoint.clone()),
            ca_bundle: known.ca_bundle.or_else(|| settings.ca_bundle.clone()),
        });
    }
    let with_role = |it: AnnotatedAccount| it.role_arn.clone().map(|role| (role, it));
    let annotated = sources.account.cloned().and_then(with_role);
    let listed = || {
        sources
            .config_map
            .find(namespace, account)
            .and_then(with_role)
    };
    let Some((role, found)) = annotated.or_else(listed) else {
        let (namespace, name) = (namespace.to_owned(), account.to_owned());
        return Err(match sources.account {
            None => Untouched::UnknownAccount { namespace, name },
            Some(_) => Untouched::NoRole {
                namespace,
                name,
                prefix: settings.annotation_prefix.clone(),
            },
        });
    };
    Ok(Injection {
        method: Method::WebIdentity {
            role_arn: whole_arn(role, settings),
            audience: found.audience.unwrap_or_else(|| settings.audience.clone()),
        },
        token_expiration: of_pod
            .or(found.token_expiration)
            .unwrap_or(settings.token_expiration),
        regional_sts: found.regional_sts.unwrap_or(settings.regional_sts),
        endpoint: found.endpoint.or_else(|| settings.endpoint.clone()),
        ca_bundle: found.ca_bundle.or_else(|| settings.ca_bundle.clone()),
    })
}

/// With an account in the settings, a role's name is enough.
fn whole_arn(role: String, settings: &Settings) -> String {
    match &settings.home {
        Some(home) if !role.contains("arn:") => {
            format!("arn:{}:iam::{}:role/{role}", home.partition, home.account)
        }
        _ => role,
    }
}

impl Injection {
    /// A word of caution for whoever creates the pod, if there is one.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        match &self.method {
            Method::WebIdentity { role_arn, .. } if !is_role_arn(role_arn) => Some(format!(
                "the service account's role `{}` is not the ARN of a role, such as \
                 arn:aws:iam::123456789012:role/app; its pods get no credentials with it",
                printable(&role_arn[..role_arn.floor_char_boundary(LONGEST_TOLD)])
            )),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Home;
    use super::*;

    const ROLE: &str = "arn:aws:iam::123456789012:role/app";

    fn account(role: Option<&str>) -> AnnotatedAccount {
        AnnotatedAccount {
            role_arn: role.map(str::to_owned),
            ..AnnotatedAccount::default()
        }
    }

    fn decided(
        account: Option<&AnnotatedAccount>,
        config_map: &str,
        identities: &str,
        pod: Value,
    ) -> Result<Injection, Untouched> {
        let sources = Sources {
            account,
            config_map: &ConfigMapRoles::parse(config_map).unwrap(),
            pod_identities: &PodIdentities::parse(identities).unwrap(),
        };
        decide("ns", "app", &pod, sources, &Settings::default(), 100)
    }

    fn role(injection: &Injection) -> &str {
        match &injection.method {
            Method::WebIdentity { role_arn, .. } => role_arn,
            Method::PodIdentity => "",
        }
    }

    #[test]
    fn pod_identity_comes_before_the_annotation_and_that_before_the_config_map() {
        let with = account(Some(ROLE));
        let config_map = r#"{"ns/app": {"RoleARN": "arn:other"}}"#;
        let identities = r#"{"identities":[{"namespace":"ns","serviceAccount":"app"}]}"#;
        let injection = decided(Some(&with), config_map, identities, json!({})).unwrap();
        assert_eq!(injection.method, Method::PodIdentity);
        assert_eq!(injection.token_expiration, DAY - 100);
        let injection = decided(Some(&with), config_map, "", json!({})).unwrap();
        assert_eq!(role(&injection), ROLE);
        assert_eq!(injection.token_expiration, DAY);
        for without in [Some(&account(None)), None] {
            let injection = decided(without, config_map, "", json!({})).unwrap();
            assert_eq!(role(&injection), "arn:other");
        }
    }

    #[test]
    fn the_flags_count_for_pod_identity_if_the_account_is_known() {
        let settings = Settings {
            regional_sts: true,
            token_expiration: 3600,
            ..Settings::default()
        };
        let identities = r#"{"identities":[{"namespace":"ns","serviceAccount":"app"}]}"#;
        let (bare, said) = (
            account(None),
            AnnotatedAccount {
                regional_sts: Some(false),
                token_expiration: Some(7200),
                ..account(None)
            },
        );
        for (account, config_map, regional, seconds) in [
            (Some(&bare), "{}", true, 3600),
            (Some(&said), "{}", false, 7200),
            (
                Some(&bare),
                r#"{"ns/app": {"TokenExpiration": 900}}"#,
                true,
                3600,
            ),
            (None, r#"{"ns/app": {"TokenExpiration": 900}}"#, false, 900),
            (None, r#"{"ns/app": {"UseRegionalSTS": true}}"#, true, 3600),
            // One for every namespace doesn't count here.
            (None, r#"{"*/app": {"UseRegionalSTS": true}}"#, false, DAY),
            (None, "{}", false, DAY),
        ] {
            let sources = Sources {
                account,
                config_map: &ConfigMapRoles::parse(config_map).unwrap(),
                pod_identities: &PodIdentities::parse(identities).unwrap(),
            };
            let injection = decide("ns", "app", &json!({}), sources, &settings, 0).unwrap();
            assert_eq!(
                (injection.regional_sts, injection.token_expiration),
                (regional, seconds),
                "{account:?} {config_map}"
            );
        }
    }

    #[test]
    fn a_warning_is_one_short_line() {
        let with = account(Some(&format!("x\n\u{1b}[31m{}", "ä".repeat(100_000))));
        let warning = decided(Some(&with), "{}", "", json!({})).unwrap();
        let warning = warning.warning().unwrap();
        assert!(warning.contains(r"`x\u{a}\u{1b}[31m"), "{warning}");
        assert!(warning.chars().count() <= 256, "{warning}");
    }

    #[test]
    fn why_nothing_is_done_is_told() {
        let told = |account| {
            decided(account, "{}", "", json!({}))
                .unwrap_err()
                .to_string()
        };
        assert!(told(None).contains("ns/app is not known"));
        let bare = account(None);
        assert!(
            told(Some(&bare))
                .contains("annotate serviceaccount app eks.amazonaws.com/role-arn=ARN")
        );
    }

    #[test]
    fn the_pod_has_the_last_word_on_its_tokens_life() {
        let with = AnnotatedAccount {
            token_expiration: Some(3600),
            ..account(Some(ROLE))
        };
        let pod = |text: &str| json!({"metadata": {"annotations": {"eks.amazonaws.com/token-expiration": text}}});
        let seconds = |text| {
            decided(Some(&with), "{}", "", pod(text))
                .unwrap()
                .token_expiration
        };
        assert_eq!(seconds("7200"), 7200);
        assert_eq!(seconds("5"), 600);
        assert_eq!(seconds("soon"), 3600);
    }

    #[test]
    fn a_name_becomes_an_arn_only_if_the_account_is_known() {
        let mut settings = Settings::default();
        let with = account(Some("team/app"));
        let sources = Sources {
            account: Some(&with),
            config_map: &ConfigMapRoles::default(),
            pod_identities: &PodIdentities::default(),
        };
        let injection = decide("ns", "app", &json!({}), sources, &settings, 0).unwrap();
        assert_eq!(role(&injection), "team/app");
        assert!(
            injection
                .warning()
                .unwrap()
                .contains("`team/app` is not the ARN of a role")
        );
        let account = "123456789012".parse().unwrap();
        settings.home = Some(Home::in_region(account, "us-east-2"));
        let injection = decide("ns", "app", &json!({}), sources, &settings, 0).unwrap();
        assert_eq!(role(&injection), "arn:aws:iam::123456789012:role/team/app");
        assert_eq!(injection.warning(), None);
        settings.home = Some(Home::in_region(account, "us-gov-west-1"));
        let injection = decide("ns", "app", &json!({}), sources, &settings, 0).unwrap();
        assert_eq!(
            role(&injection),
            "arn:aws-us-gov:iam::123456789012:role/team/app"
        );
    }

    #[test]
    fn the_accounts_own_endpoint_comes_before_the_settings() {
        let settings = Settings {
            endpoint: Some("https://a".into()),
            ca_bundle: Some("a".parse().unwrap()),
            ..Settings::default()
        };
        let with = AnnotatedAccount {
            endpoint: Some("https://b".into()),
            ..account(Some(ROLE))
        };
        let sources = Sources {
            account: Some(&with),
            config_map: &ConfigMapRoles::default(),
            pod_identities: &PodIdentities::default(),
        };
        let injection = decide("ns", "app", &json!({}), sources, &settings, 0).unwrap();
        assert_eq!(injection.endpoint.as_deref(), Some("https://b"));
        assert_eq!(injection.ca_bundle, settings.ca_bundle);
    }
}
