//! Strict mode: the cluster that issued a token is asked whether it still stands behind it.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use crate::error::TokenError;

/// What became of the question whether an issuer still stands behind a token. The texts are for the log; they may hold no part
/// of the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Review {
    /// It does.
    Authenticated,
    /// It doesn't, e.g. because the pod that the token is bound to is gone.
    Refused(String),
    /// No answer, or none that counts: the token is not accepted, and may be later.
    Unknown(String),
}

/// Asks an issuer about its tokens. An answer takes bounded time.
pub trait Reviewer: Debug + Send + Sync {
    /// Asks about a token whose signature, dates and audience have been checked.
    fn review<'a>(
        &'a self,
        token: &'a str,
        subject: &'a str,
        audience: &'a str,
    ) -> Pin<Box<dyn Future<Output = Review> + Send + 'a>>;
}

impl Review {
    /// Only an authenticated token goes on.
    pub(crate) fn judge(self, issuer: &str, subject: &str) -> Result<(), TokenError> {
        match self {
            Self::Authenticated => {
                tracing::debug!(issuer, subject, "the cluster stands behind the token");
                Ok(())
            }
            Self::Refused(reason) => {
                let detail = format!("the token review refused it: {}", printable(&reason));
                tracing::info!(issuer, subject, "{detail}");
                Err(TokenError::Revoked { detail })
            }
            Self::Unknown(reason) => {
                let detail = format!("no token review: {}", printable(&reason));
                tracing::warn!(issuer, subject, "{detail}");
                Err(TokenError::unreachable(detail))
            }
        }
    }
}

/// A text of somebody else's for one line of the log.
fn printable(text: &str) -> String {
    let printable = text.chars().filter(|char| !char.is_control());
    printable.take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_authenticated_token_goes_on() {
        assert_eq!(Review::Authenticated.judge("i", "s"), Ok(()));
        let refused = Review::Refused("gone\n".repeat(900)).judge("i", "s");
        let refused = refused.unwrap_err();
        assert_eq!(refused.code(), "InvalidIdentityToken");
        assert!(!refused.message().contains("gone"));
        assert!(refused.detail().len() < 400 && !refused.detail().contains('\n'));
        let unknown = Review::Unknown("down".to_owned()).judge("i", "s");
        let unknown = unknown.unwrap_err();
        assert_eq!(unknown.code(), "IDPCommunicationError");
        assert!(!unknown.message().contains("down"));
    }
}
