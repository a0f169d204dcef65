//! An action.

use std::fmt;

use crate::condition_key::ConditionKey;
use crate::level::Level;
use crate::resource_type::ResourceType;
use crate::service::Service;
use crate::table::ActionRow;
use crate::wildcard;

/// An action of the reference.
#[derive(Clone, Copy)]
pub struct Action<'r> {
    service: Service<'r>,
    row: &'r ActionRow,
}

impl<'r> Action<'r> {
    pub(crate) fn new(service: Service<'r>, row: &'r ActionRow) -> Self {
        Self { service, row }
    }

    /// The service that has it.
    #[must_use]
    pub fn service(self) -> Service<'r> {
        self.service
    }

    /// The name without the service: `GetObject`. `Display` writes `s3:GetObject`.
    #[must_use]
    pub fn name(self) -> &'r str {
        self.service.reference.text(self.row.name)
    }

    /// What kind of access it gives.
    #[must_use]
    pub fn level(self) -> Level {
        self.row.level
    }

    /// The types of resources that it is asked of, each with whether the action needs one of that type. Without any,
    /// a policy has to name `*` (Service Authorization Reference, "The actions table").
    pub fn resource_types(self) -> impl Iterator<Item = (ResourceType<'r>, bool)> {
        let rows = self.service.resource_rows();
        let links = self.service.reference.links(self.row.resources);
        links.filter_map(move |link| {
            let row = rows.get(link / 2)?;
            Some((ResourceType::new(self.service, row), link % 2 == 1))
        })
    }

    /// The condition keys that a request for it may have, beyond the global keys of all requests. Those of its
    /// resources are with the resource types.
    pub fn condition_keys(self) -> impl Iterator<Item = ConditionKey<'r>> {
        self.service.linked_keys(self.row.keys)
    }

    /// The actions (`kms:Decrypt`) that a caller needs besides, in some uses of it. Not all of them are in the
    /// reference.
    pub fn dependent_actions(self) -> impl Iterator<Item = &'r str> {
        let names = self.service.reference.text(self.row.dependent);
        names.split_ascii_whitespace()
    }

    /// Whether a pattern of a policy (`s3:Get*`, `*`) covers the action, without regard to case.
    #[must_use]
    pub fn matches(self, pattern: &str) -> bool {
        match pattern.split_once(':') {
            Some((prefix, name)) => {
                wildcard::matches(prefix, self.service.prefix())
                    && wildcard::matches(name, self.name())
            }
            None => {
                wildcard::is_everything(pattern) || wildcard::matches(pattern, &self.to_string())
            }
        }
    }
}

impl PartialEq for Action<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.service == other.service && self.name() == other.name()
    }
}

impl Eq for Action<'_> {}

impl fmt::Display for Action<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service.prefix(), self.name())
    }
}

impl fmt::Debug for Action<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
