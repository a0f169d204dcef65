//! Kubernetes events that say what the webhook did with a service account's pods.
//!
//! A pod has no name yet when it is admitted, if the name is to be generated; so the events are
//! its service account's. They are written behind the answer, one after the other.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ObjectReference, ServiceAccount};
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::{Api, ObjectMeta, PartialObjectMeta, PostParams};
use kube::{Client, ResourceExt};
use tokio::sync::mpsc;
use tokio::time::sleep;

use crate::object_name::is_name;
use crate::refusal::said;

/// How many wait to be written; further ones are dropped.
const WAITING: usize = 1024;
/// The same is said again after this long at the earliest.
const AGAIN: Duration = Duration::from_secs(600);
/// How many different things are said of one service account in that time.
const OF_ONE: usize = 25;
/// Pause after each, so that a flood of pods is none of events.
const PAUSE: Duration = Duration::from_millis(100);
/// How many texts are remembered so that they aren't repeated.
const REMEMBERED: usize = 4096;
/// The most bytes of a note (Kubernetes API, `events.k8s.io/v1`).
const NOTE: usize = 1024;
const CONTROLLER: &str = "daypass.io/pod-identity-webhook";

/// What is said of a service account's pod.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Note {
    /// Of the pod and its service account.
    pub namespace: String,
    /// The service account's name.
    pub service_account: String,
    /// What happened, in one word.
    pub reason: Reason,
    /// What happened and what to do.
    pub text: String,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The pod was given a role.
    Injected,
    /// It was given a text that is no role's ARN.
    InvalidRole,
    /// It was let in as it is, although it looks as if it was to get a role.
    NotInjected,
}

impl Reason {
    fn name(self) -> &'static str {
        match self {
            Self::Injected => "PodIdentityInjected",
            Self::InvalidRole => "PodIdentityInvalidRole",
            Self::NotInjected => "PodIdentityNotInjected",
        }
    }

    fn severity(self) -> &'static str {
        match self {
            Self::Injected => "Normal",
            Self::InvalidRole | Self::NotInjected => "Warning",
        }
    }
}

/// Takes notes; never waits.
#[derive(Debug, Clone)]
pub struct AdmissionEvents(mpsc::Sender<Note>);

/// Writes the events of what is noted, as long as it is polled.
pub struct Writer {
    client: Client,
    notes: mpsc::Receiver<Note>,
    instance: String,
    said: HashMap<Note, Instant>,
}

impl AdmissionEvents {
    /// A place for notes, and who writes them. `instance` names this process, e.g. its host.
    #[must_use]
    pub fn new(client: Client, instance: &str) -> (Self, Writer) {
        let (sender, notes) = mpsc::channel(WAITING);
        let writer = Writer {
            client,
            notes,
            instance: instance.chars().take(128).collect(),
            said: HashMap::new(),
        };
        (Self(sender), writer)
    }

    /// Takes a note, unless too many wait, or it is of what can't be there.
    pub fn note(&self, note: Note) {
        if !is_name(&note.namespace) || !is_name(&note.service_account) {
            return;
        }
        if self.0.try_send(note).is_err() {
            tracing::debug!("too many events wait to be written; this one is dropped");
        }
    }
}

impl Writer {
    /// Writes until nobody can take notes any more.
    pub async fn run(mut self) {
        while let Some(note) = self.notes.recv().await {
            if !self.is_new(&note, Instant::now()) {
                continue;
            }
            if let Err(error) = self.write(&note).await {
                tracing::warn!(error = said(&error), ?note, "an event can't be written");
                // Said by none yet.
                self.said.remove(&note);
            }
            sleep(PAUSE).await;
        }
    }

    fn is_new(&mut self, note: &Note, now: Instant) -> bool {
        let recent = |at: &Instant| now.duration_since(*at) < AGAIN;
        if self.said.get(note).is_some_and(recent) {
            return false;
        }
        let same = |it: &Note| {
            it.namespace == note.namespace && it.service_account == note.service_account
        };
        let of_it = self.said.iter().filter(|(it, at)| same(it) && recent(at));
        if of_it.count() >= OF_ONE {
            return false;
        }
        if self.said.len() >= REMEMBERED {
            self.said.retain(|_, at| recent(at));
        }
        if self.said.len() >= REMEMBERED {
            self.said.clear();
        }
        self.said.insert(note.clone(), now);
        true
    }

    async fn write(&self, note: &Note) -> kube::Result<()> {
        let accounts: Api<PartialObjectMeta<ServiceAccount>> =
            Api::namespaced(self.client.clone(), &note.namespace);
        // With its uid the event is shown by `kubectl describe serviceaccount`. Of one that is not
        // there nothing is said: whoever reaches the webhook could make up names.
        let Some(account) = accounts.get_opt(&note.service_account).await? else {
            return Ok(());
        };
        let events: Api<Event> = Api::namespaced(self.client.clone(), &note.namespace);
        let event = self.event(note, account.uid());
        events.create(&PostParams::default(), &event).await?;
        Ok(())
    }

    fn event(&self, note: &Note, uid: Option<String>) -> Event {
        Event {
            metadata: ObjectMeta {
                generate_name: Some(format!("{}-", note.service_account)),
                namespace: Some(note.namespace.clone()),
                ..ObjectMeta::default()
            },
            action: Some("Admit".to_owned()),
            event_time: Some(MicroTime(Timestamp::now())),
            note: Some(shortened(&note.text).to_owned()),
            reason: Some(note.reason.name().to_owned()),
            regarding: Some(ObjectReference {
                api_version: Some("v1".to_owned()),
                kind: Some("ServiceAccount".to_owned()),
                name: Some(note.service_account.clone()),
                namespace: Some(note.namespace.clone()),
                uid,
                ..ObjectReference::default()
            }),
            reporting_controller: Some(CONTROLLER.to_owned()),
            reporting_instance: Some(self.instance.clone()),
            type_: Some(note.reason.severity().to_owned()),
            ..Event::default()
        }
    }
}

fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(NOTE)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_same_is_said_again_after_a_while_only() {
        let config = kube::Config::new("http://127.0.0.1:1".parse().unwrap());
        let client = Client::try_from(config).unwrap();
        let (_events, mut writer) = AdmissionEvents::new(client, "host");
        let note = |text: &str| Note {
            namespace: "ns".into(),
            service_account: "app".into(),
            reason: Reason::Injected,
            text: text.into(),
        };
        let start = Instant::now();
        assert!(writer.is_new(&note("a"), start));
        assert!(!writer.is_new(&note("a"), start + AGAIN / 2));
        assert!(writer.is_new(&note("b"), start));
        assert!(writer.is_new(&note("a"), start + AGAIN));
        for number in 0..3 * REMEMBERED {
            let service_account = number.to_string();
            let note = Note {
                service_account,
                ..note("a")
            };
            assert!(writer.is_new(&note, start));
            assert!(writer.said.len() <= REMEMBERED);
        }
        writer.said.clear();
        let new = |number: &usize| writer.is_new(&note(&number.to_string()), start);
        assert_eq!((0..1000).filter(new).count(), OF_ONE);
    }

    #[test]
    fn notes_are_cut_between_characters() {
        let long = "ä".repeat(NOTE);
        assert_eq!(shortened(&long).len(), NOTE);
        assert_eq!(shortened(&format!("a{long}")).len(), NOTE - 1);
    }
}
