//! Server certificates.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use directory::{AccountView, ServerCertificate as Entity};
use door::{Need, Permit};
use session::{UniqueIdPrefix, unique_id};
use trail::Resource;

use super::certificate_bundle::CertificateBundle;
use super::change::write;
use super::credential_faults::{no_such_server_certificate, server_certificate_taken};
use super::name::{entity_name, entity_path};
use super::page::Window;
use super::quota::within;
use super::resources::{self, SERVER_CERTIFICATE};
use super::{describe, needs, tags};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs, account_view};
use crate::wire::{Fault, Operation};

impl Handle for UploadServerCertificate {
    const READ_ONLY: bool = false;

    fn needs(input: &UploadServerCertificateRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::action::<Self>(new_arn(input, at));
        Ok(needs::create(need, &input.tags, "iam:TagServerCertificate"))
    }

    fn resources(input: &UploadServerCertificateRequest, at: &At<'_>) -> Vec<Resource> {
        let arn = new_arn(input, at);
        vec![resources::resource(at, SERVER_CERTIFICATE, arn)]
    }

    async fn handle(
        input: UploadServerCertificateRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<UploadServerCertificateResponse, Fault> {
        let name = entity_name(input.server_certificate_name, "serverCertificateName")?;
        let path = entity_path(input.path)?;
        let tags = tags::new(input.tags)?;
        let bundle = CertificateBundle::check(
            input.certificate_body,
            &input.private_key,
            input.certificate_chain,
            at.call.now,
        )?;
        let id = unique_id(UniqueIdPrefix::Certificate);
        let key = input.private_key.reveal().as_bytes();
        let sealed = at.door.key_encryption().seal(&purpose(&id), key);
        let certificate = Entity {
            account: at.account,
            id,
            name,
            path,
            body: bundle.body,
            chain: bundle.chain,
            sealed_key: STANDARD.encode(sealed),
            expires: bundle.expires,
            tags,
            uploaded: at.call.now,
        };
        let answer = UploadServerCertificateResponse {
            server_certificate_metadata: Some(metadata(&certificate)),
            tags: describe::tags(&certificate.tags),
        };
        let most = at.quotas.server_certificates;
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), certificate.account)?;
            let name = certificate.name.as_str();
            if view.server_certificate(name).is_some() {
                return Err(server_certificate_taken(name));
            }
            within(
                view.shelf::<Entity>().len() + 1,
                most,
                "ServerCertificatesPerAccount",
            )?;
            tx.shelve(certificate);
            Ok(())
        })
        .await?;
        Ok(answer)
    }
}

impl Handle for GetServerCertificate {
    const READ_ONLY: bool = true;

    fn needs(input: &GetServerCertificateRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(need::<Self>(at, &input.server_certificate_name).into())
    }

    fn resources(input: &GetServerCertificateRequest, at: &At<'_>) -> Vec<Resource> {
        of(at, &input.server_certificate_name)
    }

    /// The private key never leaves.
    async fn handle(
        input: GetServerCertificateRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GetServerCertificateResponse, Fault> {
        at.view(|view| {
            let certificate = existing(view, &input.server_certificate_name)?;
            Ok(GetServerCertificateResponse {
                server_certificate: ServerCertificate {
                    server_certificate_metadata: metadata(certificate),
                    certificate_body: certificate.body.clone(),
                    certificate_chain: certificate.chain.clone(),
                    tags: describe::tags(&certificate.tags),
                },
            })
        })
    }
}

impl Handle for ListServerCertificates {
    const READ_ONLY: bool = true;

    /// The action has no resource type, so it is judged on everything.
    fn needs(_: &ListServerCertificatesRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>("*").into())
    }

    async fn handle(
        input: ListServerCertificatesRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListServerCertificatesResponse, Fault> {
        let window = Window::new(input.marker.as_deref(), input.max_items)?;
        let prefix = input.path_prefix.unwrap_or_default();
        at.view(|view| {
            let certificates = view.shelf::<Entity>().iter();
            let under = certificates.filter(|(_, it)| it.path.as_str().starts_with(&prefix));
            let page = window.page(under).map(|it| metadata(it));
            Ok(ListServerCertificatesResponse {
                is_truncated: page.is_truncated(),
                server_certificate_metadata_list: page.items,
                marker: page.marker,
            })
        })
    }
}

impl Handle for UpdateServerCertificate {
    const READ_ONLY: bool = false;

    /// On the certificate as it is and as it will be (IAM API reference,
    /// `UpdateServerCertificate`).
    fn needs(input: &UpdateServerCertificateRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let before = need::<Self>(at, &input.server_certificate_name);
        if input.new_server_certificate_name.is_none() && input.new_path.is_none() {
            return Ok(before.into());
        }
        let name = &input.server_certificate_name;
        let found = at.view(|view| Ok(view.server_certificate(name).cloned()))?;
        let (name, path) = match &found {
            Some(it) => (it.name.as_str(), it.path.as_str()),
            None => (name.as_str(), "/"),
        };
        let name = input.new_server_certificate_name.as_deref().unwrap_or(name);
        let path = input.new_path.as_deref().unwrap_or(path);
        let after = needs::action::<Self>(needs::entity_arn(at, KIND, Some(path), name));
        let after = match &found {
            Some(it) => needs::resource_tags(after, &it.tags),
            None => after,
        };
        Ok(Needs::All(vec![before, after]))
    }

    fn resources(input: &UpdateServerCertificateRequest, at: &At<'_>) -> Vec<Resource> {
        of(at, &input.server_certificate_name)
    }

    async fn handle(
        input: UpdateServerCertificateRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let name = input.new_server_certificate_name;
        let name = name.map(|it| entity_name(it, "newServerCertificateName"));
        let name = name.transpose()?;
        let path = input.new_path.map(|it| entity_path(Some(it))).transpose()?;
        let account = at.account;
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let found = existing(view, &input.server_certificate_name)?;
            let mut certificate = Entity::clone(found);
            let before = certificate.name.folded();
            if let Some(name) = name {
                let taken = view.server_certificate(name.as_str());
                // Its own name in another case is not taken.
                if taken.is_some_and(|other| other.id != certificate.id) {
                    return Err(server_certificate_taken(name.as_str()));
                }
                certificate.name = name;
            }
            certificate.path = path.unwrap_or(certificate.path);
            tx.unshelve::<Entity>(account, &before);
            tx.shelve(certificate);
            Ok(())
        })
        .await
    }
}

impl Handle for DeleteServerCertificate {
    const READ_ONLY: bool = false;

    fn needs(input: &DeleteServerCertificateRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(need::<Self>(at, &input.server_certificate_name).into())
    }

    fn resources(input: &DeleteServerCertificateRequest, at: &At<'_>) -> Vec<Resource> {
        of(at, &input.server_certificate_name)
    }

    async fn handle(
        input: DeleteServerCertificateRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let account = at.account;
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let key = existing(view, &input.server_certificate_name)?
                .name
                .folded();
            tx.unshelve::<Entity>(account, &key);
            Ok(())
        })
        .await
    }
}

/// The server certificate with this name, in any case.
///
/// # Errors
/// `NoSuchEntity`.
pub(super) fn existing<'v>(view: &'v AccountView, name: &str) -> Result<&'v Arc<Entity>, Fault> {
    view.server_certificate(name)
        .ok_or_else(|| no_such_server_certificate(name))
}

/// Changes a server certificate in all but its name.
///
/// # Errors
/// `NoSuchEntity`, or what `change` answers; nothing has changed then.
pub(super) async fn change(
    at: &At<'_>,
    name: String,
    change: impl FnOnce(&mut Entity) -> Result<(), Fault> + Send + 'static,
) -> Result<(), Fault> {
    let account = at.account;
    write(at, move |tx| {
        let view = account_view(tx.snapshot(), account)?;
        let mut certificate = Entity::clone(existing(view, &name)?);
        change(&mut certificate)?;
        tx.shelve(certificate);
        Ok(())
    })
    .await
}

/// `O` on a server certificate.
pub(super) fn need<O: Operation>(at: &At<'_>, name: &str) -> Need {
    let snapshot = at.snapshot();
    let view = snapshot.account(at.account);
    let need = match view.and_then(|view| view.server_certificate(name)) {
        Some(it) => needs::resource_tags(needs::action::<O>(it.arn()), &it.tags),
        None => needs::action::<O>(needs::entity_arn(at, KIND, None, name)),
    };
    need.shown(Some(format!("server certificate {name}")))
}

/// A server certificate by its name, for the audit record.
pub(super) fn of(at: &At<'_>, name: &str) -> Vec<Resource> {
    let snapshot = at.snapshot();
    let view = snapshot.account(at.account);
    let found = view.and_then(|view| view.server_certificate(name));
    let arn = found.map_or_else(|| needs::entity_arn(at, KIND, None, name), |it| it.arn());
    vec![resources::resource(at, SERVER_CERTIFICATE, arn)]
}

fn new_arn(input: &UploadServerCertificateRequest, at: &At<'_>) -> String {
    let name = &input.server_certificate_name;
    needs::entity_arn(at, KIND, input.path.as_deref(), name)
}

fn metadata(certificate: &Entity) -> ServerCertificateMetadata {
    ServerCertificateMetadata {
        path: certificate.path.to_string(),
        server_certificate_name: certificate.name.to_string(),
        server_certificate_id: certificate.id.clone(),
        arn: certificate.arn(),
        upload_date: Some(certificate.uploaded),
        expiration: Some(certificate.expires),
    }
}

/// Ties a sealed private key to its certificate.
fn purpose(id: &str) -> String {
    format!("server-certificate:{id}")
}

const KIND: &str = "server-certificate";
