//! An assertion: who it is about, who it is for, and when (SAML 2.0 core, section 2; SAML 2.0
//! profiles, section 4.1.4).

use jiff::{SignedDuration, Timestamp};
use roxmltree::Node;

use crate::attributes::Attribute;
use crate::error::SamlError;
use crate::service::ServiceProvider;
use crate::tree::{children, elements, is, ns, only_child, text_of};

/// An assertion that was signed by its provider. Nothing of it is secret but the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// `ID`.
    pub id: String,
    /// `Issuer`.
    pub issuer: String,
    /// `NameID` of the subject.
    pub subject: String,
    /// The format of the name: `persistent`, `transient`, or the URI of another.
    pub subject_type: String,
    /// `Recipient` of the subject's confirmation, which AWS calls the audience.
    pub recipient: String,
    /// `SessionNotOnOrAfter`: when the session at the identity provider ends.
    pub session_end: Option<Timestamp>,
    pub(crate) attributes: Vec<Attribute>,
    issued: Timestamp,
    /// Neither before the earliest nor at or after the latest of these.
    not_before: Vec<Timestamp>,
    not_on_or_after: Vec<Timestamp>,
    /// Each restriction must name the service.
    audiences: Vec<Vec<String>>,
}

/// How far the provider's clock may run ahead of ours.
const SKEW: SignedDuration = SignedDuration::from_secs(60);
/// How long after its issuance an assertion can be handed in, as AWS has it.
const REDEEMABLE: SignedDuration = SignedDuration::from_mins(5);
/// Longest name of a subject, in bytes.
const NAME: usize = 1024;

impl Assertion {
    /// Reads what a signature was checked over. Only direct children are looked at, each where
    /// it belongs.
    pub(crate) fn read(node: Node<'_, '_>) -> Result<Self, SamlError> {
        let refuse = SamlError::malformed;
        if node.attribute("Version") != Some("2.0") {
            return Err(refuse("the assertion is not of SAML 2.0"));
        }
        let only = |node, name| {
            only_child(node, ns::ASSERTION, name)
                .ok_or_else(|| SamlError::Malformed(format!("there is not one {name}")))
        };
        let subject = only(node, "Subject")?;
        let name = only(subject, "NameID")?;
        let text = text_of(name).filter(|it| !it.trim().is_empty() && it.len() <= NAME);
        let confirmation = only(subject, "SubjectConfirmation")?;
        if confirmation.attribute("Method") != Some(BEARER) {
            return Err(refuse("the subject is not confirmed as the bearer"));
        }
        let data = only(confirmation, "SubjectConfirmationData")?;
        let recipient = data.attribute("Recipient");
        let conditions = only(node, "Conditions")?;
        let ends = [
            time(data, "NotOnOrAfter")?,
            time(conditions, "NotOnOrAfter")?,
        ];
        let begins = [time(data, "NotBefore")?, time(conditions, "NotBefore")?];
        if ends[0].is_none() {
            return Err(refuse("the subject's confirmation has no NotOnOrAfter"));
        }
        let statements = children(node, ns::ASSERTION, "AuthnStatement");
        let session_ends: Result<Vec<_>, _> = statements
            .map(|it| time(it, "SessionNotOnOrAfter"))
            .collect();
        let statements = children(node, ns::ASSERTION, "AttributeStatement");
        let attributes = statements.flat_map(|it| children(it, ns::ASSERTION, "Attribute"));
        Ok(Self {
            id: node.attribute("ID").unwrap_or_default().to_owned(),
            issuer: issuer(node)?,
            subject: text.ok_or_else(|| refuse("the subject has no name"))?,
            subject_type: subject_type(name.attribute("Format")),
            recipient: recipient
                .ok_or_else(|| refuse("the subject's confirmation has no Recipient"))?
                .to_owned(),
            session_end: session_ends?.into_iter().flatten().min(),
            attributes: attributes.map(Attribute::read).collect(),
            issued: time(node, "IssueInstant")?
                .ok_or_else(|| refuse("the assertion has no IssueInstant"))?,
            not_before: begins.into_iter().flatten().collect(),
            not_on_or_after: ends.into_iter().flatten().collect(),
            audiences: audiences(conditions)?,
        })
    }

    /// Whether it is for `service`, and in force at `now`: no tolerance for its end.
    pub(crate) fn check(
        &self,
        provider_id: &str,
        service: &ServiceProvider,
        now: Timestamp,
    ) -> Result<(), SamlError> {
        let soon = now.saturating_add(SKEW).unwrap_or(now);
        if let Some(begin) = self.not_before.iter().max().filter(|it| **it > soon) {
            return Err(SamlError::NotYetValid(format!("not before {begin}")));
        }
        if self.issued > soon {
            return Err(SamlError::NotYetValid(format!("issued at {}", self.issued)));
        }
        let ends = self.not_on_or_after.iter().chain(&self.session_end);
        if let Some(end) = ends.min().filter(|it| **it <= now) {
            return Err(SamlError::Expired(format!("not on or after {end}")));
        }
        if now.duration_since(self.issued) > REDEEMABLE {
            return Err(SamlError::Stale(self.issued));
        }
        if !service.is_recipient(&self.recipient, provider_id) {
            let told = format!("the recipient is `{}`", self.recipient);
            return Err(SamlError::Audience(told));
        }
        let names_us = |names: &Vec<String>| {
            let mut names = names.iter();
            names.any(|name| service.is_audience(name, provider_id))
        };
        if self.audiences.is_empty() || !self.audiences.iter().all(names_us) {
            let told = format!("the audiences are {:?}", self.audiences);
            return Err(SamlError::Audience(told));
        }
        Ok(())
    }
}

/// The `Issuer` of a response or an assertion.
pub(crate) fn issuer(node: Node<'_, '_>) -> Result<String, SamlError> {
    only_child(node, ns::ASSERTION, "Issuer")
        .and_then(text_of)
        .map(|text| text.trim().to_owned())
        .ok_or_else(|| SamlError::malformed("there is not one Issuer"))
}

/// The audience restrictions among the conditions. A condition that is not known can't be met
/// (SAML 2.0 core, section 2.5.1.1).
fn audiences(conditions: Node<'_, '_>) -> Result<Vec<Vec<String>>, SamlError> {
    let mut restrictions = Vec::new();
    for condition in elements(conditions) {
        if is(&condition, ns::ASSERTION, "AudienceRestriction") {
            let names = children(condition, ns::ASSERTION, "Audience").map(text_of);
            let names: Option<Vec<_>> = names
                .map(|name| name.map(|it| it.trim().to_owned()))
                .collect();
            restrictions.push(names.ok_or_else(|| SamlError::malformed("an Audience"))?);
        } else if !is(&condition, ns::ASSERTION, "OneTimeUse")
            && !is(&condition, ns::ASSERTION, "ProxyRestriction")
        {
            return Err(SamlError::malformed("there is an unknown condition"));
        }
    }
    Ok(restrictions)
}

/// A time in UTC.
fn time(node: Node<'_, '_>, name: &str) -> Result<Option<Timestamp>, SamlError> {
    let Some(text) = node.attribute(name) else {
        return Ok(None);
    };
    let parsed = text.parse();
    parsed
        .map(Some)
        .map_err(|_| SamlError::Malformed(format!("{name} is no time in UTC")))
}

/// The prefix of SAML 2.0's own formats is not told (STS API Reference, `SubjectType`).
fn subject_type(format: Option<&str>) -> String {
    let format = format.filter(|it| !it.is_empty()).unwrap_or(UNSPECIFIED);
    let own = format.strip_prefix("urn:oasis:names:tc:SAML:2.0:nameid-format:");
    own.unwrap_or(format).to_owned()
}

const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
/// What no format means (SAML 2.0 core, section 2.2.2).
const UNSPECIFIED: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";
