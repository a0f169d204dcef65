//! Keys of issuers that can't be reached: pushed, listed, deleted.

use directory::{AccountView, OidcProvider, ProviderKeys};
use door::{Need, Permit};
use federation::PushedKeys;
use trail::Resource;

use super::shapes::{
    DeleteOpenIDConnectProviderKeys, DeleteOpenIDConnectProviderKeysRequest,
    ListOpenIDConnectProviderKeys, ListOpenIDConnectProviderKeysRequest, ProviderKey,
    ProviderKeysResponse, PushOpenIDConnectProviderKeys, PushOpenIDConnectProviderKeysRequest,
};
use crate::generated::iam::errors::{DELETE_CONFLICT, INVALID_INPUT, NO_SUCH_ENTITY};
use crate::handle::{At, Handle, Needs, account_view};
use crate::iam::provider;
use crate::wire::{Fault, Operation};

/// What changing the keys of a provider needs besides its own action.
const WRITE: &str = "iam:UpdateOpenIDConnectProviderThumbprint";
/// What seeing them needs.
const READ: &str = "iam:GetOpenIDConnectProvider";

impl Handle for PushOpenIDConnectProviderKeys {
    const READ_ONLY: bool = false;

    fn needs(input: &PushOpenIDConnectProviderKeysRequest, at: &At<'_>) -> Result<Needs, Fault> {
        on_provider::<Self>(at, &input.arn, WRITE)
    }

    fn resources(input: &PushOpenIDConnectProviderKeysRequest, at: &At<'_>) -> Vec<Resource> {
        provider::resources(at, &input.arn)
    }

    async fn handle(
        input: PushOpenIDConnectProviderKeysRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ProviderKeysResponse, Fault> {
        let invalid = |error: federation::InvalidKeys| {
            INVALID_INPUT.fault(format!("The key set can't be used: {error}."))
        };
        let pushed = PushedKeys::read(input.key_set.reveal().as_bytes()).map_err(invalid)?;
        let keep = input.keep_others.unwrap_or_default();
        change(at, input.arn, move |present| match present {
            Some(present) if keep => present.with(&pushed).map(Some).map_err(invalid),
            _ => Ok(Some(pushed)),
        })
        .await
    }
}

impl Handle for ListOpenIDConnectProviderKeys {
    const READ_ONLY: bool = true;

    fn needs(input: &ListOpenIDConnectProviderKeysRequest, at: &At<'_>) -> Result<Needs, Fault> {
        on_provider::<Self>(at, &input.arn, READ)
    }

    fn resources(input: &ListOpenIDConnectProviderKeysRequest, at: &At<'_>) -> Vec<Resource> {
        provider::resources(at, &input.arn)
    }

    async fn handle(
        input: ListOpenIDConnectProviderKeysRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ProviderKeysResponse, Fault> {
        at.view(|view| {
            let provider = provider::existing(view, &input.arn)?;
            Ok(present(view, provider).map_or_else(ProviderKeysResponse::default, answer))
        })
    }
}

impl Handle for DeleteOpenIDConnectProviderKeys {
    const READ_ONLY: bool = false;

    fn needs(input: &DeleteOpenIDConnectProviderKeysRequest, at: &At<'_>) -> Result<Needs, Fault> {
        on_provider::<Self>(at, &input.arn, WRITE)
    }

    fn resources(input: &DeleteOpenIDConnectProviderKeysRequest, at: &At<'_>) -> Vec<Resource> {
        provider::resources(at, &input.arn)
    }

    /// The last key isn't deleted by its id: keys would be fetched from then on, which must be asked for.
    async fn handle(
        input: DeleteOpenIDConnectProviderKeysRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ProviderKeysResponse, Fault> {
        let id = input.key_id;
        change(at, input.arn, move |present| match (present, id) {
            (_, None) => Ok(None),
            (Some(keys), Some(id)) if has(keys, &id) => match keys.without(&id) {
                Some(others) => Ok(Some(others)),
                None => Err(DELETE_CONFLICT.fault(
                    "The key is the last one. Delete all keys to have them fetched from the issuer again.",
                )),
            },
            (_, Some(id)) => Err(NO_SUCH_ENTITY.fault(format!(
                "No key with id {id} was pushed for this OpenIDConnect Provider."
            ))),
        })
        .await
    }
}

fn has(keys: &PushedKeys, id: &str) -> bool {
    let mut keys = keys.keys().iter();
    keys.any(|key| key.id.as_deref() == Some(id))
}

/// The keys that were pushed for a provider.
fn present<'v>(view: &'v AccountView, provider: &OidcProvider) -> Option<&'v ProviderKeys> {
    let keys = view.shelved::<ProviderKeys>(provider.url.without_scheme());
    keys.map(|keys| &**keys)
}

/// Changes the pushed keys of a provider; `None` is none, so that keys are fetched.
async fn change(
    at: &At<'_>,
    arn: String,
    change: impl FnOnce(Option<&PushedKeys>) -> Result<Option<PushedKeys>, Fault> + Send + 'static,
) -> Result<ProviderKeysResponse, Fault> {
    let (account, now) = (at.account, at.call.now);
    let write = at.door.directory().write(move |tx| {
        let view = account_view(tx.snapshot(), account)?;
        let provider = provider::existing(view, &arn)?;
        let url = provider.url.clone();
        let before = present(view, provider).map(|it| &it.keys);
        let Some(keys) = change(before)? else {
            tx.unshelve::<ProviderKeys>(account, url.without_scheme());
            return Ok::<_, Fault>((url, ProviderKeysResponse::default()));
        };
        let keys = ProviderKeys {
            account,
            url: url.clone(),
            keys,
            pushed: now,
        };
        let answer = answer(&keys);
        tx.shelve(keys);
        Ok((url, answer))
    });
    let (url, answer) = write.await?;
    at.verifier.forget(&url);
    Ok(answer)
}

fn answer(keys: &ProviderKeys) -> ProviderKeysResponse {
    let key = |key: &federation::PushedKey| ProviderKey {
        id: key.id.clone(),
        algorithm: key.algorithm,
    };
    ProviderKeysResponse {
        keys: keys.keys.keys().iter().map(key).collect(),
        pushed: Some(keys.pushed),
    }
}

/// `daypass:O` on a provider, and the action of IAM that comes closest: who may not decide how IAM
/// trusts an issuer, e.g. because of `NotAction iam:*`, does not get round it here.
fn on_provider<O: Operation>(at: &At<'_>, arn: &str, iam: &str) -> Result<Needs, Fault> {
    let own = format!("daypass:{}", O::SHAPE.name);
    let need = |action: String| provider::need(at, arn, Need::new(action, arn));
    Ok(Needs::All(vec![need(own)?, need(iam.to_owned())?]))
}
