//! Access keys of users.

use aws_lc_rs::rand::SystemRandom;
use directory::{AccessKey as Entity, AccountView, KeyStatus, Snapshot, User};
use door::Permit;
use session::{AccessKeyId, generate_secret_access_key};
use trail::Resource;

use super::change::write;
use super::credential_status::settable;
use super::fault::no_such_key;
use super::holder::existing;
use super::page::Window;
use super::quota::within;
use super::resources::{self, ACCESS_KEY};
use super::users::named_or_caller;
use super::{last_used, needs};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs, account_view};
use crate::wire::{Fault, Operation, Secret};

impl Handle for CreateAccessKey {
    const READ_ONLY: bool = false;

    fn needs(input: &CreateAccessKeyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        on_user::<Self>(input.user_name.as_deref(), at)
    }

    fn resources(input: &CreateAccessKeyRequest, at: &At<'_>) -> Vec<Resource> {
        of_user(input.user_name.as_deref(), at)
    }

    async fn handle(
        input: CreateAccessKeyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<CreateAccessKeyResponse, Fault> {
        let name = named_or_caller(input.user_name.as_deref(), at)?.to_owned();
        let id = AccessKeyId::long_term(at.account, &SystemRandom::new());
        let secret = generate_secret_access_key();
        let sealed_secret = at.door.seal_access_key(id.as_str(), &secret);
        let (account, created) = (at.account, at.call.now);
        let most = at.quotas.access_keys_per_user;
        let (user_name, access_key_id) = write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let user = existing::<User>(view, &name)?.clone();
            let keys = tx.snapshot().keys_of(&user.id).count() + 1;
            within(keys, most, "AccessKeysPerUser")?;
            tx.put_key(Entity {
                id: id.to_string(),
                account,
                user_id: user.id.clone(),
                status: KeyStatus::Active,
                sealed_secret,
                created,
            });
            Ok((user.name.to_string(), id.to_string()))
        })
        .await?;
        Ok(CreateAccessKeyResponse {
            access_key: AccessKey {
                user_name,
                access_key_id,
                status: KeyStatus::Active.as_str().to_owned(),
                // Base64 text, so this is never empty.
                secret_access_key: Secret::from(secret.expose_text().unwrap_or_default()),
                create_date: Some(created),
            },
        })
    }
}

impl Handle for ListAccessKeys {
    const READ_ONLY: bool = true;

    fn needs(input: &ListAccessKeysRequest, at: &At<'_>) -> Result<Needs, Fault> {
        on_user::<Self>(input.user_name.as_deref(), at)
    }

    fn resources(input: &ListAccessKeysRequest, at: &At<'_>) -> Vec<Resource> {
        of_user(input.user_name.as_deref(), at)
    }

    async fn handle(
        input: ListAccessKeysRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListAccessKeysResponse, Fault> {
        let window = Window::new(input.marker.as_deref(), input.max_items)?;
        let name = named_or_caller(input.user_name.as_deref(), at)?;
        let snapshot = at.snapshot();
        let user = existing::<User>(account_view(&snapshot, at.account)?, name)?;
        let keys = snapshot.keys_of(&user.id);
        let page = window
            .page(keys.map(|key| (&key.id, key)))
            .map(|key| AccessKeyMetadata {
                user_name: Some(user.name.to_string()),
                access_key_id: Some(key.id.clone()),
                status: Some(key.status.as_str().to_owned()),
                create_date: Some(key.created),
            });
        Ok(ListAccessKeysResponse {
            is_truncated: page.is_truncated(),
            access_key_metadata: page.items,
            marker: page.marker,
        })
    }
}

impl Handle for UpdateAccessKey {
    const READ_ONLY: bool = false;

    fn needs(input: &UpdateAccessKeyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        on_user::<Self>(input.user_name.as_deref(), at)
    }

    fn resources(input: &UpdateAccessKeyRequest, at: &At<'_>) -> Vec<Resource> {
        of_key(input.user_name.as_deref(), &input.access_key_id, at)
    }

    async fn handle(
        input: UpdateAccessKeyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let name = named_or_caller(input.user_name.as_deref(), at)?.to_owned();
        let status = settable(&input.status)?;
        let account = at.account;
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let key = key_of(tx.snapshot(), view, &name, &input.access_key_id)?;
            tx.put_key(Entity { status, ..key });
            Ok(())
        })
        .await
    }
}

impl Handle for DeleteAccessKey {
    const READ_ONLY: bool = false;

    fn needs(input: &DeleteAccessKeyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        on_user::<Self>(input.user_name.as_deref(), at)
    }

    fn resources(input: &DeleteAccessKeyRequest, at: &At<'_>) -> Vec<Resource> {
        of_key(input.user_name.as_deref(), &input.access_key_id, at)
    }

    async fn handle(
        input: DeleteAccessKeyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let name = named_or_caller(input.user_name.as_deref(), at)?.to_owned();
        let account = at.account;
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let key = key_of(tx.snapshot(), view, &name, &input.access_key_id)?;
            tx.delete_key(&key.id);
            Ok(())
        })
        .await
    }
}

impl Handle for GetAccessKeyLastUsed {
    const READ_ONLY: bool = true;

    /// On the key's user. A key that isn't in the caller's account is judged like one of
    /// nobody, so that the answer says nothing of other accounts.
    fn needs(input: &GetAccessKeyLastUsedRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let owner = owner(&at.snapshot(), at, &input.access_key_id);
        let need = match &owner {
            Some(user) => needs::on::<Self, User>(at, user),
            None => needs::listing::<Self>(at, "user", None),
        };
        let shown = format!("access key {}", input.access_key_id);
        Ok(need.shown(Some(shown)).into())
    }

    async fn handle(
        input: GetAccessKeyLastUsedRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GetAccessKeyLastUsedResponse, Fault> {
        let id = &input.access_key_id;
        let snapshot = at.snapshot();
        let user_name = owner(&snapshot, at, id).ok_or_else(|| no_such_key(id))?;
        let key = snapshot.key(id).ok_or_else(|| no_such_key(id))?;
        Ok(GetAccessKeyLastUsedResponse {
            user_name: Some(user_name),
            access_key_last_used: Some(last_used::of_key(at, key)),
        })
    }
}

fn on_user<O: Operation>(named: Option<&str>, at: &At<'_>) -> Result<Needs, Fault> {
    let name = named_or_caller(named, at)?;
    Ok(needs::on::<O, User>(at, name).into())
}

fn of_user(named: Option<&str>, at: &At<'_>) -> Vec<Resource> {
    let name = named_or_caller(named, at);
    name.map(|name| resources::holder::<User>(at, name))
        .unwrap_or_default()
}

fn of_key(named: Option<&str>, id: &str, at: &At<'_>) -> Vec<Resource> {
    let mut resources = of_user(named, at);
    resources.push(resources::resource(at, ACCESS_KEY, id));
    resources
}

/// A key of the user with this name.
fn key_of(snapshot: &Snapshot, view: &AccountView, user: &str, id: &str) -> Result<Entity, Fault> {
    let user = existing::<User>(view, user)?;
    let key = snapshot.key(id).filter(|key| key.user_id == user.id);
    key.map(|key| Entity::clone(key))
        .ok_or_else(|| no_such_key(id))
}

/// The name of the user of this account whose key it is.
fn owner(snapshot: &Snapshot, at: &At<'_>, id: &str) -> Option<String> {
    let user = snapshot.user_by_id(&snapshot.key(id)?.user_id)?;
    (user.account == at.account).then(|| user.name.to_string())
}
