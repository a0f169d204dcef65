//! Verifies tokens: the way from an unverified token to its claims.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use ipnet::IpNet;
use jiff::Timestamp;

use crate::cache::Lifetimes;
use crate::claims::Claims;
use crate::error::TokenError;
use crate::fetch::Fetcher;
use crate::issuer::Issuer;
use crate::keys::{KeySet, PushedKeys, VerificationKey};
use crate::local::{self, LocalDocuments, Place, Registered};
use crate::review::Reviewer;
use crate::sources::Sources;
use crate::token::UnverifiedToken;
use crate::url::IssuerUrl;
use crate::verified::Verified;

/// Verifies tokens of registered providers and keeps their keys. Clones share everything.
#[derive(Clone)]
pub struct Verifier {
    shared: Arc<Shared>,
}

/// How a [`Verifier`] fetches keys and how long it trusts them.
#[derive(Debug, Clone)]
pub struct VerifierConfig {
    /// Root certificates in PEM besides those of the platform.
    pub extra_roots_pem: Option<Vec<u8>>,
    /// Networks that issuers may be in although they are refused otherwise: loopback, and private ranges if
    /// `private_networks` is false. Link-local, multicast and reserved ranges and the metadata services of clouds stay
    /// refused.
    pub allowed_networks: Vec<IpNet>,
    /// Whether issuers may be in private ranges (RFC 1918, RFC 4193, RFC 6598), where a cluster's own issuer usually
    /// lives.
    pub private_networks: bool,
    /// The budget of one fetch, discovery and key set together. AWS gives about 5 s.
    pub timeout: Duration,
    /// The age at which keys are fetched again before they are used. So long is a key that its issuer has removed
    /// still trusted, at most, while the issuer can be reached.
    pub refresh_after: Duration,
    /// The age at which keys are no longer used although the issuer can't be reached.
    pub keep_at_most: Duration,
    /// The shortest time between two fetches from one issuer, whatever key ids are asked for.
    pub refetch_interval: Duration,
    /// The greatest age of a token by its `iat`, whatever its `exp` says. A projected token lives 24 h and the
    /// kubelet replaces it at that age at the latest; the default is an hour more. (AWS has been seen to refuse an
    /// age of 441,398 s; its limit isn't documented.)
    pub max_token_age: Duration,
    /// How many issuers' fetched keys are kept at a time.
    pub max_issuers: usize,
    /// How many bytes of fetched keys are kept at a time, about.
    pub max_key_bytes: usize,
    /// How many verified tokens are remembered, so that their signatures need not be verified again; 0 for none.
    pub max_verified_tokens: usize,
}

impl Default for VerifierConfig {
    /// No extra roots and networks, private ranges allowed; 5 s, 5 min, 1 h, 10 s and 25 h, in the order of the fields;
    /// 4,096 issuers, 64 MiB of keys, 16,384 tokens.
    fn default() -> Self {
        Self {
            extra_roots_pem: None,
            allowed_networks: Vec::new(),
            private_networks: true,
            timeout: Duration::from_secs(5),
            refresh_after: Duration::from_secs(300),
            keep_at_most: Duration::from_secs(3600),
            refetch_interval: Duration::from_secs(10),
            max_token_age: Duration::from_secs(90_000),
            max_issuers: 4096,
            max_key_bytes: 64 * 1024 * 1024,
            max_verified_tokens: 16_384,
        }
    }
}

/// A verifier can't be set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifierError {
    /// The extra root certificates can't be read.
    #[error("the extra root certificates can't be read: {0}")]
    Roots(String),
}

impl VerifierError {
    pub(crate) fn roots(reason: impl Into<String>) -> Self {
        Self::Roots(reason.into())
    }
}

/// What verification needs of a registered OIDC provider.
#[derive(Debug, Clone, Copy)]
pub struct ProviderRef<'a> {
    /// The issuer's URL as registered.
    pub url: &'a IssuerUrl,
    /// The registered SHA-1 thumbprints, 40 hexadecimal digits each.
    pub thumbprints: &'a [String],
    /// Keys that an administrator has given. Nothing is fetched for the provider then, and no other key counts.
    pub pushed: Option<&'a PushedKeys>,
}

/// A token that is good for an audience.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// What the token says.
    pub claims: Claims,
    /// The audience that matched: `azp` if there is one.
    pub audience: String,
}

/// A token isn't accepted.
#[derive(Debug, Clone)]
pub struct Refused {
    /// Why.
    pub error: TokenError,
    /// What the token says, if only its reviewer didn't stand behind it: for the audit record, and for nothing else.
    pub verified: Option<Box<Accepted>>,
}

impl From<TokenError> for Refused {
    fn from(error: TokenError) -> Self {
        Self {
            error,
            verified: None,
        }
    }
}

struct Shared {
    fetcher: Arc<Fetcher>,
    lifetimes: Lifetimes,
    max_token_age: i64,
    hosted: RwLock<HashMap<IssuerUrl, Arc<Issuer>>>,
    local: OnceLock<Arc<dyn LocalDocuments>>,
    reviewers: RwLock<HashMap<IssuerUrl, Arc<dyn Reviewer>>>,
    sources: Sources,
    verified: Verified,
}

impl Verifier {
    /// Sets a verifier up. It opens no connection and reads no file; the platform's roots are read at the first
    /// fetch.
    ///
    /// # Errors
    /// [`VerifierError::Roots`] if `extra_roots_pem` isn't a list of certificates.
    pub fn new(config: VerifierConfig) -> Result<Self, VerifierError> {
        let millis = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        Ok(Self {
            shared: Arc::new(Shared {
                fetcher: Arc::new(Fetcher::new(&config)?),
                lifetimes: Lifetimes {
                    refresh_after: millis(config.refresh_after),
                    keep_at_most: millis(config.keep_at_most.max(config.refresh_after)),
                    refetch_interval: millis(config.refetch_interval),
                },
                max_token_age: i64::try_from(config.max_token_age.as_secs()).unwrap_or(i64::MAX),
                hosted: RwLock::default(),
                local: OnceLock::new(),
                reviewers: RwLock::default(),
                sources: Sources::new(config.max_issuers, config.max_key_bytes),
                verified: Verified::new(config.max_verified_tokens),
            }),
        })
    }

    /// Makes an issuer of this process known: its tokens are verified with its own keys, without a network call.
    /// An issuer of the same URL is replaced.
    pub fn host(&self, issuer: Arc<Issuer>) {
        self.shared
            .hosted
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(issuer.url().clone(), issuer);
    }

    /// Lets go of an issuer of this process: its tokens are verified like any other's from now on.
    pub fn unhost(&self, url: &IssuerUrl) {
        self.shared
            .hosted
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(url);
    }

    /// Strict mode for an issuer: its tokens are accepted only if the reviewer stands behind them too.
    pub fn review_with(&self, issuer: IssuerUrl, reviewer: Arc<dyn Reviewer>) {
        self.shared
            .reviewers
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(issuer, reviewer);
    }

    /// Reads the documents that this process keeps itself from there, see [`Verifier::accept`]. The first call counts.
    pub fn read_local(&self, documents: Arc<dyn LocalDocuments>) {
        // A second place would be a mistake of the caller's; the first one stays.
        let _ = self.shared.local.set(documents);
    }

    /// The place of this process that holds the discovery document of an issuer now, if it is the account's: to be asked once,
    /// when a provider is registered, and recorded with it for [`Verifier::accept`].
    pub async fn local_place(&self, url: &IssuerUrl, account: &str) -> Option<Place> {
        let documents = self.shared.local.get()?;
        local::place(&**documents, url, account).await
    }

    /// Verifies a token for a provider at a time: the issuer is the provider's, its key verifies the signature, and
    /// the dates are right. That alone lets nobody in, see [`Verifier::accept`]. Must run inside a tokio runtime.
    ///
    /// With the key at hand this is one signature verification and some microseconds, and it waits for nothing; a token
    /// that is remembered needs only the microseconds.
    ///
    /// # Errors
    /// A [`TokenError`] with the code and text for the caller; nothing but the issuer is judged before the signature.
    pub async fn verify(
        &self,
        token: &UnverifiedToken,
        provider: &ProviderRef<'_>,
        now: Timestamp,
    ) -> Result<Claims, TokenError> {
        self.verify_for(token, provider, None, now).await
    }

    /// Accepts a token for one of these audiences: it verifies ([`Verifier::verify`]), its audience is among them
    /// ([`Claims::used_audience`]), and if the issuer has a reviewer, that one is asked last and each time, also for a token
    /// whose signature is remembered.
    ///
    /// With a place that was recorded for the provider, the issuer's documents are read there ([`Verifier::read_local`]) and
    /// never over the network, whatever has become of the place. Without one they are never read in a place of this process.
    ///
    /// # Errors
    /// As [`Verifier::verify`]; [`TokenError::IncorrectAudience`]; [`TokenError::Revoked`] if the reviewer refuses the token,
    /// and [`TokenError::Unreachable`] if it can't tell.
    pub async fn accept(
        &self,
        token: &UnverifiedToken,
        provider: &ProviderRef<'_>,
        registered: Option<Registered<'_>>,
        audiences: &[String],
        now: Timestamp,
    ) -> Result<Accepted, Refused> {
        let claims = self.verify_for(token, provider, registered, now).await?;
        let audience = claims.used_audience(audiences)?;
        let accepted = Accepted { claims, audience };
        let Some(reviewer) = self.reviewer(provider.url) else {
            return Ok(accepted);
        };
        let subject = &accepted.claims.subject;
        let review = reviewer.review(token.text(), subject, &accepted.audience);
        match review.await.judge(provider.url.as_str(), subject) {
            Ok(()) => Ok(accepted),
            Err(error) => Err(Refused {
                error,
                verified: Some(Box::new(accepted)),
            }),
        }
    }

    async fn verify_for(
        &self,
        token: &UnverifiedToken,
        provider: &ProviderRef<'_>,
        registered: Option<Registered<'_>>,
        now: Timestamp,
    ) -> Result<Claims, TokenError> {
        if token.issuer() != provider.url.as_str() {
            return Err(TokenError::unknown_provider(token.issuer()));
        }
        let shared = &self.shared;
        let key = self.key(token, provider, registered, now).await?;
        let digest = (!shared.verified.is_off()).then(|| token.digest());
        let known =
            digest.is_some_and(|digest| shared.verified.knows(&digest, key.fingerprint(), now));
        if !known {
            key.verify(token.signed_part(), token.signature())?;
        }
        let claims = Claims::read(provider.url, token.payload())?;
        claims.check_dates(now, shared.max_token_age)?;
        if let (Some(digest), false) = (digest, known) {
            let fingerprint = *key.fingerprint();
            shared
                .verified
                .remember(digest, fingerprint, provider.url, claims.expires_at);
        }
        Ok(claims)
    }

    /// Where a token's key comes from: what was pushed for the provider, else an issuer of this process, else the place that
    /// is recorded for the provider, else the network. Nothing that is missing in one of them is looked for in the next: the
    /// name of a bucket that is gone here may be a stranger's elsewhere.
    async fn key(
        &self,
        token: &UnverifiedToken,
        provider: &ProviderRef<'_>,
        registered: Option<Registered<'_>>,
        now: Timestamp,
    ) -> Result<Arc<VerificationKey>, TokenError> {
        let (algorithm, id) = (token.algorithm(), token.key_id());
        if let Some(pushed) = provider.pushed {
            return pushed.set().select(algorithm, id).cloned();
        }
        if let Some(issuer) = self.hosted(provider.url) {
            return issuer.key(algorithm, id);
        }
        if let Some(registered) = registered {
            let keys = self.local_keys(provider.url, registered).await?;
            return keys.select(algorithm, id).cloned();
        }
        let shared = &self.shared;
        let (lifetimes, fetcher) = (shared.lifetimes, &shared.fetcher);
        let source = shared.sources.of(provider.url, provider.thumbprints, now);
        if let Some(key) = source.at_hand(algorithm, id, now, lifetimes, fetcher) {
            return Ok(key);
        }
        let key = source.fetched_key(algorithm, id, now, lifetimes, fetcher);
        let key = key.await;
        shared.sources.trim(provider.url);
        key
    }

    /// Drops what is known of an issuer's tokens, to be called when the keys that were pushed for a provider change.
    ///
    /// Its fetched keys stay, and the limit on fetches with them: they are kept by URL and thumbprints, so they are right for
    /// every provider that has the same, and other accounts' providers use them.
    pub fn forget(&self, url: &IssuerUrl) {
        self.shared.verified.forget(url);
    }

    fn hosted(&self, url: &IssuerUrl) -> Option<Arc<Issuer>> {
        self.shared
            .hosted
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(url)
            .cloned()
    }

    fn reviewer(&self, url: &IssuerUrl) -> Option<Arc<dyn Reviewer>> {
        self.shared
            .reviewers
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(url)
            .cloned()
    }

    async fn local_keys(
        &self,
        url: &IssuerUrl,
        registered: Registered<'_>,
    ) -> Result<KeySet, TokenError> {
        let documents = self.shared.local.get();
        let documents =
            documents.ok_or_else(|| TokenError::unverifiable("no documents are kept here"))?;
        local::keys(&**documents, url, registered).await
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("lifetimes", &self.shared.lifetimes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
