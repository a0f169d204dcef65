//! Lists of service-specific credentials.

use directory::{CredentialOwner, ServiceCredential as Entity, User};
use door::Permit;
use trail::Resource;

use super::credential_service::CredentialService;
use super::fault::validation;
use super::holder::existing;
use super::page::Window;
use super::service_credentials::describe;
use super::users::named_or_caller;
use super::{needs, resources};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs, account_view};
use crate::wire::Fault;

impl Handle for ListServiceSpecificCredentials {
    const READ_ONLY: bool = true;

    /// On the user; for those of all users, on all of them.
    fn needs(input: &ListServiceSpecificCredentialsRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(match user(input, at)? {
            Some(name) => needs::on::<Self, User>(at, name),
            None => needs::listing::<Self>(at, "user", None),
        }
        .into())
    }

    fn resources(input: &ListServiceSpecificCredentialsRequest, at: &At<'_>) -> Vec<Resource> {
        match user(input, at) {
            Ok(Some(name)) => resources::holder::<User>(at, name),
            _ => Vec::new(),
        }
    }

    async fn handle(
        input: ListServiceSpecificCredentialsRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListServiceSpecificCredentialsResponse, Fault> {
        let window = Window::new(input.marker.as_deref(), input.max_items)?;
        let service = input.service_name.as_deref();
        let service = service.map(CredentialService::named).transpose()?;
        let snapshot = at.snapshot();
        let view = account_view(&snapshot, at.account)?;
        let prefix = match user(&input, at)? {
            Some(name) => CredentialOwner::user(&existing::<User>(view, name)?.id).prefix(),
            None => String::new(),
        };
        let credentials = view
            .shelved_under::<Entity>(&prefix)
            .filter(|it| service.is_none_or(|service| it.service == service.name()))
            .filter_map(|it| Some((it, snapshot.user_by_id(it.owner.as_str())?)))
            .map(|(it, user)| (it.owner.key(&it.id), (it, user)));
        let page = window
            .page(credentials)
            .map(|(it, user)| describe(it, user, at.call.now));
        Ok(ListServiceSpecificCredentialsResponse {
            is_truncated: page.is_truncated(),
            service_specific_credentials: page.items,
            marker: page.marker,
        })
    }
}

/// The user whose credentials are listed; `None` for those of all users.
fn user<'a>(
    input: &'a ListServiceSpecificCredentialsRequest,
    at: &At<'a>,
) -> Result<Option<&'a str>, Fault> {
    match (input.user_name.as_deref(), input.all_users) {
        (Some(_), Some(true)) => Err(validation(
            "AllUsers cannot be specified together with UserName.",
        )),
        (None, Some(true)) => Ok(None),
        (named, _) => named_or_caller(named, at).map(Some),
    }
}
