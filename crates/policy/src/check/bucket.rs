//! Checks of bucket policies. That the resources are those of the bucket is left to whoever knows
//! the bucket, with `Policy::resources`.

use super::s3::{self, Reach};
use super::{Checked, conditions};
use crate::action::ActionPattern;
use crate::condition::network::Network;
use crate::condition::operator::Test;
use crate::document::DocumentKind;
use crate::error::InvalidPolicy;
use crate::syntax::{Document, Statement, Text};

const KIND: DocumentKind = DocumentKind::Bucket;
/// S3 User Guide, "Bucket policies": 20 KB.
const MAX_BYTES: usize = 20 * 1024;

/// What is asked of the text before it is read.
pub(super) fn check_text(text: &str) -> Checked {
    if text.len() > MAX_BYTES {
        let message = "The policy document exceeds the maximum allowed size";
        let reason = format!("a bucket policy has at most {MAX_BYTES} bytes");
        return Err(InvalidPolicy::new(
            KIND,
            &(text.floor_char_boundary(MAX_BYTES)..text.len()),
            message,
            reason,
        ));
    }
    if !text.starts_with('{') {
        let message = "Policies must be valid JSON and the first byte must be '{'";
        return Err(InvalidPolicy::new(
            KIND,
            &(0..text.ceil_char_boundary(1)),
            message,
            "this is not a JSON object",
        ));
    }
    Ok(())
}

pub(super) fn check(document: &Document<'_>) -> Checked {
    for statement in &document.statements {
        for resource in texts(statement.resource.as_ref()) {
            check_resource(resource)?;
        }
        for action in texts(statement.action.as_ref()) {
            check_action(action)?;
        }
        check_condition_keys(statement)?;
        check_applicability(statement)?;
    }
    Ok(())
}

fn check_resource(resource: &Text<'_>) -> Checked {
    let mut parts = resource.value.splitn(6, ':');
    let is_arn = parts.next() == Some("arn") && parts.nth(1) == Some("s3") && parts.count() == 3;
    if resource.value == "*" || is_arn {
        return Ok(());
    }
    let reason =
        "resources of a bucket policy are `arn:aws:s3:::BUCKET` and `arn:aws:s3:::BUCKET/KEY`";
    Err(InvalidPolicy::new(
        KIND,
        &resource.span,
        "Policy has invalid resource",
        reason,
    ))
}

fn check_action(action: &Text<'_>) -> Checked {
    let pattern = ActionPattern::new(&action.value);
    let service = action.value.split_once(':').map(|(service, _)| service);
    let of_s3 =
        action.value == "*" || service.is_some_and(|service| service.eq_ignore_ascii_case("s3"));
    if of_s3 && s3::actions().any(|known| pattern.names(&known)) {
        return Ok(());
    }
    let reason = format!("S3 has no action `{}`", action.value);
    Err(InvalidPolicy::new(
        KIND,
        &action.span,
        "Policy has invalid action",
        reason,
    ))
}

fn check_condition_keys(statement: &Statement<'_>) -> Checked {
    let keys = statement
        .conditions
        .iter()
        .flat_map(|operation| &operation.keys);
    for (key, _) in keys {
        if !s3::is_condition_key(&key.value) {
            let reason = format!("requests to S3 have no condition key `{}`", key.value);
            return Err(InvalidPolicy::new(
                KIND,
                &key.span,
                "Policy has an invalid condition key",
                reason,
            ));
        }
    }
    let mut addresses = conditions::operands(statement, |test| test == Test::IpAddress);
    match addresses.find(|text| Network::parse(&text.value).is_none()) {
        Some(text) => {
            let reason = format!(
                "`{}` is neither an address nor a range of addresses",
                text.value
            );
            Err(InvalidPolicy::new(
                KIND,
                &text.span,
                "Invalid IP address in Conditions",
                reason,
            ))
        }
        None => Ok(()),
    }
}

/// S3 refuses statements that can never match: a key that none of the actions carries, an object's
/// action on a bucket. Wildcard actions are not judged.
fn check_applicability(statement: &Statement<'_>) -> Checked {
    let (Some(action), Some(resource)) = (&statement.action, &statement.resource) else {
        return Ok(());
    };
    if action.negated {
        return Ok(());
    }
    let keys = statement
        .conditions
        .iter()
        .flat_map(|operation| &operation.keys);
    for (key, _) in keys {
        let Some(carriers) = s3::carriers(&key.value) else {
            continue;
        };
        let carried = action.texts.iter().any(|text| {
            let pattern = ActionPattern::new(&text.value);
            carriers
                .iter()
                .any(|carrier| pattern.names(&format!("s3:{carrier}")))
        });
        if !carried {
            let message =
                "Conditions do not apply to combination of actions and resources in statement";
            let reason = format!(
                "none of the actions carries the condition key `{}`",
                key.value
            );
            return Err(InvalidPolicy::new(KIND, &key.span, message, reason));
        }
    }
    if resource.negated {
        return Ok(());
    }
    for text in action
        .texts
        .iter()
        .filter(|text| !text.value.contains(['*', '?']))
    {
        let applies = resource
            .texts
            .iter()
            .any(|resource| match s3::reach(&text.value) {
                Some(Reach::Object) => may_be_object(&resource.value),
                Some(Reach::Bucket) => may_be_bucket(&resource.value),
                None => true,
            });
        if !applies {
            let message = "Action does not apply to any resource(s) in statement";
            let reason = format!("`{}` is asked of none of these resources", text.value);
            return Err(InvalidPolicy::new(KIND, &text.span, message, reason));
        }
    }
    Ok(())
}

fn may_be_object(resource: &str) -> bool {
    // A wildcard may run into the key.
    path(resource).is_none_or(|path| path.contains(['/', '*']))
}

fn may_be_bucket(resource: &str) -> bool {
    path(resource).is_none_or(|path| !path.contains('/'))
}

/// Bucket and key of a plain bucket resource; access points are not judged.
fn path(resource: &str) -> Option<&str> {
    let mut parts = resource.splitn(6, ':').skip(3);
    (parts.next() == Some("") && parts.next() == Some(""))
        .then(|| parts.next())
        .flatten()
}

fn texts<'d, 'a>(
    texts: Option<&'d crate::syntax::Texts<'a>>,
) -> impl Iterator<Item = &'d Text<'a>> {
    texts.into_iter().flat_map(|texts| &texts.texts)
}
