//! The columns of credentials other than access keys.

use directory::{AccountView, User};

/// What stands where there is nothing to tell.
pub(super) const NOT_APPLICABLE: &str = "N/A";
/// What stands where the root can't have the thing.
const NOT_SUPPORTED: &str = "not_supported";

/// `password_enabled`, `password_last_used`, `password_last_changed`,
/// `password_next_rotation` of a user. No user has a password.
pub(super) fn password(_: &AccountView, _: &User) -> [String; 4] {
    ["false", NOT_APPLICABLE, NOT_APPLICABLE, NOT_APPLICABLE].map(str::to_owned)
}

/// The same of the root, which has no password either.
pub(super) fn root_password(_: &AccountView) -> [String; 4] {
    ["false", NOT_APPLICABLE, NOT_APPLICABLE, NOT_SUPPORTED].map(str::to_owned)
}

/// `mfa_active` of a user. There are no MFA devices.
pub(super) fn mfa_active(_: &AccountView, _: &User) -> bool {
    false
}

/// `mfa_active` of the root.
pub(super) fn root_mfa_active(_: &AccountView) -> bool {
    false
}

/// `cert_N_active` and `cert_N_last_rotated` of a user's first and second signing certificate.
/// There are none.
pub(super) fn certificates(_: &AccountView, _: &User) -> [[String; 2]; 2] {
    no_certificates()
}

/// The same of the root, which can't have any.
pub(super) fn no_certificates() -> [[String; 2]; 2] {
    let none = || ["false", NOT_APPLICABLE].map(str::to_owned);
    [none(), none()]
}
