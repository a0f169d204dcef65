//! Tags of MFA devices.

use directory::MfaDevice as Entity;
use door::Permit;
use trail::Resource;

use super::change::write;
use super::fault::no_such_mfa_device;
use super::resources::{self, MFA_DEVICE};
use super::{needs, tags};
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs, account_view};
use crate::wire::Fault;

impl Handle for TagMFADevice {
    const READ_ONLY: bool = false;

    fn needs(input: &TagMFADeviceRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::on_mfa_device::<Self>(at, &input.serial_number);
        Ok(needs::request_tags(need, &input.tags).into())
    }

    fn resources(input: &TagMFADeviceRequest, at: &At<'_>) -> Vec<Resource> {
        vec![resources::resource(at, MFA_DEVICE, &*input.serial_number)]
    }

    async fn handle(input: TagMFADeviceRequest, _permit: Permit, at: &At<'_>) -> Result<(), Fault> {
        change(at, input.serial_number, move |it| {
            tags::set(&mut it.tags, input.tags)
        })
        .await
    }
}

impl Handle for UntagMFADevice {
    const READ_ONLY: bool = false;

    fn needs(input: &UntagMFADeviceRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::on_mfa_device::<Self>(at, &input.serial_number);
        Ok(needs::tag_keys(need, input.tag_keys.clone()).into())
    }

    fn resources(input: &UntagMFADeviceRequest, at: &At<'_>) -> Vec<Resource> {
        vec![resources::resource(at, MFA_DEVICE, &*input.serial_number)]
    }

    async fn handle(
        input: UntagMFADeviceRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        change(at, input.serial_number, move |it| {
            tags::unset(&mut it.tags, &input.tag_keys);
            Ok(())
        })
        .await
    }
}

impl Handle for ListMFADeviceTags {
    const READ_ONLY: bool = true;

    fn needs(input: &ListMFADeviceTagsRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on_mfa_device::<Self>(at, &input.serial_number).into())
    }

    fn resources(input: &ListMFADeviceTagsRequest, at: &At<'_>) -> Vec<Resource> {
        vec![resources::resource(at, MFA_DEVICE, &*input.serial_number)]
    }

    async fn handle(
        input: ListMFADeviceTagsRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListMFADeviceTagsResponse, Fault> {
        at.view(|view| {
            let serial = &input.serial_number;
            let found = view.mfa_device(serial);
            let found = found.ok_or_else(|| no_such_mfa_device(serial))?;
            let page = tags::page(&found.tags, input.marker, input.max_items)?;
            Ok(ListMFADeviceTagsResponse {
                is_truncated: page.is_truncated(),
                tags: page.items,
                marker: page.marker,
            })
        })
    }
}

async fn change(
    at: &At<'_>,
    serial: String,
    change: impl FnOnce(&mut Entity) -> Result<(), Fault> + Send + 'static,
) -> Result<(), Fault> {
    let account = at.account;
    write(at, move |tx| {
        let view = account_view(tx.snapshot(), account)?;
        let found = view.mfa_device(&serial);
        let found = found.ok_or_else(|| no_such_mfa_device(&serial))?;
        let mut device = Entity::clone(found);
        change(&mut device)?;
        tx.shelve(device);
        Ok(())
    })
    .await
}
