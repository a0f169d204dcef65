//! The client ids of OIDC providers: the audiences that are accepted.

use door::Permit;
use trail::Resource;

use super::needs;
use super::oidc_providers::change;
use super::quota::within;
use super::resources::{self, PROVIDER};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for AddClientIDToOpenIDConnectProvider {
    const READ_ONLY: bool = false;

    fn needs(
        input: &AddClientIDToOpenIDConnectProviderRequest,
        at: &At<'_>,
    ) -> Result<Needs, Fault> {
        Ok(needs::on_provider::<Self>(at, &input.open_id_connect_provider_arn)?.into())
    }

    fn resources(input: &AddClientIDToOpenIDConnectProviderRequest, at: &At<'_>) -> Vec<Resource> {
        let arn = &*input.open_id_connect_provider_arn;
        vec![resources::resource(at, PROVIDER, arn)]
    }

    /// Adding what is there changes nothing.
    async fn handle(
        input: AddClientIDToOpenIDConnectProviderRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let most = at.quotas.client_ids_per_provider;
        change(at, input.open_id_connect_provider_arn, move |provider| {
            let mut ids = std::mem::take(&mut provider.client_ids);
            ids.push(input.client_id);
            provider.client_ids = client_ids(ids, most)?;
            Ok(())
        })
        .await
    }
}

impl Handle for RemoveClientIDFromOpenIDConnectProvider {
    const READ_ONLY: bool = false;

    fn needs(
        input: &RemoveClientIDFromOpenIDConnectProviderRequest,
        at: &At<'_>,
    ) -> Result<Needs, Fault> {
        Ok(needs::on_provider::<Self>(at, &input.open_id_connect_provider_arn)?.into())
    }

    fn resources(
        input: &RemoveClientIDFromOpenIDConnectProviderRequest,
        at: &At<'_>,
    ) -> Vec<Resource> {
        let arn = &*input.open_id_connect_provider_arn;
        vec![resources::resource(at, PROVIDER, arn)]
    }

    /// Removing what isn't there succeeds.
    async fn handle(
        input: RemoveClientIDFromOpenIDConnectProviderRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        change(at, input.open_id_connect_provider_arn, move |provider| {
            provider.client_ids.retain(|id| *id != input.client_id);
            Ok(())
        })
        .await
    }
}

/// The client ids in their order, each once.
pub(super) fn client_ids(list: Vec<String>, most: usize) -> Result<Vec<String>, Fault> {
    let mut ids: Vec<String> = Vec::with_capacity(list.len());
    for id in list {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    within(ids.len(), most, "ClientIdsPerOpenIdConnectProvider")?;
    Ok(ids)
}
