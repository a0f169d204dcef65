//! Actions and condition keys that Daypass adds to AWS's, and that no table of AWS's services has.

use crate::action::ActionPattern;

/// The actions.
const ACTIONS: [&str; 3] = [
    "daypass:DeleteOpenIDConnectProviderKeys",
    "daypass:ListOpenIDConnectProviderKeys",
    "daypass:PushOpenIDConnectProviderKeys",
];

/// What condition keys begin with, and what follows.
const ATTESTED: &str = "daypass:attested/";
const NAMES: [&str; 11] = [
    "delegated-to",
    "jti",
    "namespace",
    "node",
    "node-uid",
    "pod",
    "pod-uid",
    "provider",
    "serviceaccount",
    "serviceaccount-uid",
    "sub",
];

/// Whether a pattern covers one of the actions.
pub(super) fn is_action(pattern: &str) -> bool {
    let of_ours = pattern
        .split_once(':')
        .is_some_and(|(service, _)| service.eq_ignore_ascii_case("daypass"));
    let pattern = ActionPattern::new(pattern);
    of_ours && ACTIONS.iter().any(|action| pattern.names(action))
}

/// Whether it is one of the condition keys.
pub(super) fn is_key(key: &str) -> bool {
    let (prefix, name) = key.split_at_checked(ATTESTED.len()).unwrap_or_default();
    prefix.eq_ignore_ascii_case(ATTESTED)
        && NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::super::{LintCode, Reference, lint};
    use crate::document::DocumentKind;

    fn codes(action: &str, key: &str) -> Vec<LintCode> {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"{action}",
            "Resource":"arn:aws:iam::123456789012:oidc-provider/oidc.example.com",
            "Condition":{{"StringEquals":{{"{key}":"x"}}}}}}}}"#
        );
        let lints = lint(DocumentKind::Identity, &text, &Reference::load().unwrap()).unwrap();
        lints.into_iter().map(|lint| lint.code).collect()
    }

    #[test]
    fn what_is_ours_is_known_and_slips_of_it_are_not() {
        let (action, key) = (
            "daypass:PushOpenIDConnectProviderKeys",
            "daypass:attested/pod-uid",
        );
        assert_eq!(codes(action, key), []);
        assert_eq!(codes("Daypass:*", "DAYPASS:Attested/Sub"), []);
        let service = LintCode::InvalidServiceInAction;
        assert!(codes("daypass:PushKeys", key).contains(&service));
        for slip in ["daypass:attested/poduid", "daypass:attested", "daypass:pod"] {
            assert_ne!(codes(action, slip), [], "{slip}");
        }
    }
}
