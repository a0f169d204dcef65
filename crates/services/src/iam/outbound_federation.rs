//! Whether an account's principals get tokens for other services, and who issues them.

use std::sync::Arc;

use directory::OutboundFederation;
use door::Permit;

use super::change::write;
use super::needs;
use crate::generated::iam::*;
use crate::handle::{At, Handle, Needs, account_view};
use crate::wire::Fault;

impl Handle for EnableOutboundWebIdentityFederation {
    const READ_ONLY: bool = false;

    fn needs((): &(), _: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>("*").into())
    }

    /// The issuer of an account is made once: what was disabled comes back under its URL.
    async fn handle(
        (): (),
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<EnableOutboundWebIdentityFederationResponse, Fault> {
        let account = at.account;
        let known = at.view(|view| Ok(view.shelved(OutboundFederation::KEY).cloned()))?;
        let new: Arc<OutboundFederation> = match known {
            Some(known) => known,
            None => {
                let key = at.door.key_encryption();
                let made = at.outbound.generate(key, account, at.call.now);
                Arc::new(made.await.map_err(|error| {
                    tracing::error!(%error, "an issuer can't be made");
                    errors::SERVICE_FAILURE
                        .fault("The request processing has failed because of an internal failure.")
                })?)
            }
        };
        let url = write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let known = view.shelved::<OutboundFederation>(OutboundFederation::KEY);
            if known.is_some_and(|known| known.enabled) {
                return Err(errors::FEATURE_ENABLED
                    .fault("Outbound identity federation is already enabled for this account."));
            }
            // Another call may have made one meanwhile.
            let enabled = OutboundFederation {
                enabled: true,
                ..OutboundFederation::clone(known.unwrap_or(&new))
            };
            let url = enabled.url.to_string();
            tx.shelve(enabled);
            Ok(url)
        })
        .await?;
        Ok(EnableOutboundWebIdentityFederationResponse {
            issuer_identifier: Some(url),
        })
    }
}

impl Handle for DisableOutboundWebIdentityFederation {
    const READ_ONLY: bool = false;

    fn needs((): &(), _: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>("*").into())
    }

    async fn handle((): (), _permit: Permit, at: &At<'_>) -> Result<(), Fault> {
        let account = at.account;
        write(at, move |tx| {
            let view = account_view(tx.snapshot(), account)?;
            let known = view.shelved::<OutboundFederation>(OutboundFederation::KEY);
            let known = known.filter(|known| known.enabled).ok_or_else(disabled)?;
            let disabled = OutboundFederation {
                enabled: false,
                ..OutboundFederation::clone(known)
            };
            tx.shelve(disabled);
            Ok(())
        })
        .await
    }
}

impl Handle for GetOutboundWebIdentityFederationInfo {
    const READ_ONLY: bool = true;

    fn needs((): &(), _: &At<'_>) -> Result<Needs, Fault> {
        Ok(needs::action::<Self>("*").into())
    }

    /// Whoever disables the feature gets `FeatureDisabled` from here, which infrastructure tools take for "not there".
    async fn handle(
        (): (),
        _permit: Permit,
        at: &At<'_>,
    ) -> Result<GetOutboundWebIdentityFederationInfoResponse, Fault> {
        at.view(|view| {
            let known = view.shelved::<OutboundFederation>(OutboundFederation::KEY);
            let known = known.filter(|known| known.enabled).ok_or_else(disabled)?;
            Ok(GetOutboundWebIdentityFederationInfoResponse {
                issuer_identifier: Some(known.url.to_string()),
                jwt_vending_enabled: Some(true),
            })
        })
    }
}

fn disabled() -> Fault {
    errors::FEATURE_DISABLED.fault("Outbound identity federation is disabled for this account.")
}
