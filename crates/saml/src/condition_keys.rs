//! The condition keys that an assertion brings into the evaluation of a trust policy (IAM User
//! Guide, "Available keys for SAML-based AWS STS federation"; "Configure SAML assertions for the
//! authentication response", on the attributes behind them).

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::assertion::Assertion;

impl Assertion {
    /// The keys for the trust policy and their values. `account` is the provider's, `provider`
    /// its name. An attribute gives its key if its values are text, and of a key with one value
    /// if it has one.
    #[must_use]
    pub fn condition_keys(&self, account: &str, provider: &str) -> Vec<(String, Vec<String>)> {
        let mut keys = self.session_keys(account, provider);
        let mut single = |key: &str, value: String| keys.push((key.to_owned(), vec![value]));
        single("saml:aud", self.recipient.clone());
        single("saml:iss", self.issuer.clone());
        single("saml:doc", format!("{account}/{provider}"));
        for &(key, is_list, names) in KEYS {
            let attributes = self.attributes.iter();
            let attributes = attributes.filter(|it| names.contains(&it.name.as_str()));
            let values: Option<Vec<_>> = attributes.map(|it| it.values.clone()).collect();
            let values = values.unwrap_or_default().concat();
            if values.len() == 1 || (is_list && !values.is_empty()) {
                keys.push((key.to_owned(), values));
            }
        }
        keys
    }

    /// Those keys that stay with the session and are there in its later requests.
    #[must_use]
    pub fn session_keys(&self, account: &str, provider: &str) -> Vec<(String, Vec<String>)> {
        let qualifier = name_qualifier(&self.issuer, account, provider);
        [
            ("saml:namequalifier", qualifier),
            ("saml:sub", self.subject.clone()),
            ("saml:sub_type", self.subject_type.clone()),
        ]
        .map(|(key, value)| (key.to_owned(), vec![value]))
        .into()
    }
}

/// `NameQualifier`: with the subject, what names a user uniquely (STS API Reference,
/// `AssumeRoleWithSAML`: the base64 of the SHA-1 of issuer, account and `/` and the provider's
/// name). It is a label, and nothing rests on its strength.
#[must_use]
pub fn name_qualifier(issuer: &str, account: &str, provider: &str) -> String {
    let whole = format!("{issuer}{account}/{provider}");
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, whole.as_bytes());
    STANDARD.encode(hash)
}

type Key = (&'static str, bool, &'static [&'static str]);

/// Keys, whether they are lists, and the names of the attributes behind them.
const KEYS: &[Key] = &[
    (
        "saml:edupersonaffiliation",
        true,
        &["urn:oid:1.3.6.1.4.1.5923.1.1.1.1"],
    ),
    (
        "saml:edupersonnickname",
        true,
        &["urn:oid:1.3.6.1.4.1.5923.1.1.1.2"],
    ),
    (
        "saml:edupersonorgdn",
        false,
        &["urn:oid:1.3.6.1.4.1.5923.1.1.1.3"],
    ),
    (
        "saml:edupersonorgunitdn",
        true,
        &["urn:oid:1.3.6.1.4.1.5923.1.1.1.4"],
    ),
    (
        "saml:edupersonprimaryaffiliation",
        false,
        &["urn:oid:1.3.6.1.4.1.5923.1.1.1.5"],
    ),
    (
        "saml:edupersonprincipalname",
        false,
        &["urn:oid:1.3.6.1.4.1.5923.1.1.1.6"],
    ),
    (
        "saml:edupersonentitlement",
        true,
        &["urn:oid:1.3.6.1.4.1.5923.1.1.1.7"],
    ),
    (
        "saml:edupersonprimaryorgunitdn",
        false,
        &["urn:oid:1.3.6.1.4.1.5923.1.1.1.8"],
    ),
    (
        "saml:edupersonscopedaffiliation",
        true,
        &["urn:oid:1.3.6.1.4.1.5923.1.1.1.9"],
    ),
    (
        "saml:edupersontargetedid",
        true,
        &["urn:oid:1.3.6.1.4.1.5923.1.1.1.10"],
    ),
    (
        "saml:edupersonassurance",
        true,
        &["urn:oid:1.3.6.1.4.1.5923.1.1.1.11"],
    ),
    (
        "saml:eduorghomepageuri",
        true,
        &["urn:oid:1.3.6.1.4.1.5923.1.2.1.2"],
    ),
    (
        "saml:eduorgidentityauthnpolicyuri",
        true,
        &["urn:oid:1.3.6.1.4.1.5923.1.2.1.3"],
    ),
    (
        "saml:eduorglegalname",
        true,
        &["urn:oid:1.3.6.1.4.1.5923.1.2.1.4"],
    ),
    (
        "saml:eduorgsuperioruri",
        true,
        &["urn:oid:1.3.6.1.4.1.5923.1.2.1.5"],
    ),
    (
        "saml:eduorgwhitepagesuri",
        true,
        &["urn:oid:1.3.6.1.4.1.5923.1.2.1.6"],
    ),
    ("saml:cn", true, &["urn:oid:2.5.4.3"]),
    (
        "saml:name",
        false,
        &["http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name"],
    ),
    (
        "saml:commonName",
        false,
        &["http://schemas.xmlsoap.org/claims/CommonName"],
    ),
    (
        "saml:givenName",
        false,
        &[
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname",
            "urn:oid:2.5.4.42",
        ],
    ),
    (
        "saml:surname",
        false,
        &[
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname",
            "urn:oid:2.5.4.4",
        ],
    ),
    (
        "saml:mail",
        false,
        &[
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
            "urn:oid:0.9.2342.19200300.100.1.3",
        ],
    ),
    (
        "saml:primaryGroupSID",
        false,
        &["http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid"],
    ),
    (
        "saml:organizationStatus",
        false,
        &["urn:oid:0.9.2342.19200300.100.1.45"],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_qualifier_is_that_of_the_reference() {
        // printf %s https://example.com/saml123456789012/MySAMLIdP | openssl sha1 -binary | base64
        assert_eq!(
            name_qualifier("https://example.com/saml", "123456789012", "MySAMLIdP"),
            "1uAJanUnBc2XeUkHURMht+xam2c="
        );
    }
}
