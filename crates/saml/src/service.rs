//! The names under which this server may be meant.

/// Who an assertion must be for: AWS's own names of its service, which identity providers are
/// configured with, and this server's endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceProvider {
    endpoint: Option<String>,
}

/// The audience that AWS documents (IAM User Guide, "Configure SAML assertions for the
/// authentication response").
const AUDIENCE: &str = "urn:amazon:webservices";

impl ServiceProvider {
    /// AWS's names, and `endpoint`, the URL that clients use, with or without `/saml` behind it.
    #[must_use]
    pub fn with_endpoint(endpoint: &str) -> Self {
        Self {
            endpoint: Some(endpoint.trim_end_matches('/').to_owned()),
        }
    }

    /// Whether an `Audience` names this server: `urn:amazon:webservices`, or what a recipient may
    /// be.
    #[must_use]
    pub fn is_audience(&self, name: &str, provider_id: &str) -> bool {
        name == AUDIENCE || self.is_recipient(name, provider_id)
    }

    /// Whether a `Recipient` is this server: `https://signin.aws.amazon.com/saml`, the same of a
    /// region (`https://REGION.signin.aws.amazon.com/saml`), either with `/acs/` and the
    /// provider's id behind it, or the server's endpoint.
    #[must_use]
    pub fn is_recipient(&self, url: &str, provider_id: &str) -> bool {
        let own = self.endpoint.as_ref();
        if own.is_some_and(|own| url.strip_suffix("/saml").unwrap_or(url) == own) {
            return true;
        }
        let Some(rest) = url.strip_prefix("https://") else {
            return false;
        };
        let Some((host, path)) = rest.split_once('/') else {
            return false;
        };
        let of_provider = path.strip_prefix("saml/acs/");
        let is_region = |label: &str| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-')
        };
        (path == "saml" || of_provider.is_some_and(|id| id == provider_id))
            && (host == HOST
                || host
                    .strip_suffix(HOST)
                    .and_then(|region| region.strip_suffix('.'))
                    .is_some_and(is_region))
    }
}

const HOST: &str = "signin.aws.amazon.com";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aws_and_the_server_itself_are_meant_and_nobody_else() {
        let service = ServiceProvider::with_endpoint("https://iam.example.com:8480/");
        for url in [
            "https://signin.aws.amazon.com/saml",
            "https://eu-west-1.signin.aws.amazon.com/saml",
            "https://signin.aws.amazon.com/saml/acs/SAMLSPX",
            "https://iam.example.com:8480",
            "https://iam.example.com:8480/saml",
        ] {
            assert!(service.is_recipient(url, "SAMLSPX"), "{url}");
            assert!(service.is_audience(url, "SAMLSPX"), "{url}");
        }
        for url in [
            "",
            "https://signin.aws.amazon.com",
            "http://signin.aws.amazon.com/saml",
            "https://signin.aws.amazon.com/saml/",
            "https://signin.aws.amazon.com/saml/acs/OTHER",
            "https://evil.example/signin.aws.amazon.com/saml",
            "https://evilsignin.aws.amazon.com/saml",
            "https://a.b.signin.aws.amazon.com/saml",
            "https://.signin.aws.amazon.com/saml",
            "https://x@signin.aws.amazon.com/saml",
            "https://iam.example.com:8480/",
            "https://iam.example.com:8480/other",
            "https://iam.example.com/saml",
            "urn:amazon:webservices",
        ] {
            assert!(!service.is_recipient(url, "SAMLSPX"), "{url}");
        }
        assert!(service.is_audience("urn:amazon:webservices", ""));
        assert!(!service.is_audience("urn:amazon:webservices:x", ""));
        assert!(!ServiceProvider::default().is_recipient("", ""));
        assert!(!ServiceProvider::default().is_recipient("/saml", ""));
    }
}
