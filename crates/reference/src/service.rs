//! A service.

use std::fmt;

use crate::action::Action;
use crate::condition_key::ConditionKey;
use crate::resource_type::ResourceType;
use crate::table::{KeyRow, Reference, ResourceRow, ServiceRow};
use crate::wildcard;

/// A service of the reference.
#[derive(Clone, Copy)]
pub struct Service<'r> {
    pub(crate) reference: &'r Reference,
    row: &'r ServiceRow,
}

impl<'r> Service<'r> {
    pub(crate) fn new(reference: &'r Reference, row: &'r ServiceRow) -> Self {
        Self { reference, row }
    }

    /// What stands before the colon in its actions: `s3`.
    #[must_use]
    pub fn prefix(self) -> &'r str {
        self.reference.text(self.row.prefix)
    }

    /// The name for people: `Amazon S3`.
    #[must_use]
    pub fn name(self) -> &'r str {
        self.reference.text(self.row.name)
    }

    /// Its actions by name.
    pub fn actions(self) -> impl ExactSizeIterator<Item = Action<'r>> {
        let rows = self.reference.actions.get(self.row.actions.range());
        let rows = rows.unwrap_or_default().iter();
        rows.map(move |row| Action::new(self, row))
    }

    /// The action with this name (`GetObject`), without regard to case.
    #[must_use]
    pub fn action(self, name: &str) -> Option<Action<'r>> {
        let rows = self.reference.actions.get(self.row.actions.range())?;
        let at = rows
            .binary_search_by(|row| wildcard::compare(self.reference.text(row.name), name))
            .ok()?;
        rows.get(at).map(|row| Action::new(self, row))
    }

    /// The types of resources that its actions are asked of, by name.
    pub fn resource_types(self) -> impl ExactSizeIterator<Item = ResourceType<'r>> {
        let rows = self.resource_rows().iter();
        rows.map(move |row| ResourceType::new(self, row))
    }

    /// The condition keys that its actions and resources have: its own, and global ones (`aws:…`) that only some
    /// actions have.
    pub fn condition_keys(self) -> impl ExactSizeIterator<Item = ConditionKey<'r>> {
        let rows = self.key_rows().iter();
        rows.map(move |row| ConditionKey::new(self.reference, row))
    }

    pub(crate) fn resource_rows(self) -> &'r [ResourceRow] {
        let rows = self.reference.resources.get(self.row.resources.range());
        rows.unwrap_or_default()
    }

    pub(crate) fn key_rows(self) -> &'r [KeyRow] {
        let rows = self.reference.keys.get(self.row.keys.range());
        rows.unwrap_or_default()
    }

    /// The keys that a row of the service names.
    pub(crate) fn linked_keys(
        self,
        span: crate::table::Span,
    ) -> impl Iterator<Item = ConditionKey<'r>> {
        let links = self.reference.links(span);
        links
            .filter_map(move |link| self.key_rows().get(link))
            .map(move |row| ConditionKey::new(self.reference, row))
    }
}

/// A prefix belongs to one service.
impl PartialEq for Service<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.prefix() == other.prefix()
    }
}

impl Eq for Service<'_> {}

impl fmt::Debug for Service<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.prefix())
    }
}
