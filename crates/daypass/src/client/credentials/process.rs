//! `credential_process`: a program that prints credentials.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use serde::Deserialize;
use session::{AccessKeyId, Secret};
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::time::timeout;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::Obtained;
use crate::client::Keys;

/// How long it may take, as in the SDKs.
const PATIENCE: Duration = Duration::from_secs(60);
/// The most that is read of what it prints.
const OUTPUT_BYTES: u64 = 64 * 1024;

/// What it prints (AWS CLI User Guide, "Sourcing credentials with an external process").
#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(rename_all = "PascalCase")]
struct Printed {
    version: u64,
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    expiration: Option<String>,
}

/// Runs a command line in a shell, as most SDKs do; what it complains of goes to standard error.
pub(super) async fn run(command: &str) -> Result<Obtained> {
    let mut child = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("cannot run a shell")?;
    let output = child.stdout.take().context("it has no output")?;
    let mut printed = Zeroizing::new(Vec::new());
    let done = async {
        let mut output = output.take(OUTPUT_BYTES);
        output.read_to_end(&mut printed).await?;
        // What is beyond the limit is not waited for.
        drop(output);
        child.wait().await
    };
    let Ok(status) = timeout(PATIENCE, done).await else {
        bail!("it did not end within {} s", PATIENCE.as_secs());
    };
    let status = status.context("its output can't be read")?;
    if !status.success() {
        bail!("it ended with {status}");
    }
    obtained(&printed)
}

/// What is wrong is told without what was printed: it may be a secret.
fn obtained(printed: &[u8]) -> Result<Obtained> {
    let Ok(printed) = serde_json::from_slice::<Printed>(printed) else {
        bail!(
            "it did not print the JSON of a `credential_process`: Version, AccessKeyId, \
             SecretAccessKey, and for temporary ones SessionToken and Expiration"
        );
    };
    if printed.version != 1 {
        bail!("it printed Version {}; 1 is known", printed.version);
    }
    let expires = printed.expiration.as_deref().map(str::parse::<Timestamp>);
    Ok(Obtained {
        keys: Keys {
            access_key_id: AccessKeyId::of_another_server(&printed.access_key_id)?,
            secret: Secret::new(printed.secret_access_key.as_bytes()),
            session_token: printed.session_token.clone(),
        },
        expires: expires
            .transpose()
            .context("the Expiration that it printed is no time in RFC 3339")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_it_prints_is_taken() {
        let printed = r#"{"Version":1,"AccessKeyId":"ASIAIOSFODNN7EXAMPLE","SecretAccessKey":"s","SessionToken":"t","Expiration":"2026-01-01T00:00:00Z"}"#;
        let obtained = run(&format!("printf %s '{printed}'")).await.unwrap();
        assert_eq!(obtained.keys.session_token.as_deref(), Some("t"));
        assert_eq!(
            obtained.expires,
            Some("2026-01-01T00:00:00Z".parse().unwrap())
        );
    }

    #[tokio::test]
    async fn what_is_wrong_is_told_without_what_was_printed() {
        for (command, told) in [
            ("exit 3", "exit status: 3"),
            ("printf '\"wJalrXUtnFEMI\"'", "did not print the JSON"),
            (
                "printf '{\"Version\":1,\"SecretAccessKey\":\"wJalrXUtnFEMI\"}'",
                "did not print",
            ),
            (
                "printf '{\"Version\":2,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"wJalrXUtnFEMI\"}'",
                "Version 2",
            ),
            ("yes wJalrXUtnFEMI", "it ended with"),
        ] {
            let error = format!("{:#}", run(command).await.err().unwrap());
            assert!(error.contains(told) && !error.contains("wJalr"), "{error}");
        }
    }
}
