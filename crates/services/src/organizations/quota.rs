//! How much of everything an organization may have (AWS Organizations User Guide, "Quotas").

use directory::ControlPolicyKind;

/// Accounts. AWS begins with ten and gives up to this many to who asks.
pub(super) const ACCOUNTS: usize = 10_000;
/// Units.
pub(super) const UNITS: usize = 2_000;
/// Policies of one kind.
pub(super) const POLICIES: usize = 1_000;
/// Policies of one kind that one root, unit or account can have.
pub(super) const ATTACHED: usize = 5;

/// Characters of a document.
pub(super) fn document(kind: ControlPolicyKind) -> usize {
    match kind {
        ControlPolicyKind::Service => 10_240,
        ControlPolicyKind::Resource => 5_120,
    }
}
