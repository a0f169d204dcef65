//! What is asked through the socket about the hosted issuers.

use std::sync::Arc;

use anyhow::{Context, Result};
use federation::{Issuer, IssuerUrl, KeyUse, PrivateKey};
use jiff::Timestamp;
use services::issuers::authority_of;
use services::local::Local;

use crate::local::protocol::{Answer, AskIssuer, IssuerShown, KeyShown};
use crate::server::Server;

/// The issuer with this URL.
pub(super) fn find(server: &Server, url: &IssuerUrl) -> Result<Arc<Issuer>> {
    let found = server.issuers.find(url);
    found.with_context(|| {
        format!(
            "this server hosts no issuer {url}; `daypass issuer list` shows those that it hosts"
        )
    })
}

/// All issuers.
pub(super) fn list(server: &Server, now: Timestamp) -> Answer {
    let issuers = server.issuers.list();
    let shown = issuers.iter().map(|issuer| show(server, issuer, now));
    Answer::Issuers {
        issuers: shown.collect(),
    }
}

/// Does what is asked.
pub(super) async fn answer(server: &Server, local: &Local<'_>, asked: AskIssuer) -> Result<Answer> {
    let issuers = &server.issuers;
    let issuer = match asked {
        AskIssuer::Create { url } => local.create_issuer(issuers, url).await?,
        AskIssuer::CreateNamed { name } => {
            let host = authority_of(issuers.default_url());
            let url = format!("https://{host}/id/{name}").parse()?;
            local.create_issuer(issuers, url).await?
        }
        AskIssuer::Rotate { url, after } => local.rotate_issuer(issuers, url, after).await?,
        AskIssuer::Retire { url, key } => local.retire_issuer_key(issuers, url, key).await?,
        AskIssuer::Import { url, key } => {
            let key = PrivateKey::from_pem(key.0.as_bytes())?;
            local.import_issuer_key(issuers, url, key).await?
        }
        AskIssuer::Delete { url } => {
            local.delete_issuer(issuers, url).await?;
            return Ok(Answer::Done);
        }
        AskIssuer::Export { url } => {
            let issuer = local.export_issuer(issuers, &url).await?;
            return Ok(Answer::Documents {
                discovery: String::from_utf8(issuer.discovery_document())?,
                keys: String::from_utf8(issuer.jwks())?,
                thumbprint: server.thumbprint.clone(),
            });
        }
    };
    Ok(Answer::Issuer {
        issuer: show(server, &issuer, local.now()),
    })
}

fn show(server: &Server, issuer: &Issuer, now: Timestamp) -> IssuerShown {
    let key = |(id, usage)| {
        let (state, from) = match usage {
            KeyUse::Next(from) => ("next", Timestamp::from_second(from).ok()),
            KeyUse::Signs => ("signs", None),
            KeyUse::Earlier => ("earlier", None),
        };
        KeyShown {
            id,
            state: state.to_owned(),
            signs_from: from.map(|from| from.to_string()),
        }
    };
    IssuerShown {
        url: issuer.url().clone(),
        default: issuer.url() == server.issuers.default_url(),
        keys: issuer.key_ids(now).into_iter().map(key).collect(),
    }
}
