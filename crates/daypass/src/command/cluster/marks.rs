//! Tags of an OIDC provider: what of it `daypass create cluster` made, so that no more is taken back.

/// On a provider that somebody else made: the client ids that were added, with blanks between.
pub(crate) const ADDED_CLIENT_IDS: &str = "daypass.internal/added-client-ids";
/// On a provider that somebody else made: its keys were pushed.
pub(crate) const PUSHED_KEYS: &str = "daypass.internal/pushed-keys";
