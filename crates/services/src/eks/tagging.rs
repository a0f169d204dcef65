//! Tags of clusters and associations.

use std::collections::BTreeMap;

use directory::{AccountView, Cluster, PodIdentityAssociation, Tags, Transaction};
use door::{Need, Permit};
use policy::Arn;
use trail::Resource;

use super::fault::{bad_request, no_resource, write};
use super::{describe, needs};
use crate::generated::eks::{
    ListTagsForResource, ListTagsForResourceRequest, ListTagsForResourceResponse, TagResource,
    TagResourceRequest, TagResourceResponse, UntagResource, UntagResourceRequest,
    UntagResourceResponse,
};
use crate::handle::{At, Handle, Needs, account_view};
use crate::wire::{Fault, Operation};

impl Handle for TagResource {
    const READ_ONLY: bool = false;

    fn needs(input: &TagResourceRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = on_resource::<Self>(at, &input.resource_arn)?;
        Ok(needs::request_tags(need, &input.tags).into())
    }

    fn resources(input: &TagResourceRequest, at: &At<'_>) -> Vec<Resource> {
        resources(at, &input.resource_arn)
    }

    async fn handle(
        input: TagResourceRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<TagResourceResponse, Fault> {
        change(at, input.resource_arn, move |tags| set(tags, input.tags)).await?;
        Ok(TagResourceResponse {})
    }
}

impl Handle for UntagResource {
    const READ_ONLY: bool = false;

    fn needs(input: &UntagResourceRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = on_resource::<Self>(at, &input.resource_arn)?;
        Ok(needs::tag_keys(need, input.tag_keys.clone()).into())
    }

    fn resources(input: &UntagResourceRequest, at: &At<'_>) -> Vec<Resource> {
        resources(at, &input.resource_arn)
    }

    async fn handle(
        input: UntagResourceRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<UntagResourceResponse, Fault> {
        change(at, input.resource_arn, move |tags| {
            input.tag_keys.iter().for_each(|key| tags.remove(key));
            Ok(())
        })
        .await?;
        Ok(UntagResourceResponse {})
    }
}

impl Handle for ListTagsForResource {
    const READ_ONLY: bool = true;

    fn needs(input: &ListTagsForResourceRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(on_resource::<Self>(at, &input.resource_arn)?.into())
    }

    fn resources(input: &ListTagsForResourceRequest, at: &At<'_>) -> Vec<Resource> {
        resources(at, &input.resource_arn)
    }

    async fn handle(
        input: ListTagsForResourceRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListTagsForResourceResponse, Fault> {
        at.view(|view| {
            let arn = &input.resource_arn;
            let found = Tagged::find(view, arn).ok_or_else(|| no_resource(arn))?;
            Ok(ListTagsForResourceResponse {
                tags: Some(describe::tags(found.tags())),
            })
        })
    }
}

/// The tags of something new.
///
/// # Errors
/// `BadRequestException` for reserved keys and too many tags.
pub(super) fn new(tags: Option<BTreeMap<String, String>>) -> Result<Tags, Fault> {
    let mut own = Tags::default();
    set(&mut own, tags.unwrap_or_default())?;
    Ok(own)
}

/// Sets tags. Keys that differ in case only are one key here, as in IAM.
fn set(own: &mut Tags, tags: BTreeMap<String, String>) -> Result<(), Fault> {
    let mut keys = std::collections::BTreeSet::new();
    for key in tags.keys().map(|key| key.to_lowercase()) {
        if key.starts_with("aws:") {
            return Err(bad_request(
                "Tag keys beginning with \"aws:\" are reserved for AWS use.",
            ));
        }
        if !keys.insert(key) {
            return Err(bad_request("Tag keys must differ in more than their case."));
        }
    }
    own.set(tags)
        .map_err(|_| bad_request("A resource can have at most 50 tags."))
}

/// Something that has tags.
enum Tagged {
    Cluster(Cluster),
    Association(PodIdentityAssociation),
}

impl Tagged {
    /// What has this very ARN in an account.
    fn find(view: &AccountView, arn: &str) -> Option<Self> {
        let parsed: Arn = arn.parse().ok()?;
        let (kind, name) = parsed.resource().split_once('/')?;
        let found = match (kind, name.split_once('/')) {
            ("cluster", None) => Self::Cluster(Cluster::clone(view.shelved::<Cluster>(name)?)),
            ("podidentityassociation", Some((cluster, id))) => {
                let found = needs::find_association(view, cluster, id)?;
                Self::Association(PodIdentityAssociation::clone(found))
            }
            _ => return None,
        };
        (found.arn() == arn).then_some(found)
    }

    fn arn(&self) -> String {
        match self {
            Self::Cluster(it) => it.arn(),
            Self::Association(it) => it.arn(),
        }
    }

    fn tags(&self) -> &Tags {
        match self {
            Self::Cluster(it) => &it.tags,
            Self::Association(it) => &it.tags,
        }
    }

    fn tags_mut(&mut self) -> &mut Tags {
        match self {
            Self::Cluster(it) => &mut it.tags,
            Self::Association(it) => &mut it.tags,
        }
    }

    fn shelve(self, tx: &mut Transaction) {
        match self {
            Self::Cluster(it) => tx.shelve(it),
            Self::Association(it) => tx.shelve(it),
        }
    }
}

/// `O` on what has this ARN, be it there or not.
///
/// # Errors
/// `BadRequestException` when it is no ARN of EKS.
fn on_resource<O: Operation>(at: &At<'_>, arn: &str) -> Result<Need, Fault> {
    let invalid = || bad_request(format!("Invalid resource ARN: {arn}."));
    let parsed: Arn = arn.parse().map_err(|_| invalid())?;
    if parsed.service() != "eks" {
        return Err(invalid());
    }
    let owner = parsed.account().parse().map_err(|_| invalid())?;
    let need = Need::new(needs::action::<O>(), arn).owner(owner);
    let found = at.view(|view| Ok(Tagged::find(view, arn)))?;
    Ok(match found {
        Some(found) => needs::resource_tags(need, found.tags()),
        None => need,
    })
}

fn resources(at: &At<'_>, arn: &str) -> Vec<Resource> {
    let parsed = arn.parse::<Arn>().ok();
    let parts = parsed
        .as_ref()
        .and_then(|arn| arn.resource().split_once('/'));
    match parts {
        Some(("cluster", name)) => vec![needs::cluster_resource(at, name)],
        Some(("podidentityassociation", name)) => name
            .split_once('/')
            .map(|(cluster, id)| vec![needs::association_resource(at, cluster, id)])
            .unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// Changes the tags of what has this ARN.
async fn change(
    at: &At<'_>,
    arn: String,
    change: impl FnOnce(&mut Tags) -> Result<(), Fault> + Send + 'static,
) -> Result<(), Fault> {
    let account = at.account;
    write(at, move |tx| {
        let view = account_view(tx.snapshot(), account)?;
        let mut found = Tagged::find(view, &arn).ok_or_else(|| no_resource(&arn))?;
        change(found.tags_mut())?;
        found.shelve(tx);
        Ok(())
    })
    .await
}
