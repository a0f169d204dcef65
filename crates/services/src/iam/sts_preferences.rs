//! Which tokens an account wants of AWS's global STS endpoint.

use directory::{AccountView, StsPreferences};
use door::Permit;

use super::change::write;
use super::needs;
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs};
use crate::wire::Fault;

/// The version when an account has set none: tokens work in every region.
const DEFAULT: u8 = 2;

impl Handle for SetSecurityTokenServicePreferences {
    const READ_ONLY: bool = false;

    fn needs(_: &SetSecurityTokenServicePreferencesRequest, _: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>("*").into())
    }

    /// The preference is about the tokens of the global endpoint; those of regional endpoints
    /// work in every region, whatever it says (IAM User Guide, "Manage AWS STS in an AWS
    /// Region"). This server is a regional endpoint, so there is nothing that it changes.
    async fn handle(
        input: SetSecurityTokenServicePreferencesRequest,
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let preferences = StsPreferences {
            account: at.account,
            // The shape's rule leaves two.
            global_endpoint_token_version: match input.global_endpoint_token_version.as_str() {
                "v1Token" => 1,
                _ => 2,
            },
        };
        write(at, move |tx| {
            tx.shelve(preferences);
            Ok(())
        })
        .await
    }
}

/// The version as `GetAccountSummary` shows it.
pub(super) fn token_version(view: &AccountView) -> usize {
    let preferences = view.shelved::<StsPreferences>(StsPreferences::KEY);
    usize::from(preferences.map_or(DEFAULT, |it| it.global_endpoint_token_version))
}
