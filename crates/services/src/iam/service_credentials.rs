//! Service-specific credentials of users.

use std::sync::Arc;

use directory::{AccountView, CredentialOwner, KeyStatus, ServiceCredential as Entity, User};
use door::{Need, Permit};
use jiff::{SignedDuration, Timestamp};
use session::{UniqueIdPrefix, unique_id};
use trail::Resource;

use super::change::write;
use super::credential_faults::no_such_service_credential;
use super::credential_service::{CredentialService, secret_digest};
use super::credential_status::settable;
use super::fault::validation;
use super::holder::existing;
use super::needs;
use super::quota::within;
use super::resources::{self, SERVICE_CREDENTIAL};
use super::users::named_or_caller;
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs, account_view};
use crate::wire::{Fault, Operation, Secret};

impl Handle for CreateServiceSpecificCredential {
    const READ_ONLY: bool = false;

    fn needs(input: &CreateServiceSpecificCredentialRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::on::<Self, User>(at, &input.user_name);
        let need = need.key(SERVICE_NAME, input.service_name.as_str());
        Ok(match input.credential_age_days {
            Some(days) => need.key(AGE_DAYS, i64::from(days)),
            None => need,
        }
        .into())
    }

    fn resources(input: &CreateServiceSpecificCredentialRequest, at: &At<'_>) -> Vec<Resource> {
        resources::holder::<User>(at, &input.user_name)
    }

    async fn handle(
        input: CreateServiceSpecificCredentialRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<CreateServiceSpecificCredentialResponse, Fault> {
        let service = CredentialService::named(&input.service_name)?;
        let (account, created) = (at.account, at.call.now);
        let expires = expiry(service, input.credential_age_days, created)?;
        let most = at.quotas.service_credentials_per_service;
        let shape = write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let user = existing::<User>(view, &input.user_name)?;
            let owner = CredentialOwner::user(&user.id);
            let prefix = owner.prefix();
            let others = view.shelved_under::<Entity>(&prefix);
            let others = others.filter(|other| other.service == service.name());
            within(
                others.count() + 1,
                most,
                "ServiceSpecificCredentialsPerUser",
            )?;
            let name = free_name(view, service, user);
            let secret = service.secret(&name)?;
            let credential = Entity {
                account,
                owner,
                id: unique_id(UniqueIdPrefix::ServiceCredential),
                service: service.name().to_owned(),
                name,
                secret_digest: secret_digest(&secret),
                status: KeyStatus::Active,
                created,
                expires,
            };
            let shape = with_secret(&credential, user, created, secret);
            tx.shelve(credential);
            Ok(shape)
        })
        .await?;
        Ok(CreateServiceSpecificCredentialResponse {
            service_specific_credential: Some(shape),
        })
    }
}

impl Handle for ResetServiceSpecificCredential {
    const READ_ONLY: bool = false;

    fn needs(input: &ResetServiceSpecificCredentialRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let id = &input.service_specific_credential_id;
        Ok(on_credential::<Self>(input.user_name.as_deref(), id, at)?.into())
    }

    fn resources(input: &ResetServiceSpecificCredentialRequest, at: &At<'_>) -> Vec<Resource> {
        let id = &input.service_specific_credential_id;
        of_credential(input.user_name.as_deref(), id, at)
    }

    async fn handle(
        input: ResetServiceSpecificCredentialRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ResetServiceSpecificCredentialResponse, Fault> {
        let name = named_or_caller(input.user_name.as_deref(), at)?.to_owned();
        let id = input.service_specific_credential_id;
        let (account, now) = (at.account, at.call.now);
        let shape = write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let user = existing::<User>(view, &name)?;
            let mut credential = Entity::clone(credential_of(view, user, &id)?);
            let service = CredentialService::named(&credential.service)?;
            let secret = service.secret(&credential.name)?;
            credential.secret_digest = secret_digest(&secret);
            let shape = with_secret(&credential, user, now, secret);
            tx.shelve(credential);
            Ok(shape)
        })
        .await?;
        Ok(ResetServiceSpecificCredentialResponse {
            service_specific_credential: Some(shape),
        })
    }
}

impl Handle for UpdateServiceSpecificCredential {
    const READ_ONLY: bool = false;

    fn needs(input: &UpdateServiceSpecificCredentialRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let id = &input.service_specific_credential_id;
        Ok(on_credential::<Self>(input.user_name.as_deref(), id, at)?.into())
    }

    fn resources(input: &UpdateServiceSpecificCredentialRequest, at: &At<'_>) -> Vec<Resource> {
        let id = &input.service_specific_credential_id;
        of_credential(input.user_name.as_deref(), id, at)
    }

    async fn handle(
        input: UpdateServiceSpecificCredentialRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let name = named_or_caller(input.user_name.as_deref(), at)?.to_owned();
        let status = settable(&input.status)?;
        let account = at.account;
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let user = existing::<User>(view, &name)?;
            let found = credential_of(view, user, &input.service_specific_credential_id)?;
            let credential = Entity::clone(found);
            tx.shelve(Entity {
                status,
                ..credential
            });
            Ok(())
        })
        .await
    }
}

impl Handle for DeleteServiceSpecificCredential {
    const READ_ONLY: bool = false;

    fn needs(input: &DeleteServiceSpecificCredentialRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let id = &input.service_specific_credential_id;
        Ok(on_credential::<Self>(input.user_name.as_deref(), id, at)?.into())
    }

    fn resources(input: &DeleteServiceSpecificCredentialRequest, at: &At<'_>) -> Vec<Resource> {
        let id = &input.service_specific_credential_id;
        of_credential(input.user_name.as_deref(), id, at)
    }

    async fn handle(
        input: DeleteServiceSpecificCredentialRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let name = named_or_caller(input.user_name.as_deref(), at)?.to_owned();
        let account = at.account;
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let user = existing::<User>(view, &name)?;
            let found = credential_of(view, user, &input.service_specific_credential_id)?;
            let key = found.owner.key(&found.id);
            tx.unshelve::<Entity>(account, &key);
            Ok(())
        })
        .await
    }
}

/// When a credential expires; only API keys can (IAM API reference, `CredentialAgeDays`).
fn expiry(
    service: CredentialService,
    days: Option<i32>,
    created: Timestamp,
) -> Result<Option<Timestamp>, Fault> {
    let Some(days) = days else {
        return Ok(None);
    };
    if service.api_key().is_none() {
        return Err(validation(
            "CredentialAgeDays is only valid for Bedrock and CloudWatch Logs API keys.",
        ));
    }
    let age = SignedDuration::from_hours(24 * i64::from(days));
    let expires = created.checked_add(age);
    expires
        .map(Some)
        .map_err(|_| validation("CredentialAgeDays is out of range."))
}

/// `USER-at-ACCOUNT`, then `USER+1-at-ACCOUNT` and so on. A user of that name may have had the
/// first one before it got another name.
fn free_name(view: &AccountView, service: CredentialService, user: &User) -> String {
    let taken = |name: &String| {
        let credentials = view.shelf::<Entity>().iter();
        let mut credentials = credentials.map(|(_, credential)| credential);
        credentials.any(|it| it.service == service.name() && it.name == *name)
    };
    let name = |number: u32| match number {
        0 => format!("{}-at-{}", user.name, user.account),
        number => format!("{}+{number}-at-{}", user.name, user.account),
    };
    let mut names = (0..).map(name);
    // There are more numbers than credentials.
    names.find(|name| !taken(name)).unwrap_or_default()
}

/// `O` on the user, with the service of the credential that it is about.
fn on_credential<O: Operation>(named: Option<&str>, id: &str, at: &At<'_>) -> Result<Need, Fault> {
    let name = named_or_caller(named, at)?;
    let need = needs::on::<O, User>(at, name);
    let service = at.view(|view| {
        let user = existing::<User>(view, name)?;
        Ok(credential_of(view, user, id)?.service.clone())
    });
    Ok(match service {
        Ok(service) => need.key(SERVICE_NAME, service),
        // Only who may know it is told that it isn't there.
        Err(_) => need,
    })
}

fn credential_of<'v>(
    view: &'v AccountView,
    user: &User,
    id: &str,
) -> Result<&'v Arc<Entity>, Fault> {
    let credential = view.shelved(&CredentialOwner::user(&user.id).key(id));
    credential.ok_or_else(|| no_such_service_credential(id))
}

/// What an answer shows but for the secret, in the members that the service has.
pub(super) fn describe(
    credential: &Entity,
    user: &User,
    now: Timestamp,
) -> ServiceSpecificCredentialMetadata {
    let expired = credential.expires.is_some_and(|expires| expires <= now);
    let (user_name, alias) = match is_api_key(credential) {
        true => (None, Some(credential.name.clone())),
        false => (Some(credential.name.clone()), None),
    };
    ServiceSpecificCredentialMetadata {
        user_name: user.name.to_string(),
        status: match expired {
            true => "Expired".to_owned(),
            false => credential.status.as_str().to_owned(),
        },
        service_user_name: user_name,
        service_credential_alias: alias,
        create_date: credential.created,
        expiration_date: credential.expires,
        service_specific_credential_id: credential.id.clone(),
        service_name: credential.service.clone(),
    }
}

/// The one answer with the secret.
fn with_secret(
    credential: &Entity,
    user: &User,
    now: Timestamp,
    secret: Secret,
) -> ServiceSpecificCredential {
    let (password, key) = match is_api_key(credential) {
        true => (None, Some(secret)),
        false => (Some(secret), None),
    };
    let shown = describe(credential, user, now);
    ServiceSpecificCredential {
        create_date: shown.create_date,
        expiration_date: shown.expiration_date,
        service_name: shown.service_name,
        service_user_name: shown.service_user_name,
        service_password: password,
        service_credential_alias: shown.service_credential_alias,
        service_credential_secret: key,
        service_specific_credential_id: shown.service_specific_credential_id,
        user_name: shown.user_name,
        status: shown.status,
    }
}

fn is_api_key(credential: &Entity) -> bool {
    let service = CredentialService::named(&credential.service);
    service.is_ok_and(|service| service.api_key().is_some())
}

fn of_credential(named: Option<&str>, id: &str, at: &At<'_>) -> Vec<Resource> {
    let mut resources = named_or_caller(named, at)
        .map(|name| resources::holder::<User>(at, name))
        .unwrap_or_default();
    resources.push(resources::resource(at, SERVICE_CREDENTIAL, id));
    resources
}

/// The service of a credential, a condition key.
const SERVICE_NAME: &str = "iam:ServiceSpecificCredentialServiceName";
/// The days that a new one is asked for, a condition key.
const AGE_DAYS: &str = "iam:ServiceSpecificCredentialAgeDays";
