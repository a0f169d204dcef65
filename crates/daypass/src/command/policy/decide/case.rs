//! One case: a request, and every policy that has a say in it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use anyhow::{Context as _, Result, anyhow, bail};
use policy::{
    AccountId, Arn, Context, DocumentKind, Outcome, Policies, Policy, Principal, Request,
    ResourceKind, RoleSession, Source, Value,
};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A case as it is written. Documents stay the texts that they are, so that the engine's own
/// reader sees them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Case<'a> {
    #[serde(borrow)]
    pub(super) name: Cow<'a, str>,
    /// An ARN, the name of a service, or null for a request without a signature.
    principal: Option<String>,
    action: String,
    resource: String,
    /// The caller's own account when not said.
    resource_account: Option<AccountId>,
    #[serde(default)]
    context: BTreeMap<String, Values>,
    #[serde(default, borrow)]
    identity: Vec<&'a RawValue>,
    #[serde(borrow)]
    boundary: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    session: Option<&'a RawValue>,
    #[serde(borrow)]
    resource_policy: Option<&'a RawValue>,
    #[serde(borrow)]
    scp: Option<Vec<Vec<&'a RawValue>>>,
    #[serde(borrow)]
    rcp: Option<Vec<Vec<&'a RawValue>>>,
    /// What somebody else decided; it is not looked at.
    #[serde(rename = "decision")]
    _decision: Option<serde::de::IgnoredAny>,
}

/// A single value, or a list: then the key is multivalued.
#[derive(Deserialize)]
#[serde(untagged)]
enum Values {
    One(Scalar),
    Many(Vec<Scalar>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Text(String),
    Flag(bool),
    Number(serde_json::Number),
}

/// What a case came to.
pub(super) struct Decided {
    pub(super) decision: &'static str,
    pub(super) reason: Option<String>,
}

/// Policies of one layer, with the names by which reasons tell of them.
struct Layer(Vec<(Policy, String)>);

impl<'a> Case<'a> {
    pub(super) fn read(line: &'a [u8]) -> Result<Self> {
        serde_json::from_slice(line).context("this is not a case")
    }

    pub(super) fn decide(&self, explain: bool) -> Result<Decided> {
        let principal = principal(self.principal.as_deref())?;
        let trust = self
            .action
            .to_ascii_lowercase()
            .starts_with("sts:assumerole");
        let (resource_kind, kind) = match trust {
            true => (ResourceKind::RoleTrust, DocumentKind::Trust),
            false => (ResourceKind::Ordinary, DocumentKind::Resource),
        };
        let layer = |kind, name: &str, texts: &[&RawValue]| Layer::read(kind, name, texts);
        let identity = layer(DocumentKind::Identity, "identity policy", &self.identity)?;
        let boundary = self.boundary.as_deref();
        let boundary = boundary
            .map(|texts| layer(DocumentKind::Boundary, "boundary", texts))
            .transpose()?;
        let session = self.session.as_slice();
        let session = layer(DocumentKind::Session, "session policy", session)?;
        let resource = self.resource_policy.as_slice();
        let resource = layer(kind, "resource policy", resource)?;
        let scps = levels(DocumentKind::Scp, "SCP", self.scp.as_deref())?;
        let rcps = levels(DocumentKind::Rcp, "RCP", self.rcp.as_deref())?;

        let identity = identity.sources();
        let boundary = boundary.as_ref().map(Layer::sources);
        let session = self.session.map(|_| session.sources());
        let scps = scps.as_deref().map(sources);
        let rcps = rcps.as_deref().map(sources);
        let scps: Option<Vec<&[Source<'_>]>> = scps.as_deref().map(slices);
        let rcps: Option<Vec<&[Source<'_>]>> = rcps.as_deref().map(slices);
        let policies = Policies {
            identity: &identity,
            boundary: boundary.as_deref(),
            session: session.as_deref(),
            resource: resource.sources().first().copied(),
            resource_kind,
            scps: scps.as_deref(),
            rcps: rcps.as_deref(),
        };
        let context = self.context();
        let request = Request {
            principal: &principal,
            action: &self.action,
            resource: &self.resource,
            resource_account: self.resource_account,
            context: &context,
        };
        if !explain {
            return Ok(Decided {
                decision: word(policy::decide(&request, &policies).outcome),
                reason: None,
            });
        }
        let explanation = policy::explain(&request, &policies);
        Ok(Decided {
            decision: word(explanation.decision.outcome),
            reason: Some(explanation.to_string()),
        })
    }

    fn context(&self) -> Context {
        let value = |values: &Values| match values {
            Values::One(value) => Value::One(value.text()),
            Values::Many(values) => Value::Many(values.iter().map(Scalar::text).collect()),
        };
        let keys = self.context.iter();
        keys.map(|(key, values)| (key.as_str(), value(values)))
            .collect()
    }
}

impl Scalar {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Flag(flag) => flag.to_string(),
            Self::Number(number) => number.to_string(),
        }
    }
}

impl Layer {
    fn read(kind: DocumentKind, name: &str, texts: &[&RawValue]) -> Result<Self> {
        let policies = (1..).zip(texts).map(|(number, text)| {
            let name = format!("{name} {number}");
            let policy = Policy::parse(kind, text.get())
                .map_err(|error| anyhow!("{name}: {error} ({})", error.reason()))?;
            Ok((policy, name))
        });
        policies.collect::<Result<_>>().map(Self)
    }

    fn sources(&self) -> Vec<Source<'_>> {
        let pairs = self.0.iter();
        let sources = pairs.map(|(policy, name)| Source {
            policy,
            arn: None,
            name,
        });
        sources.collect()
    }
}

fn levels(
    kind: DocumentKind,
    name: &str,
    levels: Option<&[Vec<&RawValue>]>,
) -> Result<Option<Vec<Layer>>> {
    let read = |levels: &[Vec<&RawValue>]| {
        let levels = (1..)
            .zip(levels)
            .map(|(number, texts)| Layer::read(kind, &format!("{name} of level {number}"), texts));
        levels.collect()
    };
    levels.map(read).transpose()
}

fn sources(levels: &[Layer]) -> Vec<Vec<Source<'_>>> {
    levels.iter().map(Layer::sources).collect()
}

fn slices<'s, 'a>(levels: &'s [Vec<Source<'a>>]) -> Vec<&'s [Source<'a>]> {
    levels.iter().map(Vec::as_slice).collect()
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allowed => "Allowed",
        Outcome::ImplicitlyDenied(_) => "ImplicitlyDenied",
        Outcome::ExplicitlyDenied(_) => "ExplicitlyDenied",
    }
}

/// The caller of a case. Its unique id is not known; a case's policies name it by its ARN.
fn principal(text: Option<&str>) -> Result<Principal> {
    let Some(text) = text else {
        return Ok(Principal::Anonymous);
    };
    let Ok(arn) = text.parse::<Arn>() else {
        return Ok(Principal::Service {
            name: text.to_owned(),
        });
    };
    let account: AccountId = arn
        .account()
        .parse()
        .with_context(|| format!("the principal {text} names no account"))?;
    let parts: Vec<&str> = arn.resource().split('/').collect();
    Ok(match (arn.service(), parts.as_slice()) {
        ("iam", ["root"]) => Principal::Root { account },
        ("iam", ["user", .., _]) => Principal::User {
            account,
            arn,
            unique_id: String::new(),
        },
        ("iam", ["oidc-provider" | "saml-provider", ..]) => Principal::Federated {
            provider: text.to_owned(),
        },
        ("sts", ["assumed-role", role, session]) => Principal::Role(Box::new(RoleSession {
            account,
            role_arn: format!("arn:{}:iam::{account}:role/{role}", arn.partition()).parse()?,
            role_id: String::new(),
            session_name: (*session).to_owned(),
            session_arn: arn,
            federated_provider: None,
        })),
        _ => bail!(
            "the principal {text} is neither a user, a session of a role, a root user nor an identity provider"
        ),
    })
}
