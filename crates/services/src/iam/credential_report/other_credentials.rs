//! The columns of credentials other than access keys.

use directory::{
    AccountView, CredentialOwner, KeyStatus, LoginProfile, MfaDevice, SigningCertificate, User,
};
use jiff::SignedDuration;

use super::row::date;

/// What stands where there is nothing to tell.
pub(super) const NOT_APPLICABLE: &str = "N/A";
/// What stands where the root can't have the thing.
const NOT_SUPPORTED: &str = "not_supported";
/// How many signing certificates have columns.
const CERTIFICATES: usize = 2;

/// `password_enabled`, `password_last_used`, `password_last_changed`,
/// `password_next_rotation` of a user. Nothing takes a password yet, so none was ever used, which
/// is `no_information` (IAM User Guide, "Get credential reports").
pub(super) fn password(view: &AccountView, user: &User) -> [String; 4] {
    let Some(profile) = view.shelved::<LoginProfile>(&user.id) else {
        return ["false", NOT_APPLICABLE, NOT_APPLICABLE, NOT_APPLICABLE].map(str::to_owned);
    };
    let age = view.password_policy().and_then(|policy| policy.maximum_age);
    let rotation = age.and_then(|days| {
        let age = SignedDuration::from_hours(24 * i64::from(days));
        profile.changed.checked_add(age).ok()
    });
    [
        "true".to_owned(),
        "no_information".to_owned(),
        date(profile.changed),
        rotation.map_or_else(|| NOT_APPLICABLE.to_owned(), date),
    ]
}

/// The same of the root.
pub(super) fn root_password(view: &AccountView) -> [String; 4] {
    let root = CredentialOwner::root();
    let profile = view.shelved::<LoginProfile>(root.as_str());
    match profile.filter(|it| it.password.is_some()) {
        None => ["false", NOT_APPLICABLE, NOT_APPLICABLE, NOT_SUPPORTED].map(str::to_owned),
        Some(profile) => [
            "true".to_owned(),
            "no_information".to_owned(),
            date(profile.changed),
            NOT_SUPPORTED.to_owned(),
        ],
    }
}

/// `mfa_active` of a user.
pub(super) fn mfa_active(view: &AccountView, user: &User) -> bool {
    let mut devices = view.shelf::<MfaDevice>().iter();
    devices.any(|(_, device)| {
        let assigned = device.assigned.as_ref();
        assigned.is_some_and(|it| it.user_id == user.id)
    })
}

/// `cert_N_active` and `cert_N_last_rotated` of an owner's first and second signing certificate.
pub(super) fn certificates(
    view: &AccountView,
    owner: &CredentialOwner,
) -> [[String; 2]; CERTIFICATES] {
    let prefix = owner.prefix();
    let mut uploaded = view.shelved_under::<SigningCertificate>(&prefix);
    std::array::from_fn(|_| match uploaded.next() {
        Some(it) => [
            (it.status == KeyStatus::Active).to_string(),
            date(it.uploaded),
        ],
        None => ["false", NOT_APPLICABLE].map(str::to_owned),
    })
}
