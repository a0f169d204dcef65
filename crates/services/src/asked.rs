//! What a request asks for, read once.

use http::HeaderName;
use http::header::ACCEPT;
use http::request::Parts;
use session::sigv4::{RequestParts, claimed_service};

use crate::dispatch::Entry;
use crate::generated::{cloudtrail, eks, eks_auth, iam, organizations, sts};
use crate::own;
use crate::wire::{Encoding, Fault, Node, Protocol, Route, Service};

/// Names the operation of a JSON service.
pub(crate) const TARGET: HeaderName = HeaderName::from_static("x-amz-target");

/// The services whose operations are named in a header, with their target prefix.
const JSON_SERVICES: [&Service; 2] = [&cloudtrail::SERVICE, &organizations::SERVICE];

/// The services whose operations are methods and paths. Only the signature tells for which of them a request is.
const REST_SERVICES: [(&Service, &[Route]); 2] = [
    (&eks::SERVICE, eks::ROUTES),
    (&eks_auth::SERVICE, eks_auth::ROUTES),
];

/// The REST service that a request is signed for, and its operations.
pub(crate) fn rest_service(parts: &Parts) -> Option<(&'static Service, &'static [Route])> {
    if parts.headers.contains_key(TARGET) {
        return None;
    }
    let claimed = claimed_service(&request_parts(parts))?;
    let mut services = REST_SERVICES.into_iter();
    services.find(|(service, _)| service.name == claimed)
}

/// What a request asks for.
pub(crate) struct Asked {
    pub(crate) service: &'static Service,
    /// The operation, if it is served.
    pub(crate) entry: Option<&'static Entry>,
    /// The operation's name as the request has it.
    operation: Option<String>,
    pub(crate) parameters: Result<Node, Fault>,
}

impl Asked {
    /// Reads a request. `body` is the whole of it.
    pub(crate) fn of(parts: &Parts, body: &[u8]) -> Self {
        if let Some(target) = parts.headers.get(TARGET) {
            let target = target.to_str().unwrap_or_default();
            let named = target.rsplit_once('.').and_then(|(prefix, name)| {
                let mut services = JSON_SERVICES.into_iter();
                let service = services.find(|service| service.target_prefix == prefix)?;
                Some((service, name.to_owned()))
            });
            let operation = named.as_ref().map(|(_, name)| name.clone());
            // Without a service there is no operation, only somebody to word the refusal.
            let service = named.map_or(&cloudtrail::SERVICE, |(service, _)| service);
            return Self {
                service,
                entry: entry(service, operation.as_deref()),
                operation,
                parameters: Node::from_json(body).map_err(Fault::from),
            };
        }
        if let Some((service, routes)) = rest_service(parts) {
            return Self::rest(service, routes, parts, body);
        }
        let query = parts.uri.query().unwrap_or_default();
        let parameters = Node::from_form(query.as_bytes(), body).map_err(Fault::from);
        let text = |name: &str| parameters.as_ref().ok().and_then(|it| it.text(name));
        let version = text("Version");
        let named = [&iam::SERVICE, &sts::SERVICE, &own::SERVICE]
            .into_iter()
            .find(|service| version == Some(service.version));
        // Without a version there is no operation, only somebody to word the refusal.
        let claimed = || match claimed_service(&request_parts(parts)).as_deref() {
            Some("iam") => &iam::SERVICE,
            Some("daypass") => &own::SERVICE,
            _ => &sts::SERVICE,
        };
        Self {
            service: named.unwrap_or_else(claimed),
            entry: named.and_then(|service| entry(service, text("Action"))),
            operation: text("Action").map(str::to_owned),
            parameters,
        }
    }

    /// Reads a request to a REST service.
    fn rest(
        service: &'static Service,
        routes: &'static [Route],
        parts: &Parts,
        body: &[u8],
    ) -> Self {
        let query = parts.uri.query().unwrap_or_default();
        match Route::find(routes, &parts.method, parts.uri.path()) {
            Some((route, labels)) => Self {
                service,
                entry: entry(service, Some(route.operation)),
                operation: Some(route.operation.to_owned()),
                parameters: route.tree(labels, query, body),
            },
            None => Self {
                service,
                entry: None,
                operation: None,
                parameters: Ok(Node::empty()),
            },
        }
    }

    /// A request that nobody has read: it asks for nothing.
    pub(crate) fn unread() -> Self {
        let service = &sts::SERVICE;
        let fault = service.protocol.errors().internal.fault("");
        Self {
            service,
            entry: None,
            operation: None,
            parameters: Err(fault),
        }
    }

    pub(crate) fn encoding(&self, parts: &Parts) -> Encoding {
        let accept = parts.headers.get(ACCEPT);
        Encoding::negotiate(self.service, accept.and_then(|value| value.to_str().ok()))
    }

    /// The answer to a request for an operation that isn't served.
    pub(crate) fn unknown_operation(&self, parameters: &Node) -> Fault {
        let errors = self.service.protocol.errors();
        match (&self.operation, self.service.protocol) {
            (None, Protocol::RestJson) => errors.missing_operation.fault(format!(
                "No operation of {} has this method and path.",
                self.service.name
            )),
            (None, _) => errors
                .missing_operation
                .fault("The request must contain the parameter Action."),
            (Some(name), Protocol::Query) => {
                let version = parameters.text("Version").unwrap_or("NO_VERSION_SPECIFIED");
                let text = format!("Could not find operation {name} for version {version}");
                errors.unknown_operation.fault(text)
            }
            (Some(_), Protocol::Json11) => errors.unknown_operation.fault(""),
            (Some(name), Protocol::RestJson) => self.service.unknown_operation(name, ""),
        }
    }

    /// The record's `eventName`; a name that the client made up is cut to a sane length.
    pub(crate) fn event_name(&self) -> String {
        match &self.operation {
            Some(name) => name.chars().take(128).collect(),
            None => "Unknown".to_owned(),
        }
    }
}

/// The row of an operation.
fn entry(service: &Service, operation: Option<&str>) -> Option<&'static Entry> {
    let table = match service.name {
        "iam" => crate::iam::TABLE,
        "sts" => crate::sts::TABLE,
        "organizations" => crate::organizations::TABLE,
        "daypass" => own::TABLE,
        "eks" => crate::eks::TABLE,
        "eks-auth" => crate::eks_auth::TABLE,
        _ => crate::cloudtrail::TABLE,
    };
    let name = operation?;
    table.iter().find(|entry| entry.shape.name == name)
}

fn request_parts(parts: &Parts) -> RequestParts<'_> {
    RequestParts {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
        headers: &parts.headers,
    }
}
