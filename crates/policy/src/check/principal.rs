//! `Principal` and `NotPrincipal`.

use super::Checked;
use crate::document::DocumentKind;
use crate::error::InvalidPolicy;
use crate::grantee::{Grantee, Grantees};
use crate::syntax::{Document, Principals, Text};

/// Principals of each statement.
pub(super) fn compile(
    kind: DocumentKind,
    document: &Document<'_>,
) -> Checked<Vec<Option<Grantees>>> {
    let grantees = |principals: &Principals<'_>| compile_one(kind, principals);
    document
        .statements
        .iter()
        .map(|statement| statement.principal.as_ref().map(grantees).transpose())
        .collect()
}

fn compile_one(kind: DocumentKind, principals: &Principals<'_>) -> Checked<Grantees> {
    let list = if principals.star {
        vec![Grantee::Everyone]
    } else {
        principals
            .entries
            .iter()
            .map(|(of, name)| entry(kind, of, name))
            .collect::<Checked<_>>()?
    };
    Ok(Grantees {
        negated: principals.negated,
        list: list.into(),
    })
}

fn entry(kind: DocumentKind, of: &Text<'_>, name: &Text<'_>) -> Checked<Grantee> {
    let (grantee, reason) = match of.value.as_ref() {
        "AWS" => (
            Grantee::aws(&name.value),
            "this is neither an account nor the ARN of a user, a role or a session; wildcards have no place in it",
        ),
        "Federated" => (
            Grantee::provider(&name.value),
            "this is neither the ARN of a provider nor a domain",
        ),
        "Service" => (
            Grantee::service(&name.value),
            "this is not the name of an AWS service",
        ),
        "CanonicalUser" => (
            None,
            "canonical user ids are not supported; name the account instead",
        ),
        _ => (
            None,
            "a principal is of type `AWS`, `Federated` or `Service`",
        ),
    };
    grantee.ok_or_else(|| {
        let message = match (kind, of.value.as_ref()) {
            (DocumentKind::Bucket, _) => "Invalid principal in policy".to_owned(),
            (DocumentKind::Trust, "Federated") => {
                "Federated principals must be valid domain names or SAML metadata ARNs".to_owned()
            }
            (_, "AWS") => format!("Invalid principal in policy: \"AWS\":\"{}\"", name.value),
            (_, of) => format!(
                "Invalid principal in policy: \"{}\":\"{}\"",
                of.to_uppercase(),
                name.value
            ),
        };
        InvalidPolicy::new(kind, &name.span, message, reason)
    })
}
