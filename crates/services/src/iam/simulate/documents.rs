//! Policies that come with a request.

use std::sync::Arc;

use policy::{DocumentKind, InvalidPolicy, Policy};

use crate::iam::fault::invalid_input;
use crate::wire::Fault;

/// The policies of a list, each with the name that results have for it: `PolicyInputList.1`.
///
/// # Errors
/// `InvalidInput` for the first that is no policy of this kind.
pub(super) fn parse(
    kind: DocumentKind,
    list: &str,
    texts: &[String],
) -> Result<Vec<(Arc<Policy>, String)>, Fault> {
    let named = texts.iter().enumerate();
    let named = named.map(|(place, text)| (format!("{list}.{}", place + 1), text));
    named
        .map(|(name, text)| match Policy::parse(kind, text) {
            Ok(policy) => Ok((Arc::new(policy), name)),
            Err(error) => Err(malformed(&name, &error)),
        })
        .collect()
}

/// The same for policies of which nobody has said what kind they are.
pub(super) fn parse_any(list: &str, texts: &[String]) -> Result<Vec<Policy>, Fault> {
    let others = [DocumentKind::Resource, DocumentKind::Trust];
    let named = texts.iter().enumerate();
    named
        .map(|(place, text)| {
            Policy::parse(DocumentKind::Identity, text).or_else(|error| {
                let mut others = others.iter().filter_map(|it| Policy::parse(*it, text).ok());
                let name = format!("{list}.{}", place + 1);
                others.next().ok_or_else(|| malformed(&name, &error))
            })
        })
        .collect()
}

/// `ResourcePolicy`, which is a trust policy if every resource is a role.
pub(super) fn parse_of_resource(text: &str, of_roles: bool) -> Result<Arc<Policy>, Fault> {
    let kind = match of_roles {
        true => DocumentKind::Trust,
        false => DocumentKind::Resource,
    };
    let policy = Policy::parse(kind, text);
    policy
        .map(Arc::new)
        .map_err(|error| malformed("ResourcePolicy", &error))
}

fn malformed(name: &str, error: &InvalidPolicy) -> Fault {
    let (message, reason) = (error.message().trim_end_matches('.'), error.reason());
    invalid_input(&format!(
        "{name} is not a valid policy: {message} ({reason})"
    ))
}
