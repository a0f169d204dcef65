//! What an API server answered instead, in words that help.

use std::fmt;

use anyhow::{Error, anyhow};
use kube::Error as Kube;

use super::{Kubernetes, Place};

/// A right in the cluster that whoever asks lacks.
#[derive(Debug)]
pub(crate) struct MissingRight {
    text: String,
    /// The command that tells whether they have it.
    pub(crate) command: String,
}

impl fmt::Display for MissingRight {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl std::error::Error for MissingRight {}

impl Kubernetes {
    /// The error of a request for an object.
    pub(super) fn refused(&self, verb: &str, place: &Place, error: Kube) -> Error {
        let shown = place.shown();
        match &error {
            // Admission forbids too (a quota, a namespace that ends), and no right helps there.
            Kube::Api(status) if status.is_forbidden() && right(&status.message).is_some() => {
                let namespace = place.in_namespace();
                let resource = match status.message.contains(r#""serviceaccounts/token""#) {
                    true => "serviceaccounts/token".to_owned(),
                    false => place.resource(),
                };
                let command = format!("{} auth can-i {verb} {resource}{namespace}", self.kubectl);
                let text = format!(
                    "{}; whoever asks needs the verb `{verb}` on `{resource}`{}: `{command}` says \
                     whether they have it",
                    status.message,
                    match namespace.is_empty() {
                        true => " in the cluster".to_owned(),
                        false => format!(
                            " in the namespace `{}`",
                            namespace.trim_start_matches(" -n ")
                        ),
                    },
                );
                Error::new(MissingRight { text, command })
            }
            Kube::Api(status) => anyhow!("cannot {verb} {shown}: {}", status.message),
            _ => self.unanswered(error),
        }
    }

    /// The error of a request that got no answer, or one that can't be read.
    pub(super) fn unanswered(&self, error: Kube) -> Error {
        if let Kube::Api(status) = &error {
            if let Some(right) = right(&status.message).filter(|_| status.is_forbidden()) {
                let command = format!("{} auth can-i {right}", self.kubectl);
                let text = format!("{} answers: {}", self.url, status.message);
                return Error::new(MissingRight { text, command });
            }
            return anyhow!("{} answers: {}", self.url, status.message);
        }
        let kubectl = &self.kubectl;
        let causes = Error::new(error);
        anyhow!(
            "{} gives no answer: {causes:#}; `{kubectl} version` asks it too",
            self.url
        )
    }
}

/// Verb and resource of a request that an authorizer refused, as `kubectl auth can-i` takes them.
fn right(message: &str) -> Option<String> {
    let (_, rest) = message.split_once(" cannot ")?;
    let (verb, rest) = rest.split_once(" resource \"")?;
    let (resource, rest) = rest.split_once('"')?;
    let (_, rest) = rest.split_once("API group \"")?;
    let (group, rest) = rest.split_once('"')?;
    let group = match group.is_empty() {
        true => String::new(),
        false => format!(".{group}"),
    };
    let namespace = rest.split_once("in the namespace \"");
    let namespace = namespace.and_then(|(_, it)| it.split_once('"'));
    let place = namespace.map_or_else(|| " -A".to_owned(), |(name, _)| format!(" -n {name}"));
    Some(format!("{verb} {resource}{group}{place}"))
}
