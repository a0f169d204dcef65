//! Signing certificates of users, and of the account's root.

use std::sync::Arc;

use directory::{AccountView, CredentialOwner, KeyStatus, SigningCertificate as Entity};
use door::Permit;
use session::signing_certificate_id;
use trail::Resource;

use super::change::write;
use super::credential_faults::{
    invalid_certificate, no_such_signing_certificate, signing_certificate_taken,
    unreadable_certificate,
};
use super::credential_status::settable;
use super::page::Window;
use super::quota::within;
use super::resources::{self, SIGNING_CERTIFICATE};
use super::whose::Whose;
use super::x509::Certificate;
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs, account_view};
use crate::wire::Fault;

impl Handle for UploadSigningCertificate {
    const READ_ONLY: bool = false;

    fn needs(input: &UploadSigningCertificateRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let whose = Whose::of(input.user_name.as_deref(), at)?;
        Ok(whose.need::<Self>(at).into())
    }

    fn resources(input: &UploadSigningCertificateRequest, at: &At<'_>) -> Vec<Resource> {
        of_owner(input.user_name.as_deref(), at)
    }

    async fn handle(
        input: UploadSigningCertificateRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<UploadSigningCertificateResponse, Fault> {
        let whose = Whose::of(input.user_name.as_deref(), at)?;
        let body = input.certificate_body;
        let parsed = Certificate::one(&body).ok_or_else(unreadable_certificate)?;
        if let Err(message) = parsed.valid_at(at.call.now) {
            return Err(invalid_certificate(&message));
        }
        let digest = parsed.digest();
        let (account, uploaded) = (at.account, at.call.now);
        let most = at.quotas.signing_certificates_per_user;
        let certificate = write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let (owner, name) = whose.owner(view)?;
            let all = view.shelf::<Entity>().iter();
            let same = all.filter(|(_, other)| other.digest == digest);
            if same.count() > 0 {
                return Err(signing_certificate_taken());
            }
            let count = view.shelved_under::<Entity>(&owner.prefix()).count() + 1;
            within(count, most, "SigningCertificatesPerUser")?;
            let certificate = Entity {
                account,
                owner,
                id: signing_certificate_id(),
                body,
                digest,
                status: KeyStatus::Active,
                uploaded,
            };
            let shape = describe(&certificate, name);
            tx.shelve(certificate);
            Ok(shape)
        })
        .await?;
        Ok(UploadSigningCertificateResponse { certificate })
    }
}

impl Handle for ListSigningCertificates {
    const READ_ONLY: bool = true;

    fn needs(input: &ListSigningCertificatesRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let whose = Whose::of(input.user_name.as_deref(), at)?;
        Ok(whose.need::<Self>(at).into())
    }

    fn resources(input: &ListSigningCertificatesRequest, at: &At<'_>) -> Vec<Resource> {
        of_owner(input.user_name.as_deref(), at)
    }

    async fn handle(
        input: ListSigningCertificatesRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListSigningCertificatesResponse, Fault> {
        let window = Window::new(input.marker.as_deref(), input.max_items)?;
        let whose = Whose::of(input.user_name.as_deref(), at)?;
        at.view(|view| {
            let (owner, name) = whose.owner(view)?;
            let prefix = owner.prefix();
            let certificates = view.shelved_under::<Entity>(&prefix);
            let page = window
                .page(certificates.map(|it| (&it.id, it)))
                .map(|it| describe(it, name.clone()));
            Ok(ListSigningCertificatesResponse {
                is_truncated: page.is_truncated(),
                certificates: page.items,
                marker: page.marker,
            })
        })
    }
}

impl Handle for UpdateSigningCertificate {
    const READ_ONLY: bool = false;

    fn needs(input: &UpdateSigningCertificateRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let whose = Whose::of(input.user_name.as_deref(), at)?;
        Ok(whose.need::<Self>(at).into())
    }

    fn resources(input: &UpdateSigningCertificateRequest, at: &At<'_>) -> Vec<Resource> {
        of_certificate(input.user_name.as_deref(), &input.certificate_id, at)
    }

    async fn handle(
        input: UpdateSigningCertificateRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let whose = Whose::of(input.user_name.as_deref(), at)?;
        let status = settable(&input.status)?;
        let account = at.account;
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let (owner, _) = whose.owner(view)?;
            let certificate = Entity::clone(existing(view, &owner, &input.certificate_id)?);
            tx.shelve(Entity {
                status,
                ..certificate
            });
            Ok(())
        })
        .await
    }
}

impl Handle for DeleteSigningCertificate {
    const READ_ONLY: bool = false;

    fn needs(input: &DeleteSigningCertificateRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let whose = Whose::of(input.user_name.as_deref(), at)?;
        Ok(whose.need::<Self>(at).into())
    }

    fn resources(input: &DeleteSigningCertificateRequest, at: &At<'_>) -> Vec<Resource> {
        of_certificate(input.user_name.as_deref(), &input.certificate_id, at)
    }

    async fn handle(
        input: DeleteSigningCertificateRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let whose = Whose::of(input.user_name.as_deref(), at)?;
        let account = at.account;
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let (owner, _) = whose.owner(view)?;
            existing(view, &owner, &input.certificate_id)?;
            tx.unshelve::<Entity>(account, &owner.key(&input.certificate_id));
            Ok(())
        })
        .await
    }
}

fn existing<'v>(
    view: &'v AccountView,
    owner: &CredentialOwner,
    id: &str,
) -> Result<&'v Arc<Entity>, Fault> {
    let certificate = view.shelved(&owner.key(id));
    certificate.ok_or_else(|| no_such_signing_certificate(id))
}

fn describe(certificate: &Entity, user_name: String) -> SigningCertificate {
    SigningCertificate {
        user_name,
        certificate_id: certificate.id.clone(),
        certificate_body: certificate.body.clone(),
        status: certificate.status.as_str().to_owned(),
        upload_date: Some(certificate.uploaded),
    }
}

fn of_owner(named: Option<&str>, at: &At<'_>) -> Vec<Resource> {
    let whose = Whose::of(named, at);
    whose.map(|whose| whose.resources(at)).unwrap_or_default()
}

fn of_certificate(named: Option<&str>, id: &str, at: &At<'_>) -> Vec<Resource> {
    let mut resources = of_owner(named, at);
    resources.push(resources::resource(at, SIGNING_CERTIFICATE, id));
    resources
}
