//! Which statements of a document may match a request.
//!
//! First by the action: a hash of the service, then what the name begins with before its first
//! wildcard. Where many statements stand under one such beginning (a statement for each of a
//! thousand buckets), then by what their resources begin with. The index only ever leaves out
//! what can't match; what it finds is asked in full. Its size is bounded by that of the document:
//! see [`Budget`].

use std::collections::BTreeMap;

use crate::action::{Action, Filed};
use crate::prefix_map::PrefixMap;
use crate::resource::Target;
use crate::statement::{Effect, Resources, Statement, WORTH_AN_INDEX};

#[derive(Debug, Clone)]
pub(crate) struct Index {
    allow: Side,
    deny: Side,
}

/// The statements of one effect.
#[derive(Debug, Clone)]
struct Side {
    /// A bit for each service, by its hash: most policies are about few, and a look at this tells.
    about: u64,
    // INVARIANT: ascending, and as long as `names`.
    services: Box<[u64]>,
    names: Box<[PrefixMap<Postings>]>,
    /// Statements whose actions do not name a service: `*`, and every `NotAction`.
    any_service: Postings,
}

#[derive(Debug, Clone)]
enum Postings {
    One(Posting),
    List(Box<[Posting]>),
    ByResource(Box<PrefixMap<Box<[Posting]>>>),
}

/// A statement, and which of its action patterns led to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Posting {
    pub(crate) statement: u32,
    // `None`: all of them have to be asked.
    pattern: Option<u32>,
}

impl Posting {
    /// Whether the statement names the action.
    pub(crate) fn names(self, statement: &Statement, action: &Action<'_>) -> bool {
        let Some(pattern) = self.pattern else {
            return statement.action.matches(action);
        };
        let pattern = statement.action.patterns.get(pattern as usize);
        pattern.is_some_and(|pattern| pattern.matches(action))
    }
}

impl Index {
    pub(crate) fn of(statements: &[Statement]) -> Self {
        let mut budget = Budget::of(statements);
        let mut side = |effect| Side::of(statements, effect, &mut budget);
        Self {
            allow: side(Effect::Allow),
            deny: side(Effect::Deny),
        }
    }

    /// Hands over every statement of this effect that may match.
    pub(crate) fn visit(
        &self,
        effect: Effect,
        action: &Action<'_>,
        target: &Target<'_>,
        take: &mut impl FnMut(Posting),
    ) {
        let side = match effect {
            Effect::Allow => &self.allow,
            Effect::Deny => &self.deny,
        };
        if let Some((service, name)) = action.filed()
            && side.about & bit(service) != 0
            && let Ok(at) = side.services.binary_search(&service)
            && let Some(names) = side.names.get(at)
        {
            for postings in names.prefixes_of(name) {
                postings.visit(target, take);
            }
        }
        side.any_service.visit(target, take);
    }
}

impl Side {
    fn of(statements: &[Statement], effect: Effect, budget: &mut Budget) -> Self {
        let mut services: BTreeMap<u64, BTreeMap<&str, Vec<Posting>>> = BTreeMap::new();
        let mut any_service = Vec::new();
        for (place, statement) in (0..).zip(statements) {
            if statement.effect != effect {
                continue;
            }
            if statement.action.negated {
                any_service.push(Posting {
                    statement: place,
                    pattern: None,
                });
                continue;
            }
            for (pattern, action) in (0..).zip(&statement.action.patterns) {
                let posting = Posting {
                    statement: place,
                    pattern: Some(pattern),
                };
                match action.filed() {
                    Filed::Service { hash, name } => {
                        let names = services.entry(hash).or_default();
                        names.entry(name).or_default().push(posting);
                    }
                    Filed::AnyService => any_service.push(posting),
                }
            }
        }
        let names = services.values().map(|names| {
            let names: BTreeMap<&str, Postings> = names
                .iter()
                .map(|(name, postings)| (*name, Postings::of(postings, statements, budget)))
                .collect();
            PrefixMap::from(names)
        });
        Self {
            about: services
                .keys()
                .fold(0, |about, service| about | bit(*service)),
            names: names.collect(),
            services: services.keys().copied().collect(),
            any_service: Postings::of(&any_service, statements, budget),
        }
    }
}

fn bit(service: u64) -> u64 {
    1 << (service % 64)
}

/// How many entries by resource an index may still have. Every action pattern of a statement would
/// be filed under every resource of it: many of both would multiply.
struct Budget(usize);

impl Budget {
    fn of(statements: &[Statement]) -> Self {
        let patterns = statements
            .iter()
            .map(|it| it.action.patterns.len() + it.resource.as_ref().map_or(1, Resources::len));
        Self(patterns.sum::<usize>() * 2)
    }

    fn take(&mut self, entries: usize) -> bool {
        let rest = self.0.checked_sub(entries);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }
}

impl Postings {
    fn of(postings: &[Posting], statements: &[Statement], budget: &mut Budget) -> Self {
        if let [only] = postings {
            return Self::One(*only);
        }
        let list = || Self::List(postings.into());
        if postings.len() <= WORTH_AN_INDEX {
            return list();
        }
        let named = |posting: &Posting| {
            let statement = statements.get(posting.statement as usize);
            statement.and_then(|it| it.resource.as_ref())
        };
        let entries = postings
            .iter()
            .map(|it| named(it).map_or(1, Resources::len));
        if !budget.take(entries.sum()) {
            return list();
        }
        let mut resources: BTreeMap<&str, Vec<Posting>> = BTreeMap::new();
        for posting in postings {
            for beginning in beginnings(named(posting)) {
                let listed = resources.entry(beginning).or_default();
                if listed.last() != Some(posting) {
                    listed.push(*posting);
                }
            }
        }
        let resources: BTreeMap<_, Box<[Posting]>> = resources
            .into_iter()
            .map(|(beginning, postings)| (beginning, postings.into()))
            .collect();
        Self::ByResource(Box::new(PrefixMap::from(resources)))
    }

    fn visit(&self, target: &Target<'_>, take: &mut impl FnMut(Posting)) {
        match self {
            Self::One(posting) => take(*posting),
            Self::List(postings) => postings.iter().copied().for_each(take),
            Self::ByResource(resources) => resources
                .prefixes_of(target.text())
                .flatten()
                .copied()
                .for_each(take),
        }
    }
}

/// What the resources of a statement begin with. No `Resource`, and `NotResource`, may be anything.
fn beginnings(resources: Option<&Resources>) -> impl Iterator<Item = &str> {
    let (patterns, any) = match resources {
        Some(resources) if !resources.negated => (&*resources.patterns, None),
        _ => (&[][..], Some("")),
    };
    let prefixes = patterns.iter().map(|pattern| pattern.literal_prefix());
    prefixes.chain(any)
}

#[cfg(test)]
mod tests {
    use crate::{DocumentKind, Policy};

    /// Bytes that a policy with these statements takes, for each byte of its text.
    fn growth(statements: &str) -> usize {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        let mut policy = None;
        let memory = allocation_counter::measure(|| {
            policy = Some(Policy::parse(DocumentKind::Identity, &text).unwrap());
        });
        assert!(policy.is_some());
        usize::try_from(memory.bytes_max).unwrap() / text.len()
    }

    #[test]
    fn many_actions_and_many_resources_do_not_multiply() {
        let list = |count: usize, item: &dyn Fn(usize) -> String| {
            let items: Vec<String> = (0..count).map(|it| format!("\"{}\"", item(it))).collect();
            format!("[{}]", items.join(","))
        };
        let statement = |actions: String, resources: String| {
            format!(r#"{{"Effect":"Allow","Action":{actions},"Resource":{resources}}}"#)
        };
        let long = |it: usize| format!("arn:aws:s3:::b{it}-{}*", "x".repeat(700));
        // Seventeen equal beginnings again and again, and long resources.
        let groups = list(6_000, &|it| format!("s3:a{}*", it / 17));
        let one = statement(groups, list(8, &long));
        assert!(growth(&one) < 150, "{}", growth(&one));
        let short = |it: usize| format!("arn:aws:s3:::{it}");
        let every = statement(list(8_000, &|_| "*".to_owned()), list(4_000, &short));
        assert!(growth(&every) < 150, "{}", growth(&every));
        let several: Vec<String> = (0..40)
            .map(|_| statement(list(300, &|it| format!("s3:b{it}*")), list(8, &short)))
            .collect();
        assert!(
            growth(&several.join(",")) < 150,
            "{}",
            growth(&several.join(","))
        );
    }
}
