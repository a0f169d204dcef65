//! A role for a token in a file: `AssumeRoleWithWebIdentity`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use jiff::Timestamp;
use serde_json::Value;
use session::Secret;
use tokio::io::AsyncReadExt;
use zeroize::Zeroizing;

use super::Obtained;
use crate::client::{Client, Keys, timestamp};

/// The longest token that STS takes (STS API Reference, `WebIdentityToken`), and a line's end.
const TOKEN_BYTES: u64 = 20_000 + 2;

/// Which role, and where the token is.
pub(super) struct WebIdentity {
    pub(super) role_arn: String,
    pub(super) token_file: PathBuf,
    /// Made up when not said.
    pub(super) session_name: Option<String>,
}

impl WebIdentity {
    /// Reads the token anew, because the kubelet replaces it, and trades it.
    pub(super) async fn exchange(&self, client: &Client) -> Result<Obtained> {
        let token = read(&self.token_file).await?;
        let made_up = format!("daypass-{}", Timestamp::now().as_second());
        let name = self.session_name.as_deref().unwrap_or(&made_up);
        let parameters = [
            ("RoleArn", self.role_arn.as_str()),
            ("RoleSessionName", name),
            ("WebIdentityToken", token.as_str()),
        ];
        let asked = client
            .query("sts", "AssumeRoleWithWebIdentity", &parameters, None)
            .await
            .with_context(|| {
                let endpoint = client.endpoint();
                format!("{endpoint} gives no answer to AssumeRoleWithWebIdentity")
            })?;
        let answer = asked.map_err(|refused| {
            let (code, message) = (refused.code, refused.message);
            anyhow!(
                "the token of `{}` was refused for the role {}: {code}: {message}",
                self.token_file.display(),
                self.role_arn
            )
        })?;
        let credentials = answer.get("Credentials").and_then(obtained);
        credentials.context("the answer to AssumeRoleWithWebIdentity has no credentials")
    }
}

async fn read(path: &Path) -> Result<Zeroizing<String>> {
    let shown = path.display();
    let file = tokio::fs::File::open(path).await;
    let file = file.with_context(|| format!("cannot read the token file `{shown}`"))?;
    let mut text = Zeroizing::new(String::new());
    let read = file.take(TOKEN_BYTES).read_to_string(&mut text).await;
    read.with_context(|| format!("cannot read the token file `{shown}`"))?;
    let token = text.trim();
    if token.is_empty() {
        bail!("the token file `{shown}` is empty");
    }
    Ok(Zeroizing::new(token.to_owned()))
}

/// `Credentials` of an answer.
fn obtained(credentials: &Value) -> Option<Obtained> {
    let text = |name| credentials.get(name).and_then(Value::as_str);
    Some(Obtained {
        keys: Keys {
            access_key_id: text("AccessKeyId")?.parse().ok()?,
            secret: Secret::new(text("SecretAccessKey")?),
            session_token: Some(text("SessionToken")?.to_owned()),
        },
        expires: Some(timestamp(credentials.get("Expiration")?)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_token_file_that_is_missing_or_empty_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        let error = read(&path).await.err().unwrap();
        assert!(
            error.to_string().contains("cannot read the token file"),
            "{error}"
        );
        std::fs::write(&path, "\n").unwrap();
        let error = read(&path).await.err().unwrap();
        assert!(error.to_string().contains("is empty"), "{error}");
        std::fs::write(&path, "a.b.c\n").unwrap();
        assert_eq!(read(&path).await.unwrap().as_str(), "a.b.c");
    }
}
