//! Tags of server certificates.

use door::Permit;
use trail::Resource;

use super::server_certificates::{change, existing, need, of};
use super::{needs, tags};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

impl Handle for TagServerCertificate {
    const READ_ONLY: bool = false;

    fn needs(input: &TagServerCertificateRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = need::<Self>(at, &input.server_certificate_name);
        Ok(needs::request_tags(need, &input.tags).into())
    }

    fn resources(input: &TagServerCertificateRequest, at: &At<'_>) -> Vec<Resource> {
        of(at, &input.server_certificate_name)
    }

    async fn handle(
        input: TagServerCertificateRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        change(at, input.server_certificate_name, move |it| {
            tags::set(&mut it.tags, input.tags)
        })
        .await
    }
}

impl Handle for UntagServerCertificate {
    const READ_ONLY: bool = false;

    fn needs(input: &UntagServerCertificateRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = need::<Self>(at, &input.server_certificate_name);
        Ok(needs::tag_keys(need, input.tag_keys.clone()).into())
    }

    fn resources(input: &UntagServerCertificateRequest, at: &At<'_>) -> Vec<Resource> {
        of(at, &input.server_certificate_name)
    }

    async fn handle(
        input: UntagServerCertificateRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        change(at, input.server_certificate_name, move |it| {
            tags::unset(&mut it.tags, &input.tag_keys);
            Ok(())
        })
        .await
    }
}

impl Handle for ListServerCertificateTags {
    const READ_ONLY: bool = true;

    fn needs(input: &ListServerCertificateTagsRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(need::<Self>(at, &input.server_certificate_name).into())
    }

    fn resources(input: &ListServerCertificateTagsRequest, at: &At<'_>) -> Vec<Resource> {
        of(at, &input.server_certificate_name)
    }

    async fn handle(
        input: ListServerCertificateTagsRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListServerCertificateTagsResponse, Fault> {
        at.view(|view| {
            let found = existing(view, &input.server_certificate_name)?;
            let page = tags::page(&found.tags, input.marker, input.max_items)?;
            Ok(ListServerCertificateTagsResponse {
                is_truncated: page.is_truncated(),
                tags: page.items,
                marker: page.marker,
            })
        })
    }
}
