//! Accepting an identity token for an account's OIDC provider: the one way for every operation that takes one.

use std::sync::Arc;

use directory::{OidcProvider, ProviderKeys};
use federation::{Accepted, ProviderRef, Refused, Registered, TokenError, UnverifiedToken};
use policy::AccountId;

use crate::handle::At;

/// How often a token is verified while its provider changes.
const TRIES: u32 = 3;

/// Whom a token may be for.
#[derive(Clone, Copy)]
pub(crate) enum For<'a> {
    /// The provider's clients.
    Clients,
    /// This audience, be it among the provider's client ids or not.
    Audience(&'a str),
}

/// A token that is accepted, and the account's provider as it is now.
pub(crate) struct Identified {
    pub(crate) provider: Arc<OidcProvider>,
    pub(crate) token: Accepted,
}

/// A token that is not accepted.
pub(crate) struct Rejected {
    pub(crate) error: TokenError,
    /// Whose token it was, if only its cluster does not stand behind it any more: that belongs into the trail, for it may
    /// have been stolen from a pod that is gone.
    pub(crate) verified: Option<Box<Identified>>,
}

impl From<TokenError> for Rejected {
    fn from(error: TokenError) -> Self {
        Self {
            error,
            verified: None,
        }
    }
}

/// Accepts a token for the provider that an account has for its issuer.
///
/// # Errors
/// [`Rejected`]; `UnknownProvider` when the account has none.
pub(crate) async fn accepted(
    at: &At<'_>,
    account: AccountId,
    token: &UnverifiedToken,
    whom: For<'_>,
) -> Result<Identified, Rejected> {
    let registered = || {
        provider(account, token.issuer(), at)
            .ok_or_else(|| TokenError::unknown_provider(token.issuer()))
    };
    let (mut provider, mut pushed) = registered()?;
    let owner = account.to_string();
    let mut tries = 0;
    loop {
        let reference = ProviderRef {
            url: &provider.url,
            thumbprints: &provider.thumbprints,
            pushed: pushed.as_ref().map(|it| &it.keys),
        };
        let place = provider.bucket.as_deref();
        let place = place.map(|place| Registered {
            account: &owner,
            place,
        });
        let audiences = match whom {
            For::Clients => provider.client_ids.clone(),
            For::Audience(audience) => vec![audience.to_owned()],
        };
        let answer = at
            .verifier
            .accept(token, &reference, place, &audiences, at.call.now)
            .await;
        // Keys may have been fetched and a cluster asked meanwhile. What counts is the provider as it is now.
        let (current, keys) = registered()?;
        let same = current.thumbprints == provider.thumbprints
            && current.client_ids == provider.client_ids
            && current.bucket == provider.bucket
            && keys == pushed;
        (provider, pushed) = (current, keys);
        if same {
            return match answer {
                Ok(token) => Ok(Identified { provider, token }),
                Err(Refused { error, verified }) => Err(Rejected {
                    error,
                    verified: verified.map(|token| {
                        Box::new(Identified {
                            provider,
                            token: *token,
                        })
                    }),
                }),
            };
        }
        tries += 1;
        if tries == TRIES {
            let detail = "the provider changes all the time".to_owned();
            return Err(TokenError::Unreachable { detail }.into());
        }
    }
}

/// A provider and the keys that were pushed for it.
type Found = (Arc<OidcProvider>, Option<Arc<ProviderKeys>>);

/// The provider whose URL is exactly the token's issuer.
fn provider(account: AccountId, issuer: &str, at: &At<'_>) -> Option<Found> {
    let snapshot = at.snapshot();
    let url = issuer.strip_prefix("https://")?;
    let view = snapshot.account(account)?;
    let provider = view.provider(url)?;
    Some((Arc::clone(provider), view.shelved(url).cloned()))
}
