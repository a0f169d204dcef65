//! `daypass credentials`.

use std::process::ExitCode;

use anyhow::{Result, bail};
use serde_json::json;

use crate::cli::{Credentials, CredentialsFormat};
use crate::data_dir::DataDir;
use crate::local::{Answer, Ask, ask};

/// Asks the server and prints what the shell or the CLI reads.
pub(crate) async fn run(options: &Credentials) -> Result<ExitCode> {
    let question = Ask::Credentials {
        role_arn: options.role_arn.as_ref().map(ToString::to_string),
        seconds: options.duration,
    };
    let data = DataDir::new(&options.data.dir);
    let Answer::Credentials {
        credentials,
        server,
    } = ask(&data, &question).await?
    else {
        bail!("the server answered something else");
    };
    match options.format {
        CredentialsFormat::Process => println!(
            "{}",
            json!({
                "Version": 1,
                "AccessKeyId": credentials.access_key_id,
                "SecretAccessKey": credentials.secret_access_key,
                "SessionToken": credentials.session_token,
                "Expiration": credentials.expiration,
            })
        ),
        CredentialsFormat::Env => {
            for (name, value) in [
                ("AWS_ACCESS_KEY_ID", &credentials.access_key_id),
                ("AWS_SECRET_ACCESS_KEY", &credentials.secret_access_key),
                ("AWS_SESSION_TOKEN", &credentials.session_token),
                ("AWS_ENDPOINT_URL", &server.endpoint),
                ("AWS_REGION", &server.region),
                ("AWS_DEFAULT_REGION", &server.region),
                ("OIDC_PROVIDER", &server.oidc_provider),
            ] {
                println!("export {name}={}", quoted(value));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// In single quotes, for a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_does_not_end_the_quoting() {
        assert_eq!(quoted("a'b"), r"'a'\''b'");
    }
}
