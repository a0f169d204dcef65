//! Types of resources.

use std::fmt;

use crate::condition_key::ConditionKey;
use crate::service::Service;
use crate::table::ResourceRow;

/// A type of resources of a service.
#[derive(Clone, Copy)]
pub struct ResourceType<'r> {
    service: Service<'r>,
    row: &'r ResourceRow,
}

impl<'r> ResourceType<'r> {
    pub(crate) fn new(service: Service<'r>, row: &'r ResourceRow) -> Self {
        Self { service, row }
    }

    /// `bucket`, `object`, …
    #[must_use]
    pub fn name(self) -> &'r str {
        self.service.reference.text(self.row.name)
    }

    /// Its ARNs, with a variable for each part that differs: `arn:${Partition}:s3:::${BucketName}`. A few have `*` as
    /// well, for any text.
    #[must_use]
    pub fn arn(self) -> &'r str {
        self.service.reference.text(self.row.arn)
    }

    /// The condition keys that requests for such a resource may have.
    pub fn condition_keys(self) -> impl Iterator<Item = ConditionKey<'r>> {
        self.service.linked_keys(self.row.keys)
    }
}

impl PartialEq for ResourceType<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.service == other.service && self.name() == other.name()
    }
}

impl Eq for ResourceType<'_> {}

impl fmt::Debug for ResourceType<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.service.prefix(), self.name())
    }
}
