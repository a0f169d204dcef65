//! Exchange tokens: what a requestor trades for credentials.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use directory::{DelegationRequest, ExchangeToken};
use door::Door;
use jiff::Timestamp;
use session::generate_secret_access_key;

use crate::wire::Secret;

/// A fresh token of the request with this id, sealed for the directory. It is 40 random
/// characters behind the id by which the request is found.
pub(super) fn fresh(door: &Door, id: &str, released: Timestamp) -> ExchangeToken {
    let secret = generate_secret_access_key();
    let sealed = door.key_encryption().seal(&purpose(id), secret.expose());
    ExchangeToken {
        sealed: STANDARD.encode(sealed),
        released,
    }
}

/// The token of a request, for its requestor; `None` when it has none.
pub(crate) fn token_of(door: &Door, request: &DelegationRequest) -> Option<Secret> {
    let sealed = STANDARD.decode(&request.exchange.as_ref()?.sealed).ok()?;
    let secret = door.key_encryption().open(&purpose(&request.id), &sealed);
    let secret = secret.ok()?;
    Some(Secret::from(format!(
        "{}{SEPARATOR}{}",
        request.id,
        secret.expose_text()?
    )))
}

/// The id of the request that a token claims to be of.
pub(crate) fn open(token: &Secret) -> Option<&str> {
    token.reveal().split_once(SEPARATOR).map(|(id, _)| id)
}

/// Whether a token is the request's.
pub(crate) fn is_of(door: &Door, request: &DelegationRequest, token: &Secret) -> bool {
    token_of(door, request).is_some_and(|own| {
        verify_slices_are_equal(own.reveal().as_bytes(), token.reveal().as_bytes()).is_ok()
    })
}

const SEPARATOR: char = '.';

/// Ties a sealed token to its request.
fn purpose(id: &str) -> String {
    format!("delegation-token:{id}")
}
