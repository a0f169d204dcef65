//! A profile of `~/.aws/config` and `~/.aws/credentials`.

mod ini;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use ini::{Section, sections};
use session::{AccessKeyId, Secret};

use super::Keys;
use super::environment::Environment;

/// The most that is read of a file.
const FILE_BYTES: u64 = 1024 * 1024;

/// What the two files say of one profile. The credentials file counts before the configuration.
pub(crate) struct Profile {
    name: String,
    config: Part,
    credentials: Part,
}

/// One file's part of it.
struct Part {
    path: Option<PathBuf>,
    /// Whether the file has a section for the profile.
    found: bool,
    settings: Section,
}

impl Profile {
    /// The profile that AWS_PROFILE names, or `default`, of the files that AWS_CONFIG_FILE and
    /// AWS_SHARED_CREDENTIALS_FILE name, or of those in `~/.aws`.
    ///
    /// A file that isn't there is an empty one, and `default` need not exist. A profile that was
    /// asked for must.
    pub(crate) fn read(environment: &Environment) -> Result<Self> {
        let named = environment
            .get("AWS_PROFILE")
            .or_else(|| environment.get("AWS_DEFAULT_PROFILE"));
        let name = named.unwrap_or("default").to_owned();
        let path = |variable: &str, file: &str| {
            let home = environment.home();
            match environment.get(variable) {
                Some(path) => Some(expanded(path, home.as_deref())),
                None => home.map(|home| home.join(".aws").join(file)),
            }
        };
        let config = path("AWS_CONFIG_FILE", "config");
        let credentials = path("AWS_SHARED_CREDENTIALS_FILE", "credentials");
        let profile = Self {
            config: Part::of_config(config, &name)?,
            credentials: Part::of_credentials(credentials, &name)?,
            name,
        };
        if named.is_some() && !profile.config.found && !profile.credentials.found {
            bail!(
                "AWS_PROFILE names the profile `{}`, which {}; `aws configure list-profiles` shows \
                 those that are there",
                profile.name,
                profile.absence()
            );
        }
        Ok(profile)
    }

    /// A setting, with the file that it is in.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let parts = [&self.credentials, &self.config];
        parts.into_iter().find_map(|part| part.get(name))
    }

    /// The keys in the credentials file.
    pub(crate) fn credentials_file_keys(&self) -> Result<Option<Keys>> {
        self.credentials.keys(&self.name)
    }

    /// The keys in the configuration file.
    pub(crate) fn config_file_keys(&self) -> Result<Option<Keys>> {
        self.config.keys(&self.name)
    }

    /// Its name, for messages.
    pub(crate) fn shown(&self) -> String {
        format!("the profile `{}`", self.name)
    }

    /// What there is to say if a setting is missing.
    pub(crate) fn lacks(&self, what: &str) -> String {
        match self.config.found || self.credentials.found {
            true => format!("the profile `{}` has no {what}", self.name),
            false => format!("the profile `{}` {}", self.name, self.absence()),
        }
    }

    /// The command that gets credentials of a profile that only the AWS CLI can follow.
    pub(crate) fn export(&self) -> String {
        format!(
            "`eval \"$(aws configure export-credentials --profile {} --format env)\"` of the \
             AWS CLI 2 gets its credentials",
            self.name
        )
    }

    fn absence(&self) -> String {
        let paths = [&self.config.path, &self.credentials.path];
        let shown: Vec<_> = paths
            .into_iter()
            .flatten()
            .map(|path| format!("`{}`", path.display()))
            .collect();
        match shown.as_slice() {
            [] => "has no files: neither HOME nor AWS_CONFIG_FILE is set".to_owned(),
            _ => format!("is not in {}", shown.join(" or ")),
        }
    }
}

impl Part {
    /// `[profile NAME]`, and for the default one `[default]` too.
    fn of_config(path: Option<PathBuf>, name: &str) -> Result<Self> {
        Self::of(path, |section| {
            let words: Vec<_> = section.splitn(2, char::is_whitespace).collect();
            match words.as_slice() {
                ["profile", quoted] => unquoted(quoted.trim()) == name,
                [only] => *only == "default" && name == "default",
                _ => false,
            }
        })
    }

    fn of_credentials(path: Option<PathBuf>, name: &str) -> Result<Self> {
        Self::of(path, |section| unquoted(section) == name)
    }

    fn of(path: Option<PathBuf>, is_it: impl Fn(&str) -> bool) -> Result<Self> {
        let mut part = Self {
            path,
            found: false,
            settings: Section::new(),
        };
        let Some(text) = part.path.as_deref().map(read).transpose()?.flatten() else {
            return Ok(part);
        };
        let all = sections(&text).map_err(|line| {
            let path = part.path.as_deref().unwrap_or(Path::new(""));
            anyhow::anyhow!(
                "line {} of `{}` is neither `[profile NAME]` nor `NAME = VALUE`",
                line.0,
                path.display()
            )
        })?;
        let mut named: Vec<_> = all.into_iter().filter(|(name, _)| is_it(name)).collect();
        // `[profile default]` counts before `[default]`.
        named.sort_by_key(|(name, _)| name.len());
        for (_, settings) in named {
            part.found = true;
            part.settings.extend(settings);
        }
        Ok(part)
    }

    fn get(&self, name: &str) -> Option<&str> {
        let value = self.settings.get(name)?.as_str();
        (!value.is_empty()).then_some(value)
    }

    fn keys(&self, profile: &str) -> Result<Option<Keys>> {
        let Some(id) = self.get("aws_access_key_id") else {
            return Ok(None);
        };
        let path = self.path.as_deref().unwrap_or(Path::new(""));
        let place = format!("the profile `{profile}` of `{}`", path.display());
        let Some(secret) = self.get("aws_secret_access_key") else {
            bail!("{place} has an aws_access_key_id and no aws_secret_access_key");
        };
        let id = AccessKeyId::of_another_server(id)
            .with_context(|| format!("the aws_access_key_id of {place}"))?;
        Ok(Some(Keys {
            access_key_id: id,
            secret: Secret::new(secret),
            session_token: self.get("aws_session_token").map(str::to_owned),
        }))
    }
}

fn read(path: &Path) -> Result<Option<zeroize::Zeroizing<String>>> {
    let unreadable = || format!("cannot read `{}`", path.display());
    match fs::metadata(path) {
        Ok(found) if found.len() > FILE_BYTES => bail!("`{}` is too large", path.display()),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        _ => {}
    }
    let text = fs::read_to_string(path).with_context(unreadable)?;
    Ok(Some(zeroize::Zeroizing::new(text)))
}

/// `~/x` is below the home.
fn expanded(path: &str, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}

/// A section's name may stand in quotes.
fn unquoted(name: &str) -> &str {
    let quotes = ['"', '\''];
    let inner = quotes
        .into_iter()
        .find_map(|quote| name.strip_prefix(quote)?.strip_suffix(quote));
    inner.unwrap_or(name)
}

#[cfg(test)]
mod tests;
