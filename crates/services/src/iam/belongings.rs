//! What has to go before its user can.

use directory::{
    AccountView, CredentialOwner, LoginProfile, ServiceCredential, SigningCertificate,
    SshPublicKey, User,
};

use super::fault::must_first;
use crate::wire::Fault;

/// Refuses while the user has a password, keys for SSH, service-specific credentials or signing
/// certificates.
///
/// # Errors
/// `DeleteConflict`.
pub(super) fn none_left(view: &AccountView, user: &User) -> Result<(), Fault> {
    let owner = CredentialOwner::user(&user.id);
    if view.shelved::<LoginProfile>(owner.as_str()).is_some() {
        return Err(must_first("delete login profile"));
    }
    let prefix = owner.prefix();
    if view
        .shelved_under::<SigningCertificate>(&prefix)
        .next()
        .is_some()
    {
        return Err(must_first("delete certificates"));
    }
    let keys = view.shelved_under::<SshPublicKey>(&prefix).count();
    let credentials = view.shelved_under::<ServiceCredential>(&prefix).count();
    if keys + credentials > 0 {
        return Err(must_first("remove referenced objects"));
    }
    Ok(())
}
