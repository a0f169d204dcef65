//! MFA devices of users: enabled, synchronized, shown and deactivated.

use std::sync::Arc;

use directory::{AccountView, MfaAssignment, MfaDevice as Entity, User};
use door::Permit;
use trail::Resource;

use super::change::write;
use super::fault::{
    invalid_authentication_code, mfa_device_in_use, mfa_device_of_another, no_such_mfa_device,
};
use super::holder::existing;
use super::needs;
use super::page::Window;
use super::quota::within;
use super::resources::{self, MFA_DEVICE};
use super::users::named_or_caller;
use crate::generated::iam::errors::SERVICE_FAILURE;
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs, account_view};
use crate::mfa::{self, Claim, Judged, Seed, judge};
use crate::wire::{Fault, Operation};

impl Handle for EnableMFADevice {
    const READ_ONLY: bool = false;

    fn needs(input: &EnableMFADeviceRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on::<Self, User>(at, &input.user_name).into())
    }

    fn resources(input: &EnableMFADeviceRequest, at: &At<'_>) -> Vec<Resource> {
        of_device(Some(&input.user_name), &input.serial_number, at)
    }

    async fn handle(
        input: EnableMFADeviceRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let (account, now) = (at.account, at.call.now);
        let seed = seed_of(at, &input.serial_number)?;
        let claim = Claim::Pair(input.authentication_code1, input.authentication_code2);
        let most = at.quotas.mfa_devices_per_user;
        let judged = write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let user = existing::<User>(view, &input.user_name)?.clone();
            let mut device = found(view, &input.serial_number)?;
            if device.assigned.is_some() {
                return Err(mfa_device_in_use());
            }
            let count = view.mfa_devices_of(&user.id).count() + 1;
            within(count, most, "MFADevicesPerUser")?;
            let judged = seed.judge(&mut device, &claim, now);
            if judged == Judged::Right {
                device.assigned = Some(MfaAssignment {
                    user_id: user.id.clone(),
                    enabled: now,
                });
            }
            // A wrong code is kept too: it counts.
            tx.shelve(device);
            Ok(judged)
        })
        .await?;
        accepted(at, judged)
    }
}

impl Handle for ResyncMFADevice {
    const READ_ONLY: bool = false;

    fn needs(input: &ResyncMFADeviceRequest, at: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::on::<Self, User>(at, &input.user_name).into())
    }

    fn resources(input: &ResyncMFADeviceRequest, at: &At<'_>) -> Vec<Resource> {
        of_device(Some(&input.user_name), &input.serial_number, at)
    }

    async fn handle(
        input: ResyncMFADeviceRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let (account, now) = (at.account, at.call.now);
        let seed = seed_of(at, &input.serial_number)?;
        let claim = Claim::Distant(input.authentication_code1, input.authentication_code2);
        let judged = write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let mut device = of_user(view, &input.user_name, &input.serial_number)?;
            let judged = seed.judge(&mut device, &claim, now);
            tx.shelve(device);
            Ok(judged)
        })
        .await?;
        accepted(at, judged)
    }
}

impl Handle for DeactivateMFADevice {
    const READ_ONLY: bool = false;

    fn needs(input: &DeactivateMFADeviceRequest, at: &At<'_>) -> Result<Needs, Fault> {
        on_user::<Self>(input.user_name.as_deref(), at)
    }

    fn resources(input: &DeactivateMFADeviceRequest, at: &At<'_>) -> Vec<Resource> {
        of_device(input.user_name.as_deref(), &input.serial_number, at)
    }

    async fn handle(
        input: DeactivateMFADeviceRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let name = named_or_caller(input.user_name.as_deref(), at)?.to_owned();
        let account = at.account;
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let device = of_user(view, &name, &input.serial_number)?;
            tx.shelve(Entity {
                assigned: None,
                ..device
            });
            Ok(())
        })
        .await
    }
}

impl Handle for ListMFADevices {
    const READ_ONLY: bool = true;

    fn needs(input: &ListMFADevicesRequest, at: &At<'_>) -> Result<Needs, Fault> {
        on_user::<Self>(input.user_name.as_deref(), at)
    }

    fn resources(input: &ListMFADevicesRequest, at: &At<'_>) -> Vec<Resource> {
        let name = named_or_caller(input.user_name.as_deref(), at);
        name.map(|name| resources::holder::<User>(at, name))
            .unwrap_or_default()
    }

    async fn handle(
        input: ListMFADevicesRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<ListMFADevicesResponse, Fault> {
        let window = Window::new(input.marker.as_deref(), input.max_items)?;
        let name = named_or_caller(input.user_name.as_deref(), at)?;
        at.view(|view| {
            let user = existing::<User>(view, name)?;
            let page = window.page(view.mfa_devices_of(&user.id)).map(|device| {
                let assigned = device.assigned.as_ref();
                MFADevice {
                    user_name: user.name.to_string(),
                    serial_number: device.arn(),
                    enable_date: assigned.map_or(device.created, |it| it.enabled),
                }
            });
            Ok(ListMFADevicesResponse {
                is_truncated: page.is_truncated(),
                mfa_devices: page.items,
                marker: page.marker,
            })
        })
    }
}

impl Handle for GetMFADevice {
    const READ_ONLY: bool = true;

    fn needs(input: &GetMFADeviceRequest, at: &At<'_>) -> Result<Needs, Fault> {
        on_user::<Self>(input.user_name.as_deref(), at)
    }

    fn resources(input: &GetMFADeviceRequest, at: &At<'_>) -> Vec<Resource> {
        of_device(input.user_name.as_deref(), &input.serial_number, at)
    }

    async fn handle(
        input: GetMFADeviceRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GetMFADeviceResponse, Fault> {
        let name = named_or_caller(input.user_name.as_deref(), at)?;
        at.view(|view| {
            let device = of_user(view, name, &input.serial_number)?;
            Ok(GetMFADeviceResponse {
                user_name: Some(existing::<User>(view, name)?.name.to_string()),
                serial_number: device.arn(),
                enable_date: device.assigned.map(|it| it.enabled),
                // Security keys have them.
                certifications: None,
            })
        })
    }
}

/// The seed of a device that was looked up before the write, and may be another one's by then.
struct Expected {
    sealed: String,
    seed: Seed,
}

impl Expected {
    /// A device that was deleted and made again in between has another seed: the codes are not
    /// its.
    fn judge(&self, device: &mut Entity, claim: &Claim, now: jiff::Timestamp) -> Judged {
        if device.sealed_seed != self.sealed {
            return Judged::Wrong;
        }
        judge(device, &self.seed, claim, now)
    }
}

fn seed_of(at: &At<'_>, serial: &str) -> Result<Expected, Fault> {
    let device = at.view(|view| found(view, serial))?;
    let seed = mfa::open(at.door, &device);
    let seed = seed.ok_or_else(|| {
        SERVICE_FAILURE.fault("The request processing has failed because of an internal failure.")
    })?;
    Ok(Expected {
        sealed: device.sealed_seed,
        seed,
    })
}

fn accepted(at: &At<'_>, judged: Judged) -> Result<(), Fault> {
    if judged == Judged::Barred {
        let _ = at.notes.reason.set(mfa::BARRED.to_owned());
    }
    match judged {
        Judged::Right => Ok(()),
        Judged::Wrong | Judged::Barred => Err(invalid_authentication_code()),
    }
}

fn found(view: &AccountView, serial: &str) -> Result<Entity, Fault> {
    let device = view.mfa_device(serial).map(|it| Entity::clone(it));
    device.ok_or_else(|| no_such_mfa_device(serial))
}

/// A device that is enabled for the user with this name.
fn of_user(view: &AccountView, name: &str, serial: &str) -> Result<Entity, Fault> {
    let user: &Arc<User> = existing(view, name)?;
    let device = found(view, serial)?;
    match &device.assigned {
        Some(assigned) if assigned.user_id == user.id => Ok(device),
        _ => Err(mfa_device_of_another()),
    }
}

fn on_user<O: Operation>(named: Option<&str>, at: &At<'_>) -> Result<Needs, Fault> {
    let name = named_or_caller(named, at)?;
    Ok(needs::on::<O, User>(at, name).into())
}

fn of_device(named: Option<&str>, serial: &str, at: &At<'_>) -> Vec<Resource> {
    let user = named_or_caller(named, at).map(|name| resources::holder::<User>(at, name));
    let mut resources = user.unwrap_or_default();
    resources.push(resources::resource(at, MFA_DEVICE, serial));
    resources
}
