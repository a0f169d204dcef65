//! A door without checks, for one benchmark: what do the checks cost?
//!
//! There is no way to it but a build with `RUSTFLAGS="--cfg daypass_unchecked"`: no feature, no flag, no variable. Everybody is the
//! root of the first account then, whatever they have signed, and nothing is decided. `bench` makes such a build for itself.
//! Tests compile it so that it keeps up with the rest, and call nothing of it.
#![cfg_attr(
    not(daypass_unchecked),
    expect(dead_code, reason = "compiled, and not called")
)]

use http::HeaderMap;
use policy::Principal;
use session::sigv4::PayloadHash;
use trail::UserIdentity;

use crate::authenticate::{Authenticated, Unproven};
use crate::{Authentication, Caller, Door};

impl Door {
    /// Lets everybody in.
    pub(crate) fn admit(&self, headers: &HeaderMap) -> Result<Authenticated, Unproven> {
        let account = self.account();
        let mut caller = Caller::supposed(Principal::Root { account });
        caller.identity = UserIdentity::Root {
            account,
            access_key_id: None,
        };
        let declared = PayloadHash::declared(headers);
        let declared = declared.map_err(|error| Unproven { error, known: None })?;
        Ok(Authenticated {
            caller,
            authentication: Authentication::Header,
            region: None,
            payload: match declared {
                PayloadHash::Sha256(_) => PayloadHash::Unsigned,
                other => other,
            },
            verified: None,
        })
    }
}
