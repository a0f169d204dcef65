//! Statement by statement: which actions each one names, and what it does for them.

use std::collections::BTreeMap;

use reference::{Action, Reference, Service};

use super::Summary;
use super::applicable::Reach;
use super::condition::Conditions;
use super::resource::{ResourceText, Resources};
use super::service::{ActionSummary, Mention, NoAccess, ServiceSummary};
use super::unrecognized::Unrecognized;
use crate::syntax::{Statement, Text, Texts};

/// What is known after some statements.
pub(super) struct Gathering<'r> {
    reference: &'r Reference,
    allow: Actions<'r>,
    deny: Actions<'r>,
    unrecognized: Vec<Unrecognized>,
}

/// The statements for each action, under the prefix of its service and its name.
type Actions<'r> = BTreeMap<(&'r str, &'r str), (Action<'r>, Vec<Mention>)>;

impl<'r> Gathering<'r> {
    pub(super) fn new(reference: &'r Reference) -> Self {
        Self {
            reference,
            allow: Actions::new(),
            deny: Actions::new(),
            unrecognized: Vec::new(),
        }
    }

    /// Adds a statement of a valid document.
    pub(super) fn add(&mut self, policy: usize, statement: &Statement<'_>) {
        let Some(actions) = &statement.action else {
            return;
        };
        let unknown = actions
            .texts
            .iter()
            .filter(|text| self.reference.expand(&text.value).next().is_none());
        let reference = self.reference;
        self.unrecognized
            .extend(unknown.map(|text| Unrecognized::action(policy, text, reference)));

        let named = self.named(actions);
        let conditions = Conditions::of(&statement.conditions);
        let mut scope = Scope::new(statement.resource.as_ref());
        let allows = matches!(&statement.effect, Some(effect) if effect.value == "Allow");
        let part = if allows {
            &mut self.allow
        } else {
            &mut self.deny
        };
        for action in &named {
            let (resources, reason) = scope.of(*action);
            // `*` on a bucket names every service, but nobody expects to read that of the others.
            if reason.is_some() && !names_service(actions, action.service()) {
                continue;
            }
            let unsupported = || {
                let key = conditions.unsupported_key(*action)?;
                Some(NoAccess::UnsupportedConditionKey(key.to_owned()))
            };
            let mention = Mention {
                resources,
                conditions: conditions.clone(),
                no_access: reason.or_else(unsupported),
            };
            let key = (action.service().prefix(), action.name());
            let (_, mentions) = part.entry(key).or_insert_with(|| (*action, Vec::new()));
            mentions.push(mention);
        }
        if !named.is_empty() {
            let unused = scope.unused();
            self.unrecognized
                .extend(unused.map(|text| Unrecognized::resource(policy, text)));
        }
    }

    pub(super) fn finish(self) -> Summary {
        Summary {
            allow: services(self.allow),
            deny: services(self.deny),
            unrecognized: self.unrecognized,
        }
    }

    /// The actions of an `Action` or a `NotAction`, each once.
    fn named(&self, actions: &Texts<'_>) -> Vec<Action<'r>> {
        let covered = |action: &Action<'r>| {
            let mut texts = actions.texts.iter();
            texts.any(|text| action.matches(&text.value))
        };
        if actions.negated {
            return self
                .reference
                .actions()
                .filter(|action| !covered(action))
                .collect();
        }
        let mut named = BTreeMap::new();
        for text in &actions.texts {
            let found = self.reference.expand(&text.value);
            named.extend(found.map(|action| ((action.service().prefix(), action.name()), action)));
        }
        named.into_values().collect()
    }
}

/// Whether a pattern has the service's own prefix.
fn names_service(actions: &Texts<'_>, service: Service<'_>) -> bool {
    let named = |text: &Text<'_>| {
        let prefix = text.value.split_once(':').map(|(prefix, _)| prefix);
        prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case(service.prefix()))
    };
    !actions.negated && actions.texts.iter().any(named)
}

fn services(actions: Actions<'_>) -> Vec<ServiceSummary> {
    let mut services: Vec<(Service<'_>, Vec<ActionSummary>)> = Vec::new();
    for (action, mentions) in actions.into_values() {
        let summary = ActionSummary::new(action, &mentions);
        match services.last_mut() {
            Some((service, actions)) if *service == action.service() => actions.push(summary),
            _ => services.push((action.service(), vec![summary])),
        }
    }
    services
        .into_iter()
        .map(|(service, actions)| ServiceSummary::new(service, actions))
        .collect()
}

/// The resources of a statement, seen from one service after the other.
struct Scope<'d, 't> {
    resource: Option<&'d Texts<'t>>,
    /// For each pattern, whether any action could use it.
    used: Vec<bool>,
    /// For the service at work, what each pattern reaches.
    reaches: Option<(String, Vec<Reach>)>,
}

impl<'d, 't> Scope<'d, 't> {
    fn new(resource: Option<&'d Texts<'t>>) -> Self {
        Self {
            resource,
            used: vec![false; resource.map_or(0, |resource| resource.texts.len())],
            reaches: None,
        }
    }

    /// The resources for an action; if there are none, why, with all that the statement names.
    fn of(&mut self, action: Action<'_>) -> (Resources, Option<NoAccess>) {
        let Some(resource) = self.resource else {
            return (Resources::All, None);
        };
        let texts = resource.texts.iter().map(|text| text.value.as_ref());
        if resource.negated {
            self.used.fill(true);
            let patterns = texts.map(str::to_owned).collect();
            return (
                Resources::Named(vec![ResourceText::AllExcept(patterns)]),
                None,
            );
        }
        if texts.clone().any(|text| text == "*") {
            self.used.fill(true);
            return (Resources::All, None);
        }
        let service = action.service();
        let reaches = match self.reaches.take() {
            Some((prefix, reaches)) if prefix == service.prefix() => reaches,
            _ => texts
                .clone()
                .map(|text| Reach::new(text, service))
                .collect(),
        };
        let mut named = Vec::new();
        for (reach, used) in reaches.iter().zip(&mut self.used) {
            if reach.covers(action) {
                *used = true;
                named.push(ResourceText::Matching {
                    kind: reach.kind().map(str::to_owned),
                    pattern: reach.pattern().to_owned(),
                });
            }
        }
        self.reaches = Some((service.prefix().to_owned(), reaches));
        if !named.is_empty() {
            return (Resources::Named(named), None);
        }
        let reason = match action.resource_types().next() {
            None => NoAccess::NeedsAllResources,
            Some(_) => NoAccess::NoApplicableResource,
        };
        (
            Resources::Named(texts.map(ResourceText::plain).collect()),
            Some(reason),
        )
    }

    /// The patterns that no action could use.
    fn unused(&self) -> impl Iterator<Item = &'d Text<'t>> {
        let texts = self.resource.map_or(&[][..], |resource| &resource.texts);
        let pairs = texts.iter().zip(&self.used);
        pairs.filter(|(_, used)| !**used).map(|(text, _)| text)
    }
}
