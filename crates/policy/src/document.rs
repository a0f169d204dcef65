//! A parsed policy document.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::InvalidPolicy;
use crate::check;
use crate::decision::StatementRef;
use crate::grantee::Grantees;
use crate::statement::{Actions, Effect, Statement};
use crate::statements::Statements;

/// What a document is written for; each kind has its own elements and its own error texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DocumentKind {
    /// Inline policy of a user, group or role.
    Identity,
    /// Managed policy.
    Managed,
    /// Managed policy in its part as a permissions boundary.
    Boundary,
    /// Policy passed to AssumeRole* or GetFederationToken.
    Session,
    /// Trust policy of a role.
    Trust,
    /// Bucket policy.
    Bucket,
    /// Policy of a resource of any other service: principals are checked, actions and resources
    /// only for their form.
    Resource,
    /// Service control policy.
    Scp,
    /// Resource control policy.
    Rcp,
}

/// A policy document: checked, compiled, immutable but for [`Policy::pin_principals`].
#[derive(Debug, Clone)]
pub struct Policy {
    kind: DocumentKind,
    text: Arc<str>,
    statements: Statements,
}

impl Policy {
    /// Reads a document. A copy of its text is kept.
    ///
    /// ```
    /// use policy::{DocumentKind, Policy};
    ///
    /// let text = r#"{"Version": "2012-10-17",
    ///     "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}}"#;
    /// assert!(Policy::parse(DocumentKind::Identity, text).is_ok());
    ///
    /// let error = Policy::parse(DocumentKind::Trust, text).unwrap_err();
    /// assert_eq!(error.code(), "MalformedPolicyDocument");
    /// assert_eq!(error.message(), "Has prohibited field Resource");
    /// ```
    ///
    /// # Errors
    /// `InvalidPolicy` with AWS's code and text for this kind of document.
    pub fn parse(kind: DocumentKind, text: &str) -> Result<Self, InvalidPolicy> {
        Self::parse_shared(kind, text.into())
    }

    /// The same, for a text that somebody else keeps too.
    ///
    /// # Errors
    /// Those of [`Policy::parse`].
    pub fn parse_shared(kind: DocumentKind, text: Arc<str>) -> Result<Self, InvalidPolicy> {
        let statements = check::compile(kind, &text)?;
        Ok(Self {
            kind,
            text,
            statements: statements.into(),
        })
    }

    /// A policy that denies everything to everybody, wherever it is attached: what has to
    /// stand in for a document that can't be read, so that a fault never grants anything.
    #[must_use]
    pub fn deny_all() -> Self {
        let statement = Statement {
            sid: None,
            span: 0..0,
            effect: Effect::Deny,
            principal: None,
            action: Actions::all(),
            resource: None,
            conditions: Box::default(),
        };
        Self {
            kind: DocumentKind::Identity,
            text: Arc::default(),
            statements: vec![statement].into(),
        }
    }

    /// What the document was read as.
    #[must_use]
    pub fn kind(&self) -> DocumentKind {
        self.kind
    }

    /// The document as it was given; empty for [`Policy::deny_all`].
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Every ARN of an IAM user or role named in `Principal` or `NotPrincipal`, in document order.
    #[must_use]
    pub fn principal_arns(&self) -> Vec<&str> {
        let principals = self
            .statements()
            .iter()
            .filter_map(|statement| statement.principal.as_ref());
        principals.flat_map(Grantees::arns).collect()
    }

    /// Binds those ARNs to the unique ids (`AIDA…`, `AROA…`) that they had when the policy was
    /// saved. From then on such an ARN stands for the entity with that id and for no other, even
    /// one that is created later under the same name. ARNs without an entry stay as they are.
    pub fn pin_principals(&mut self, ids: &BTreeMap<String, String>) {
        for statement in self.statements.all_mut() {
            if let Some(principal) = &mut statement.principal {
                principal.pin(ids);
            }
        }
    }

    /// Every pattern of `Resource` and `NotResource` as it was written, in document order.
    pub fn resources(&self) -> impl Iterator<Item = &str> {
        let choices = self
            .statements()
            .iter()
            .filter_map(|statement| statement.resource.as_ref());
        choices.flat_map(|choice| choice.patterns.iter().map(|pattern| pattern.text()))
    }

    /// Its statements in document order: what each does, and where it stands.
    pub fn statement_refs(&self) -> impl Iterator<Item = (Effect, StatementRef<'_>)> {
        let statements = self.statements().iter().enumerate();
        statements.map(|(index, statement)| (statement.effect, StatementRef::of(index, statement)))
    }

    /// The condition keys that its conditions and variables read, once each, as the policy first
    /// spells them and in the order of their names in lower case (what GetContextKeysForCustomPolicy
    /// lists).
    #[must_use]
    pub fn context_keys(&self) -> Vec<&str> {
        let mut keys: BTreeMap<String, &str> = BTreeMap::new();
        let statements = self.statements().iter();
        for key in statements.flat_map(Statement::context_keys) {
            keys.entry(key.to_ascii_lowercase()).or_insert(key);
        }
        keys.into_values().collect()
    }

    /// Whether a condition or a variable reads a condition key whose name begins like this, in whatever case.
    #[must_use]
    pub fn mentions(&self, prefix: &str) -> bool {
        let mut keys = self.statements().iter().flat_map(Statement::context_keys);
        keys.any(|key| {
            let start = key.as_bytes().get(..prefix.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
        })
    }

    pub(crate) fn statements(&self) -> &[Statement] {
        self.statements.all()
    }

    pub(crate) fn compiled(&self) -> &Statements {
        &self.statements
    }

    /// A part of the text.
    pub(crate) fn slice(&self, span: &Range<usize>) -> &str {
        self.text.get(span.clone()).unwrap_or_default()
    }
}
