//! What was probably meant by a name that does not exist.

use crate::action::Action;
use crate::distance;
use crate::renamed;
use crate::service::Service;
use crate::table::Reference;

impl Reference {
    /// The action that was probably meant by the name of one that does not exist. It is the action for an API operation
    /// of that name (`s3:ListBucket` for `s3:ListObjects`); else the one that differs in a verb of the same sense
    /// (`s3:GetBucketPolicy` for `s3:DescribeBucketPolicy`) or in few letters (`s3:DeleteObject` for
    /// `s3:DeletObject`). If it is the service that does not exist, the same is tried with the nearest one.
    #[must_use]
    pub fn nearest_action(&self, name: &str) -> Option<Action<'_>> {
        let (prefix, name) = name.split_once(':')?;
        let service = self
            .service(prefix)
            .or_else(|| self.nearest_service(prefix))?;
        service
            .action(name)
            .or_else(|| service.action(renamed::action_for(service.prefix(), name)?))
            .or_else(|| same_sense(service, name))
            .or_else(|| few_letters(service, name))
    }

    /// The service whose prefix differs in few letters from one that does not exist: `dynamodb` for `dynamobd`.
    #[must_use]
    pub fn nearest_service(&self, prefix: &str) -> Option<Service<'_>> {
        nearest(prefix, self.services(), Service::prefix)
    }
}

fn few_letters<'r>(service: Service<'r>, name: &str) -> Option<Action<'r>> {
    nearest(name, service.actions(), Action::name)
}

/// The nearest; the first of them, if there are several.
fn nearest<'r, T: Copy>(
    name: &str,
    candidates: impl Iterator<Item = T>,
    name_of: impl Fn(T) -> &'r str,
) -> Option<T> {
    // A shorter name has more neighbours that mean something else.
    let most = (name.len() / 4).clamp(name.len().min(2) / 2, 3);
    let first = |name: &str| name.bytes().next().map(|byte| byte.to_ascii_lowercase());
    candidates
        .filter_map(|candidate| {
            let candidate_name = name_of(candidate);
            let distance = distance::within(most, name, candidate_name)?;
            // The first letter is seldom the wrong one.
            let rank = (distance, first(name) != first(candidate_name));
            Some((rank, candidate))
        })
        .min_by_key(|(rank, _)| *rank)
        .map(|(_, candidate)| candidate)
}

fn same_sense<'r>(service: Service<'r>, name: &str) -> Option<Action<'r>> {
    let (verb, object) = split_verb(name)?;
    let verbs = SENSES
        .iter()
        .find(|verbs| verbs.iter().any(|other| other.eq_ignore_ascii_case(verb)))?;
    verbs
        .iter()
        .find_map(|verb| service.action(&format!("{verb}{object}")))
}

/// The first word of a name in camel case, and the rest.
fn split_verb(name: &str) -> Option<(&str, &str)> {
    let mut letters = name.char_indices().skip(1);
    let (at, _) = letters.find(|(_, letter)| letter.is_ascii_uppercase())?;
    name.split_at_checked(at)
}

/// Verbs that services use for the same thing.
const SENSES: &[&[&str]] = &[
    &[
        "Get", "Describe", "List", "Read", "View", "Head", "Show", "Fetch",
    ],
    &["Put", "Set", "Update", "Modify", "Create", "Add", "Write"],
    &["Delete", "Remove", "Terminate", "Deregister"],
];
