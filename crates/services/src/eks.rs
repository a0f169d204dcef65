//! EKS, as far as it is about clusters that run elsewhere: which there are, and which roles the pods of their service
//! accounts get.

mod associations;
mod clusters;
mod describe;
pub(crate) mod fault;
pub(crate) mod needs;
mod page;
mod role;
mod tagging;
mod update;

use crate::dispatch::Entry;
use crate::generated::eks;

/// The operations of EKS that are served.
pub(crate) const TABLE: &[Entry] = &[
    Entry::of::<eks::ListClusters>(),
    Entry::of::<eks::DescribeCluster>(),
    Entry::of::<eks::DeregisterCluster>(),
    Entry::of::<eks::CreatePodIdentityAssociation>(),
    Entry::of::<eks::DescribePodIdentityAssociation>(),
    Entry::of::<eks::ListPodIdentityAssociations>(),
    Entry::of::<eks::UpdatePodIdentityAssociation>(),
    Entry::of::<eks::DeletePodIdentityAssociation>(),
    Entry::of::<eks::TagResource>(),
    Entry::of::<eks::UntagResource>(),
    Entry::of::<eks::ListTagsForResource>(),
];
