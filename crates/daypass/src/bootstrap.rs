//! The first start: server keys, an issuer, an account and its administrator role.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use directory::{Account, Directory, Document, EntityPath, Role, Snapshot, StoreError, Tags};
use federation::{Issuer, IssuerUrl, PrivateKey};
use jiff::Timestamp;
use policy::AccountId;
use session::{KeyEncryptionKey, Keyring, UniqueIdPrefix, unique_id};
use uuid::Uuid;

use crate::issuers::Issuers;

/// The role that the first start creates.
pub(crate) const ADMINISTRATOR: &str = "Administrator";
const ADMINISTRATOR_ACCESS: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
/// Longest session of the administrator role, in seconds.
const TWELVE_HOURS: u32 = 43_200;

const KEYRING: &str = "keyring";
const ACCOUNT: &str = "account";
const DEFAULT_ISSUER: &str = "default-issuer";
const ISSUER: &str = "issuer:";

/// What the server's own state holds.
pub(crate) struct State {
    pub(crate) keyring: Keyring,
    pub(crate) account: AccountId,
    pub(crate) issuers: Issuers,
}

/// Whether nothing has been sealed yet, so that a key may be made.
pub(crate) fn is_fresh(directory: &Directory) -> bool {
    directory.snapshot().server_state(KEYRING).is_none()
}

/// Opens the server's state, creating on the first start whatever is missing, in one write.
pub(crate) async fn open(
    directory: &Directory,
    key: &KeyEncryptionKey,
    account: Option<AccountId>,
    issuer: Option<IssuerUrl>,
    now: Timestamp,
) -> Result<State> {
    let snapshot = directory.snapshot();
    let keyring = match snapshot.server_state(KEYRING) {
        Some(sealed) => Keyring::unseal(key, &STANDARD.decode(&**sealed)?).map_err(|_| {
            anyhow!(
                "the server's keys can't be opened: this is not the key that sealed them; \
                     restore that one, or name its place with --key-file"
            )
        })?,
        None => Keyring::generate(now.as_second()),
    };
    let account = the_account(&snapshot, account)?;
    let mut issuers = stored_issuers(&snapshot, key)?;
    let default = default_issuer(&snapshot, issuer)?;
    if !issuers.iter().any(|issuer| *issuer.url() == default) {
        issuers.push(Arc::new(Issuer::generate(default.clone())?));
    }
    issuers.sort_by_key(|issuer| *issuer.url() != default);
    if is_first(&snapshot, account, &default) {
        let first = First {
            keyring: STANDARD.encode(keyring.seal(key)),
            account,
            default,
            issuers: issuers
                .iter()
                .map(|issuer| sealed_issuer(issuer, key))
                .collect::<Result<_>>()?,
            now,
        };
        directory
            .write(move |tx| first.write(tx))
            .await
            .context("the server's first state could not be written")?;
    }
    Ok(State {
        keyring,
        account,
        issuers: Issuers::new(issuers),
    })
}

/// Whether something is missing that a server has once it has started. Sealing is left for
/// then: the first random number of a process costs tens of milliseconds.
fn is_first(snapshot: &Snapshot, account: AccountId, default: &IssuerUrl) -> bool {
    let known = snapshot.server_state(DEFAULT_ISSUER);
    snapshot.server_state(KEYRING).is_none()
        || snapshot.account(account).is_none()
        || known.is_none_or(|url| **url != *default.as_str())
}

/// What has to be there once a server has started.
struct First {
    keyring: String,
    account: AccountId,
    default: IssuerUrl,
    /// Name and sealed keys.
    issuers: Vec<(String, String)>,
    now: Timestamp,
}

impl First {
    fn write(self, tx: &mut directory::Transaction) -> Result<(), StoreError> {
        if tx.snapshot().server_state(KEYRING).is_none() {
            tx.put_server_state(KEYRING, &self.keyring);
        }
        tx.put_server_state(ACCOUNT, &self.account.to_string());
        tx.put_server_state(DEFAULT_ISSUER, self.default.as_str());
        for (name, sealed) in &self.issuers {
            if tx.snapshot().server_state(name).is_none() {
                tx.put_server_state(name, sealed);
            }
        }
        if tx.snapshot().account(self.account).is_none() {
            tx.put_account(Account {
                id: self.account,
                canonical_id: format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()),
                created: self.now,
            });
            let role = administrator(self.account, self.now)
                .map_err(|error| StoreError::Failed(error.to_string()))?;
            tx.put_role(role);
        }
        Ok(())
    }
}

/// The role of the account's administrators. Its trust policy names the account: the local
/// socket, and principals that are allowed to assume it.
fn administrator(account: AccountId, now: Timestamp) -> Result<Role> {
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{account}:root"}},"Action":"sts:AssumeRole"}}]}}"#
    );
    Ok(Role {
        account,
        id: unique_id(UniqueIdPrefix::Role),
        name: ADMINISTRATOR.parse()?,
        path: EntityPath::root(),
        description: Some("Administers the account; made by the first start.".to_owned()),
        trust: Document::trust(&trust, |_| None)?,
        max_session_duration: TWELVE_HOURS,
        inline: BTreeMap::new(),
        attached: BTreeSet::from([ADMINISTRATOR_ACCESS.to_owned()]),
        boundary: None,
        tags: Tags::default(),
        created: now,
    })
}

fn the_account(snapshot: &Snapshot, asked: Option<AccountId>) -> Result<AccountId> {
    let Some(known) = snapshot.server_state(ACCOUNT) else {
        return asked.map_or_else(random_account, Ok);
    };
    let known: AccountId = known
        .parse()
        .context("the stored account number is damaged")?;
    match asked {
        Some(asked) if asked != known => bail!(
            "this data directory belongs to the account {known}, not {asked}; leave --account \
             out, or choose another directory with --data"
        ),
        _ => Ok(known),
    }
}

/// Twelve digits, the first of them not zero.
fn random_account() -> Result<AccountId> {
    let number = 100_000_000_000 + Uuid::new_v4().as_u128() % 900_000_000_000;
    Ok(number.to_string().parse()?)
}

fn default_issuer(snapshot: &Snapshot, asked: Option<IssuerUrl>) -> Result<IssuerUrl> {
    if let Some(asked) = asked {
        return Ok(asked);
    }
    let made_up = || {
        format!(
            "https://oidc.daypass.internal/id/{}",
            Uuid::new_v4().simple()
        )
    };
    let url = snapshot.server_state(DEFAULT_ISSUER);
    let url = url.map_or_else(made_up, |known| known.to_string());
    url.parse().context("the stored issuer URL is damaged")
}

fn stored_issuers(snapshot: &Snapshot, key: &KeyEncryptionKey) -> Result<Vec<Arc<Issuer>>> {
    let open = |(name, sealed): (&String, &Arc<str>)| {
        let url: IssuerUrl = name.trim_start_matches(ISSUER).parse()?;
        let opened = key
            .open(name, &STANDARD.decode(&**sealed)?)
            .with_context(|| format!("the keys of the issuer {url} can't be opened"))?;
        let keys: Vec<String> = serde_json::from_slice(opened.expose())?;
        let keys = keys
            .iter()
            .map(|der| Ok(PrivateKey::from_pkcs8(STANDARD.decode(der)?)))
            .collect::<Result<Vec<_>>>()?;
        Ok(Arc::new(Issuer::from_pkcs8(url, &keys)?))
    };
    snapshot.server_states(ISSUER).map(open).collect()
}

fn sealed_issuer(issuer: &Issuer, key: &KeyEncryptionKey) -> Result<(String, String)> {
    let name = format!("{ISSUER}{}", issuer.url());
    let keys: Vec<_> = issuer
        .private_keys()
        .iter()
        .map(|key| STANDARD.encode(key.as_pkcs8()))
        .collect();
    let sealed = key.seal(&name, &serde_json::to_vec(&keys)?);
    Ok((name, STANDARD.encode(sealed)))
}
