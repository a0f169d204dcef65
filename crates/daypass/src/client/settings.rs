//! Which server is asked: the environment's word, then the profile's.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use cluster::region::Region;
use reqwest::Certificate;

use super::environment::Environment;
use super::profile::Profile;
use super::{Client, connections};

/// The region that requests are signed for when nothing says one. The server takes any.
const REGION: &str = "us-east-1";
/// How long a connection may take to be there.
const CONNECT: Duration = Duration::from_secs(10);

/// What a command's own flags say, before everything else.
#[derive(Debug, Default)]
pub(crate) struct Given {
    /// The server's URL.
    pub(crate) endpoint: Option<String>,
    /// A file of certificates to trust besides the platform's.
    pub(crate) ca_bundle: Option<PathBuf>,
    /// How long a request may take; without end when not said.
    pub(crate) patience: Option<Duration>,
    /// The region, of AWS too: if no endpoint is configured and the environment names credentials,
    /// AWS's own endpoints for it are asked.
    pub(crate) region: Option<Region>,
    /// Only the keys of the shared credentials file count, and it is read again every minute.
    pub(crate) rotating_file: bool,
}

/// A setting, and what says it.
pub(crate) struct Setting {
    pub(crate) value: String,
    pub(crate) origin: String,
}

/// Everything that says something about servers.
pub(crate) struct Settings {
    pub(crate) given: Given,
    pub(crate) environment: Environment,
    pub(crate) profile: Profile,
}

impl Settings {
    /// Reads the profile that the environment names.
    pub(crate) fn read(given: Given, environment: Environment) -> Result<Self> {
        Ok(Self {
            profile: Profile::read(&environment)?,
            given,
            environment,
        })
    }

    /// The server's URL, if there is one.
    pub(crate) fn endpoint(&self) -> Option<Setting> {
        if let Some(endpoint) = &self.given.endpoint {
            return Some(setting(endpoint, "--endpoint"));
        }
        let ignored = self.environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
        if ignored.is_some_and(|it| it.eq_ignore_ascii_case("true")) {
            return None;
        }
        self.said(&["AWS_ENDPOINT_URL"], "endpoint_url")
    }

    /// The region whose endpoints of AWS are meant when none is configured: the command has one, and
    /// somebody has said in the environment who asks. A profile that merely is there says nothing.
    pub(crate) fn aws(&self) -> Option<&Region> {
        let who = [
            "AWS_ACCESS_KEY_ID",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "AWS_PROFILE",
        ];
        let said = who.iter().any(|name| self.environment.get(name).is_some());
        self.given.region.as_ref().filter(|_| said)
    }

    /// A client of AWS's own endpoints for a region.
    pub(crate) fn aws_client(&self, region: &Region) -> Result<Client> {
        Client::aws(self.connections()?, region)
    }

    /// A client of the server at this URL.
    pub(crate) fn client(&self, endpoint: &Setting) -> Result<Client> {
        let region = match &self.given.region {
            Some(region) => region.name().to_owned(),
            None => {
                let region = self.said(&["AWS_REGION", "AWS_DEFAULT_REGION"], "region");
                region.map_or_else(|| REGION.to_owned(), |it| it.value)
            }
        };
        let client = Client::over(self.connections()?, &endpoint.value, &region);
        client.with_context(|| endpoint.origin.clone())
    }

    fn connections(&self) -> Result<reqwest::Client> {
        let mut http = connections().connect_timeout(CONNECT);
        if let Some(patience) = self.given.patience {
            http = http.timeout(patience);
        }
        if let Some(bundle) = self.ca_bundle() {
            let Setting { value, origin } = bundle;
            let pem = fs::read(&value)
                .with_context(|| format!("cannot read `{value}`, which {origin} names"))?;
            let certificates = Certificate::from_pem_bundle(&pem)
                .with_context(|| format!("`{value}` holds no certificates"))?;
            http = http.tls_certs_merge(certificates);
        }
        Ok(http.build()?)
    }

    fn ca_bundle(&self) -> Option<Setting> {
        match &self.given.ca_bundle {
            Some(path) => Some(setting(&path.display().to_string(), "--ca-bundle")),
            None => self.said(&["AWS_CA_BUNDLE"], "ca_bundle"),
        }
    }

    fn said(&self, variables: &[&str], of_profile: &str) -> Option<Setting> {
        for variable in variables {
            if let Some(value) = self.environment.get(variable) {
                return Some(setting(value, variable));
            }
        }
        let value = self.profile.get(of_profile)?;
        let origin = format!("{of_profile} of {}", self.profile.shown());
        Some(setting(value, &origin))
    }
}

fn setting(value: &str, origin: &str) -> Setting {
    Setting {
        value: value.to_owned(),
        origin: origin.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(
        given: Option<&str>,
        variable: &str,
        ignored: &str,
        config: &str,
    ) -> Option<String> {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("config");
        fs::write(&file, config).unwrap();
        let environment = Environment::from([
            ("AWS_CONFIG_FILE", file.to_str().unwrap()),
            ("AWS_ENDPOINT_URL", variable),
            ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", ignored),
        ]);
        let given = Given {
            endpoint: given.map(str::to_owned),
            ..Given::default()
        };
        let settings = Settings::read(given, environment).unwrap();
        settings
            .endpoint()
            .map(|it| format!("{} by {}", it.value, it.origin))
    }

    #[test]
    fn aws_is_asked_for_a_region_if_the_environment_says_who_asks() {
        let aws = |region: Option<&str>, variable: &str| {
            let given = Given {
                region: region.map(|it| it.parse().unwrap()),
                ..Given::default()
            };
            let environment = Environment::from([(variable, "x"), ("AWS_CONFIG_FILE", "/none")]);
            let settings = Settings {
                profile: Profile::read(&Environment::from([("AWS_CONFIG_FILE", "/dev/null")]))
                    .unwrap(),
                given,
                environment,
            };
            settings.aws().map(|region| region.name().to_owned())
        };
        for variable in [
            "AWS_ACCESS_KEY_ID",
            "AWS_PROFILE",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
        ] {
            assert_eq!(
                aws(Some("eu-west-1"), variable).as_deref(),
                Some("eu-west-1")
            );
            assert_eq!(aws(None, variable), None);
        }
        assert_eq!(aws(Some("eu-west-1"), "HOME"), None);
    }

    #[test]
    fn the_flag_counts_before_the_variable_and_that_before_the_profile() {
        let config = "[default]\nendpoint_url = http://p\n";
        let by_flag = endpoint(Some("http://f"), "http://v", "true", config);
        assert_eq!(by_flag.as_deref(), Some("http://f by --endpoint"));
        let by_variable = endpoint(None, "http://v", "", config);
        assert_eq!(by_variable.as_deref(), Some("http://v by AWS_ENDPOINT_URL"));
        let by_profile = endpoint(None, "", "false", config);
        assert_eq!(
            by_profile.as_deref(),
            Some("http://p by endpoint_url of the profile `default`")
        );
        assert_eq!(endpoint(None, "http://v", "true", config), None);
    }
}
