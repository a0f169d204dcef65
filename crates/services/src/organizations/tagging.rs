//! Tags of the root, units, accounts and policies.

use std::collections::BTreeSet;

use directory::Tags;
use door::Permit;

use super::fault::{invalid, no_target, violates};
use super::needs;
use super::page::page;
use super::seen::{Who, change, read};
use super::target::Target;
use crate::generated::organizations::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

/// The tags of something new.
pub(super) fn new(tags: Vec<Tag>) -> Result<Tags, Fault> {
    let mut own = Tags::default();
    set(&mut own, tags)?;
    Ok(own)
}

fn set(own: &mut Tags, tags: Vec<Tag>) -> Result<(), Fault> {
    let mut keys = BTreeSet::new();
    for tag in &tags {
        let key = tag.key.to_lowercase();
        if key.starts_with("aws:") {
            return Err(invalid(
                "INVALID_SYSTEM_TAGS_PARAMETER",
                "You specified a tag key that is a system tag. You can't add, edit, or delete \
                 system tag keys because they're reserved for AWS use.",
            ));
        }
        if !keys.insert(key) {
            return Err(invalid(
                "DUPLICATE_TAG_KEY",
                "Tag keys must be unique among the tags attached to the same entity.",
            ));
        }
    }
    let pairs = tags.into_iter().map(|tag| (tag.key, tag.value));
    own.set(pairs).map_err(|_| {
        violates(
            "MAX_TAG_LIMIT_EXCEEDED",
            "You have exceeded the number of tags allowed on this resource.",
        )
    })
}

impl Handle for TagResource {
    const READ_ONLY: bool = false;

    fn needs(input: &TagResourceRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::target::<Self>(at, &input.resource_id);
        Ok(needs::request_tags(need, &input.tags).into())
    }

    async fn handle(input: TagResourceRequest, _permit: Permit, at: &At<'_>) -> Result<(), Fault> {
        change(at, move |seen, changes| {
            let target = Target::find(seen, &input.resource_id).ok_or_else(no_target)?;
            let mut tags = target.tags().clone();
            set(&mut tags, input.tags)?;
            target.tag(tags, changes);
            Ok(())
        })
        .await
    }
}

impl Handle for UntagResource {
    const READ_ONLY: bool = false;

    fn needs(input: &UntagResourceRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::target::<Self>(at, &input.resource_id);
        Ok(needs::tag_keys(need, input.tag_keys.clone()).into())
    }

    async fn handle(
        input: UntagResourceRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        change(at, move |seen, changes| {
            let target = Target::find(seen, &input.resource_id).ok_or_else(no_target)?;
            let mut tags = target.tags().clone();
            input.tag_keys.iter().for_each(|key| tags.remove(key));
            target.tag(tags, changes);
            Ok(())
        })
        .await
    }
}

impl Handle for ListTagsForResource {
    const READ_ONLY: bool = true;

    fn needs(input: &ListTagsForResourceRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::target::<Self>(at, &input.resource_id).into())
    }

    async fn handle(
        input: ListTagsForResourceRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListTagsForResourceResponse, Fault> {
        read(at, Who::Administrator, |seen| {
            let target = Target::find(seen, &input.resource_id).ok_or_else(no_target)?;
            let shown = target.tags().iter().map(|(key, value)| {
                let shape = Tag {
                    key: key.to_owned(),
                    value: value.to_owned(),
                };
                (key, shape)
            });
            // The operation has no `MaxResults`: a resource's tags fit a page.
            let (tags, next_token) = page(input.next_token.as_deref(), Some(50), shown)?;
            Ok(ListTagsForResourceResponse { tags, next_token })
        })
    }
}
