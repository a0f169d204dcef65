//! Who asks: the chain of places where the SDKs look for credentials.
//!
//! The first place that names some counts; if these can't be had, that is an error, and no later
//! place is asked instead (AWS SDKs and Tools Reference Guide, "Standardized credential
//! providers").

mod held;
mod process;
mod web_identity;

use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use cluster::region::Region;
use jiff::{SignedDuration, Timestamp};
use session::{AccessKeyId, Secret};
use web_identity::WebIdentity;

use super::environment::Environment;
use super::profile::Profile;
use super::settings::{Given, Settings};
use super::{Client, Keys};
use crate::data_dir::DataDir;
use crate::local::{Answer, Ask, Description, ask};

pub(crate) use held::Credentials;

/// Where roles are asked for when the region isn't one of AWS's.
const REGION_OF_STS: &str = "us-east-1";
/// How long the credentials from the socket last, in seconds: the least there is.
const SOCKET_SECONDS: u32 = 900;
/// How often a credentials file that is rotated is read (as amazon-eks-pod-identity-agent does).
const ROTATION: SignedDuration = SignedDuration::from_mins(1);

/// Credentials, and until when.
pub(crate) struct Obtained {
    pub(crate) keys: Keys,
    /// `None` for those that last until somebody takes them back.
    pub(crate) expires: Option<Timestamp>,
}

/// Where credentials come from.
enum Source {
    /// From the environment or a profile, as they are.
    Fixed,
    /// The shared credentials file, read again and again.
    File(Environment),
    WebIdentity(WebIdentity),
    Process {
        command: String,
        profile: String,
    },
    Socket(DataDir),
}

/// A source, and the credentials that it had at once.
type Found = (Source, Option<Obtained>);

/// A server, and who asks it.
pub(crate) struct Connection {
    pub(crate) client: Arc<Client>,
    pub(crate) credentials: Credentials,
    /// Whether it is the server of this machine, asked by its socket for credentials.
    pub(crate) local: bool,
}

impl Connection {
    /// The server that is configured, with the credentials of the first place that names some. If
    /// none is, the server of this machine, as its administrator.
    pub(crate) async fn new(given: Given, environment: Environment, data: DataDir) -> Result<Self> {
        let settings = Settings::read(given, environment)?;
        let Some(endpoint) = settings.endpoint() else {
            if let Some(region) = settings.aws().cloned() {
                let client = Arc::new(settings.aws_client(&region)?);
                let found = find(settings).context("there are no credentials for AWS")?;
                return Ok(Self::of(client, found));
            }
            let lacks = settings.profile.lacks("endpoint_url");
            let region = settings.given.region.as_ref();
            return Self::of_socket(data, region).await.with_context(|| {
                format!(
                    "AWS_ENDPOINT_URL is not set and {lacks}, so the server of this machine was \
                     to be asked"
                )
            });
        };
        let client = Arc::new(settings.client(&endpoint)?);
        let found = find(settings)
            .with_context(|| format!("there are no credentials for {}", endpoint.value))?;
        Ok(Self::of(client, found))
    }

    async fn of_socket(data: DataDir, region: Option<&Region>) -> Result<Self> {
        let (obtained, server) = ask_socket(&data).await?;
        let region = region.map_or(&*server.region, Region::name);
        let client = Arc::new(Client::new(&server.endpoint, region)?);
        Ok(Self::of(client, (Source::Socket(data), Some(obtained))))
    }

    fn of(client: Arc<Client>, (source, obtained): Found) -> Self {
        let local = matches!(source, Source::Socket(_));
        let credentials = Credentials::new(source, Arc::clone(&client), obtained);
        Self {
            client,
            credentials,
            local,
        }
    }
}

impl Credentials {
    /// Those of the first place that names some, for a store that is no server of ours. A role is asked for where the
    /// environment or the profile has STS, else at AWS's in `region`.
    pub(crate) fn of_chain(environment: Environment, region: &str) -> Result<Self> {
        let settings = Settings::read(Given::default(), environment)?;
        let client = match settings.endpoint() {
            Some(endpoint) => settings.client(&endpoint)?,
            // The region of a store that isn't AWS's may be any word.
            None => match region.parse().or_else(|_| REGION_OF_STS.parse()) {
                Ok(region) => settings.aws_client(&region)?,
                Err(error) => return Err(anyhow::Error::new(error)),
            },
        };
        let (source, obtained) = find(settings)?;
        Ok(Self::new(source, Arc::new(client), obtained))
    }
}

/// The first place that names credentials.
fn find(settings: Settings) -> Result<Found> {
    let Settings {
        given,
        environment,
        profile,
    } = settings;
    if given.rotating_file {
        let obtained = of_file(&profile)?;
        return Ok((Source::File(environment), Some(obtained)));
    }
    if let Some(keys) = of_variables(&environment)? {
        return Ok(fixed(keys));
    }
    match (
        environment.get("AWS_WEB_IDENTITY_TOKEN_FILE"),
        environment.get("AWS_ROLE_ARN"),
    ) {
        (Some(file), Some(role)) => {
            let session_name = environment.get("AWS_ROLE_SESSION_NAME");
            return Ok((web_identity(role, file, session_name), None));
        }
        (Some(_), None) => bail!("AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not"),
        (None, _) => {}
    }
    match of_profile(&profile)? {
        Some(found) => Ok(found),
        None => bail!(
            "AWS_ACCESS_KEY_ID is not set, AWS_WEB_IDENTITY_TOKEN_FILE is not set, and {}; set the \
             variables, or give the profile keys, a credential_process, or a role_arn with a \
             web_identity_token_file",
            profile.lacks("credentials")
        ),
    }
}

fn of_variables(environment: &Environment) -> Result<Option<Keys>> {
    let Some(id) = environment.get("AWS_ACCESS_KEY_ID") else {
        return Ok(None);
    };
    let Some(secret) = environment.get("AWS_SECRET_ACCESS_KEY") else {
        bail!("AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not");
    };
    Ok(Some(Keys {
        access_key_id: AccessKeyId::of_another_server(id).context("AWS_ACCESS_KEY_ID")?,
        secret: Secret::new(secret),
        session_token: environment.get("AWS_SESSION_TOKEN").map(str::to_owned),
    }))
}

/// A role, then keys of the credentials file, a program, keys of the configuration: botocore's
/// order.
fn of_profile(profile: &Profile) -> Result<Option<Found>> {
    if let Some(role) = profile.get("role_arn") {
        let Some(file) = profile.get("web_identity_token_file") else {
            bail!(
                "{} has a role_arn without a web_identity_token_file; {}",
                profile.shown(),
                profile.export()
            );
        };
        let session_name = profile.get("role_session_name");
        return Ok(Some((web_identity(role, file, session_name), None)));
    }
    if let Some(keys) = profile.credentials_file_keys()? {
        return Ok(Some(fixed(keys)));
    }
    if let Some(command) = profile.get("credential_process") {
        let source = Source::Process {
            command: command.to_owned(),
            profile: profile.shown(),
        };
        return Ok(Some((source, None)));
    }
    if let Some(keys) = profile.config_file_keys()? {
        return Ok(Some(fixed(keys)));
    }
    if profile
        .get("sso_session")
        .or(profile.get("sso_start_url"))
        .is_some()
    {
        bail!(
            "{} signs in with sso; {}",
            profile.shown(),
            profile.export()
        );
    }
    Ok(None)
}

/// The keys of a file that somebody rotates.
fn of_file(profile: &Profile) -> Result<Obtained> {
    let keys = profile.credentials_file_keys()?;
    let keys = keys.ok_or_else(|| {
        anyhow!(
            "{}, and with --rotate-credentials only those of the shared credentials file count",
            profile.lacks("aws_access_key_id")
        )
    })?;
    Ok(Obtained {
        keys,
        expires: Some(Timestamp::now() + ROTATION),
    })
}

fn fixed(keys: Keys) -> Found {
    let obtained = Obtained {
        keys,
        expires: None,
    };
    (Source::Fixed, Some(obtained))
}

fn web_identity(role_arn: &str, token_file: &str, session_name: Option<&str>) -> Source {
    Source::WebIdentity(WebIdentity {
        role_arn: role_arn.to_owned(),
        token_file: token_file.into(),
        session_name: session_name.map(str::to_owned),
    })
}

async fn ask_socket(data: &DataDir) -> Result<(Obtained, Description)> {
    let question = Ask::Credentials {
        role_arn: None,
        seconds: Some(SOCKET_SECONDS),
    };
    let Answer::Credentials {
        credentials,
        server,
    } = ask(data, &question).await?
    else {
        bail!("the server answered something else");
    };
    let obtained = Obtained {
        keys: Keys {
            access_key_id: credentials
                .access_key_id
                .parse()
                .context("the server's access key")?,
            secret: Secret::new(credentials.secret_access_key.as_bytes()),
            session_token: Some(credentials.session_token.clone()),
        },
        expires: credentials.expiration.parse().ok(),
    };
    Ok((obtained, server))
}

impl Source {
    /// New credentials. Fixed ones never need any.
    async fn obtain(&self, client: &Client) -> Result<Obtained> {
        match self {
            Self::Fixed => bail!("keys of the environment or of a profile are not renewed"),
            Self::File(environment) => of_file(&Profile::read(environment)?),
            Self::WebIdentity(role) => role.exchange(client).await,
            Self::Process { command, profile } => process::run(command)
                .await
                .with_context(|| format!("the credential_process of {profile}")),
            Self::Socket(data) => ask_socket(data).await.map(|(obtained, _)| obtained),
        }
    }
}

#[cfg(test)]
mod tests;
