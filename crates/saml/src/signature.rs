//! Enveloped XML signatures over one element (W3C, "XML Signature Syntax and Processing"; the
//! profile of SAML 2.0 core, section 5.4).

use aws_lc_rs::{constant_time, digest};
use roxmltree::Node;

use crate::algorithm::{SignatureAlgorithm, digest_named};
use crate::canonical::canonicalize;
use crate::error::SamlError;
use crate::signing_key::SigningKey;
use crate::tree::{Tree, bytes_of, elements, is, ns};

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
    let algorithm = name_of(algorithm)?;
    let algorithm = SignatureAlgorithm::named(algorithm)
        .ok_or_else(|| SamlError::Signature(format!("the algorithm `{algorithm}`")))?;
    let reference = Reference::read(signed, reference)?;

    // Nobody but the provider can have the work done that grows with the document.
    let message = canonicalize(tree.text(), info, None, &inclusive);
    let message = message.ok_or_else(|| refuse("SignedInfo has no canonical form"))?;
    let value = bytes_of(value).ok_or_else(|| refuse("the signature's value is not base64"))?;
    if !keys
        .iter()
        .any(|key| algorithm.verifies(key, &message, &value))
    {
        return Err(refuse("no key of the provider made the signature"));
    }
    reference.check(tree, signed, signature)
}

/// The one reference of a signature.
struct Reference {
    inclusive: Vec<String>,
    algorithm: &'static digest::Algorithm,
    digest: Vec<u8>,
}

impl Reference {
    /// It must name `signed` by its id.
    fn read(signed: Node<'_, '_>, reference: Node<'_, '_>) -> Result<Self, SamlError> {
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
        let algorithm = name_of(method)?;
        Ok(Self {
            inclusive: transformed(transforms).ok_or_else(|| {
                refuse(
                    "the transforms are not `enveloped-signature` and exclusive canonicalization",
                )
            })?,
            algorithm: digest_named(algorithm)
                .ok_or_else(|| SamlError::Signature(format!("the digest `{algorithm}`")))?,
            digest: bytes_of(value).ok_or_else(|| refuse("the digest is not base64"))?,
        })
    }

    /// Whether `signed` has the digest.
    fn check(
        &self,
        tree: &Tree<'_>,
        signed: Node<'_, '_>,
        signature: Node<'_, '_>,
    ) -> Result<(), SamlError> {
        let refuse = |detail: &str| SamlError::signature(detail);
        let content = canonicalize(tree.text(), signed, Some(signature.id()), &self.inclusive)
            .ok_or_else(|| refuse("the signed element has no canonical form"))?;
        let computed = digest::digest(self.algorithm, &content);
        constant_time::verify_slices_are_equal(computed.as_ref(), &self.digest)
            .map_err(|_| refuse("the signed element is not what was signed"))
    }
}

/// The algorithm that a method names; none of those that are accepted has parameters.
fn name_of<'a>(method: Node<'a, '_>) -> Result<&'a str, SamlError> {
    if elements(method).next().is_some() {
        return Err(SamlError::signature("an algorithm has parameters"));
    }
    Ok(method.attribute("Algorithm").unwrap_or_default())
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

/// The inclusive prefixes of an exclusive canonicalization, each once; the default namespace is
/// `""`.
fn exclusive(method: Node<'_, '_>) -> Option<Vec<String>> {
    if method.attribute("Algorithm") != Some(ns::EXCLUSIVE) {
        return None;
    }
    let mut parts = elements(method);
    let list = parts.next();
    let is_list = |it: &Node<'_, '_>| {
        is(it, ns::EXCLUSIVE, "InclusiveNamespaces") && elements(*it).next().is_none()
    };
    if parts.next().is_some() || !list.as_ref().is_none_or(is_list) {
        return None;
    }
    let list = list.and_then(|it| it.attribute("PrefixList"));
    let listed = list.unwrap_or_default().split_ascii_whitespace();
    let listed: Vec<_> = listed.take(PREFIXES + 1).collect();
    if listed.len() > PREFIXES {
        return None;
    }
    let mut prefixes: Vec<String> = Vec::new();
    for prefix in listed {
        let prefix = if prefix == "#default" { "" } else { prefix };
        if !prefixes.iter().any(|it| it == prefix) {
            prefixes.push(prefix.to_owned());
        }
    }
    Some(prefixes)
}

/// Most inclusive prefixes: each is looked up for every element.
const PREFIXES: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(within: &str) -> Option<Vec<String>> {
        let text = format!(
            "<m Algorithm='{0}' xmlns:ec='{0}'>{within}</m>",
            ns::EXCLUSIVE
        );
        let tree = Tree::parse(&text).unwrap();
        exclusive(tree.root())
    }

    #[test]
    fn inclusive_prefixes_have_a_bound_and_count_once() {
        let list = |prefixes: &str| format!("<ec:InclusiveNamespaces PrefixList='{prefixes}'/>");
        assert_eq!(listed(""), Some(Vec::new()));
        let once = ["xs".to_owned(), String::new(), "saml".to_owned()];
        let twice = listed(&list(" xs #default xs\n saml #default"));
        assert_eq!(twice, Some(once.to_vec()));
        let many = |count: usize| -> String { (0..count).map(|n| format!("p{n} ")).collect() };
        assert_eq!(listed(&list(&many(PREFIXES))).unwrap().len(), PREFIXES);
        assert_eq!(listed(&list(&many(PREFIXES + 1))), None);
        assert_eq!(listed(&list(&"xs ".repeat(100_000))), None);
    }

    #[test]
    fn a_canonicalization_has_one_list_of_prefixes_and_nothing_else() {
        let list = "<ec:InclusiveNamespaces PrefixList='xs'/>";
        assert!(listed(list).is_some());
        for within in [
            format!("{list}{list}"),
            format!("{list}<x/>"),
            format!("<x/>{list}"),
            "<x/>".to_owned(),
            "<InclusiveNamespaces PrefixList='xs'/>".to_owned(),
            "<ec:InclusiveNamespaces PrefixList='xs'><x/></ec:InclusiveNamespaces>".to_owned(),
        ] {
            assert_eq!(listed(&within), None, "{within}");
        }
    }
}
