//! The serving end of the socket.

use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::Timestamp;
use policy::AccountId;
use rustix::process::geteuid;
use services::local::Local;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;

use crate::bootstrap::ADMINISTRATOR;
use crate::local::issuers;
use crate::local::protocol::{Answer, Ask, Description, LINE, LocalCredentials};
use crate::server::Server;

/// How long one exchange may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The bound socket; its file goes when this is dropped.
pub(crate) struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

impl Socket {
    /// Binds the socket of the server's data directory, for its own user only. A file that
    /// a killed server left there is replaced: the directory's lock is ours.
    pub(crate) fn bind(server: &Server) -> Result<Self> {
        let path = server.data.socket();
        let shown = path.display();
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot replace the socket `{shown}`"));
            }
            _ => {}
        }
        let listener = UnixListener::bind(&path).with_context(|| {
            format!(
                "cannot create the socket `{shown}`; a socket's path has at most 107 bytes, so a \
                 shorter --data may help"
            )
        })?;
        fs::set_permissions(&path, Permissions::from_mode(0o600))
            .with_context(|| format!("cannot restrict the socket `{shown}`"))?;
        Ok(Self { listener, path })
    }

    /// Answers until the task is dropped. `endpoint` is the API's URL.
    pub(crate) async fn serve(self, server: Arc<Server>, endpoint: String) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let (server, endpoint) = (Arc::clone(&server), endpoint.clone());
                    tokio::spawn(async move {
                        let talk = timeout(PATIENCE, exchange(&server, &endpoint, stream));
                        match talk.await {
                            Ok(Ok(())) => {}
                            Ok(Err(error)) => tracing::debug!(%error, "local socket"),
                            Err(_) => tracing::debug!("local socket: too slow"),
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "local socket");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = fs::remove_file(&self.path);
    }
}

async fn exchange(server: &Server, endpoint: &str, stream: UnixStream) -> Result<()> {
    let uid = stream.peer_cred()?.uid();
    let (read, mut write) = stream.into_split();
    let answer = if may_ask(uid, geteuid().as_raw()) {
        let mut line = String::new();
        BufReader::new(read.take(LINE as u64))
            .read_line(&mut line)
            .await?;
        match serde_json::from_str(&line) {
            Ok(question) => answer(server, endpoint, uid, question)
                .await
                .unwrap_or_else(|error| refused(&error)),
            Err(error) => refused(&anyhow::anyhow!("the question can't be read: {error}")),
        }
    } else {
        tracing::warn!(uid, "local socket: refused another user");
        refused(&anyhow::anyhow!(
            "only the server's own user and root may ask"
        ))
    };
    let mut line = serde_json::to_vec(&answer)?;
    line.push(b'\n');
    write.write_all(&line).await?;
    Ok(())
}

/// The kernel says who is at the other end; file permissions alone would be one slip away.
fn may_ask(peer: u32, own: u32) -> bool {
    peer == own || peer == 0
}

async fn answer(server: &Server, endpoint: &str, uid: u32, question: Ask) -> Result<Answer> {
    let door = &server.door;
    let issuer = server
        .issuers
        .default_issuer()
        .context("the server has no issuer")?;
    let about = Description {
        endpoint: endpoint.to_owned(),
        region: door.region().to_owned(),
        account: door.account().to_string(),
        oidc_provider: issuer.url().without_scheme().to_owned(),
    };
    let local = Local::new(door, uid);
    match question {
        Ask::Credentials { role_arn, seconds } => {
            let role = role_arn.unwrap_or_else(|| administrator(door.account()));
            let credentials = local.credentials(&role, seconds).await?;
            let secret = credentials.secret_access_key.expose_text();
            Ok(Answer::Credentials {
                credentials: LocalCredentials {
                    access_key_id: credentials.access_key_id.to_string(),
                    secret_access_key: secret.unwrap_or_default().to_owned(),
                    session_token: credentials.session_token.clone(),
                    expiration: Timestamp::from_second(credentials.expires_at)?.to_string(),
                },
                server: about,
            })
        }
        Ask::DelegationToken { request } => {
            let token = local.delegation_token(&request).await?;
            Ok(Answer::Token {
                token: token.reveal().to_owned(),
                server: about,
            })
        }
        Ask::Token {
            service_account,
            audiences,
            seconds,
            issuer: named,
        } => {
            let issuer = match &named {
                Some(url) => issuers::find(server, url)?,
                None => issuer,
            };
            let account = service_account.parse()?;
            let token = local.token(&issuer, account, audiences, seconds).await?;
            Ok(Answer::Token {
                token,
                server: Description {
                    oidc_provider: issuer.url().without_scheme().to_owned(),
                    ..about
                },
            })
        }
        Ask::Issuers => Ok(issuers::list(server, local.now())),
        Ask::Issuer(asked) => issuers::answer(server, &local, asked).await,
    }
}

fn administrator(account: AccountId) -> String {
    format!("arn:aws:iam::{account}:role/{ADMINISTRATOR}")
}

fn refused(error: &anyhow::Error) -> Answer {
    Answer::Refused {
        reason: format!("{error:#}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_servers_user_and_root_may_ask() {
        assert!(may_ask(1000, 1000));
        assert!(may_ask(0, 1000));
        assert!(!may_ask(1001, 1000));
        assert!(!may_ask(1000, 0));
    }
}
