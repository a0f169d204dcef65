//! `SerialNumber` and `TokenCode`: whether the caller proves a second factor.

use directory::{MfaDevice, StoreError};
use policy::Principal;

use crate::handle::{At, account_view};
use crate::mfa::{self, Claim, Judged, judge};
use crate::sts::refusals::{access_denied, internal};
use crate::wire::{Fault, Secret};

/// When the caller proved a second factor, in seconds since the Unix epoch; `None` when it doesn't claim to. The code is
/// used up then, durably, before this returns.
///
/// # Errors
/// `AccessDenied` when only one of the two is given, when the device isn't one of the calling user, or when the code isn't
/// right.
pub(super) async fn second_factor(
    at: &At<'_>,
    serial: Option<&str>,
    code: Option<&Secret>,
) -> Result<Option<i64>, Fault> {
    let (serial, code) = match (serial, code) {
        (None, None) => return Ok(None),
        (Some(serial), Some(code)) => (serial, code.clone()),
        _ => {
            return Err(access_denied(
                "MultiFactorAuthentication failed, must provide both MFA serial number and one \
                 time pass code.",
            ));
        }
    };
    let device = device(at, serial).ok_or_else(|| {
        access_denied(
            "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your \
             MFA serial number is valid and associated with this user.",
        )
    })?;
    let seed = mfa::open(at.door, &device);
    let seed = seed.ok_or_else(|| internal("The MFA device can't be read."))?;
    let (account, now, serial) = (at.account, at.call.now, serial.to_owned());
    let judged = at.door.directory().write(move |tx| {
        let view = account_view(tx.snapshot(), account)?;
        // Changed since it was looked up: deleted, deactivated, or another one of that name.
        let newest = view.mfa_device(&serial).filter(|newest| {
            (&newest.sealed_seed, &newest.assigned) == (&device.sealed_seed, &device.assigned)
        });
        let Some(newest) = newest else {
            return Ok(Judged::Wrong);
        };
        let mut newest = MfaDevice::clone(newest);
        let judged = judge(&mut newest, &seed, &Claim::Present(code), now);
        tx.shelve(newest);
        Ok::<_, Failure>(judged)
    });
    match judged.await.map_err(|Failure(fault)| fault)? {
        Judged::Right => Ok(Some(now.as_second())),
        wrong => {
            if wrong == Judged::Barred {
                let _ = at.notes.reason.set(mfa::BARRED.to_owned());
            }
            Err(access_denied(
                "MultiFactorAuthentication failed with invalid MFA one time pass code.",
            ))
        }
    }
}

/// A fault in STS's words, also when the store fails.
struct Failure(Fault);

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self(fault)
    }
}

impl From<StoreError> for Failure {
    /// The reason is the server's own affair: the directory has logged it.
    fn from(_: StoreError) -> Self {
        Self(internal("The code could not be used up."))
    }
}

/// The device with this serial number, if it is enabled for the user that calls.
fn device(at: &At<'_>, serial: &str) -> Option<MfaDevice> {
    let Principal::User { unique_id, .. } = &at.call.caller.principal else {
        return None;
    };
    let snapshot = at.snapshot();
    let device = snapshot.account(at.account)?.mfa_device(serial)?;
    let assigned = device.assigned.as_ref()?;
    (assigned.user_id == *unique_id).then(|| MfaDevice::clone(device))
}
