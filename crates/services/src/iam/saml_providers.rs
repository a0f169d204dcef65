//! SAML identity providers.

use std::sync::Arc;

use directory::{AccountView, AssertionEncryption, SamlProvider};
use door::Permit;
use jiff::{SignedDuration, Timestamp};
use saml::Metadata;
use tokio::task::spawn_blocking;
use trail::Resource;

use super::change::write;
use super::fault::{internal, invalid_input, no_such_saml_provider, saml_provider_taken};
use super::name::entity_name;
use super::quota::within;
use super::resources::{self, SAML_PROVIDER};
use super::saml_private_keys::{fresh_id, sealed};
use super::{describe, needs, tags};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs, account_view};
use crate::wire::Fault;

impl Handle for CreateSAMLProvider {
    const READ_ONLY: bool = false;

    fn needs(input: &CreateSAMLProviderRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::action::<Self>(arn_of(at, &input.name));
        Ok(needs::create(need, &input.tags, "iam:TagSAMLProvider"))
    }

    fn resources(input: &CreateSAMLProviderRequest, at: &At<'_>) -> Vec<Resource> {
        resource(at, &arn_of(at, &input.name))
    }

    async fn handle(
        input: CreateSAMLProviderRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<CreateSAMLProviderResponse, Fault> {
        let now = at.call.now;
        let metadata = metadata(at, input.saml_metadata_document.clone()).await?;
        let pem = input.add_private_key.as_ref();
        let key = pem.map(|pem| sealed(at.door, pem, now)).transpose()?;
        let provider = SamlProvider {
            account: at.account,
            name: entity_name(input.name, "name")?,
            id: fresh_id(),
            metadata: input.saml_metadata_document,
            entity_id: metadata.entity_id,
            signing_keys: metadata.keys,
            metadata_end: metadata.valid_until,
            valid_until: end(metadata.valid_until, now),
            encryption: encryption(input.assertion_encryption_mode.as_deref()),
            private_keys: key.into_iter().collect(),
            tags: tags::new(input.tags)?,
            created: now,
        };
        check_encryption(&provider)?;
        let answer = CreateSAMLProviderResponse {
            saml_provider_arn: Some(provider.arn()),
            tags: describe::tags(&provider.tags),
        };
        let most = at.quotas.saml_providers;
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), provider.account)?;
            let providers = view.shelf::<SamlProvider>();
            if providers.get(&provider.name.folded()).is_some() {
                return Err(saml_provider_taken(provider.name.as_str()));
            }
            let count = providers.len() + 1;
            within(count, most, "SAMLProvidersPerAccount")?;
            tx.shelve(provider);
            Ok(())
        })
        .await?;
        Ok(answer)
    }
}

impl Handle for GetSAMLProvider {
    const READ_ONLY: bool = true;

    fn needs(input: &GetSAMLProviderRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on_saml_provider::<Self>(at, &input.saml_provider_arn)?.into())
    }

    fn resources(input: &GetSAMLProviderRequest, at: &At<'_>) -> Vec<Resource> {
        resource(at, &input.saml_provider_arn)
    }

    async fn handle(
        input: GetSAMLProviderRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GetSAMLProviderResponse, Fault> {
        let provider = read(at, &input.saml_provider_arn)?;
        let keys = provider.private_keys.iter().map(|key| SAMLPrivateKey {
            key_id: Some(key.id.clone()),
            timestamp: Some(key.added),
        });
        Ok(GetSAMLProviderResponse {
            saml_provider_uuid: Some(provider.id.clone()),
            saml_metadata_document: Some(provider.metadata.clone()),
            create_date: Some(provider.created),
            valid_until: Some(provider.valid_until),
            tags: describe::tags(&provider.tags),
            assertion_encryption_mode: provider.encryption.map(|it| it.as_str().to_owned()),
            private_key_list: keys.collect(),
        })
    }
}

impl Handle for ListSAMLProviders {
    const READ_ONLY: bool = true;

    fn needs(_: &ListSAMLProvidersRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>(arn_of(at, "*")).into())
    }

    async fn handle(
        _: ListSAMLProvidersRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListSAMLProvidersResponse, Fault> {
        at.view(|view| {
            let providers = view.shelf::<SamlProvider>().iter();
            let entry = |provider: &SamlProvider| SAMLProviderListEntry {
                arn: Some(provider.arn()),
                valid_until: Some(provider.valid_until),
                create_date: Some(provider.created),
            };
            Ok(ListSAMLProvidersResponse {
                saml_provider_list: providers.map(|(_, it)| entry(it)).collect(),
            })
        })
    }
}

impl Handle for DeleteSAMLProvider {
    const READ_ONLY: bool = false;

    fn needs(input: &DeleteSAMLProviderRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on_saml_provider::<Self>(at, &input.saml_provider_arn)?.into())
    }

    fn resources(input: &DeleteSAMLProviderRequest, at: &At<'_>) -> Vec<Resource> {
        resource(at, &input.saml_provider_arn)
    }

    /// Roles that trust it stay as they are; nobody can assume them through it any more.
    async fn handle(
        input: DeleteSAMLProviderRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let account = at.account;
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let name = existing(view, &input.saml_provider_arn)?.name.folded();
            tx.unshelve::<SamlProvider>(account, &name);
            Ok(())
        })
        .await
    }
}

/// The provider with this ARN, as it is now.
///
/// # Errors
/// `NoSuchEntity`.
pub(super) fn read(at: &At<'_>, arn: &str) -> Result<Arc<SamlProvider>, Fault> {
    at.view(|view| existing(view, arn).cloned())
}

/// Changes a provider.
///
/// # Errors
/// `NoSuchEntity`, or what `change` answers; nothing has changed then.
pub(super) async fn change(
    at: &At<'_>,
    arn: String,
    change: impl FnOnce(&mut SamlProvider) -> Result<(), Fault> + Send + 'static,
) -> Result<(), Fault> {
    let account = at.account;
    write(at, move |tx| {
        let view = account_view(tx.snapshot(), account)?;
        let mut provider = SamlProvider::clone(existing(view, &arn)?);
        change(&mut provider)?;
        tx.shelve(provider);
        Ok(())
    })
    .await
}

fn existing<'v>(view: &'v AccountView, arn: &str) -> Result<&'v Arc<SamlProvider>, Fault> {
    view.saml_provider(arn)
        .ok_or_else(|| no_such_saml_provider(arn))
}

/// What a metadata document says; why it can't be read is told to the log. It is read apart from
/// the workers that serve requests.
///
/// # Errors
/// `InvalidInput`.
pub(super) async fn metadata(at: &At<'_>, text: String) -> Result<Metadata, Fault> {
    let now = at.call.now;
    let read = spawn_blocking(move || Metadata::parse(&text, now)).await;
    read.map_err(|_| internal())?.map_err(|error| {
        let _ = at.notes.reason.set(format!("SAML metadata: {error}"));
        invalid_input("Could not parse metadata")
    })
}

/// `ValidUntil`: metadata that have no end of their own are shown to last a hundred years.
pub(super) fn end(of_metadata: Option<Timestamp>, now: Timestamp) -> Timestamp {
    const CENTURY: SignedDuration = SignedDuration::from_hours(36_525 * 24);
    let century = now.saturating_add(CENTURY).unwrap_or(Timestamp::MAX);
    of_metadata.unwrap_or(century)
}

/// `AssertionEncryptionMode`; the model's constraint has been checked by now.
pub(super) fn encryption(mode: Option<&str>) -> Option<AssertionEncryption> {
    mode.map(|mode| match mode {
        "Required" => AssertionEncryption::Required,
        _ => AssertionEncryption::Allowed,
    })
}

/// Encryption can be required only where something can be decrypted.
///
/// # Errors
/// `InvalidInput`.
pub(super) fn check_encryption(provider: &SamlProvider) -> Result<(), Fault> {
    let required = provider.encryption == Some(AssertionEncryption::Required);
    if required && provider.private_keys.is_empty() {
        return Err(invalid_input(
            "Unable to set assertion encryption mode to Required because no private key is \
             provided.",
        ));
    }
    Ok(())
}

/// A provider for the audit record.
pub(super) fn resource(at: &At<'_>, arn: &str) -> Vec<Resource> {
    vec![resources::resource(at, SAML_PROVIDER, arn)]
}

fn arn_of(at: &At<'_>, name: &str) -> String {
    format!("arn:aws:iam::{}:saml-provider/{name}", at.account)
}
