//! Inline policies of users, groups and roles.

use directory::Snapshot;
use policy::size_without_whitespace;

use super::document;
use super::fault::{limit_exceeded, no_such_inline};
use super::holder::{Holder, change, read};
use super::page::{Page, Window};
use crate::handle::At;
use crate::wire::Fault;

/// An inline policy as it was found.
pub(super) struct Found {
    pub(super) holder: String,
    pub(super) policy: String,
    pub(super) document: String,
}

/// Adds or replaces an inline policy. Its quota is one for all of them together.
pub(super) async fn put<H: Holder>(
    at: &At<'_>,
    holder: String,
    policy: String,
    text: String,
) -> Result<(), Fault> {
    let document = document::inline(&text)?;
    let name = holder.clone();
    let limit = H::most_inline(at.quotas);
    let set = move |held: &mut H, _: &Snapshot| {
        held.inline_mut().insert(policy, document);
        let sizes = held.inline().values();
        let size: usize = sizes.map(|it| size_without_whitespace(it.text())).sum();
        if size > limit {
            let kind = H::KIND;
            return Err(limit_exceeded(format!(
                "Maximum policy size of {limit} bytes exceeded for {kind} {name}"
            )));
        }
        Ok(())
    };
    change::<H>(at, holder, set).await
}

/// Removes an inline policy.
pub(super) async fn delete<H: Holder>(
    at: &At<'_>,
    holder: String,
    policy: String,
) -> Result<(), Fault> {
    change::<H>(at, holder, move |held, _| {
        let removed = held.inline_mut().remove(&policy);
        let found = removed.map(|_| ());
        found.ok_or_else(|| no_such_inline(H::KIND, &policy))
    })
    .await
}

/// An inline policy, byte for byte as it was sent.
pub(super) fn get<H: Holder>(at: &At<'_>, holder: String, policy: String) -> Result<Found, Fault> {
    let held = read::<H>(at, &holder)?;
    let document = held.inline().get(&policy);
    let document = document.ok_or_else(|| no_such_inline(H::KIND, &policy))?;
    Ok(Found {
        document: document.text().to_owned(),
        holder,
        policy,
    })
}

/// The names of the inline policies.
pub(super) fn list<H: Holder>(
    at: &At<'_>,
    holder: &str,
    marker: Option<&str>,
    max_items: Option<i32>,
) -> Result<Page<String>, Fault> {
    let window = Window::new(marker, max_items)?;
    let held = read::<H>(at, holder)?;
    Ok(window.page(held.inline().keys().map(|name| (name, name.clone()))))
}
