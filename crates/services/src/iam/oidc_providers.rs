//! OIDC identity providers.

use std::sync::Arc;

use directory::{AccountView, OidcProvider, ProviderKeys, Transaction};
use door::Permit;
use federation::IssuerUrl;
use serde_json::json;
use trail::Resource;

use super::change::write;
use super::fault::{invalid_input, provider_taken, validation};
use super::oidc_clients::client_ids;
use super::provider::existing;
use super::quota::within;
use super::resources::{self, PROVIDER};
use super::{describe, needs, tags};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs, account_view};
use crate::wire::Fault;

impl Handle for CreateOpenIDConnectProvider {
    const READ_ONLY: bool = false;

    fn needs(input: &CreateOpenIDConnectProviderRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::action::<Self>(arn_of(at, &issuer(&input.url)?));
        Ok(needs::create(
            need,
            &input.tags,
            "iam:TagOpenIDConnectProvider",
        ))
    }

    fn resources(input: &CreateOpenIDConnectProviderRequest, at: &At<'_>) -> Vec<Resource> {
        let url = issuer(&input.url);
        url.map(|url| vec![resources::resource(at, PROVIDER, arn_of(at, &url))])
            .unwrap_or_default()
    }

    async fn handle(
        input: CreateOpenIDConnectProviderRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<CreateOpenIDConnectProviderResponse, Fault> {
        let url = issuer(&input.url)?;
        // Decided here, once: what happens to the bucket later makes the issuer neither ours nor the network's.
        let place = at.verifier.local_place(&url, &at.account.to_string()).await;
        if let Some(place) = &place {
            let shown = format!("bucket {} of this server", place.name);
            let _ = at.notes.additional.set(json!({"issuerDocuments": shown}));
        }
        let provider = OidcProvider {
            account: at.account,
            url,
            client_ids: client_ids(input.client_id_list, at.quotas.client_ids_per_provider)?,
            thumbprints: thumbprints(input.thumbprint_list, at.quotas.thumbprints_per_provider)?,
            tags: tags::new(input.tags)?,
            created: at.call.now,
            bucket: place.map(|place| place.identity),
        };
        let answer = CreateOpenIDConnectProviderResponse {
            open_id_connect_provider_arn: Some(provider.arn()),
            tags: describe::tags(&provider.tags),
        };
        let most = at.quotas.oidc_providers;
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), provider.account)?;
            if view.provider(provider.url.without_scheme()).is_some() {
                return Err(provider_taken(provider.url.as_str()));
            }
            let count = view.providers().len() + 1;
            let quota = "OpenIdConnectProvidersPerAccount";
            within(count, most, quota)?;
            tx.put_provider(provider);
            Ok(())
        })
        .await?;
        Ok(answer)
    }
}

impl Handle for GetOpenIDConnectProvider {
    const READ_ONLY: bool = true;

    fn needs(input: &GetOpenIDConnectProviderRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on_provider::<Self>(at, &input.open_id_connect_provider_arn)?.into())
    }

    fn resources(input: &GetOpenIDConnectProviderRequest, at: &At<'_>) -> Vec<Resource> {
        let arn = &*input.open_id_connect_provider_arn;
        vec![resources::resource(at, PROVIDER, arn)]
    }

    /// The URL comes back without its scheme, as AWS shows it.
    async fn handle(
        input: GetOpenIDConnectProviderRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GetOpenIDConnectProviderResponse, Fault> {
        let provider = read(at, &input.open_id_connect_provider_arn)?;
        Ok(GetOpenIDConnectProviderResponse {
            url: Some(provider.url.without_scheme().to_owned()),
            client_id_list: provider.client_ids.clone(),
            thumbprint_list: provider.thumbprints.clone(),
            create_date: Some(provider.created),
            tags: describe::tags(&provider.tags),
        })
    }
}

impl Handle for ListOpenIDConnectProviders {
    const READ_ONLY: bool = true;

    fn needs(_: &ListOpenIDConnectProvidersRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let all = format!("arn:aws:iam::{}:oidc-provider/*", at.account);
        Ok(needs::action::<Self>(all).into())
    }

    async fn handle(
        _: ListOpenIDConnectProvidersRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListOpenIDConnectProvidersResponse, Fault> {
        at.view(|view| {
            let providers = view.providers().iter();
            let entry = |provider: &OidcProvider| OpenIDConnectProviderListEntry {
                arn: Some(provider.arn()),
            };
            Ok(ListOpenIDConnectProvidersResponse {
                open_id_connect_provider_list: providers.map(|(_, it)| entry(it)).collect(),
            })
        })
    }
}

impl Handle for DeleteOpenIDConnectProvider {
    const READ_ONLY: bool = false;

    fn needs(input: &DeleteOpenIDConnectProviderRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on_provider::<Self>(at, &input.open_id_connect_provider_arn)?.into())
    }

    fn resources(input: &DeleteOpenIDConnectProviderRequest, at: &At<'_>) -> Vec<Resource> {
        let arn = &*input.open_id_connect_provider_arn;
        vec![resources::resource(at, PROVIDER, arn)]
    }

    async fn handle(
        input: DeleteOpenIDConnectProviderRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let account = at.account;
        let arn = input.open_id_connect_provider_arn;
        write(at, move |tx| {
            let provider = existing(account_view(tx.snapshot(), account)?, &arn)?.clone();
            tx.delete_provider(&provider);
            tx.unshelve::<ProviderKeys>(account, provider.url.without_scheme());
            Ok(())
        })
        .await
    }
}

impl Handle for UpdateOpenIDConnectProviderThumbprint {
    const READ_ONLY: bool = false;

    fn needs(
        input: &UpdateOpenIDConnectProviderThumbprintRequest,
        at: &At<'_>,
    ) -> Result<Needs, Fault> {
        Ok(needs::on_provider::<Self>(at, &input.open_id_connect_provider_arn)?.into())
    }

    fn resources(
        input: &UpdateOpenIDConnectProviderThumbprintRequest,
        at: &At<'_>,
    ) -> Vec<Resource> {
        let arn = &*input.open_id_connect_provider_arn;
        vec![resources::resource(at, PROVIDER, arn)]
    }

    async fn handle(
        input: UpdateOpenIDConnectProviderThumbprintRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let most = at.quotas.thumbprints_per_provider;
        let thumbprints = thumbprints(input.thumbprint_list, most)?;
        let arn = input.open_id_connect_provider_arn;
        // Keys that were fetched under the old thumbprints stay with those.
        change(at, arn, move |provider| {
            provider.thumbprints = thumbprints;
            Ok(())
        })
        .await
    }
}

/// The provider with this ARN.
pub(super) fn find<'v>(view: &'v AccountView, arn: &str) -> Option<&'v Arc<OidcProvider>> {
    let (_, host_and_path) = arn.split_once(":oidc-provider/")?;
    let provider = view.provider(host_and_path)?;
    (provider.arn() == arn).then_some(provider)
}

/// The provider with this ARN, as it is now.
///
/// # Errors
/// `NoSuchEntity`.
pub(super) fn read(at: &At<'_>, arn: &str) -> Result<Arc<OidcProvider>, Fault> {
    at.view(|view| existing(view, arn).cloned())
}

/// Changes a provider.
///
/// # Errors
/// `NoSuchEntity`, or what `change` answers; nothing has changed then.
pub(super) async fn change<T: Send + 'static>(
    at: &At<'_>,
    arn: String,
    change: impl FnOnce(&mut OidcProvider) -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    let account = at.account;
    write(at, move |tx: &mut Transaction| {
        let view = account_view(tx.snapshot(), account)?;
        let mut provider = OidcProvider::clone(existing(view, &arn)?);
        let value = change(&mut provider)?;
        tx.put_provider(provider);
        Ok(value)
    })
    .await
}

fn issuer(url: &str) -> Result<IssuerUrl, Fault> {
    url.parse()
        .map_err(|_| validation("Invalid Open ID Connect Provider URL"))
}

fn arn_of(at: &At<'_>, url: &IssuerUrl) -> String {
    let url = url.without_scheme();
    format!("arn:aws:iam::{}:oidc-provider/{url}", at.account)
}

/// SHA-1 in hexadecimal; without any, only certificates under well-known roots are trusted.
fn thumbprints(list: Vec<String>, most: usize) -> Result<Vec<String>, Fault> {
    if list.len() > most {
        return Err(invalid_input(&format!(
            "Thumbprint list must contain fewer than {most} entries."
        )));
    }
    let is_hexadecimal = |text: &String| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !list.iter().all(is_hexadecimal) {
        return Err(invalid_input(
            "Thumbprints must be 40 hexadecimal characters.",
        ));
    }
    Ok(list)
}
