//! SSH public keys of users.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use directory::{AccountView, CredentialOwner, KeyStatus, SshPublicKey as Entity, User};
use door::Permit;
use session::{UniqueIdPrefix, unique_id};
use trail::Resource;

use super::change::write;
use super::credential_faults::{
    invalid_public_key, no_such_ssh_key, ssh_key_taken, unrecognized_public_key,
};
use super::credential_status::settable;
use super::holder::existing;
use super::needs;
use super::page::Window;
use super::quota::within;
use super::resources::{self, SSH_PUBLIC_KEY};
use super::ssh_key::{SshKey, Unusable};
use super::users::named_or_caller;
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs, account_view};
use crate::wire::Fault;

impl Handle for UploadSSHPublicKey {
    const READ_ONLY: bool = false;

    fn needs(input: &UploadSSHPublicKeyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on::<Self, User>(at, &input.user_name).into())
    }

    fn resources(input: &UploadSSHPublicKeyRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<User>(at, &input.user_name)
    }

    async fn handle(
        input: UploadSSHPublicKeyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<UploadSSHPublicKeyResponse, Fault> {
        let body = input.ssh_public_key_body;
        let parsed = SshKey::parse(&body).map_err(|unusable| match unusable {
            Unusable::Unrecognized => unrecognized_public_key(),
            Unusable::Invalid => invalid_public_key(),
        })?;
        let (account, uploaded) = (at.account, at.call.now);
        let most = at.quotas.ssh_public_keys_per_user;
        let shape = write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let user = existing::<User>(view, &input.user_name)?;
            let owner = CredentialOwner::user(&user.id);
            let key = Entity {
                account,
                id: unique_id(UniqueIdPrefix::PublicKey),
                public_key: STANDARD.encode(parsed.der()),
                fingerprint: parsed.fingerprint(),
                body: body.trim_ascii().to_owned(),
                status: KeyStatus::Active,
                uploaded,
                owner,
            };
            let prefix = key.owner.prefix();
            let others = view.shelved_under::<Entity>(&prefix);
            let same = others.filter(|other| other.public_key == key.public_key);
            if same.count() > 0 {
                return Err(ssh_key_taken());
            }
            let count = view.shelved_under::<Entity>(&prefix).count() + 1;
            within(count, most, "SSHPublicKeysPerUser")?;
            let shape = describe(&key, user, key.body.clone());
            tx.shelve(key);
            Ok(shape)
        })
        .await?;
        Ok(UploadSSHPublicKeyResponse {
            ssh_public_key: Some(shape),
        })
    }
}

impl Handle for GetSSHPublicKey {
    const READ_ONLY: bool = true;

    fn needs(input: &GetSSHPublicKeyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on::<Self, User>(at, &input.user_name).into())
    }

    fn resources(input: &GetSSHPublicKeyRequest, at: &At<'_>) -> Vec<Resource> {
        of_key(&input.user_name, &input.ssh_public_key_id, at)
    }

    /// In the format that it was uploaded in, it is what was uploaded, comment and all.
    async fn handle(
        input: GetSSHPublicKeyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GetSSHPublicKeyResponse, Fault> {
        at.view(|view| {
            let user = existing::<User>(view, &input.user_name)?;
            let key = key_of(view, user, &input.ssh_public_key_id)?;
            let parsed = SshKey::parse(&key.body).map_err(|_| invalid_public_key())?;
            let body = match (input.encoding.as_str(), key.body.starts_with("ssh-rsa")) {
                ("SSH", true) | ("PEM", false) => key.body.clone(),
                ("SSH", false) => parsed.line(),
                ("PEM", true) => parsed.pem(),
                _ => return Err(unrecognized_public_key()),
            };
            Ok(GetSSHPublicKeyResponse {
                ssh_public_key: Some(describe(key, user, body)),
            })
        })
    }
}

impl Handle for ListSSHPublicKeys {
    const READ_ONLY: bool = true;

    fn needs(input: &ListSSHPublicKeysRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let name = named_or_caller(input.user_name.as_deref(), at)?;
        Ok(needs::on::<Self, User>(at, name).into())
    }

    fn resources(input: &ListSSHPublicKeysRequest, at: &At<'_>) -> Vec<Resource> {
        named_or_caller(input.user_name.as_deref(), at)
            .map(|name| resources::holder::<User>(at, name))
            .unwrap_or_default()
    }

    async fn handle(
        input: ListSSHPublicKeysRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListSSHPublicKeysResponse, Fault> {
        let window = Window::new(input.marker.as_deref(), input.max_items)?;
        let name = named_or_caller(input.user_name.as_deref(), at)?;
        at.view(|view| {
            let user = existing::<User>(view, name)?;
            let prefix = CredentialOwner::user(&user.id).prefix();
            let keys = view.shelved_under::<Entity>(&prefix);
            let page =
                window
                    .page(keys.map(|key| (&key.id, key)))
                    .map(|key| SSHPublicKeyMetadata {
                        user_name: user.name.to_string(),
                        ssh_public_key_id: key.id.clone(),
                        status: key.status.as_str().to_owned(),
                        upload_date: key.uploaded,
                    });
            Ok(ListSSHPublicKeysResponse {
                is_truncated: page.is_truncated(),
                ssh_public_keys: page.items,
                marker: page.marker,
            })
        })
    }
}

impl Handle for UpdateSSHPublicKey {
    const READ_ONLY: bool = false;

    fn needs(input: &UpdateSSHPublicKeyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on::<Self, User>(at, &input.user_name).into())
    }

    fn resources(input: &UpdateSSHPublicKeyRequest, at: &At<'_>) -> Vec<Resource> {
        of_key(&input.user_name, &input.ssh_public_key_id, at)
    }

    async fn handle(
        input: UpdateSSHPublicKeyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let status = settable(&input.status)?;
        let account = at.account;
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let user = existing::<User>(view, &input.user_name)?;
            let key = Entity::clone(key_of(view, user, &input.ssh_public_key_id)?);
            tx.shelve(Entity { status, ..key });
            Ok(())
        })
        .await
    }
}

impl Handle for DeleteSSHPublicKey {
    const READ_ONLY: bool = false;

    fn needs(input: &DeleteSSHPublicKeyRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on::<Self, User>(at, &input.user_name).into())
    }

    fn resources(input: &DeleteSSHPublicKeyRequest, at: &At<'_>) -> Vec<Resource> {
        of_key(&input.user_name, &input.ssh_public_key_id, at)
    }

    async fn handle(
        input: DeleteSSHPublicKeyRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let account = at.account;
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let user = existing::<User>(view, &input.user_name)?;
            let key = key_of(view, user, &input.ssh_public_key_id)?;
            let key = key.owner.key(&key.id);
            tx.unshelve::<Entity>(account, &key);
            Ok(())
        })
        .await
    }
}

fn key_of<'v>(view: &'v AccountView, user: &User, id: &str) -> Result<&'v Arc<Entity>, Fault> {
    let key = view.shelved(&CredentialOwner::user(&user.id).key(id));
    key.ok_or_else(|| no_such_ssh_key(id))
}

fn describe(key: &Entity, user: &User, body: String) -> SSHPublicKey {
    SSHPublicKey {
        user_name: user.name.to_string(),
        ssh_public_key_id: key.id.clone(),
        fingerprint: key.fingerprint.clone(),
        ssh_public_key_body: body,
        status: key.status.as_str().to_owned(),
        upload_date: Some(key.uploaded),
    }
}

fn of_key(user: &str, id: &str, at: &At<'_>) -> Vec<Resource> {
    let mut resources = resources::holder::<User>(at, user);
    resources.push(resources::resource(at, SSH_PUBLIC_KEY, id));
    resources
}
