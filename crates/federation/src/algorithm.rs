//! The signature algorithms that are accepted.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED,
    EcdsaVerificationAlgorithm, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RsaParameters,
};

/// A signature algorithm. AWS's list is RS256 to RS512 and ES256 to ES512 (IAM User Guide, "Create an OpenID Connect
/// identity provider"); PS256 and EdDSA are ours. `none` and the HMACs don't exist here, so no token can ask for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Es256,
    Es384,
    Es512,
    EdDsa,
}

/// The type of key that an algorithm takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyType {
    Rsa,
    Ec,
    /// An octet key pair (RFC 8037): Ed25519.
    Okp,
}

impl Algorithm {
    /// Reads the `alg` of a header or key (RFC 7518, section 3.1, RFC 8037, RFC 9864; case-sensitive).
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            "PS256" => Self::Ps256,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            "ES512" => Self::Es512,
            // The later name says which curve; no other one is accepted under the earlier.
            "EdDSA" | "Ed25519" => Self::EdDsa,
            _ => return None,
        })
    }

    /// The name in a header or key.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of a curve and the length of its coordinates in bytes (RFC 7518, sections 3.4 and 6.2.1).
    pub(crate) fn of_curve(name: &str) -> Option<(Self, usize)> {
        Some(match name {
            "P-256" => (Self::Es256, 32),
            "P-384" => (Self::Es384, 48),
            "P-521" => (Self::Es512, 66),
            _ => return None,
        })
    }

    pub(crate) fn key_type(self) -> KeyType {
        match self {
            Self::Rs256 | Self::Rs384 | Self::Rs512 | Self::Ps256 => KeyType::Rsa,
            Self::Es256 | Self::Es384 | Self::Es512 => KeyType::Ec,
            Self::EdDsa => KeyType::Okp,
        }
    }

    /// The verification parameters, if it is an RSA algorithm.
    pub(crate) fn rsa(self) -> Option<&'static RsaParameters> {
        match self {
            Self::Rs256 => Some(&RSA_PKCS1_2048_8192_SHA256),
            Self::Rs384 => Some(&RSA_PKCS1_2048_8192_SHA384),
            Self::Rs512 => Some(&RSA_PKCS1_2048_8192_SHA512),
            Self::Ps256 => Some(&RSA_PSS_2048_8192_SHA256),
            _ => None,
        }
    }

    /// The verification parameters, if it is an ECDSA algorithm.
    pub(crate) fn ecdsa(self) -> Option<&'static EcdsaVerificationAlgorithm> {
        match self {
            Self::Es256 => Some(&ECDSA_P256_SHA256_FIXED),
            Self::Es384 => Some(&ECDSA_P384_SHA384_FIXED),
            Self::Es512 => Some(&ECDSA_P521_SHA512_FIXED),
            _ => None,
        }
    }
}
