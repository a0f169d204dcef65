//! Enveloped XML signatures over one element (W3C, "XML Signature Syntax and Processing"; the
//! profile of SAML 2.0 core, section 5.4).

use aws_lc_rs::{constant_time, digest};
use roxmltree::Node;

use crate::algorithm::{SignatureAlgorithm, digest_named};
use crate::canonical::canonicalize;
use crate::error::SamlError;
use crate::signing_key::SigningKey;
use crate::tree::{Tree, bytes_of, children, elements, is, ns};

const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

/// Checks that `signature`, a child of `signed`, covers `signed` and was made by one of `keys`.
/// That ids are unique in the document is the caller's to check.
///
/// # Errors
/// [`SamlError::Signature`].
pub(crate) fn verify(
    tree: &Tree<'_>,
    signed: Node<'_, '_>,
    signature: Node<'_, '_>,
    keys: &[SigningKey],
) -> Result<(), SamlError> {
    let refuse = |detail: &str| SamlError::signature(detail);
    let [info, value] = parts(signature).ok_or_else(|| {
        refuse("a signature has other parts than SignedInfo, SignatureValue and KeyInfo")
    })?;
    let [method, algorithm, reference] = named(
        info,
        &["CanonicalizationMethod", "SignatureMethod", "Reference"],
    )
    .ok_or_else(|| refuse("SignedInfo has not one method of each kind and one reference"))?;
    let inclusive = exclusive(method).ok_or_else(|| refuse("unknown canonicalization"))?;
    let algorithm = algorithm.attribute("Algorithm").unwrap_or_default();
    let algorithm = SignatureAlgorithm::named(algorithm)
        .ok_or_else(|| SamlError::Signature(format!("the algorithm `{algorithm}`")))?;

    check_reference(tree, signed, signature, reference)?;

    let message = canonicalize(tree.text(), info, None, &inclusive);
    let message = message.ok_or_else(|| refuse("SignedInfo has no canonical form"))?;
    let value = bytes_of(value).ok_or_else(|| refuse("the signature's value is not base64"))?;
    if keys
        .iter()
        .any(|key| algorithm.verifies(key, &message, &value))
    {
        return Ok(());
    }
    Err(refuse("no key of the provider made the signature"))
}

/// The one reference: it must name `signed` by its id, and have its digest.
fn check_reference(
    tree: &Tree<'_>,
    signed: Node<'_, '_>,
    signature: Node<'_, '_>,
    reference: Node<'_, '_>,
) -> Result<(), SamlError> {
    let refuse = |detail: &str| SamlError::signature(detail);
    let id = signed.attribute("ID").filter(|id| !id.is_empty());
    let target = reference
        .attribute("URI")
        .and_then(|it| it.strip_prefix('#'));
    if id.is_none() || id != target {
        return Err(refuse("the signature is over another element"));
    }
    let [transforms, method, value] =
        named(reference, &["Transforms", "DigestMethod", "DigestValue"])
            .ok_or_else(|| refuse("the reference has other parts"))?;
    let inclusive = transformed(transforms).ok_or_else(|| {
        refuse("the transforms are not `enveloped-signature` and exclusive canonicalization")
    })?;
    let algorithm = method.attribute("Algorithm").unwrap_or_default();
    let algorithm = digest_named(algorithm)
        .ok_or_else(|| SamlError::Signature(format!("the digest `{algorithm}`")))?;
    let content = canonicalize(tree.text(), signed, Some(signature.id()), &inclusive)
        .ok_or_else(|| refuse("the signed element has no canonical form"))?;
    let computed = digest::digest(algorithm, &content);
    let told = bytes_of(value).ok_or_else(|| refuse("the digest is not base64"))?;
    constant_time::verify_slices_are_equal(computed.as_ref(), &told)
        .map_err(|_| refuse("the signed element is not what was signed"))
}

/// `SignedInfo` and `SignatureValue`; `KeyInfo` may follow and is not read.
fn parts<'a, 't: 'a>(signature: Node<'a, 't>) -> Option<[Node<'a, 't>; 2]> {
    let mut found = elements(signature);
    let (info, value) = (found.next()?, found.next()?);
    let key = found.next();
    let expected = is(&info, ns::SIGNATURE, "SignedInfo")
        && is(&value, ns::SIGNATURE, "SignatureValue")
        && key.is_none_or(|key| is(&key, ns::SIGNATURE, "KeyInfo"))
        && found.next().is_none();
    expected.then_some([info, value])
}

/// The child elements, if they are exactly these of the namespace of signatures.
fn named<'a, 't: 'a, const N: usize>(
    node: Node<'a, 't>,
    names: &[&str; N],
) -> Option<[Node<'a, 't>; N]> {
    let found: Vec<_> = elements(node).collect();
    let found: [Node<'a, 't>; N] = found.try_into().ok()?;
    let fits = found.iter().zip(names);
    fits.into_iter()
        .all(|(node, name)| is(node, ns::SIGNATURE, name))
        .then_some(found)
}

/// The inclusive prefixes of the second of the two transforms that SAML allows.
fn transformed(transforms: Node<'_, '_>) -> Option<Vec<String>> {
    let [enveloped, exclusively] = named(transforms, &["Transform", "Transform"])?;
    let is_enveloped =
        enveloped.attribute("Algorithm") == Some(ENVELOPED) && elements(enveloped).next().is_none();
    is_enveloped.then(|| exclusive(exclusively)).flatten()
}

/// The inclusive prefixes of an exclusive canonicalization; the default namespace is `""`.
fn exclusive(method: Node<'_, '_>) -> Option<Vec<String>> {
    if method.attribute("Algorithm") != Some(ns::EXCLUSIVE) {
        return None;
    }
    let mut lists = children(method, ns::EXCLUSIVE, "InclusiveNamespaces");
    let list = lists.next();
    let others = elements(method).count() - usize::from(list.is_some());
    if others > 0 {
        return None;
    }
    let prefixes = list.and_then(|it| it.attribute("PrefixList"));
    let prefixes = prefixes.unwrap_or_default().split_ascii_whitespace();
    let name = |prefix: &str| match prefix {
        "#default" => String::new(),
        prefix => prefix.to_owned(),
    };
    Some(prefixes.map(name).collect())
}
