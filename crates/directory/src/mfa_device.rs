//! Virtual MFA devices.

use std::sync::Arc;

use jiff::Timestamp;
use policy::AccountId;
use serde::{Deserialize, Serialize};

use crate::{AccountView, Entity, EntityName, EntityPath, Tags};

/// A virtual MFA device: a seed that the server shares with an app, which makes codes of it (RFC 6238). It is a user's while
/// it is enabled for that user, and nobody's before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MfaDevice {
    /// Its account.
    pub account: AccountId,
    /// Its name.
    pub name: EntityName,
    /// Its path.
    pub path: EntityPath,
    /// The seed, sealed under the server's key-encryption key; base64.
    pub sealed_seed: String,
    /// Its tags.
    pub tags: Tags,
    /// When it was made.
    pub created: Timestamp,
    /// Whose it is.
    pub assigned: Option<MfaAssignment>,
    /// How far its clock is ahead of the server's, in steps of 30 seconds.
    pub drift: i64,
    /// The step of the newest code that was accepted, counted from the Unix epoch: no code of it or of an earlier one is
    /// accepted again.
    pub used: Option<i64>,
    /// The wrong codes since the last right one.
    pub wrong: WrongCodes,
}

/// That a device is enabled for a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MfaAssignment {
    /// `AIDA…` of the user.
    pub user_id: String,
    /// Since when.
    pub enabled: Timestamp,
}

/// Wrong codes in a row, and what follows from them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrongCodes {
    /// How many.
    pub in_a_row: u32,
    /// Until when no code is looked at, in seconds since the Unix epoch.
    pub barred_until: Option<i64>,
}

impl MfaDevice {
    /// `arn:aws:iam::A:mfa/path/Name`: its serial number.
    #[must_use]
    pub fn arn(&self) -> String {
        format!(
            "arn:aws:iam::{}:mfa{}{}",
            self.account, self.path, self.name
        )
    }
}

impl Entity for MfaDevice {
    const KIND: &'static str = "mfa-device";

    fn account(&self) -> AccountId {
        self.account
    }

    /// Path and name together are unique, without regard to case.
    fn key(&self) -> String {
        format!("{}{}", self.path, self.name).to_ascii_lowercase()
    }
}

impl AccountView {
    /// The MFA device with exactly this serial number.
    #[must_use]
    pub fn mfa_device(&self, serial: &str) -> Option<&Arc<MfaDevice>> {
        let path = serial.split_once(":mfa/").map(|(_, rest)| rest)?;
        let key = format!("/{path}").to_ascii_lowercase();
        let device = self.shelved::<MfaDevice>(&key)?;
        (device.arn() == serial).then_some(device)
    }

    /// Whether there is a device with the path and name of this one.
    #[must_use]
    pub fn has_mfa_device_like(&self, device: &MfaDevice) -> bool {
        self.shelved::<MfaDevice>(&device.key()).is_some()
    }

    /// The MFA devices that are enabled for the user with this unique id.
    pub fn mfa_devices_of<'a>(
        &'a self,
        user_id: &'a str,
    ) -> impl Iterator<Item = (&'a String, &'a Arc<MfaDevice>)> {
        let devices = self.shelf::<MfaDevice>().iter();
        devices.filter(move |(_, device)| {
            let assigned = device.assigned.as_ref();
            assigned.is_some_and(|it| it.user_id == user_id)
        })
    }
}
