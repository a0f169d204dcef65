//! The attributes with which an assertion asks for a session (IAM User Guide, "Configure SAML
//! assertions for the authentication response"; "Pass session tags in AWS STS").

use roxmltree::Node;

use crate::assertion::Assertion;
use crate::error::SamlError;
use crate::tree::{children, ns, text_of};

/// One `Attribute` element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attribute {
    pub(crate) name: String,
    /// Its values, if all of them are plain text.
    pub(crate) values: Option<Vec<String>>,
}

/// What an assertion wants its session to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRequest {
    /// `RoleSessionName`: 2 to 64 of `[\w+=,.@-]`.
    pub name: String,
    /// `PrincipalTag:…` and `TransitiveTagKeys`.
    pub tags: SessionTags,
    /// `SourceIdentity`, of the same form, and not beginning with `aws:`.
    pub source_identity: Option<String>,
    /// `SessionDuration` in seconds, 900 to 43,200: the session lasts no longer.
    pub longest: Option<u32>,
}

/// The session tags that an assertion carries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionTags {
    /// Keys and values, sorted by key.
    pub principal_tags: Vec<(String, String)>,
    /// The keys of those that pass on to a chained session.
    pub transitive_keys: Vec<String>,
}

impl Attribute {
    pub(crate) fn read(node: Node<'_, '_>) -> Self {
        Self {
            name: node.attribute("Name").unwrap_or_default().to_owned(),
            values: children(node, ns::ASSERTION, "AttributeValue")
                .map(text_of)
                .collect(),
        }
    }
}

impl Assertion {
    /// Checks that the `Role` attribute lists this role with this provider, in either order.
    ///
    /// # Errors
    /// [`SamlError::RoleNotListed`] if it doesn't.
    pub fn check_role(&self, role_arn: &str, provider_arn: &str) -> Result<(), SamlError> {
        let pairs = self.values(ROLE)?;
        let is_pair = |pair: &&str| {
            pair.split_once(',').is_some_and(|(one, other)| {
                let pair = (one.trim(), other.trim());
                pair == (role_arn, provider_arn) || pair == (provider_arn, role_arn)
            })
        };
        match pairs.iter().any(is_pair) {
            true => Ok(()),
            false => Err(SamlError::RoleNotListed(pairs.join(" "))),
        }
    }

    /// What the assertion wants its session to be.
    ///
    /// # Errors
    /// [`SamlError`] when there is no session name, or one of the values can't be.
    pub fn session_request(&self) -> Result<SessionRequest, SamlError> {
        let name = self.one(SESSION_NAME)?.ok_or(SamlError::NoSessionName)?;
        if !is_name(name) {
            return Err(SamlError::SessionName);
        }
        let source_identity = self.one(SOURCE_IDENTITY)?.map(str::to_owned);
        let is_identity = |text: &String| is_name(text) && !text.starts_with("aws:");
        if !source_identity.as_ref().is_none_or(is_identity) {
            return Err(SamlError::SourceIdentity);
        }
        let duration = self.one(SESSION_DURATION)?;
        let seconds = duration.map(|text| text.trim().parse::<u32>());
        let longest = match seconds {
            None => None,
            Some(Ok(seconds @ 900..=43_200)) => Some(seconds),
            Some(_) => {
                return Err(invalid(SESSION_DURATION, "must be from 900 to 43200"));
            }
        };
        Ok(SessionRequest {
            name: name.to_owned(),
            tags: self.tags()?,
            source_identity,
            longest,
        })
    }

    fn tags(&self) -> Result<SessionTags, SamlError> {
        let mut principal_tags = Vec::new();
        for attribute in &self.attributes {
            let Some(key) = attribute.name.strip_prefix(PRINCIPAL_TAG) else {
                continue;
            };
            let value = match attribute.values.as_deref() {
                Some([value]) => value,
                _ => return Err(invalid(&attribute.name, "must have one value")),
            };
            if !(1..=128).contains(&key.chars().count()) || value.chars().count() > 256 {
                let what = "must have a key of up to 128 and a value of up to 256 characters";
                return Err(invalid(&attribute.name, what));
            }
            principal_tags.push((key.to_owned(), value.clone()));
        }
        principal_tags.sort();
        let transitive_keys = self.values(TRANSITIVE)?.into_iter();
        Ok(SessionTags {
            principal_tags,
            transitive_keys: transitive_keys.map(str::to_owned).collect(),
        })
    }

    /// The values of an attribute, however many elements they are spread over.
    fn values(&self, name: &'static str) -> Result<Vec<&str>, SamlError> {
        let mut all = Vec::new();
        for attribute in self.attributes.iter().filter(|it| it.name == name) {
            let values = attribute.values.as_ref();
            let values = values.ok_or_else(|| invalid(name, "must be text"))?;
            all.extend(values.iter().map(String::as_str));
        }
        Ok(all)
    }

    /// The value of an attribute that has at most one.
    fn one(&self, name: &'static str) -> Result<Option<&str>, SamlError> {
        match self.values(name)?.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            _ => Err(invalid(name, "must have one value")),
        }
    }
}

fn invalid(name: &str, what: &'static str) -> SamlError {
    SamlError::Attribute(name.to_owned(), what)
}

/// What both session names and source identities are made of (STS API Reference).
fn is_name(text: &str) -> bool {
    (2..=64).contains(&text.len())
        && text
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || b"_+=,.@-".contains(&it))
}

const ROLE: &str = "https://aws.amazon.com/SAML/Attributes/Role";
const SESSION_NAME: &str = "https://aws.amazon.com/SAML/Attributes/RoleSessionName";
const SESSION_DURATION: &str = "https://aws.amazon.com/SAML/Attributes/SessionDuration";
const SOURCE_IDENTITY: &str = "https://aws.amazon.com/SAML/Attributes/SourceIdentity";
const PRINCIPAL_TAG: &str = "https://aws.amazon.com/SAML/Attributes/PrincipalTag:";
const TRANSITIVE: &str = "https://aws.amazon.com/SAML/Attributes/TransitiveTagKeys";
