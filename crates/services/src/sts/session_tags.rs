//! Session tags: the ones of the request and those that a chain of roles passes on.

use session::{Session, SessionTag};

use crate::sts::refusals::invalid_parameter;
use crate::wire::Fault;

/// Most tags of one session (STS quotas).
const MOST: usize = 50;

/// The tags of the new session: `requested`, and the transitive ones of `parent`.
pub(super) fn session_tags(
    requested: &[(String, String)],
    transitive_keys: &[String],
    parent: Option<&Session>,
) -> Result<Vec<SessionTag>, Fault> {
    let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    for (n, (key, _)) in requested.iter().enumerate() {
        let earlier = requested.iter().take(n);
        if earlier.into_iter().any(|(other, _)| same(other, key)) {
            return Err(invalid_parameter(
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            ));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(invalid_parameter(
                "Tag keys beginning with \"aws:\" are reserved for AWS use.",
            ));
        }
    }
    let known = |key: &String| requested.iter().any(|(other, _)| same(other, key));
    if !transitive_keys.iter().all(known) {
        return Err(invalid_parameter(
            "The specified transitive tag key must be included in the requested tags.",
        ));
    }
    let inherited = inherited(parent);
    let clash = |(key, _): &(String, String)| inherited.iter().any(|tag| same(&tag.key, key));
    if requested.iter().any(clash) {
        return Err(invalid_parameter(
            "One of the specified transitive tag keys can't be set because it conflicts with a \
             transitive tag key from the calling session.",
        ));
    }
    let own = requested.iter().map(|(key, value)| SessionTag {
        transitive: transitive_keys.iter().any(|other| same(other, key)),
        key: key.clone(),
        value: value.clone(),
    });
    let tags: Vec<_> = inherited.iter().cloned().chain(own).collect();
    if tags.len() > MOST {
        return Err(invalid_parameter(format!(
            "A session can have at most {MOST} tags."
        )));
    }
    Ok(tags)
}

/// The tags that `parent` passes on.
pub(super) fn inherited(parent: Option<&Session>) -> Vec<SessionTag> {
    let tags = parent.map(|parent| parent.tags.as_slice());
    let tags = tags.unwrap_or_default().iter();
    tags.filter(|tag| tag.transitive).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(keys: &[&str]) -> Vec<(String, String)> {
        let pair = |key: &&str| ((*key).to_owned(), "v".to_owned());
        keys.iter().map(pair).collect()
    }

    fn parent(key: &str) -> Session {
        Session {
            account: "123456789012".parse().unwrap(),
            kind: session::SessionKind::Role {
                role_id: "AROA".into(),
            },
            name: "name".parse().unwrap(),
            issued_at: 0,
            expires_at: 1,
            source_identity: None,
            tags: vec![
                SessionTag {
                    key: key.into(),
                    value: "old".into(),
                    transitive: true,
                },
                SessionTag {
                    key: "Dropped".into(),
                    value: "x".into(),
                    transitive: false,
                },
            ],
            policies: session::SessionPolicies::default(),
            federated: None,
            mfa: None,
            chained: false,
            attested: Vec::new(),
        }
    }

    #[test]
    fn keys_differing_only_in_case_are_duplicates() {
        let fault = session_tags(&pairs(&["Team", "team"]), &[], None).unwrap_err();
        assert!(fault.message.starts_with("Duplicate tag keys found."));
    }

    #[test]
    fn a_transitive_tag_of_the_caller_cannot_be_overridden_in_any_case() {
        let fault = session_tags(&pairs(&["TEAM"]), &[], Some(&parent("Team"))).unwrap_err();
        assert!(
            fault
                .message
                .contains("conflicts with a transitive tag key")
        );
    }

    #[test]
    fn transitive_tags_pass_on_and_others_do_not() {
        let tags = session_tags(&pairs(&["A"]), &["a".into()], Some(&parent("Team"))).unwrap();
        let seen: Vec<_> = tags
            .iter()
            .map(|tag| (tag.key.as_str(), tag.transitive))
            .collect();
        assert_eq!(seen, [("Team", true), ("A", true)]);
    }

    #[test]
    fn reserved_and_unknown_keys_are_refused() {
        assert!(session_tags(&pairs(&["AWS:x"]), &[], None).is_err());
        assert!(session_tags(&pairs(&["a"]), &["b".into()], None).is_err());
    }
}
