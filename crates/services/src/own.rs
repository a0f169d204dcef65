//! Daypass's own operations: what AWS has none for. They go the way of all others: query calls, signed for the service
//! `daypass`, decided by policies as `daypass:…`, and recorded.

mod cluster_shapes;
mod clusters;
mod oidc_keys;
mod shapes;

use crate::dispatch::Entry;

pub(crate) use shapes::SERVICE;

/// The operations.
pub(crate) const TABLE: &[Entry] = &[
    Entry::of::<shapes::PushOpenIDConnectProviderKeys>(),
    Entry::of::<shapes::ListOpenIDConnectProviderKeys>(),
    Entry::of::<shapes::DeleteOpenIDConnectProviderKeys>(),
    Entry::of::<cluster_shapes::RegisterCluster>(),
];
