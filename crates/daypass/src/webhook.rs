//! The pod identity webhook as a server: what comes in is decided by `cluster::webhook`.

mod credentials_file;
mod http;
pub(crate) mod imds;
mod metrics;
pub(crate) mod self_signed;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use arc_swap::ArcSwap;
use cluster::admission_events::{AdmissionEvents, Note, Reason};
use cluster::webhook::{
    ConfigMapRoles, Injection, Method, PodIdentities, Review, Settings, Sources, Untouched,
    Verdict, answer, decide, fits, patch,
};
use cluster::{ServiceAccounts, printable};
use kube::Client;
use serde_json::Value;

pub(crate) use http::{Admission, Observation};
pub(crate) use metrics::Metrics;

/// The webhook: what it is told, and what it knows.
pub(crate) struct Webhook {
    pub(crate) settings: Settings,
    pub(crate) accounts: ServiceAccounts,
    pub(crate) config_map: ArcSwap<ConfigMapRoles>,
    /// Who uses Pod Identity by a file's word.
    pub(crate) pod_identities: ArcSwap<PodIdentities>,
    /// Who does by the server's.
    pub(crate) associations: ArcSwap<PodIdentities>,
    pub(crate) metrics: Metrics,
    pub(crate) events: Option<AdmissionEvents>,
    /// Whether it was asked to stop.
    pub(crate) leaving: AtomicBool,
}

/// What came of a pod, in one word for logs and metrics.
enum Outcome<'a> {
    Injected(&'a Injection, &'a [String]),
    Untouched(&'a Untouched),
}

impl Webhook {
    /// From now on it is not ready, so that nobody is led to it any more; reviews are answered
    /// all the same.
    pub(crate) fn leave(&self) {
        self.leaving.store(true, Ordering::Relaxed);
    }

    /// Whether reviews are to be sent here.
    fn is_ready(&self) -> bool {
        self.accounts.is_ready() && !self.leaving.load(Ordering::Relaxed)
    }

    /// Answers an AdmissionReview.
    async fn admit(&self, body: &[u8]) -> Value {
        let start = Instant::now();
        let review = match Review::parse(body) {
            Ok(review) => review,
            Err(refused) => {
                self.metrics.decided("refused");
                tracing::warn!(answer = %refused, "what came is no review of a pod");
                return refused;
            }
        };
        let (namespace, name) = (review.namespace.as_str(), review.service_account());
        let found = self.accounts.find(namespace, name).await;
        if found.account().is_none() {
            self.metrics.missing_account();
        }
        let (config_map, associations) = (self.config_map.load(), self.associations.load());
        let identities = match associations.has(namespace, name) {
            true => associations,
            false => self.pod_identities.load(),
        };
        let sources = Sources {
            account: found.account(),
            config_map: &config_map,
            pod_identities: &identities,
        };
        let too_large = || Untouched::TooLarge {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        };
        let decided = review.pod().ok_or_else(too_large).and_then(|pod| {
            let random = spread(&review);
            let injection = decide(namespace, name, &pod, sources, &self.settings, random)?;
            if !fits(&pod, &injection) {
                return Err(too_large());
            }
            let patched = patch(&pod, &injection, &self.settings);
            Ok((injection, patched))
        });
        let verdict = match decided {
            Ok((injection, patched)) => {
                self.metrics.injected(injection.method.as_str());
                let outcome = Outcome::Injected(&injection, &patched.containers);
                self.told(&review, &outcome, start);
                Verdict::Patched {
                    operations: patched.operations,
                    warning: injection.warning(),
                }
            }
            Err(untouched) => {
                self.told(&review, &Outcome::Untouched(&untouched), start);
                Verdict::Unchanged
            }
        };
        answer(&review, &verdict)
    }

    /// One line in the log, one count, and one event if it may interest somebody.
    fn told(&self, review: &Review<'_>, outcome: &Outcome<'_>, start: Instant) {
        let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        let word = outcome.word();
        self.metrics.decided(word);
        let text = outcome.text();
        let text = printable(&text);
        tracing::info!(
            namespace = review.namespace,
            service_account = review.service_account(),
            pod = review.pod_name(),
            dry_run = review.dry_run,
            outcome = word,
            micros,
            "{text}",
        );
        if let (Some(events), Some(reason), false) =
            (&self.events, outcome.reason(), review.dry_run)
        {
            events.note(Note {
                namespace: review.namespace.clone(),
                service_account: review.service_account().to_owned(),
                reason,
                text: text.into_owned(),
            });
        }
    }
}

impl Outcome<'_> {
    fn word(&self) -> &'static str {
        match self {
            Self::Injected(_, []) => "nothing_to_add",
            Self::Injected(..) => "injected",
            Self::Untouched(Untouched::NoRole { .. }) => "no_role",
            Self::Untouched(Untouched::UnknownAccount { .. }) => "unknown_account",
            Self::Untouched(Untouched::TooLarge { .. }) => "too_large",
        }
    }

    /// What an event is made of: a service account that nobody has given a role isn't news.
    fn reason(&self) -> Option<Reason> {
        match self {
            Self::Untouched(Untouched::NoRole { .. }) => None,
            Self::Injected(_, []) | Self::Untouched(_) => Some(Reason::NotInjected),
            Self::Injected(injection, _) => Some(match injection.warning() {
                None => Reason::Injected,
                Some(_) => Reason::InvalidRole,
            }),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Untouched(untouched) => untouched.to_string(),
            Self::Injected(injection, []) => format!(
                "{} is not given to any container: each has variables of its own for its \
                 credentials, or is among the containers to skip",
                identity(injection)
            ),
            Self::Injected(injection, containers) => {
                let text = format!(
                    "{} is given to {}, with tokens of {} s",
                    identity(injection),
                    containers.join(", "),
                    injection.token_expiration
                );
                match injection.warning() {
                    Some(warning) => format!("{text}; {warning}"),
                    None => text,
                }
            }
        }
    }
}

fn identity(injection: &Injection) -> String {
    match &injection.method {
        Method::WebIdentity { role_arn, audience } => format!("{role_arn} (audience {audience})"),
        Method::PodIdentity => "the node agent's endpoint".to_owned(),
    }
}

/// A number that differs from review to review; nothing secret rests on it.
fn spread(review: &Review<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    review.uid().hash(&mut hasher);
    hasher.finish()
}

/// Follows the ConfigMap of a namespace; does not end.
pub(crate) async fn follow_config_map(webhook: Arc<Webhook>, client: Client, namespace: String) {
    cluster::role_config_map::watch(client, &namespace, &webhook.config_map).await;
}

/// Follows the file that lists the service accounts of Pod Identity; does not end.
pub(crate) async fn follow_identities(webhook: Arc<Webhook>, file: PathBuf) {
    credentials_file::follow(&file, &webhook.pod_identities).await;
}

/// Follows the cluster's service accounts; does not end.
pub(crate) async fn follow_accounts(webhook: Arc<Webhook>) {
    webhook.accounts.watch().await;
}
