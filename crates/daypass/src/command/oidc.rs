//! `daypass oidc`: keys of issuers that can't be reached.

use std::fmt::Write;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};
use federation::{IssuerUrl, PushedKeys};
use serde_json::Value;

use crate::cli::oidc::{Command, Keys, Oidc, Provider};
use crate::client::Refused;
use crate::command::asker::Asker;
use crate::print::print;

/// The most that is read of a file: more than the server takes.
const FILE_BYTES: u64 = 1024 * 1024;

/// Asks the server, and prints the keys that are there afterwards.
pub(crate) async fn run(options: &Oidc) -> Result<ExitCode> {
    // What is wrong with a file is told before anybody is asked.
    let (provider, operation, mut parameters) = match &options.command {
        Command::PushKeys(push) => {
            let keys = keys(&push.file)?;
            let mut parameters = vec![("KeySet".to_owned(), keys.document())];
            if push.keep_others {
                parameters.push(("KeepOthers".to_owned(), "true".to_owned()));
            }
            (&push.provider, "PushOpenIDConnectProviderKeys", parameters)
        }
        Command::Keys(Keys::List(provider)) => {
            (provider, "ListOpenIDConnectProviderKeys", Vec::new())
        }
        Command::Keys(Keys::Delete(delete)) => {
            let id = delete.key_id.iter();
            let parameters = id.map(|id| ("KeyId".to_owned(), id.clone())).collect();
            (
                &delete.provider,
                "DeleteOpenIDConnectProviderKeys",
                parameters,
            )
        }
    };
    let asker = Asker::new(&options.data).await?;
    let arn = arn(provider, &asker).await?;
    parameters.push(("OpenIDConnectProviderArn".to_owned(), arn));
    let answer = asker.call("daypass", operation, &parameters).await?;
    let answer = answer.map_err(|refused| explained(&refused))?;
    print(&told(&answer)?)?;
    Ok(ExitCode::SUCCESS)
}

fn keys(file: &Path) -> Result<PushedKeys> {
    let (name, input): (_, Box<dyn Read>) = match file.to_str() {
        Some("-") => ("standard input".to_owned(), Box::new(std::io::stdin())),
        _ => {
            let name = format!("`{}`", file.display());
            let opened = File::open(file).with_context(|| format!("cannot read {name}"))?;
            (name, Box::new(opened))
        }
    };
    let mut text = Vec::new();
    let read = input.take(FILE_BYTES).read_to_end(&mut text);
    read.with_context(|| format!("cannot read {name}"))?;
    PushedKeys::read(&text).with_context(|| format!("the keys of {name} can't be pushed"))
}

/// The ARN of a provider that may be named by its issuer's URL.
async fn arn(provider: &Provider, asker: &Asker) -> Result<String> {
    let text = &provider.arn_or_url;
    if text.starts_with("arn:") {
        return Ok(text.clone());
    }
    let Ok(url) = text.parse::<IssuerUrl>() else {
        bail!(
            "`{text}` is neither the ARN of an OIDC provider nor the URL of an issuer; `aws iam \
             list-open-id-connect-providers` shows the providers with their ARNs"
        );
    };
    let account = asker.account().await?;
    let host_and_path = url.without_scheme();
    Ok(format!(
        "arn:aws:iam::{account}:oidc-provider/{host_and_path}"
    ))
}

/// A line for each key, and what follows from there being none.
fn told(answer: &Value) -> Result<String> {
    let keys = answer.get("Keys").and_then(Value::as_array);
    let keys = keys.map(Vec::as_slice).unwrap_or_default();
    if keys.is_empty() {
        return Ok("no keys are pushed: they are fetched from the issuer\n".to_owned());
    }
    let mut text = String::new();
    for key in keys {
        let member = |name| key.get(name).and_then(Value::as_str).unwrap_or("-");
        writeln!(text, "{}\t{}", member("KeyId"), member("Algorithm"))?;
    }
    Ok(text)
}

fn explained(refused: &Refused) -> anyhow::Error {
    let Refused { code, message } = refused;
    let message = message.trim_end_matches('.');
    match code.as_str() {
        "NoSuchEntity" if message.contains("not found for arn") => anyhow!(
            "{code}: {message}; `aws iam list-open-id-connect-providers` shows the providers with their ARNs"
        ),
        "DeleteConflict" => anyhow!("{code}: {message}: `--all`"),
        _ => anyhow!("{code}: {message}"),
    }
}
