//! The signature algorithms that are accepted.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED,
    EcdsaVerificationAlgorithm, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RsaParameters,
};

/// A signature algorithm of AWS's list (IAM User Guide, "Create an OpenID Connect identity provider"): `none`
/// and the HMACs don't exist here, so no token can ask for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Es256,
    Es384,
    Es512,
}

/// The type of key that an algorithm takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyType {
    Rsa,
    Ec,
}

impl Algorithm {
    pub(crate) const RSA: [Self; 3] = [Self::Rs256, Self::Rs384, Self::Rs512];

    /// Reads the `alg` of a header or key (RFC 7518, section 3.1; case-sensitive).
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            "ES512" => Self::Es512,
            _ => return None,
        })
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
            Self::Rs256 | Self::Rs384 | Self::Rs512 => KeyType::Rsa,
            Self::Es256 | Self::Es384 | Self::Es512 => KeyType::Ec,
        }
    }

    /// The verification parameters, if it is an RSA algorithm.
    pub(crate) fn rsa(self) -> Option<&'static RsaParameters> {
        match self {
            Self::Rs256 => Some(&RSA_PKCS1_2048_8192_SHA256),
            Self::Rs384 => Some(&RSA_PKCS1_2048_8192_SHA384),
            Self::Rs512 => Some(&RSA_PKCS1_2048_8192_SHA512),
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
