//! What an account prefers of STS.

use policy::AccountId;
use serde::{Deserialize, Serialize};

use crate::Entity;

/// An account's preferences, once it has set any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StsPreferences {
    /// The account.
    pub account: AccountId,
    /// The version of the tokens that AWS's global endpoint issues: 1 or 2.
    pub global_endpoint_token_version: u8,
}

impl StsPreferences {
    /// The only key in an account.
    pub const KEY: &'static str = "own";
}

impl Entity for StsPreferences {
    const KIND: &'static str = "sts-preferences";

    fn account(&self) -> AccountId {
        self.account
    }

    fn key(&self) -> String {
        Self::KEY.to_owned()
    }
}
