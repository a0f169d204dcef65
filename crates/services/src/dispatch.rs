//! From a request to its operation and back, the same way for all of them.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use door::{Answer, Api, Body, Call, Door, Expected, Incoming, Refusal, ResourcePolicies, full};
use federation::Verifier;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Response};
use policy::Principal;
use saml::ServiceProvider;
use serde_json::Value;
use session::sigv4::Family;
use trail::{Draft, Resource};

use crate::asked::{Asked, TARGET, rest_service};
use crate::handle::{At, Handle, Needs, Notes};
use crate::outbound::Outbound;
use crate::quotas::Quotas;
use crate::session_limits;
use crate::wire::{
    ErrorShape, Fault, Node, OperationShape, Protocol, Shape, decode, envelope, record,
};

/// The header of a refusal that holds what `DecodeAuthorizationMessage` opens. AWS has it in the error texts of some
/// services; ours are those of IAM and STS, which have none.
const AUTHORIZATION_MESSAGE: HeaderName =
    HeaderName::from_static("x-daypass-authorization-message");

/// IAM, STS, Organizations, CloudTrail and EKS.
#[derive(Debug)]
pub struct Services {
    verifier: Arc<Verifier>,
    saml: ServiceProvider,
    resources: Option<Arc<dyn ResourcePolicies>>,
    outbound: Arc<Outbound>,
    quotas: Quotas,
}

type Running<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// One row of a service's table: an operation, its types forgotten.
pub(crate) struct Entry {
    pub(crate) shape: &'static OperationShape,
    unsigned: bool,
    read_only: bool,
    run: for<'a> fn(&'a Node, At<'a>) -> Running<'a>,
}

/// What an operation came to.
struct Outcome {
    result: Result<Box<dyn Shape + Send>, Fault>,
    request_parameters: Option<Value>,
    response_elements: Option<Value>,
    resources: Vec<Resource>,
}

impl From<Fault> for Outcome {
    fn from(fault: Fault) -> Self {
        Self {
            result: Err(fault),
            request_parameters: None,
            response_elements: None,
            resources: Vec::new(),
        }
    }
}

impl Entry {
    /// The row of an operation.
    pub(crate) const fn of<O>() -> Self
    where
        O: Handle + 'static,
        O::Input: Send + Sync,
        O::Output: Send + 'static,
    {
        Self {
            shape: O::SHAPE,
            unsigned: O::UNSIGNED,
            read_only: O::READ_ONLY,
            run: |parameters, at| Box::pin(run::<O>(parameters, at)),
        }
    }
}

/// Decode, authorize, handle, describe: the one way through every operation.
async fn run<O>(parameters: &Node, at: At<'_>) -> Outcome
where
    O: Handle,
    O::Input: Send + Sync,
    O::Output: Send + 'static,
{
    let input = match decode::<O>(parameters) {
        Ok(input) => input,
        Err(fault) => return fault.into(),
    };
    let request_parameters = elements(&input);
    let resources = O::resources(&input, &at);
    let result = match permit::<O>(&input, &at) {
        Ok(permit) => O::handle(input, permit, &at).await,
        Err(fault) => Err(fault),
    };
    let answer = result.as_ref().ok().filter(|_| O::RECORDS_ANSWER);
    Outcome {
        response_elements: answer.and_then(|output| elements(output)),
        request_parameters,
        resources,
        result: result.map(|output| Box::new(output) as Box<dyn Shape + Send>),
    }
}

fn permit<O: Handle>(input: &O::Input, at: &At<'_>) -> Result<door::Permit, Fault> {
    let needs = match O::needs(input, at)? {
        Needs::All(needs) => needs,
        Needs::Credentials | Needs::OwnDecision => Vec::new(),
    };
    at.door.authorize(at.call, &needs).map_err(|denied| {
        at.refused(&denied);
        O::SHAPE.service.denied(denied.message)
    })
}

/// A shape as the audit record shows it; `None`, i.e. null, when there is nothing in it.
fn elements(shape: &dyn Shape) -> Option<Value> {
    let value = record::of(shape);
    let empty = value.as_object().is_some_and(serde_json::Map::is_empty);
    (!empty).then_some(value)
}

impl Services {
    /// The services, with `verifier` for the tokens of OIDC providers.
    #[must_use]
    pub fn new(verifier: Arc<Verifier>) -> Self {
        Self {
            verifier,
            saml: ServiceProvider::default(),
            resources: None,
            outbound: Arc::default(),
            quotas: Quotas::default(),
        }
    }

    /// Lets the accounts' issuers for other services have the place of `outbound`, whose documents the caller serves.
    #[must_use]
    pub fn with_outbound(self, outbound: Arc<Outbound>) -> Self {
        Self { outbound, ..self }
    }

    /// Accepts SAML assertions for `endpoint`, the URL that clients use, besides those for AWS's
    /// own names.
    #[must_use]
    pub fn with_endpoint(self, endpoint: &str) -> Self {
        Self {
            saml: ServiceProvider::with_endpoint(endpoint),
            ..self
        }
    }

    /// Lets the simulator ask for the policies of another service's resources.
    #[must_use]
    pub fn with_resources(self, resources: Arc<dyn ResourcePolicies>) -> Self {
        Self {
            resources: Some(resources),
            ..self
        }
    }

    /// Sets how much of everything an account may have; AWS's defaults when not said.
    #[must_use]
    pub fn with_quotas(self, quotas: Quotas) -> Self {
        Self { quotas, ..self }
    }

    async fn outcome(&self, door: &Door, call: &Call, asked: &Asked, notes: &Notes) -> Outcome {
        let unsigned = asked.entry.is_some_and(|entry| entry.unsigned);
        if matches!(call.caller.principal, Principal::Anonymous) && !unsigned {
            return unauthenticated(asked.service.protocol).into();
        }
        let parameters = match &asked.parameters {
            Ok(parameters) => parameters,
            Err(fault) => return fault.clone().into(),
        };
        let Some(entry) = asked.entry else {
            return asked.unknown_operation(parameters).into();
        };
        if let Err(fault) = session_limits::check(call, entry.shape) {
            return fault.into();
        }
        let at = At {
            door,
            call,
            account: call.caller.account().unwrap_or(door.account()),
            verifier: &self.verifier,
            saml: &self.saml,
            resources: self.resources.as_deref(),
            outbound: &self.outbound,
            quotas: &self.quotas,
            notes,
        };
        (entry.run)(parameters, at).await
    }
}

#[async_trait]
impl Api for Services {
    fn family(&self, parts: &Parts) -> Family {
        if parts.headers.contains_key(TARGET) {
            Family::Json
        } else if rest_service(parts).is_some() {
            Family::RestJson
        } else {
            Family::Query
        }
    }

    fn expect(&self, parts: &mut Parts, body: &[u8]) -> Expected {
        let asked = Arc::new(Asked::of(parts, body));
        let expected = Expected {
            service: asked.service.name,
            family: self.family(parts),
            unsigned: asked.entry.is_some_and(|entry| entry.unsigned),
        };
        parts.extensions.insert(asked);
        expected
    }

    fn refuse(&self, parts: &Parts, refusal: &Refusal) -> Response<Body> {
        let asked = parts.extensions.get::<Arc<Asked>>().cloned();
        let asked = asked.unwrap_or_else(|| Arc::new(Asked::of(parts, &[])));
        let shape = ErrorShape {
            code: refusal.code,
            recorded_as: refusal.code,
            status: refusal.status,
            sender_fault: refusal.status < 500,
        };
        let fault = shape.fault(refusal.message.clone());
        let encoding = asked.encoding(parts);
        envelope::failure(asked.service, encoding, &refusal.request_id, &fault).map(full)
    }

    async fn call(&self, door: &Door, call: &Arc<Call>, incoming: Incoming) -> Answer {
        let parts = incoming.parts;
        // Decided once, before the signature was looked at: what the signature was checked
        // for is what runs.
        let asked = parts.extensions.get::<Arc<Asked>>().cloned();
        let asked = asked.unwrap_or_else(|| Arc::new(Asked::unread()));
        let encoding = asked.encoding(&parts);
        let mut notes = Notes::default();
        let outcome = self.outcome(door, call, &asked, &notes).await;
        let (mut response, fault) = match (outcome.result, asked.entry) {
            (Ok(output), Some(entry)) => (
                envelope::success(entry.shape, encoding, &call.request_id, &*output),
                None,
            ),
            (Err(fault), _) => (
                envelope::failure(asked.service, encoding, &call.request_id, &fault),
                Some(fault),
            ),
            // Only an entry makes an output.
            (Ok(_), None) => {
                let fault = asked.service.protocol.errors().internal.fault("");
                (
                    envelope::failure(asked.service, encoding, &call.request_id, &fault),
                    Some(fault),
                )
            }
        };
        let sealed = notes.authorization_message.take();
        if let Some(sealed) = sealed.and_then(|text| HeaderValue::try_from(text).ok()) {
            response.headers_mut().insert(AUTHORIZATION_MESSAGE, sealed);
        }
        let message = notes.error_message.take();
        let event = Draft {
            event_source: asked.service.event_source,
            event_name: asked.event_name(),
            action: asked.entry.map(|entry| entry.shape.name),
            read_only: asked.entry.is_none_or(|entry| entry.read_only),
            management: true,
            request_parameters: outcome.request_parameters,
            response_elements: outcome.response_elements,
            additional: notes.additional.take(),
            resources: notes.resources.take().unwrap_or(outcome.resources),
            error: fault.map(|fault| {
                let text = message.map_or(fault.message, str::to_owned);
                (fault.shape.recorded_as.to_owned(), text)
            }),
            // A stranger's request, and a token of an issuer that nobody has registered, are
            // not recorded by AWS either: they belong to no account.
            unattributed: call.caller.account().is_none() && notes.identity.get().is_none(),
            reason: notes.reason.take(),
            identity: notes.identity.take(),
            recipient: notes.recipient.take(),
        };
        Answer {
            response: response.map(full),
            event,
        }
    }
}

/// "Common errors": a request without any credentials.
fn unauthenticated(protocol: Protocol) -> Fault {
    let (code, status, message) = match protocol {
        Protocol::Query => (
            "MissingAuthenticationToken",
            403,
            "Request is missing Authentication Token",
        ),
        Protocol::Json11 => (
            "MissingAuthenticationTokenException",
            400,
            "Missing Authentication Token",
        ),
        Protocol::RestJson => (
            "MissingAuthenticationTokenException",
            403,
            "Missing Authentication Token",
        ),
    };
    ErrorShape {
        code,
        recorded_as: code,
        status,
        sender_fault: true,
    }
    .fault(message)
}
