//! The resource column.

use std::fmt;

use serde::Serialize;

/// The resources that actions are covered for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Resources {
    /// Every resource.
    All,
    /// These, each once. There are none where no action can apply.
    Named(Vec<ResourceText>),
}

/// One entry of `Resource`, or all of a `NotResource`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceText {
    /// What a pattern covers.
    Matching {
        /// The service's type of resource, if the pattern covers only one.
        kind: Option<String>,
        /// The pattern as it was written.
        pattern: String,
    },
    /// Everything but what these patterns cover.
    AllExcept(Vec<String>),
}

impl Resources {
    /// Makes these cover what the others cover, too.
    pub(super) fn add(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::All, _) => {}
            (_, Self::All) => *self = Self::All,
            (Self::Named(own), Self::Named(others)) => add_texts(own, others),
        }
    }

    /// The column of a service: "all" only if that holds for all of its actions.
    pub(super) fn of_service<'a>(actions: impl Iterator<Item = &'a Self> + Clone) -> Self {
        if actions.clone().next().is_some() && actions.clone().all(|one| *one == Self::All) {
            return Self::All;
        }
        let mut texts = Vec::new();
        for resources in actions {
            match resources {
                Self::All => add_texts(&mut texts, &[ResourceText::plain("*")]),
                Self::Named(others) => add_texts(&mut texts, others),
            }
        }
        Self::Named(texts)
    }
}

fn add_texts(texts: &mut Vec<ResourceText>, others: &[ResourceText]) {
    for other in others {
        if !texts.contains(other) {
            texts.push(other.clone());
        }
    }
}

impl ResourceText {
    /// A pattern of which nothing more is known.
    pub(super) fn plain(pattern: &str) -> Self {
        Self::Matching {
            kind: None,
            pattern: pattern.to_owned(),
        }
    }
}

/// `All resources`, `Multiple`, the only text, or `None`.
impl fmt::Display for Resources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.pad("All resources"),
            Self::Named(texts) => match texts.as_slice() {
                [] => f.pad("None"),
                [one] => fmt::Display::fmt(one, f),
                _ => f.pad("Multiple"),
            },
        }
    }
}

/// `object | arn:aws:s3:::b/*`, the pattern alone, or `All except …`.
impl fmt::Display for ResourceText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Matching {
                kind: Some(kind),
                pattern,
            } => f.pad(&format!("{kind} | {pattern}")),
            Self::Matching {
                kind: None,
                pattern,
            } => f.pad(pattern),
            Self::AllExcept(patterns) => f.pad(&format!("All except {}", patterns.join(", "))),
        }
    }
}
