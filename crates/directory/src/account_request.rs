//! Requests for new accounts, and what came of them.

use jiff::Timestamp;
use policy::AccountId;
use serde::{Deserialize, Serialize};

use crate::Entity;

/// A call of `CreateAccount`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRequest {
    /// The management account.
    pub account: AccountId,
    /// `car-…`.
    pub id: String,
    /// The new account's name.
    pub name: String,
    /// The new account, if there is one.
    pub created: Option<AccountId>,
    /// Why there is none, in the API's word.
    pub failure: Option<String>,
    /// When it was asked for, and decided.
    pub requested: Timestamp,
}

impl Entity for AccountRequest {
    const KIND: &'static str = "account-request";

    fn account(&self) -> AccountId {
        self.account
    }

    fn key(&self) -> String {
        self.id.clone()
    }
}
