//! Deletions of service-linked roles.

use jiff::Timestamp;
use policy::AccountId;
use serde::{Deserialize, Serialize};

use crate::Entity;

/// A task that deleted a service-linked role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleDeletion {
    /// The role's account.
    pub account: AccountId,
    /// `task/aws-service-role/SERVICE/ROLE/UUID`.
    pub task_id: String,
    /// When the deletion was asked for.
    pub submitted: Timestamp,
}

impl Entity for RoleDeletion {
    const KIND: &'static str = "role-deletion";

    fn account(&self) -> AccountId {
        self.account
    }

    fn key(&self) -> String {
        self.task_id.clone()
    }
}
