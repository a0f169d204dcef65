//! Checks: what was looked at, what was found, and what to do about it.

use serde_json::{Value, json};

use crate::api_server::MissingRight;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    /// What was looked at, in a word or two.
    pub(crate) subject: &'static str,
    pub(crate) outcome: Outcome,
    /// What was found.
    pub(crate) text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    /// It is not as it must be.
    Failed {
        /// The command, or the change, that comes next.
        next: String,
    },
    /// It could not be looked at, or there is nothing to look at.
    Skipped,
}

impl Check {
    pub(crate) fn passed(subject: &'static str, text: impl Into<String>) -> Self {
        Self {
            subject,
            outcome: Outcome::Passed,
            text: text.into(),
        }
    }

    pub(crate) fn skipped(subject: &'static str, text: impl Into<String>) -> Self {
        Self {
            subject,
            outcome: Outcome::Skipped,
            text: text.into(),
        }
    }

    pub(crate) fn failed(
        subject: &'static str,
        text: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        let outcome = Outcome::Failed { next: next.into() };
        Self {
            subject,
            outcome,
            text: text.into(),
        }
    }

    /// Of something that couldn't be asked: where a right of the cluster's is missing, that comes before everything else.
    pub(crate) fn of_error(
        subject: &'static str,
        error: &anyhow::Error,
        next: impl Into<String>,
    ) -> Self {
        let right = error.downcast_ref::<MissingRight>();
        let next = right.map_or_else(|| next.into(), |right| right.command.clone());
        Self::failed(subject, format!("{error:#}"), next)
    }

    pub(crate) fn is_failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failed { .. })
    }

    /// A line, and below a failure what comes next.
    pub(crate) fn told(&self) -> String {
        let Self { subject, text, .. } = self;
        match &self.outcome {
            Outcome::Passed => format!("✓ {subject}: {text}\n"),
            Outcome::Skipped => format!("- {subject}: {text}\n"),
            Outcome::Failed { next } => format!("✗ {subject}: {text}\n  next: {next}\n"),
        }
    }

    /// For programs.
    pub(crate) fn json(&self) -> Value {
        let (outcome, next) = match &self.outcome {
            Outcome::Passed => ("passed", None),
            Outcome::Skipped => ("skipped", None),
            Outcome::Failed { next } => ("failed", Some(next)),
        };
        json!({"check": self.subject, "outcome": outcome, "text": self.text, "next": next})
    }
}

/// All checks for programs: one object.
pub(crate) fn document(cluster: Option<&str>, checks: &[Check]) -> String {
    let list: Vec<Value> = checks.iter().map(Check::json).collect();
    let ok = !checks.iter().any(Check::is_failed);
    format!(
        "{:#}\n",
        json!({"cluster": cluster, "ok": ok, "checks": list})
    )
}
