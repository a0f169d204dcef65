//! An account's credential report.

use jiff::Timestamp;
use policy::AccountId;
use serde::{Deserialize, Serialize};

use crate::Entity;

/// The last credential report that an account had made. There is one at most: the next takes its
/// place (IAM User Guide, "Generate credential reports for your AWS account").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialReport {
    /// The account.
    pub account: AccountId,
    /// When it was made.
    pub generated: Timestamp,
    /// The report: lines of comma-separated values.
    pub csv: String,
}

impl CredentialReport {
    /// The key of an account's one report.
    pub const KEY: &'static str = "latest";
}

impl Entity for CredentialReport {
    const KIND: &'static str = "credential-report";

    fn account(&self) -> AccountId {
        self.account
    }

    fn key(&self) -> String {
        Self::KEY.to_owned()
    }
}
