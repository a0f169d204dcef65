//! Responses that another implementation signed, and what attackers make of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::{Trust, verify};
use crate::{Assertion, Metadata, PrivateKey, SamlError, ServiceProvider};

const METADATA: &str = include_str!("../../tests/data/metadata.xml");
/// Only the assertion is signed.
const ASSERTION: &str = include_str!("../../tests/data/assertion.xml");
/// Only the response is signed.
const RESPONSE: &str = include_str!("../../tests/data/response.xml");
const BOTH: &str = include_str!("../../tests/data/both.xml");
const ENCRYPTED: &str = include_str!("../../tests/data/encrypted.xml");
const KEY: &str = include_str!("../../tests/data/decryption.pem");

fn verify_at(text: &str, now: &str, required: bool) -> Result<Assertion, SamlError> {
    let keys = || vec![PrivateKey::from_pem(KEY).unwrap()];
    verify_with(text, now, required, keys)
}

fn verify_with(
    text: &str,
    now: &str,
    required: bool,
    keys: impl FnOnce() -> Vec<PrivateKey>,
) -> Result<Assertion, SamlError> {
    let metadata = Metadata::parse(METADATA, Timestamp::UNIX_EPOCH).unwrap();
    let trust = Trust {
        issuer: &metadata.entity_id,
        keys: &metadata.keys,
        valid_until: metadata.valid_until,
        provider_id: "X",
        encryption_required: required,
    };
    let service = ServiceProvider::default();
    verify(
        &STANDARD.encode(text),
        &trust,
        keys,
        &service,
        now.parse().unwrap(),
    )
}

fn verified(text: &str) -> Result<Assertion, SamlError> {
    verify_at(text, "2026-11-21T12:01:00Z", false)
}

fn is_signature(refused: Result<Assertion, SamlError>) -> bool {
    matches!(refused, Err(SamlError::Signature(_)))
}

fn is_malformed(refused: Result<Assertion, SamlError>) -> bool {
    matches!(refused, Err(SamlError::Malformed(_)))
}

/// From `<NAME` to the end of its last end tag.
fn element<'t>(text: &'t str, name: &str) -> &'t str {
    let start = text.find(&format!("<{name}")).unwrap();
    let end = format!("</{name}>");
    &text[start..text.rfind(&end).unwrap() + end.len()]
}

#[test]
fn what_another_implementation_signed_is_accepted() {
    let expected = verified(ASSERTION).unwrap();
    assert_eq!(expected.subject, "alice@example.com");
    assert_eq!(expected.subject_type, "persistent");
    assert_eq!(expected.issuer, "https://idp.example.com/saml");
    assert_eq!(expected.recipient, "https://signin.aws.amazon.com/saml");
    for text in [RESPONSE, BOTH, ENCRYPTED] {
        assert_eq!(verified(text).unwrap(), expected);
    }
    assert!(verify_at(ENCRYPTED, "2026-11-21T12:01:00Z", true).is_ok());
    let plain = verify_at(BOTH, "2026-11-21T12:01:00Z", true);
    assert!(matches!(plain, Err(SamlError::Decryption(_))));
}

#[test]
fn what_it_asks_for_is_read() {
    let assertion = verified(ASSERTION).unwrap();
    let request = assertion.session_request().unwrap();
    assert_eq!(request.name, "alice");
    assert_eq!(request.source_identity.as_deref(), Some("alice"));
    assert_eq!(request.longest, Some(1800));
    assert_eq!(request.tags.principal_tags, [("Team".into(), "red".into())]);
    assert_eq!(request.tags.transitive_keys, ["Team"]);
    let (role, provider) = (
        "arn:aws:iam::123456789012:role/app",
        "arn:aws:iam::123456789012:saml-provider/idp",
    );
    assert_eq!(assertion.check_role(role, provider), Ok(()));
    assert!(assertion.check_role(role, role).is_err());
    assert!(
        assertion
            .check_role(&role.to_uppercase(), provider)
            .is_err()
    );
    assert!(
        assertion
            .check_role(&role[..role.len() - 1], provider)
            .is_err()
    );
    let keys = assertion.condition_keys("123456789012", "idp");
    let value = |name: &str| {
        keys.iter()
            .find(|(key, _)| key == name)
            .unwrap()
            .1
            .join(",")
    };
    assert_eq!(value("saml:aud"), "https://signin.aws.amazon.com/saml");
    assert_eq!(value("saml:doc"), "123456789012/idp");
    assert_eq!(value("saml:edupersonaffiliation"), "staff,member");
    assert_eq!(value("saml:edupersonorgdn"), "o=x");
    assert_eq!(assertion.session_keys("123456789012", "idp").len(), 3);
}

#[test]
fn every_altered_byte_is_noticed() {
    // What is not signed: the response's own elements, and what a signature says of its key.
    let signed = element(ASSERTION, "saml:Assertion");
    let key = element(ASSERTION, "ds:KeyInfo");
    let start = ASSERTION.find(signed).unwrap();
    let unsigned = ASSERTION.find(key).unwrap()..ASSERTION.find(key).unwrap() + key.len();
    for at in (start..start + signed.len()).step_by(7) {
        if unsigned.contains(&at) {
            continue;
        }
        let mut bytes = ASSERTION.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
        let text = String::from_utf8(bytes).unwrap();
        assert!(verified(&text).is_err(), "byte {at}");
    }
}

#[test]
fn nothing_signed_is_refused() {
    let unsigned = ASSERTION.replace(element(ASSERTION, "ds:Signature"), "");
    assert!(is_signature(verified(&unsigned)));
}

#[test]
fn one_good_signature_does_not_excuse_a_bad_one() {
    let value = |text: &str| {
        let (_, rest) = text.split_once("<ds:SignatureValue>").unwrap();
        rest.split_once('<').unwrap().0.to_owned()
    };
    let swapped = BOTH.replacen(&value(BOTH), &value(ASSERTION), 1);
    assert!(is_signature(verified(&swapped)));
}

#[test]
fn wrapping_a_forged_assertion_before_the_signed_one_is_refused() {
    let signed = element(ASSERTION, "saml:Assertion");
    let forged = signed
        .replace(element(signed, "ds:Signature"), "")
        .replace("alice@example.com", "mallory@example.com")
        .replace("_a1", "_evil");
    let both = ASSERTION.replace(signed, &format!("{forged}{signed}"));
    assert!(is_malformed(verified(&both)));
    let after = ASSERTION.replace(signed, &format!("{signed}{forged}"));
    assert!(is_malformed(verified(&after)));
}

#[test]
fn wrapping_the_signed_assertion_anywhere_in_a_forged_one_is_refused() {
    let signed = element(ASSERTION, "saml:Assertion");
    let signature = element(signed, "ds:Signature");
    let bare = signed.replace(signature, "");
    let forged = |within_signature: &str, within: &str| {
        bare.replace("_a1", "_evil")
            .replace("alice@example.com", "mallory@example.com")
            .replace(
                "<saml:Subject>",
                &format!("{within_signature}{within}<saml:Subject>"),
            )
    };
    let in_object = signature.replace(
        "</ds:Signature>",
        &format!("<ds:Object>{bare}</ds:Object></ds:Signature>"),
    );
    for forged in [
        forged(&in_object, ""),
        forged(signature, &format!("<saml:Advice>{bare}</saml:Advice>")),
        forged(signature, &format!("<x>{signed}</x>")),
    ] {
        let text = ASSERTION.replace(signed, &forged);
        assert!(verified(&text).is_err());
    }
    let extensions = ASSERTION.replace(
        signed,
        &format!(
            "<samlp:Extensions>{signed}</samlp:Extensions>{}",
            forged("", "")
        ),
    );
    assert!(is_malformed(verified(&extensions)));
}

#[test]
fn a_signature_over_another_element_is_refused() {
    // The forged assertion carries the signature; what was signed is hidden as another element.
    let signed = element(ASSERTION, "saml:Assertion");
    let signature = element(signed, "ds:Signature");
    let hidden = signed
        .replace(signature, "")
        .replace("saml:Assertion", "saml:Evidence");
    let forged = signed.replace("ID=\"_a1\"", "ID=\"_evil\"");
    let text = ASSERTION.replace(signed, &format!("{forged}{hidden}"));
    assert!(is_signature(verified(&text)));
    let empty = ASSERTION.replace("URI=\"#_a1\"", "URI=\"\"");
    assert!(is_signature(verified(&empty)));
    let of_response = ASSERTION.replace("URI=\"#_a1\"", "URI=\"#_r1\"");
    assert!(is_signature(verified(&of_response)));
}

#[test]
fn a_repeated_id_is_refused() {
    for attribute in ["ID", "Id", "id", "xml:id"] {
        let text = ASSERTION.replace(
            "<samlp:Status>",
            &format!("<samlp:Status {attribute}=\"_a1\">"),
        );
        assert!(is_malformed(verified(&text)), "{attribute}");
    }
}

#[test]
fn a_signature_elsewhere_is_refused() {
    let signature = element(ASSERTION, "ds:Signature");
    let text = ASSERTION
        .replace(signature, "")
        .replace("<samlp:Status>", &format!("<samlp:Status>{signature}"));
    assert!(is_signature(verified(&text)));
    let moved = ASSERTION
        .replace(signature, "")
        .replace("<saml:Subject>", &format!("<saml:Subject>{signature}"));
    assert!(is_signature(verified(&moved)));
    let twice = ASSERTION.replace(signature, &format!("{signature}{signature}"));
    assert!(is_signature(verified(&twice)));
}

#[test]
fn a_comment_in_a_name_is_refused() {
    // CVE-2017-11427: the canonical form leaves the comment out, so the signature holds, and a
    // reader that takes the first text sees another name.
    let text = ASSERTION.replace("alice@example.com", "alice<!-- -->@example.com");
    assert!(is_malformed(verified(&text)));
    let instruction = ASSERTION.replace("alice@example.com", "alice<?x?>@example.com");
    assert!(is_malformed(verified(&instruction)));
    // The same characters in another spelling are the same name.
    let data = ASSERTION.replace("alice@example.com", "<![CDATA[alice]]>&#64;example.com");
    assert_eq!(verified(&data).unwrap().subject, "alice@example.com");
}

#[test]
fn document_types_and_entities_are_refused() {
    let text = format!("<!DOCTYPE x [<!ENTITY e \"alice@example.com\">]>{ASSERTION}");
    assert!(is_malformed(verified(&text)));
    let used = ASSERTION.replace("alice@example.com", "&e;");
    assert!(is_malformed(verified(&used)));
}

#[test]
fn other_algorithms_and_transforms_are_refused() {
    for (from, to) in [
        (
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        ),
        (
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
        ),
        (
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
        ),
        (
            "http://www.w3.org/2001/04/xmlenc#sha256",
            "http://www.w3.org/2000/09/xmldsig#sha1",
        ),
        (
            "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
            "http://www.w3.org/TR/1999/REC-xslt-19991116",
        ),
        (
            "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
            "http://www.w3.org/TR/1999/REC-xpath-19991116",
        ),
        (
            "http://www.w3.org/2001/10/xml-exc-c14n#",
            "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
        ),
        (
            "</ds:Transforms>",
            "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/></ds:Transforms>",
        ),
        (
            "</ds:Reference>",
            "</ds:Reference><ds:Reference URI=\"#_r1\"/>",
        ),
    ] {
        assert!(ASSERTION.contains(from), "{from}");
        assert!(is_signature(verified(&ASSERTION.replace(from, to))), "{to}");
    }
}

#[test]
fn the_ends_of_its_life_are_exact() {
    let at = |now| verify_at(ASSERTION, now, false);
    assert!(at("2026-11-21T12:04:59.999Z").is_ok());
    assert!(matches!(
        at("2026-11-21T12:05:00Z"),
        Err(SamlError::Expired(_))
    ));
    assert!(at("2026-11-21T11:59:00Z").is_ok());
    assert!(matches!(
        at("2026-11-21T11:58:59Z"),
        Err(SamlError::NotYetValid(_))
    ));
    assert!(matches!(
        at("2126-01-01T00:00:00Z"),
        Err(SamlError::OutdatedMetadata(_))
    ));
}

#[test]
fn an_encrypted_assertion_that_no_key_opens_is_refused() {
    let refused = verify_with(ENCRYPTED, "2026-11-21T12:01:00Z", false, Vec::new);
    assert!(matches!(refused, Err(SamlError::Decryption(_))));
    let (head, tail) = ENCRYPTED.rsplit_once("</xenc:CipherValue>").unwrap();
    let altered = format!("{}AAA=</xenc:CipherValue>{tail}", &head[..head.len() - 4]);
    assert!(matches!(verified(&altered), Err(SamlError::Decryption(_))));
}

#[test]
fn keys_are_asked_for_when_there_is_something_to_decrypt() {
    let asked = |text: &str| {
        let mut asked = 0;
        let keys = || {
            asked += 1;
            vec![PrivateKey::from_pem(KEY).unwrap()]
        };
        let accepted = verify_with(text, "2026-11-21T12:01:00Z", false, keys).is_ok();
        (asked, accepted)
    };
    assert_eq!(asked(ENCRYPTED), (1, true));
    for text in [ASSERTION, RESPONSE, BOTH] {
        assert_eq!(asked(text), (0, true));
    }
    for (from, to) in [
        (":status:Success", ":status:Responder"),
        ("https://idp.example.com/saml", "https://other.example"),
        ("aes256-gcm", "aes256-cbc"),
        ("EncryptedKey", "OtherKey"),
        ("<samlp:Status>", "<samlp:Status><!-- -->"),
        (
            "<samlp:Status>",
            "<samlp:Status><Signature xmlns='http://www.w3.org/2000/09/xmldsig#'/>",
        ),
    ] {
        assert!(ENCRYPTED.contains(from), "{from}");
        let text = ENCRYPTED.replace(from, to);
        assert_eq!(asked(&text), (0, false), "{from} → {to}");
    }
}

/// Why a signature was refused.
fn detail(text: &str) -> String {
    match verified(text) {
        Err(SamlError::Signature(detail)) => detail,
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_is_digested_that_no_key_of_the_provider_signed() {
    let changed = ASSERTION.replace("alice@example.com", "mallory@example.com");
    assert_eq!(
        detail(&changed),
        "the signed element is not what was signed"
    );
    let value = element(ASSERTION, "ds:SignatureValue");
    for text in [ASSERTION, &changed] {
        let forged = text.replace(value, "<ds:SignatureValue>AAAA</ds:SignatureValue>");
        assert_eq!(detail(&forged), "no key of the provider made the signature");
    }
}

#[test]
fn algorithms_have_no_parameters() {
    for name in ["SignatureMethod", "DigestMethod"] {
        let start = ASSERTION.find(&format!("<ds:{name}")).unwrap();
        let end = start + ASSERTION[start..].find("/>").unwrap();
        let mut text = ASSERTION.to_owned();
        text.replace_range(end..end + 2, &format!("><ds:X/></ds:{name}>"));
        assert_eq!(detail(&text), "an algorithm has parameters");
    }
}
