//! What the administrator does with the issuers that the server hosts: each change is one write of the directory, takes effect
//! before it is answered, and is recorded.

use std::sync::Arc;

use directory::Transaction;
use federation::{Issuer, IssuerError, IssuerUrl, KeyUse, PrivateKey, StoredKey};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::task::spawn_blocking;
use trail::Draft;

use super::{Local, LocalError};
use crate::issuers::{self, Issuers};

impl Local<'_> {
    /// Makes an issuer with a new key.
    ///
    /// # Errors
    /// [`LocalError::Issuer`] if there is one of this URL.
    pub async fn create_issuer(
        &self,
        issuers: &Issuers,
        url: IssuerUrl,
    ) -> Result<Arc<Issuer>, LocalError> {
        let asked = json!({"issuer": url});
        let named = url.clone();
        self.change_issuer(
            issuers,
            "CreateIssuer",
            url,
            asked,
            move |known| match known {
                Some(_) => Err(refused("there is such an issuer already")),
                None => Ok(Issuer::generate(named)?),
            },
        )
        .await
    }

    /// Gives an issuer a key that a cluster signs with already; the issuer is made if it isn't there. The key signs here too
    /// from now on.
    ///
    /// # Errors
    /// [`LocalError::Issuer`] if it has the key already.
    pub async fn import_issuer_key(
        &self,
        issuers: &Issuers,
        url: IssuerUrl,
        key: PrivateKey,
    ) -> Result<Arc<Issuer>, LocalError> {
        let asked = json!({"issuer": url});
        let now = self.call.now;
        let named = url.clone();
        self.change_issuer(issuers, "ImportIssuerKey", url, asked, move |known| {
            Ok(match known {
                Some(known) => known.with_key(key, now)?,
                None => {
                    let stored = StoredKey {
                        private: key,
                        signs_from: now.as_second(),
                    };
                    Issuer::from_stored(named, &[stored])?
                }
            })
        })
        .await
    }

    /// Gives an issuer a new key, which is published now and signs in `after` seconds.
    ///
    /// # Errors
    /// [`LocalError::Issuer`] if there is no such issuer, or a key that waits for its time already.
    pub async fn rotate_issuer(
        &self,
        issuers: &Issuers,
        url: IssuerUrl,
        after: u32,
    ) -> Result<Arc<Issuer>, LocalError> {
        let asked = json!({"issuer": url, "signsAfterSeconds": after});
        let now = self.call.now;
        let from = now + SignedDuration::from_secs(i64::from(after));
        self.change_issuer(issuers, "RotateIssuer", url, asked, move |known| {
            let known = known.ok_or_else(unknown)?;
            let mut keys = known.key_ids(now).into_iter();
            if let Some((id, _)) = keys.find(|(_, usage)| matches!(usage, KeyUse::Next(_))) {
                return Err(refused(&format!(
                    "the key {id} waits for its time already; retire it first, or wait"
                )));
            }
            Ok(known.with_new_key(from)?)
        })
        .await
    }

    /// Takes a key from an issuer: tokens that it signed are refused from now on.
    ///
    /// # Errors
    /// [`LocalError::Issuer`] if there is no such issuer or key, or the key signs now.
    pub async fn retire_issuer_key(
        &self,
        issuers: &Issuers,
        url: IssuerUrl,
        key: String,
    ) -> Result<Arc<Issuer>, LocalError> {
        let asked = json!({"issuer": url, "keyId": key});
        let now = self.call.now;
        self.change_issuer(issuers, "RetireIssuerKey", url, asked, move |known| {
            let known = known.ok_or_else(unknown)?;
            Ok(known.without_key(&key, now)?)
        })
        .await
    }

    /// Forgets an issuer and its keys.
    ///
    /// # Errors
    /// [`LocalError::Issuer`] for the default issuer, one that isn't there, and one that a provider relies on.
    pub async fn delete_issuer(&self, issuers: &Issuers, url: IssuerUrl) -> Result<(), LocalError> {
        let asked = json!({"issuer": url});
        let is_default = url == *issuers.default_url();
        let change = move |tx: &mut Transaction| {
            if is_default {
                return Err(refused(
                    "this is the default issuer; start the server with another --issuer first",
                ));
            }
            let name = issuers::name(&url);
            if tx.snapshot().server_state(&name).is_none() {
                return Err(unknown());
            }
            let relies = tx.snapshot().accounts().find_map(|view| {
                let provider = view.provider(url.without_scheme())?;
                Some(provider.arn())
            });
            if let Some(arn) = relies {
                return Err(refused(&format!(
                    "{arn} relies on it; delete that provider first"
                )));
            }
            tx.delete_server_state(&name);
            Ok(())
        };
        let result = self.door.directory().write(change).await;
        self.issuer_event("DeleteIssuer", asked, None, result.as_ref().err())
            .await?;
        result?;
        refresh(issuers, self)
    }

    /// An issuer, for its documents.
    ///
    /// # Errors
    /// [`LocalError::Issuer`] if there is no such issuer.
    pub async fn export_issuer(
        &self,
        issuers: &Issuers,
        url: &IssuerUrl,
    ) -> Result<Arc<Issuer>, LocalError> {
        let found = issuers.find(url).ok_or_else(unknown);
        let asked = json!({"issuer": url});
        self.issuer_event("ExportIssuer", asked, None, found.as_ref().err())
            .await?;
        found
    }

    /// The time of this request.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.call.now
    }

    /// Puts what `make` makes of the present issuer in its place. Keys take long to make, so that happens before the write,
    /// which goes through only if the issuer is still the one that it was made of.
    async fn change_issuer(
        &self,
        issuers: &Issuers,
        event: &'static str,
        url: IssuerUrl,
        asked: Value,
        make: impl FnOnce(Option<&Issuer>) -> Result<Issuer, LocalError> + Send + 'static,
    ) -> Result<Arc<Issuer>, LocalError> {
        let result = self.written(issuers, &url, make).await;
        let made = result.as_ref().ok().map(|issuer| {
            let ids = issuer.key_ids(self.call.now).into_iter();
            let ids: Vec<String> = ids.map(|(id, _)| id).collect();
            json!({"keyIds": ids})
        });
        self.issuer_event(event, asked, made, result.as_ref().err())
            .await?;
        result
    }

    async fn written(
        &self,
        issuers: &Issuers,
        url: &IssuerUrl,
        make: impl FnOnce(Option<&Issuer>) -> Result<Issuer, LocalError> + Send + 'static,
    ) -> Result<Arc<Issuer>, LocalError> {
        let name = issuers::name(url);
        let before = self.door.directory().snapshot();
        let before = before.server_state(&name).cloned();
        refresh(issuers, self)?;
        let known = before.as_ref().and_then(|_| issuers.find(url));
        let made = spawn_blocking(move || make(known.as_deref())).await;
        let made = made.map_err(|error| LocalError::Failed(error.to_string()))??;
        let sealed = issuers::seal(&made, self.door.key_encryption());
        let change = move |tx: &mut Transaction| {
            if tx.snapshot().server_state(&name) != before.as_ref() {
                return Err(refused(
                    "somebody else changed the issuer meanwhile; try again",
                ));
            }
            tx.put_server_state(&name, &sealed);
            Ok(())
        };
        self.door.directory().write(change).await?;
        refresh(issuers, self)?;
        Ok(Arc::new(made))
    }

    async fn issuer_event(
        &self,
        name: &str,
        asked: Value,
        made: Option<Value>,
        error: Option<&LocalError>,
    ) -> Result<(), LocalError> {
        self.record(&Draft {
            event_source: "sts.amazonaws.com",
            event_name: name.to_owned(),
            read_only: name == "ExportIssuer",
            management: true,
            request_parameters: Some(asked),
            response_elements: made,
            error: error.map(|error| ("ValidationException".to_owned(), error.to_string())),
            ..Draft::default()
        })
        .await
    }
}

fn refresh(issuers: &Issuers, local: &Local<'_>) -> Result<(), LocalError> {
    let read = issuers.refresh(local.door);
    read.map_err(|error| LocalError::Failed(error.to_string()))
}

fn unknown() -> LocalError {
    refused("this server hosts no such issuer; `daypass issuer list` shows those that it hosts")
}

fn refused(reason: &str) -> LocalError {
    LocalError::Issuer(reason.to_owned())
}

impl From<IssuerError> for LocalError {
    fn from(error: IssuerError) -> Self {
        Self::Issuer(error.to_string())
    }
}
