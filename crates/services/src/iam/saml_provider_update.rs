//! Changing a SAML provider: its metadata, whether assertions must be encrypted, its keys.

use directory::{AssertionEncryption, SamlProvider};
use door::Permit;
use trail::Resource;

use super::fault::{invalid_input, limit_exceeded};
use super::needs;
use super::saml_private_keys::sealed;
use super::saml_providers::{change, check_encryption, encryption, end, metadata, resource};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for UpdateSAMLProvider {
    const READ_ONLY: bool = false;

    fn needs(input: &UpdateSAMLProviderRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on_saml_provider::<Self>(at, &input.saml_provider_arn)?.into())
    }

    fn resources(input: &UpdateSAMLProviderRequest, at: &At<'_>) -> Vec<Resource> {
        resource(at, &input.saml_provider_arn)
    }

    async fn handle(
        input: UpdateSAMLProviderRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<UpdateSAMLProviderResponse, Fault> {
        check_request(&input)?;
        let now = at.call.now;
        let document = input.saml_metadata_document;
        let metadata = match document.clone() {
            Some(text) => Some(metadata(at, text).await?),
            None => None,
        };
        let pem = input.add_private_key.as_ref();
        let key = pem.map(|pem| sealed(at.door, pem, now)).transpose()?;
        let mode = encryption(input.assertion_encryption_mode.as_deref());
        let removed = input.remove_private_key;
        let arn = input.saml_provider_arn;
        let most = at.quotas.private_keys_per_saml_provider;
        change(at, arn.clone(), move |provider| {
            if let (Some(metadata), Some(document)) = (metadata, document) {
                provider.metadata = document;
                provider.entity_id = metadata.entity_id;
                provider.signing_keys = metadata.keys;
                provider.metadata_end = metadata.valid_until;
                provider.valid_until = end(metadata.valid_until, now);
            }
            if let Some(key) = key {
                if provider.private_keys.len() >= most {
                    return Err(limit_exceeded(format!(
                        "Private key limit of {most} is reached."
                    )));
                }
                provider.private_keys.push(key);
            }
            if let Some(mode) = mode {
                provider.encryption = Some(mode);
            }
            if let Some(id) = removed {
                remove(provider, &id)?;
            }
            check_encryption(provider)
        })
        .await?;
        Ok(UpdateSAMLProviderResponse {
            saml_provider_arn: Some(arn),
        })
    }
}

/// What the parameters can't ask for together.
fn check_request(input: &UpdateSAMLProviderRequest) -> Result<(), Fault> {
    let (adds, removes) = (
        input.add_private_key.is_some(),
        input.remove_private_key.is_some(),
    );
    if adds && removes {
        return Err(invalid_input(
            "Unable to add and remove private keys in the same request. Set a value for only one \
             of the two parameters.",
        ));
    }
    let changes =
        input.saml_metadata_document.is_some() || input.assertion_encryption_mode.is_some();
    if !adds && !removes && !changes {
        return Err(invalid_input(
            "Unable to update identity provider. No updates are defined for metadata or \
             encryption assertion.",
        ));
    }
    Ok(())
}

/// Removes a key; the last one stays while assertions must be encrypted.
fn remove(provider: &mut SamlProvider, id: &str) -> Result<(), Fault> {
    let before = provider.private_keys.len();
    provider.private_keys.retain(|key| key.id != id);
    if provider.private_keys.len() == before {
        return Err(invalid_input(
            "Failed to remove private key because the Key ID does not match a private key.",
        ));
    }
    let required = provider.encryption == Some(AssertionEncryption::Required);
    if required && provider.private_keys.is_empty() {
        return Err(invalid_input("Failed to remove private key."));
    }
    Ok(())
}
