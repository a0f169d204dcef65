//! Why a token was refused: what the caller is told, and what the log says.

/// A token is refused. `Display` is the text for the caller; [`TokenError::detail`] is for the log only.
///
/// Codes and texts are those of AWS STS where they are known from its documentation or from what its clients
/// have seen; a wrong signature, an unknown key id and a key set that can't be read have one text together, so
/// that a caller learns nothing from the difference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The text isn't a JWT of a form that is accepted.
    #[error(
        "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
    )]
    Malformed {
        /// What is wrong with it.
        detail: String,
    },
    /// The account has no OIDC provider for the issuer that the token names.
    #[error("No OpenIDConnect provider found in your account for {issuer}")]
    UnknownProvider {
        /// The issuer, cut and without control characters: build it with [`TokenError::unknown_provider`].
        issuer: String,
    },
    /// There is no key for the token, or the one there is doesn't verify it.
    #[error(
        "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"
    )]
    Unverifiable {
        /// What went wrong.
        detail: String,
    },
    /// The identity provider can't be reached, is too slow or fails; worth another try.
    #[error("The identity provider could not be reached to verify the token. Retry the request.")]
    Unreachable {
        /// What went wrong.
        detail: String,
    },
    /// The issuer's certificate is trusted neither by a root nor by a registered thumbprint.
    #[error("OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint")]
    Thumbprint {
        /// What the chain failed on.
        detail: String,
    },
    /// The issuer's cluster no longer stands behind the token. The text is how AWS describes the code.
    #[error(
        "The web identity token that was passed could not be validated. Get a new identity token from the identity provider and then retry the request."
    )]
    Revoked {
        /// What the cluster said.
        detail: String,
    },
    /// `exp` has come. Both are seconds since 1970.
    #[error(
        "Token expired: current date/time {now} must be before the expiration date/time {expires_at}"
    )]
    Expired {
        /// When the token was judged.
        now: i64,
        /// The token's `exp`.
        expires_at: i64,
    },
    /// `iat` lies too far back.
    #[error("Token too old: {age}")]
    TooOld {
        /// Seconds since `iat`.
        age: i64,
    },
    /// `iat` or `nbf` lies in the future. The wording is ours.
    #[error(
        "Token not valid yet: current date/time {now} must not be before the date/time {not_before}"
    )]
    NotYetValid {
        /// When the token was judged, in seconds since 1970.
        now: i64,
        /// The token's `iat` or `nbf`.
        not_before: i64,
    },
    /// A claim that every token needs is absent.
    #[error("Missing a required claim: {0}")]
    MissingClaim(&'static str),
    /// A claim is there, in a form that can't be read. The wording is ours.
    #[error("Invalid claim: {claim}")]
    InvalidClaim {
        /// The claim's name.
        claim: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// None of the provider's client ids is the token's audience.
    #[error("Incorrect token audience")]
    IncorrectAudience,
    /// The token lists roles, and the one asked for isn't among them.
    #[error("The target role ARN is not present in the roles claim of the identity token")]
    RoleNotListed,
}

impl TokenError {
    /// The refusal for an issuer that the account doesn't know. The issuer comes from an unverified token, so
    /// it is cut to 255 characters and loses its control characters.
    pub fn unknown_provider(issuer: &str) -> Self {
        let issuer = issuer
            .chars()
            .filter(|char| !char.is_control())
            .take(255)
            .collect();
        Self::UnknownProvider { issuer }
    }

    /// The error code on the wire (STS API Reference, AssumeRoleWithWebIdentity, "Errors").
    pub fn code(&self) -> &'static str {
        match self {
            Self::Expired { .. } | Self::TooOld { .. } => "ExpiredTokenException",
            Self::Unreachable { .. } => "IDPCommunicationError",
            Self::Malformed { .. }
            | Self::UnknownProvider { .. }
            | Self::Unverifiable { .. }
            | Self::Thumbprint { .. }
            | Self::Revoked { .. }
            | Self::NotYetValid { .. }
            | Self::MissingClaim(_)
            | Self::InvalidClaim { .. }
            | Self::IncorrectAudience
            | Self::RoleNotListed => "InvalidIdentityToken",
        }
    }

    /// The text for the caller.
    pub fn message(&self) -> String {
        self.to_string()
    }

    /// The HTTP status: 400 for each of these codes.
    pub fn http_status(&self) -> u16 {
        400
    }

    /// What happened, for the log and never for the caller. It holds no part of a token but names of claims.
    pub fn detail(&self) -> String {
        match self {
            Self::Malformed { detail }
            | Self::Unverifiable { detail }
            | Self::Unreachable { detail }
            | Self::Thumbprint { detail }
            | Self::Revoked { detail } => detail.clone(),
            Self::InvalidClaim { claim, detail } => format!("claim {claim}: {detail}"),
            other => other.to_string(),
        }
    }

    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::Malformed {
            detail: detail.into(),
        }
    }

    pub(crate) fn unverifiable(detail: impl Into<String>) -> Self {
        Self::Unverifiable {
            detail: detail.into(),
        }
    }

    pub(crate) fn unreachable(detail: impl Into<String>) -> Self {
        Self::Unreachable {
            detail: detail.into(),
        }
    }

    pub(crate) fn invalid(claim: &'static str, detail: impl Into<String>) -> Self {
        Self::InvalidClaim {
            claim,
            detail: detail.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_those_that_clients_of_aws_know() {
        let table = [
            (
                TokenError::Expired {
                    now: 1_795_292_530,
                    expires_at: 1_795_292_400,
                },
                "ExpiredTokenException",
                "Token expired: current date/time 1795292530 must be before the expiration date/time 1795292400",
            ),
            (
                TokenError::TooOld { age: 441_398 },
                "ExpiredTokenException",
                "Token too old: 441398",
            ),
            (
                TokenError::unverifiable("x"),
                "InvalidIdentityToken",
                "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
            ),
            (
                TokenError::MissingClaim("aud"),
                "InvalidIdentityToken",
                "Missing a required claim: aud",
            ),
            (
                TokenError::IncorrectAudience,
                "InvalidIdentityToken",
                "Incorrect token audience",
            ),
            (
                TokenError::unknown_provider("https://host.example/id"),
                "InvalidIdentityToken",
                "No OpenIDConnect provider found in your account for https://host.example/id",
            ),
        ];
        for (error, code, message) in table {
            assert_eq!((error.code(), error.message().as_str()), (code, message));
            assert_eq!(error.http_status(), 400);
        }
        assert_eq!(TokenError::unreachable("x").code(), "IDPCommunicationError");
    }

    #[test]
    fn the_echoed_issuer_is_short_and_printable() {
        let error = TokenError::unknown_provider(&format!("https://\0\n{}", "a".repeat(9000)));
        let message = error.message();
        assert!(message.len() < 400 && !message.contains(['\0', '\n']));
    }

    #[test]
    fn the_detail_stays_out_of_the_message() {
        let error = TokenError::unverifiable("connection to 10.0.0.7");
        assert!(!error.message().contains("10.0.0.7"));
        assert_eq!(error.detail(), "connection to 10.0.0.7");
    }
}
