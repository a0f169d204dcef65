//! A policy document as it is kept: byte for byte, compiled at most once.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use policy::{DocumentKind, InvalidPolicy, Policy};
use serde::{Deserialize, Serialize};

use crate::ControlPolicyKind;

/// A policy document: the bytes that were sent, and for trust policies the unique ids that
/// the principals in it had at that time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Document {
    text: Arc<str>,
    kind: Kind,
    /// ARN → unique id of the users and roles it names: a principal that is deleted and
    /// made again is not the same one (IAM user guide, "AWS JSON policy elements:
    /// Principal").
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    principals: BTreeMap<String, String>,
    #[serde(skip)]
    compiled: OnceLock<Arc<Policy>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Identity,
    Managed,
    Trust,
    Scp,
    Rcp,
}

impl From<Kind> for DocumentKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Identity => Self::Identity,
            Kind::Managed => Self::Managed,
            Kind::Trust => Self::Trust,
            Kind::Scp => Self::Scp,
            Kind::Rcp => Self::Rcp,
        }
    }
}

impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.kind == other.kind && self.principals == other.principals
    }
}

impl Document {
    /// An inline policy of a user, group or role.
    ///
    /// # Errors
    /// [`InvalidPolicy`], with AWS's code and message.
    pub fn identity(text: &str) -> Result<Self, InvalidPolicy> {
        Self::new(Kind::Identity, text, |_| None)
    }

    /// A version of a managed policy.
    ///
    /// # Errors
    /// [`InvalidPolicy`], with AWS's code and message.
    pub fn managed(text: &str) -> Result<Self, InvalidPolicy> {
        Self::new(Kind::Managed, text, |_| None)
    }

    /// A role's trust policy; `unique_id` answers the id of a user's or role's ARN. Check
    /// [`Document::unknown_principals`] before keeping it.
    ///
    /// # Errors
    /// [`InvalidPolicy`], with AWS's code and message.
    pub fn trust(
        text: &str,
        unique_id: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, InvalidPolicy> {
        Self::new(Kind::Trust, text, unique_id)
    }

    /// A service or resource control policy.
    ///
    /// # Errors
    /// [`InvalidPolicy`], with AWS's code and message.
    pub fn control(kind: ControlPolicyKind, text: &str) -> Result<Self, InvalidPolicy> {
        let kind = match kind {
            ControlPolicyKind::Service => Kind::Scp,
            ControlPolicyKind::Resource => Kind::Rcp,
        };
        Self::new(kind, text, |_| None)
    }

    fn new(
        kind: Kind,
        text: &str,
        unique_id: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, InvalidPolicy> {
        let text: Arc<str> = text.into();
        let mut policy = Policy::parse_shared(kind.into(), Arc::clone(&text))?;
        let principals: BTreeMap<_, _> = policy
            .principal_arns()
            .into_iter()
            .filter_map(|arn| Some((arn.to_owned(), unique_id(arn)?)))
            .collect();
        policy.pin_principals(&principals);
        Ok(Self {
            text,
            kind,
            principals,
            compiled: OnceLock::from(Arc::new(policy)),
        })
    }

    /// The user and role ARNs in it that had no unique id when it was made.
    #[must_use]
    pub fn unknown_principals(&self) -> Vec<String> {
        let policy = self.policy();
        let arns = policy.principal_arns().into_iter();
        arns.filter(|arn| !self.principals.contains_key(*arn))
            .map(str::to_owned)
            .collect()
    }

    /// The document as it was sent.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The document as IAM shows it: a principal that is gone, or was made again under the
    /// same name, stands there with the unique id it had. `unique_id` answers the present
    /// id of an ARN.
    #[must_use]
    pub fn shown(&self, unique_id: impl Fn(&str) -> Option<String>) -> String {
        let mut text = self.text.to_string();
        for (arn, id) in &self.principals {
            if unique_id(arn).as_ref() != Some(id) {
                text = text.replace(&format!("\"{arn}\""), &format!("\"{id}\""));
            }
        }
        text
    }

    /// The compiled policy. A stored document that can't be parsed (a newer version wrote
    /// it, or the store was edited) denies everything.
    #[must_use]
    pub fn policy(&self) -> Arc<Policy> {
        let compile = || match Policy::parse_shared(self.kind.into(), Arc::clone(&self.text)) {
            Ok(mut policy) => {
                policy.pin_principals(&self.principals);
                Arc::new(policy)
            }
            Err(error) => {
                tracing::error!(%error, "a stored policy can't be read and now denies everything");
                Arc::new(Policy::deny_all())
            }
        };
        Arc::clone(self.compiled.get_or_init(compile))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_document_that_cannot_be_read_denies_everything() {
        let broken: Document = serde_json::from_str(r#"{"text":"{","kind":"identity"}"#).unwrap();
        let policy = broken.policy();
        let user = policy::Principal::User {
            account: "123456789012".parse().unwrap(),
            arn: "arn:aws:iam::123456789012:user/ann".parse().unwrap(),
            unique_id: "AIDA".into(),
        };
        let request = policy::Request {
            principal: &user,
            action: "iam:GetRole",
            resource: "*",
            resource_account: None,
            context: &policy::Context::new(),
        };
        let source = policy::Source {
            policy: &policy,
            arn: None,
            name: "broken",
        };
        let policies = policy::Policies {
            identity: &[source],
            ..policy::Policies::default()
        };
        let decision = policy::decide(&request, &policies);
        let denied = policy::Outcome::ExplicitlyDenied(policy::Layer::Identity);
        assert_eq!(decision.outcome, denied);
    }

    #[test]
    fn a_principal_that_is_gone_is_shown_by_its_unique_id() {
        let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/a"},"Action":"sts:AssumeRole"}]}"#;
        let document = Document::trust(text, |_| Some("AROAX".into())).unwrap();
        assert_eq!(document.text(), text);
        assert!(document.unknown_principals().is_empty());
        assert_eq!(document.shown(|_| Some("AROAX".into())), text);
        assert!(document.shown(|_| None).contains(r#""AWS":"AROAX""#));
        assert!(
            document
                .shown(|_| Some("AROAY".into()))
                .contains("\"AROAX\"")
        );
    }
}
