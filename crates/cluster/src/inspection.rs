//! Why a pod has the identity that it has, or none: from the pod, its service account and the
//! cluster's webhook configurations as they are now.

mod selection;

use std::fmt::Write;

use k8s_openapi::api::admissionregistration::v1::MutatingWebhookConfiguration;
use k8s_openapi::api::core::v1::{Container, Namespace, Pod, ServiceAccount};
use kube::ResourceExt;

use crate::printable;
use crate::webhook::{is_role_arn, skipped_containers};

pub use selection::selects;

/// What is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// The pod.
    pub pod: &'a Pod,
    /// Its service account, if there is one.
    pub account: Option<&'a ServiceAccount>,
    /// Its namespace.
    pub namespace: &'a Namespace,
    /// All of the cluster.
    pub configurations: &'a [MutatingWebhookConfiguration],
    /// Of the annotations, e.g. `eks.amazonaws.com`.
    pub prefix: &'a str,
    /// The options that make another command ask the same cluster, each after a blank.
    pub words: &'a str,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Whether a container has a role or the agent's endpoint.
    pub has_identity: bool,
    /// What was found, a sentence each.
    pub findings: Vec<String>,
    /// The command that mends it, if there is one.
    pub next: Option<String>,
}

impl Inspection {
    fn told(has_identity: bool, finding: String) -> Self {
        Self {
            has_identity,
            findings: vec![finding],
            next: None,
        }
    }

    fn next(mut self, command: String) -> Self {
        self.next = Some(command);
        self
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        for finding in &self.findings {
            let _ = writeln!(text, "{}", printable(finding));
        }
        if let Some(next) = &self.next {
            let _ = writeln!(text, "next:  {}", printable(next));
        }
        text
    }
}

/// Looks at the evidence.
#[must_use]
pub fn inspect(evidence: &Evidence<'_>) -> Inspection {
    match Given::to(evidence.pod) {
        Some(given) => evidence.with(&given),
        None => evidence.without(),
    }
}

/// What the containers of a pod were given.
struct Given {
    identity: String,
    role: Option<String>,
    endpoint: Option<String>,
    with: Vec<String>,
    without: Vec<String>,
}

impl Given {
    fn to(pod: &Pod) -> Option<Self> {
        let spec = pod.spec.as_ref()?;
        let initial = spec.init_containers.iter().flatten();
        let all: Vec<&Container> = spec.containers.iter().chain(initial).collect();
        let identity = |it: &&Container| {
            value(it, "AWS_ROLE_ARN").or_else(|| value(it, "AWS_CONTAINER_CREDENTIALS_FULL_URI"))
        };
        let first = all.iter().copied().find(|it| identity(it).is_some())?;
        let (with, without): (Vec<_>, Vec<_>) =
            all.iter().copied().partition(|it| identity(it).is_some());
        let names = |of: Vec<&Container>| of.into_iter().map(|it| it.name.clone()).collect();
        let endpoint = value(first, "AWS_ENDPOINT_URL");
        Some(Self {
            identity: identity(&first)?,
            role: value(first, "AWS_ROLE_ARN"),
            endpoint: endpoint.or_else(|| value(first, "AWS_ENDPOINT_URL_STS")),
            with: names(with),
            without: names(without),
        })
    }

    /// The containers in words, and the verb for as many.
    fn who(&self) -> String {
        match self.with.as_slice() {
            [one] => format!("The pod's container {one} has"),
            several => format!("The pod's containers {} have", several.join(", ")),
        }
    }
}

/// What a container's pod says of a variable.
fn value(container: &Container, name: &str) -> Option<String> {
    let mut variables = container.env.iter().flatten();
    let found = variables.find(|it| it.name == name)?;
    Some(match &found.value_from {
        Some(_) => ELSEWHERE.to_owned(),
        None => found.value.clone().unwrap_or_default(),
    })
}

/// In place of a value that another object has.
const ELSEWHERE: &str = "what its valueFrom leads to";

impl Evidence<'_> {
    fn with(&self, given: &Given) -> Inspection {
        let (who, identity) = (given.who(), &given.identity);
        let is_role = |it: &String| is_role_arn(it) || it == ELSEWHERE;
        let usable = given.role.as_ref().is_none_or(is_role);
        let mut found = match usable {
            true => Inspection::told(true, format!("{who} {identity}{}.", self.token())),
            false => Inspection::told(
                false,
                format!(
                    "{who} `{identity}` for a role, which is no role's ARN: there are no \
                     credentials for it."
                ),
            ),
        };
        if usable {
            found.findings.push(self.endpoint(given));
        }
        let skipped = self.pod.annotations();
        let skipped = skipped.get(&format!("{}/skip-containers", self.prefix));
        let skipped = skipped.map(|it| skipped_containers(it)).unwrap_or_default();
        for name in &given.without {
            found.findings.push(match skipped.contains(name) {
                true => format!(
                    "Its container {name} has none: the pod's annotation skip-containers names it."
                ),
                false => format!("Its container {name} has none."),
            });
        }
        let now = self.account.and_then(|it| self.annotated(it));
        if let (Some(then), Some(now)) = (given.role.as_deref(), now)
            && then != now
            && then != ELSEWHERE
        {
            found.findings.push(format!(
                "The service account names {now} now; the pod keeps what it was given when it was made."
            ));
            return found.next(self.anew());
        }
        match usable {
            true => found,
            false => {
                let (annotate, anew) = (self.annotate(), self.anew());
                found.findings.push(format!(
                    "The service account gets a role's ARN by `{annotate}`, and the pod when it is \
                     made again, e.g. by `{anew}`."
                ));
                found.next(self.create(" --override-existing-serviceaccounts"))
            }
        }
    }

    /// Whom the pod's SDK asks.
    fn endpoint(&self, given: &Given) -> String {
        match &given.endpoint {
            Some(endpoint) => format!("Its SDK asks {endpoint}."),
            None => format!(
                "It was given no AWS_ENDPOINT_URL: its SDK asks AWS itself. If it is to ask Daypass, \
                 the webhook needs --aws-endpoint-url, or the service account the annotation \
                 {}/endpoint-url.",
                self.prefix
            ),
        }
    }

    /// The token's volume in words.
    fn token(&self) -> String {
        let spec = self.pod.spec.as_ref();
        let volumes = spec
            .and_then(|it| it.volumes.as_ref())
            .into_iter()
            .flatten();
        for volume in volumes {
            let sources = volume.projected.as_ref().and_then(|it| it.sources.as_ref());
            for source in sources.into_iter().flatten() {
                let Some(token) = source.service_account_token.as_ref() else {
                    continue;
                };
                if let Some(audience) = token.audience.as_deref()
                    && let Some(seconds) = token.expiration_seconds
                {
                    let name = &volume.name;
                    return format!(
                        ", with tokens of {seconds} s for {audience} in the volume {name}"
                    );
                }
            }
        }
        ", and no token is projected for it: its credentials can't be had".to_owned()
    }

    fn without(&self) -> Inspection {
        let (namespace, account) = (
            self.pod.namespace().unwrap_or_default(),
            self.account_name(),
        );
        let prefix = self.prefix;
        let told = |finding: String| Inspection::told(false, finding);
        let Some(found) = self.account else {
            return told(format!(
                "There is no service account {namespace}/{account} any more."
            ));
        };
        let Some(role) = self.annotated(found) else {
            return told(format!(
                "The service account {namespace}/{account} has no annotation {prefix}/role-arn. \
                 Roles may also come from the webhook's ConfigMap, or from a Pod Identity association. \
                 A role that is there already is named by `{}`; pods that are made afterwards get it.",
                self.annotate()
            ))
            .next(self.create(""));
        };
        match selection::asked_for(self) {
            selection::Asked::Nobody => {
                return told(
                    "No webhook of the cluster is for pods and for identities: none of the \
                     MutatingWebhookConfigurations has one whose name begins with \
                     pod-identity-webhook or iam-for-pods."
                        .to_owned(),
                )
                .next(format!("daypass create cluster --name NAME{}", self.words));
            }
            selection::Asked::NotThis(reasons) => {
                let mut found = told(format!(
                    "The service account names {role}, and the webhook is not asked for this pod:"
                ));
                found.findings.extend(reasons);
                return found;
            }
            selection::Asked::This => {}
        }
        let made = self.pod.creation_timestamp().map(|it| it.0);
        let annotated = selection::changed(found, &format!("{prefix}/role-arn"));
        let (status, anew) = (format!("daypass status{}", self.words), self.anew());
        match (made, annotated) {
            (Some(made), Some(annotated)) if annotated > made => told(format!(
                "The service account was given {role} at {annotated}, after the pod was made at {made}."
            ))
            .next(anew),
            (Some(made), Some(annotated)) if annotated < made => told(format!(
                "The service account names {role}, and the webhook was to be asked; it could not be \
                 reached when the pod was made. When it answers, the pod can be made again: `{anew}`."
            ))
            .next(status),
            // Times have whole seconds, and not every object says when its fields changed.
            _ => told(format!(
                "The service account names {role}, and the webhook was to be asked. It can't be known \
                 whether the annotation came after the pod, or the webhook could not be reached when \
                 the pod was made. When it answers, the pod can be made again: `{anew}`."
            ))
            .next(status),
        }
    }

    fn annotated<'a>(&self, account: &'a ServiceAccount) -> Option<&'a str> {
        let role = account
            .annotations()
            .get(&format!("{}/role-arn", self.prefix));
        role.map(String::as_str).filter(|it| !it.is_empty())
    }

    fn account_name(&self) -> &str {
        let spec = self.pod.spec.as_ref();
        let name = spec.and_then(|it| it.service_account_name.as_deref());
        name.unwrap_or("default")
    }

    /// The command that makes the pod again.
    fn anew(&self) -> String {
        let namespace = self.pod.namespace().unwrap_or_default();
        // A pod of a controller comes back by itself.
        format!(
            "kubectl{} -n {namespace} delete pod {}",
            self.words,
            self.pod.name_any()
        )
    }

    /// The command that names a role that there is.
    fn annotate(&self) -> String {
        let namespace = self.pod.namespace().unwrap_or_default();
        format!(
            "kubectl{} -n {namespace} annotate --overwrite serviceaccount {} {}/role-arn=ARN",
            self.words,
            self.account_name(),
            self.prefix
        )
    }

    /// The command that makes a role for the service account. As it is printed it changes nothing,
    /// for it names no cluster.
    fn create(&self, more: &str) -> String {
        // It annotates by EKS's prefix.
        if self.prefix != "eks.amazonaws.com" {
            return self.annotate();
        }
        let namespace = self.pod.namespace().unwrap_or_default();
        format!(
            "daypass create iamserviceaccount --cluster CLUSTER --namespace {namespace} --name {}{}{more}",
            self.account_name(),
            self.words
        )
    }
}

#[cfg(test)]
mod tests;
