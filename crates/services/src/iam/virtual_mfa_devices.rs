//! Virtual MFA devices: made, listed and deleted.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use directory::{MfaDevice as Entity, Snapshot, WrongCodes};
use door::Permit;
use trail::Resource;
use zeroize::Zeroizing;

use super::change::write;
use super::fault::{delete_conflict, mfa_device_taken, no_such_mfa_device, validation};
use super::name::{entity_name, entity_path};
use super::page::Window;
use super::resources::{self, MFA_DEVICE};
use super::{describe, needs, tags};
use crate::generated::iam::errors::SERVICE_FAILURE;
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs, account_view};
use crate::mfa::{self, Seed};
use crate::wire::{Fault, Secret};

/// Most characters of a serial number (IAM API Reference, `SerialNumber`).
const SERIAL_LENGTH: usize = 256;

impl Handle for CreateVirtualMFADevice {
    const READ_ONLY: bool = false;

    fn needs(input: &CreateVirtualMFADeviceRequest, at: &At<'_>) -> Result<Needs, Fault> {
        let need = needs::action::<Self>(new_arn(input, at));
        Ok(needs::create(need, &input.tags, "iam:TagMFADevice"))
    }

    fn resources(input: &CreateVirtualMFADeviceRequest, at: &At<'_>) -> Vec<Resource> {
        vec![resources::resource(at, MFA_DEVICE, new_arn(input, at))]
    }

    async fn handle(
        input: CreateVirtualMFADeviceRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<CreateVirtualMFADeviceResponse, Fault> {
        let broken = || SERVICE_FAILURE.fault("The seed of the device could not be made.");
        let mut device = Entity {
            account: at.account,
            name: entity_name(input.virtual_mfa_device_name, "virtualMFADeviceName")?,
            path: entity_path(input.path)?,
            sealed_seed: String::new(),
            tags: tags::new(input.tags)?,
            created: at.call.now,
            assigned: None,
            drift: 0,
            used: None,
            wrong: WrongCodes::default(),
        };
        let serial = device.arn();
        if serial.len() > SERIAL_LENGTH {
            return Err(validation(format!(
                "The serial number {serial} of the device has more than {SERIAL_LENGTH} characters."
            )));
        }
        let seed = Seed::generate().ok_or_else(broken)?;
        device.sealed_seed = mfa::seal(at.door, &serial, &seed);
        let account = at.view(|view| {
            let alias = view.alias().map(|alias| alias.as_str().to_owned());
            Ok(alias.unwrap_or_else(|| at.account.to_string()))
        })?;
        let picture = mfa::qr_code(device.name.as_str(), &account, &seed).ok_or_else(broken)?;
        let shape = VirtualMFADevice {
            serial_number: serial,
            base32_string_seed: Some(blob(seed.base32().as_bytes())),
            qr_code_png: Some(blob(&picture)),
            tags: describe::tags(&device.tags),
            ..VirtualMFADevice::default()
        };
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), device.account)?;
            if view.has_mfa_device_like(&device) {
                return Err(mfa_device_taken());
            }
            tx.shelve(device);
            Ok(())
        })
        .await?;
        Ok(CreateVirtualMFADeviceResponse {
            virtual_mfa_device: shape,
        })
    }
}

impl Handle for ListVirtualMFADevices {
    const READ_ONLY: bool = true;

    fn needs(_: &ListVirtualMFADevicesRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::listing::<Self>(at, "mfa", None).into())
    }

    async fn handle(
        input: ListVirtualMFADevicesRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListVirtualMFADevicesResponse, Fault> {
        let window = Window::new(input.marker.as_deref(), input.max_items)?;
        let snapshot = at.snapshot();
        let devices = account_view(&snapshot, at.account)?.shelf::<Entity>();
        let wanted = |device: &Arc<Entity>| match input.assignment_status.as_deref() {
            Some("Assigned") => device.assigned.is_some(),
            Some("Unassigned") => device.assigned.is_none(),
            _ => true,
        };
        let devices = devices.iter().filter(|(_, device)| wanted(device));
        let page = window
            .page(devices)
            .map(|device| in_list(device, &snapshot));
        Ok(ListVirtualMFADevicesResponse {
            is_truncated: page.is_truncated(),
            virtual_mfa_devices: page.items,
            marker: page.marker,
        })
    }
}

impl Handle for DeleteVirtualMFADevice {
    const READ_ONLY: bool = false;

    fn needs(input: &DeleteVirtualMFADeviceRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on_mfa_device::<Self>(at, &input.serial_number).into())
    }

    fn resources(input: &DeleteVirtualMFADeviceRequest, at: &At<'_>) -> Vec<Resource> {
        vec![resources::resource(at, MFA_DEVICE, &*input.serial_number)]
    }

    async fn handle(
        input: DeleteVirtualMFADeviceRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let account = at.account;
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let device = view
                .mfa_device(&input.serial_number)
                .ok_or_else(|| no_such_mfa_device(&input.serial_number))?;
            if device.assigned.is_some() {
                return Err(delete_conflict(
                    "MFA VirtualDevice in use. Must deactivate first.",
                ));
            }
            let key = directory::Entity::key(&**device);
            tx.unshelve::<Entity>(account, &key);
            Ok(())
        })
        .await
    }
}

/// As lists show it: with its user, without its seed, picture and tags.
fn in_list(device: &Entity, snapshot: &Snapshot) -> VirtualMFADevice {
    let assigned = device.assigned.as_ref();
    let user = assigned.and_then(|it| snapshot.user_by_id(&it.user_id));
    VirtualMFADevice {
        serial_number: device.arn(),
        user: user.map(|user| describe::user_in_list(user)),
        enable_date: assigned.map(|it| it.enabled),
        ..VirtualMFADevice::default()
    }
}

fn new_arn(input: &CreateVirtualMFADeviceRequest, at: &At<'_>) -> String {
    let name = &input.virtual_mfa_device_name;
    needs::entity_arn(at, "mfa", input.path.as_deref(), name)
}

/// Bytes as the API writes them.
fn blob(bytes: &[u8]) -> Secret {
    // Sized by the encoder, so that no reallocation leaves a copy behind.
    let mut text = Zeroizing::new(String::new());
    text.reserve_exact(bytes.len().div_ceil(3) * 4);
    STANDARD.encode_string(bytes, &mut text);
    Secret::from(std::mem::take(&mut *text))
}
