//! The services that policies give access to.

use std::collections::HashSet;

use directory::AccessibleService;
use policy::{ActionSummary, DocumentKind, Resources, ServiceSummary, Summary};
use reference::Reference;

use super::policies::Granting;

/// The services whose actions are tracked one by one: those that are served here.
const TRACKED: [&str; 5] = ["cloudtrail", "iam", "organizations", "s3", "sts"];

/// The services that all of these policies together give access to, by prefix.
///
/// Only permissions policies count (IAM API reference, `GenerateServiceLastAccessedDetails`). A
/// document that can't be read denies everything.
pub(super) fn services(
    reference: &Reference,
    policies: &[Granting],
    by_action: bool,
) -> Vec<AccessibleService> {
    let documents = policies.iter().map(|it| (it.kind(), it.text.as_str()));
    let Ok(summary) = Summary::of_all(documents, reference) else {
        return Vec::new();
    };
    let denied = denied(&summary);
    let accessible = summary.allow.iter().filter_map(|service| {
        let mut actions = allowed(service, &denied).peekable();
        actions.peek()?;
        let is_tracked = by_action && TRACKED.contains(&service.prefix.as_str());
        Some(AccessibleService {
            prefix: service.prefix.clone(),
            actions: match is_tracked {
                true => actions.map(|action| action.name.clone()).collect(),
                false => Vec::new(),
            },
        })
    });
    accessible.collect()
}

/// The prefixes of the services that service control policies leave. Each level of an
/// organization must allow a service with one of its policies (AWS Organizations User Guide, "SCP
/// evaluation").
pub(super) fn left_by(reference: &Reference, levels: &[Vec<String>]) -> Vec<String> {
    let all = reference.services().map(|it| it.prefix().to_owned());
    let mut left: Vec<String> = all.collect();
    for level in levels {
        let documents = level.iter().map(|text| (DocumentKind::Scp, text.as_str()));
        let Ok(summary) = Summary::of_all(documents, reference) else {
            return Vec::new();
        };
        let denied = denied(&summary);
        let of_level = summary.allow.iter();
        let of_level = of_level.filter(|it| allowed(it, &denied).next().is_some());
        let of_level: HashSet<&str> = of_level.map(|it| it.prefix.as_str()).collect();
        left.retain(|prefix| of_level.contains(prefix.as_str()));
    }
    left
}

/// Whether a policy gives access to a service by itself.
pub(super) fn grants(summary: &Summary, prefix: &str) -> bool {
    let nothing = HashSet::new();
    let mut services = summary.allow.iter().filter(|it| it.prefix == prefix);
    services.any(|service| allowed(service, &nothing).next().is_some())
}

/// Prefix and name of the actions that are denied always and everywhere.
type Denied<'s> = HashSet<(&'s str, &'s str)>;

fn denied(summary: &Summary) -> Denied<'_> {
    let actions = summary.deny.iter().flat_map(|service| {
        let actions = service.actions.iter();
        actions.map(move |action| (service, action))
    });
    let always = actions.filter(|(_, action)| {
        let everywhere = action.resources == Resources::All;
        everywhere && action.conditions.0.is_empty() && action.no_access.is_none()
    });
    let names = always.map(|(service, action)| (service.prefix.as_str(), action.name.as_str()));
    names.collect()
}

fn allowed<'s>(
    service: &'s ServiceSummary,
    denied: &Denied<'s>,
) -> impl Iterator<Item = &'s ActionSummary> {
    let actions = service.actions.iter();
    actions.filter(move |action| {
        let name = (service.prefix.as_str(), action.name.as_str());
        action.no_access.is_none() && !denied.contains(&name)
    })
}

#[cfg(test)]
mod tests {
    use super::super::policies::Place;
    use super::*;

    fn policy(statements: &str) -> Granting {
        Granting {
            name: "p".to_owned(),
            place: Place::Inline("USER", "ann".to_owned()),
            text: format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#),
        }
    }

    fn prefixes(statements: &[&str]) -> Vec<String> {
        let policies: Vec<_> = statements.iter().map(|it| policy(it)).collect();
        let reference = Reference::load().unwrap();
        let services = services(&reference, &policies, false);
        services.into_iter().map(|it| it.prefix).collect()
    }

    #[test]
    fn what_is_denied_always_and_everywhere_is_no_access() {
        let allow =
            r#"{"Effect":"Allow","Action":["s3:GetObject","sqs:SendMessage"],"Resource":"*"}"#;
        assert_eq!(prefixes(&[allow]), ["s3", "sqs"]);
        let deny = r#"{"Effect":"Deny","Action":"s3:*","Resource":"*"}"#;
        assert_eq!(prefixes(&[allow, deny]), ["sqs"]);
        let partly = r#"{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}"#;
        assert_eq!(prefixes(&[allow, partly]), ["s3", "sqs"]);
        let sometimes = r#"{"Effect":"Deny","Action":"s3:*","Resource":"*",
            "Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#;
        assert_eq!(prefixes(&[allow, sometimes]), ["s3", "sqs"]);
    }

    #[test]
    fn an_action_that_the_resource_rules_out_is_no_access() {
        let object = r#"{"Effect":"Allow","Action":"s3:ListAllMyBuckets",
            "Resource":"arn:aws:s3:::b/k"}"#;
        assert_eq!(prefixes(&[object]), Vec::<String>::new());
    }

    #[test]
    fn only_the_actions_of_services_that_are_served_are_tracked() {
        let text =
            r#"{"Effect":"Allow","Action":["sts:AssumeRole","sqs:SendMessage"],"Resource":"*"}"#;
        let reference = Reference::load().unwrap();
        let services = services(&reference, &[policy(text)], true);
        let actions = services.iter().map(|it| it.actions.len());
        assert_eq!(actions.collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn every_level_must_leave_a_service() {
        let reference = Reference::load().unwrap();
        let full = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
        let some = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","sqs:*"],"Resource":"*"}]}"#;
        let deny = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"sqs:*","Resource":"*"}]}"#;
        let level = |texts: &[&str]| texts.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let all = left_by(&reference, &[]).len();
        assert!(all > 400);
        assert_eq!(left_by(&reference, &[level(&[full])]).len(), all);
        assert_eq!(
            left_by(&reference, &[level(&[full, deny]), level(&[some])]),
            ["s3"]
        );
        assert_eq!(left_by(&reference, &[level(&[])]), Vec::<String>::new());
    }
}
