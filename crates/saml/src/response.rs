//! From the text of a response to its one assertion.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use roxmltree::Node;

use crate::assertion::{Assertion, issuer};
use crate::decryption::{PrivateKey, decrypt, is_encrypted};
use crate::error::SamlError;
use crate::service::ServiceProvider;
use crate::signature;
use crate::signing_key::SigningKey;
use crate::tree::{Tree, children, is, ns, only_child};

/// What is trusted of an identity provider.
#[derive(Debug, Clone, Copy)]
pub struct Trust<'a> {
    /// The issuer: `entityID` of its metadata.
    pub issuer: &'a str,
    /// The keys of its metadata.
    pub keys: &'a [SigningKey],
    /// When its metadata end.
    pub valid_until: Option<Timestamp>,
    /// The provider's unique id, which the URL that assertions are sent to may hold.
    pub provider_id: &'a str,
    /// Whether assertions must be encrypted.
    pub encryption_required: bool,
}

/// The assertion of a base64 encoded response: signed by the provider, for `service`, and in
/// force at `now`. Either the assertion or the whole response is signed; what of both is signed
/// must verify. `keys` brings the keys that the provider may encrypt to: it is called for an
/// encrypted assertion alone, once everything else that can be told of the response has been
/// checked.
///
/// # Errors
/// [`SamlError`]; nothing of a refused response is told.
pub fn verify<K: AsRef<[PrivateKey]>>(
    encoded: &str,
    trust: &Trust<'_>,
    keys: impl FnOnce() -> K,
    service: &ServiceProvider,
    now: Timestamp,
) -> Result<Assertion, SamlError> {
    if let Some(end) = trust.valid_until.filter(|end| *end <= now) {
        return Err(SamlError::OutdatedMetadata(end));
    }
    let text = decode(encoded)?;
    let tree = parse(&text)?;
    let response = tree.root();
    check_response(response, trust, service)?;
    let assertion = assertion_of(&tree)?;
    let of_response = own_signature(response)?;

    let read = if is_encrypted(&assertion) {
        check_signatures(&tree, &[of_response])?;
        check_signature(&tree, response, of_response, trust)?;
        let text = decrypt(assertion, keys)?;
        let tree = parse(&text)?;
        let assertion = tree.root();
        if assertion_of(&tree)? != assertion {
            return Err(SamlError::malformed("no assertion was encrypted"));
        }
        check_issuer(assertion, trust)?;
        let of_assertion = own_signature(assertion)?;
        check_signatures(&tree, &[of_assertion])?;
        // The signature of the response covers the encrypted text, and so what comes of it.
        check_present(of_response, of_assertion)?;
        check_signature(&tree, assertion, of_assertion, trust)?;
        Assertion::read(assertion)?
    } else {
        if trust.encryption_required {
            return Err(SamlError::Decryption(
                "the assertion is not encrypted".to_owned(),
            ));
        }
        check_issuer(assertion, trust)?;
        let of_assertion = own_signature(assertion)?;
        check_signatures(&tree, &[of_response, of_assertion])?;
        check_present(of_response, of_assertion)?;
        check_signature(&tree, response, of_response, trust)?;
        check_signature(&tree, assertion, of_assertion, trust)?;
        Assertion::read(assertion)?
    };
    read.check(trust.provider_id, service, now)?;
    Ok(read)
}

fn decode(encoded: &str) -> Result<String, SamlError> {
    let mut encoded = encoded.to_owned();
    encoded.retain(|letter| !letter.is_ascii_whitespace());
    let bytes = STANDARD.decode(encoded).map_err(|_| SamlError::Base64)?;
    String::from_utf8(bytes).map_err(|_| SamlError::malformed("not UTF-8"))
}

/// A tree in which an id names one element, and text is whole.
fn parse(text: &str) -> Result<Tree<'_>, SamlError> {
    let tree = Tree::parse(text).map_err(|error| SamlError::Malformed(error.to_string()))?;
    if tree.has_remarks() {
        return Err(SamlError::malformed(
            "there are comments or processing instructions",
        ));
    }
    match tree.repeated_id() {
        Some(id) => Err(SamlError::Malformed(format!(
            "two elements have the id `{id}`"
        ))),
        None => Ok(tree),
    }
}

/// What a response says of itself. Only what it refuses counts: it need not be signed.
fn check_response(
    response: Node<'_, '_>,
    trust: &Trust<'_>,
    service: &ServiceProvider,
) -> Result<(), SamlError> {
    if !is(&response, ns::PROTOCOL, "Response") || response.attribute("Version") != Some("2.0") {
        return Err(SamlError::malformed("the root is no Response of SAML 2.0"));
    }
    let status = only_child(response, ns::PROTOCOL, "Status")
        .and_then(|status| only_child(status, ns::PROTOCOL, "StatusCode"))
        .and_then(|code| code.attribute("Value"))
        .ok_or_else(|| SamlError::malformed("there is no status"))?;
    if status != SUCCESS {
        return Err(SamlError::Rejected(status.to_owned()));
    }
    if children(response, ns::ASSERTION, "Issuer").next().is_some() {
        check_issuer(response, trust)?;
    }
    match response.attribute("Destination") {
        Some(url) if !url.is_empty() && !service.is_recipient(url, trust.provider_id) => Err(
            SamlError::Audience(format!("the response is sent to `{url}`")),
        ),
        _ => Ok(()),
    }
}

fn check_issuer(node: Node<'_, '_>, trust: &Trust<'_>) -> Result<(), SamlError> {
    let issuer = issuer(node)?;
    if issuer != trust.issuer {
        return Err(SamlError::Issuer(issuer));
    }
    Ok(())
}

/// The only assertion anywhere in a document: its root, or a child of it.
fn assertion_of<'a, 't>(tree: &'a Tree<'t>) -> Result<Node<'a, 't>, SamlError> {
    let plain = tree.all(ns::ASSERTION, "Assertion");
    let mut found = plain.chain(tree.all(ns::ASSERTION, "EncryptedAssertion"));
    let first = found.next();
    let first = first.ok_or_else(|| SamlError::malformed("there is no assertion"))?;
    if found.next().is_some() {
        return Err(SamlError::malformed("there is more than one assertion"));
    }
    let root = tree.root();
    if first != root && first.parent() != Some(root) {
        return Err(SamlError::malformed(
            "the assertion is within another element",
        ));
    }
    Ok(first)
}

type Signature<'a, 't> = Option<Node<'a, 't>>;

/// The signature that is a child of an element.
fn own_signature<'a, 't: 'a>(node: Node<'a, 't>) -> Result<Signature<'a, 't>, SamlError> {
    let mut found = children(node, ns::SIGNATURE, "Signature");
    let first = found.next();
    if found.next().is_some() {
        return Err(SamlError::signature("an element has several signatures"));
    }
    Ok(first)
}

/// No signature may stand anywhere else than where it is looked for.
fn check_signatures(tree: &Tree<'_>, expected: &[Signature<'_, '_>]) -> Result<(), SamlError> {
    let expected = expected.iter().flatten().count();
    if tree.all(ns::SIGNATURE, "Signature").count() != expected {
        return Err(SamlError::signature(
            "there is a signature of another element",
        ));
    }
    Ok(())
}

fn check_present(one: Signature<'_, '_>, other: Signature<'_, '_>) -> Result<(), SamlError> {
    match one.or(other) {
        Some(_) => Ok(()),
        None => Err(SamlError::signature("nothing is signed")),
    }
}

fn check_signature(
    tree: &Tree<'_>,
    signed: Node<'_, '_>,
    signature: Signature<'_, '_>,
    trust: &Trust<'_>,
) -> Result<(), SamlError> {
    match signature {
        Some(signature) => signature::verify(tree, signed, signature, trust.keys),
        None => Ok(()),
    }
}

const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";

#[cfg(test)]
mod tests;
