//! Which versions and cipher suites of TLS a server accepts.

use std::str::FromStr;
use std::sync::Arc;

use rustls::SupportedProtocolVersion;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::version::{TLS12, TLS13};

/// What is accepted. The default is all that is safe: TLS 1.2 with AEAD suites, and 1.3.
#[derive(Debug, Clone, Default)]
pub(crate) struct TlsPolicy {
    pub(crate) min_version: MinVersion,
    pub(crate) suites: Option<Suites>,
}

/// The lowest version.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum MinVersion {
    /// TLS 1.2: what is older is not spoken, whatever is asked for.
    #[default]
    Tls12,
    Tls13,
}

/// Suites of TLS 1.2 by their IANA names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Suites(Vec<String>);

/// Names that Go knows, and that are not spoken here: without forward secrecy or AEAD.
const UNSAFE: [&str; 13] = [
    "TLS_RSA_WITH_RC4_128_SHA",
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
    "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_FALLBACK_SCSV",
];
/// The same with CBC and SHA-1, for both kinds of keys.
const UNSAFE_CBC: [&str; 4] = [
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
];

impl Suites {
    /// Whether no name was given.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl TlsPolicy {
    pub(super) fn versions(&self) -> &'static [&'static SupportedProtocolVersion] {
        static BOTH: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];
        static NEWEST: [&SupportedProtocolVersion; 1] = [&TLS13];
        match self.min_version {
            MinVersion::Tls12 => &BOTH,
            MinVersion::Tls13 => &NEWEST,
        }
    }

    pub(super) fn provider(&self) -> Arc<CryptoProvider> {
        let mut provider = aws_lc_rs::default_provider();
        if let Some(Suites(names)) = &self.suites {
            // The suites of TLS 1.3 are always there, as in Go.
            provider.cipher_suites.retain(|suite| {
                suite.tls13().is_some() || names.iter().any(|it| *it == name(suite.suite()))
            });
        }
        Arc::new(provider)
    }
}

/// The name in the registry of IANA.
fn name(suite: rustls::CipherSuite) -> String {
    suite
        .as_str()
        .map_or_else(|| format!("{suite:?}"), str::to_owned)
        .replace("TLS13_", "TLS_")
}

impl FromStr for MinVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "" | "1.0" | "1.1" | "1.2" | "VersionTLS10" | "VersionTLS11" | "VersionTLS12" => {
                Ok(Self::Tls12)
            }
            "1.3" | "VersionTLS13" => Ok(Self::Tls13),
            _ => Err(format!("`{text}` is not one of 1.0, 1.1, 1.2 and 1.3")),
        }
    }
}

impl FromStr for Suites {
    type Err = String;

    /// Names with commas between them; blanks don't count. Suites that are not spoken are left
    /// out; a name that is none is an error.
    fn from_str(text: &str) -> Result<Self, String> {
        let provider = aws_lc_rs::default_provider();
        let spoken: Vec<_> = provider
            .cipher_suites
            .iter()
            .map(|it| name(it.suite()))
            .collect();
        let mut names = Vec::new();
        let given = text.split(',').map(str::trim).filter(|it| !it.is_empty());
        for given in given {
            // Go's older names of two suites.
            let given = match given {
                "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305"
                | "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305" => format!("{given}_SHA256"),
                other => other.to_owned(),
            };
            if spoken.contains(&given) {
                names.push(given);
            } else if !UNSAFE.contains(&given.as_str()) && !UNSAFE_CBC.contains(&given.as_str()) {
                return Err(format!(
                    "`{given}` is not a cipher suite that is spoken here; these are: {}",
                    spoken.join(", ")
                ));
            }
        }
        if names.is_empty() && !text.trim().is_empty() {
            return Err("none of these cipher suites is spoken here".to_owned());
        }
        Ok(Self(names))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_have_their_registered_names() {
        let suites: Suites =
            " TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_RSA_WITH_RC4_128_SHA,,TLS_AES_128_GCM_SHA256"
                .parse()
                .unwrap();
        assert_eq!(
            suites.0,
            [
                "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                "TLS_AES_128_GCM_SHA256"
            ]
        );
        assert!("TLS_NONE".parse::<Suites>().is_err());
        let policy = TlsPolicy {
            suites: Some(suites),
            ..TlsPolicy::default()
        };
        let left = &policy.provider().cipher_suites;
        assert_eq!(left.iter().filter(|it| it.tls13().is_none()).count(), 1);
        assert_eq!(left.iter().filter(|it| it.tls13().is_some()).count(), 3);
    }

    #[test]
    fn versions_that_are_too_old_mean_the_oldest_that_is_spoken() {
        assert_eq!("VersionTLS10".parse(), Ok(MinVersion::Tls12));
        assert_eq!("1.3".parse(), Ok(MinVersion::Tls13));
        assert!("2".parse::<MinVersion>().is_err());
    }
}
