//! `daypass issuer`.

use std::fmt::Write;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};
use federation::chain_thumbprint;
use serde_json::json;

use crate::cli::Data;
use crate::cli::issuer::{Export, Issuer};
use crate::cli::policy::Output;
use crate::data_dir::DataDir;
use crate::local::{Answer, Ask, AskIssuer, IssuerShown, Pem, ask};
use crate::print::print;

/// Asks the server and prints what it did.
pub(crate) async fn run(command: &Issuer) -> Result<ExitCode> {
    match command {
        Issuer::Create(it) => {
            let asked = match (&it.url, &it.name) {
                (Some(url), _) => AskIssuer::Create { url: url.clone() },
                (None, name) => AskIssuer::CreateNamed {
                    name: name.clone().unwrap_or_default(),
                },
            };
            changed(&it.data, asked).await?;
        }
        Issuer::Rotate(it) => {
            let url = it.named.url.clone();
            let after = it.after;
            changed(&it.named.data, AskIssuer::Rotate { url, after }).await?;
        }
        Issuer::Retire(it) => {
            let url = it.named.url.clone();
            let key = it.key.clone();
            changed(&it.named.data, AskIssuer::Retire { url, key }).await?;
        }
        Issuer::Import(it) => {
            let url = it.named.url.clone();
            let key = private_key(&it.key)?;
            changed(&it.named.data, AskIssuer::Import { url, key }).await?;
        }
        Issuer::Delete(it) => {
            let url = it.url.clone();
            match told(&it.data, AskIssuer::Delete { url }).await? {
                Answer::Done => {}
                _ => return Err(unexpected()),
            }
        }
        Issuer::List(it) => {
            let Answer::Issuers { issuers } =
                ask(&DataDir::new(&it.data.dir), &Ask::Issuers).await?
            else {
                return Err(unexpected());
            };
            match it.output {
                Output::Json => print(&format!("{:#}\n", json!({ "issuers": issuers })))?,
                Output::Text => issuers.iter().try_for_each(|it| print(&shown(it)))?,
            }
        }
        Issuer::Export(it) => export(it).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn told(data: &Data, asked: AskIssuer) -> Result<Answer> {
    ask(&DataDir::new(&data.dir), &Ask::Issuer(asked)).await
}

/// Asks for a change and prints the issuer as it is then.
async fn changed(data: &Data, asked: AskIssuer) -> Result<()> {
    let Answer::Issuer { issuer } = told(data, asked).await? else {
        return Err(unexpected());
    };
    print(&shown(&issuer))
}

fn shown(issuer: &IssuerShown) -> String {
    let mut text = issuer.url.to_string();
    text.push_str(if issuer.default {
        "  (default)\n"
    } else {
        "\n"
    });
    for key in &issuer.keys {
        let state = match (key.state.as_str(), &key.signs_from) {
            ("next", Some(from)) => format!("signs from {from} on"),
            ("earlier", _) => "verifies".to_owned(),
            (state, _) => state.to_owned(),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "    {}  {state}", key.id);
    }
    text
}

/// Writes the documents where a copy of the whole directory to a bucket puts them in their places.
async fn export(options: &Export) -> Result<()> {
    let url = options.named.url.clone();
    let answer = told(&options.named.data, AskIssuer::Export { url }).await?;
    let Answer::Documents {
        discovery,
        keys,
        thumbprint,
    } = answer
    else {
        return Err(unexpected());
    };
    let chain = options.certificate.as_ref().map(fs::read).transpose();
    let chain = chain.context("the certificate chain can't be read")?;
    let thumbprint = match chain {
        Some(pem) => Some(chain_thumbprint(&pem).context("the file holds no certificate")?),
        None => thumbprint,
    };
    let path = federation::Issuer::DISCOVERY_PATH.trim_start_matches('/');
    write(&options.directory, path, &discovery)?;
    let path = federation::Issuer::KEY_SET_PATH.trim_start_matches('/');
    write(&options.directory, path, &keys)?;
    match thumbprint {
        Some(thumbprint) => print(&format!("thumbprint  {thumbprint}\n")),
        None => {
            eprintln!(
                "no thumbprint: this server has no certificate of its own; --certificate names the \
                 chain of the web server that the documents will be at"
            );
            Ok(())
        }
    }
}

fn write(dir: &Path, path: &str, text: &str) -> Result<()> {
    let path = dir.join(path);
    let parent = path.parent().unwrap_or(dir);
    fs::create_dir_all(parent)
        .and_then(|()| fs::write(&path, text))
        .with_context(|| format!("cannot write `{}`", path.display()))?;
    print(&format!("{}\n", path.display()))
}

fn private_key(path: &Path) -> Result<Pem> {
    let mut text = String::new();
    match path.as_os_str() == "-" {
        true => std::io::stdin().read_to_string(&mut text),
        false => fs::File::open(path).and_then(|mut file| file.read_to_string(&mut text)),
    }
    .with_context(|| format!("cannot read `{}`", path.display()))?;
    if text.len() > 32 * 1024 {
        bail!(
            "`{}` is too long to be a private key in PEM",
            path.display()
        );
    }
    Ok(Pem(text))
}

fn unexpected() -> anyhow::Error {
    anyhow!("the server answered something else")
}
