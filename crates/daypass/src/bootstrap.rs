//! The first start: server keys, an issuer, an account and its administrator role.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, anyhow, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use directory::{Account, Directory, Document, EntityPath, Role, Snapshot, StoreError, Tags};
use federation::{Issuer, IssuerUrl};
use jiff::Timestamp;
use policy::AccountId;
use services::issuers;
use session::{KeyEncryptionKey, Keyring, UniqueIdPrefix, unique_id};
use uuid::Uuid;

/// The role that the first start creates.
pub(crate) const ADMINISTRATOR: &str = "Administrator";
const ADMINISTRATOR_ACCESS: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
/// Longest session of the administrator role, in seconds.
const TWELVE_HOURS: u32 = 43_200;

const KEYRING: &str = "keyring";
const ACCOUNT: &str = "account";
const DEFAULT_ISSUER: &str = "default-issuer";

/// What the server's own state holds.
pub(crate) struct State {
    pub(crate) keyring: Keyring,
    pub(crate) account: AccountId,
    /// The URL of the default issuer, which is in the directory.
    pub(crate) issuer: IssuerUrl,
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
    let default = default_issuer(&snapshot, issuer)?;
    if is_first(&snapshot, account, &default) {
        let name = issuers::name(&default);
        let new = match snapshot.server_state(&name) {
            Some(_) => None,
            None => Some((
                name,
                issuers::seal(&Issuer::generate(default.clone())?, key),
            )),
        };
        let first = First {
            keyring: STANDARD.encode(keyring.seal(key)),
            account,
            default: default.clone(),
            issuer: new,
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
        issuer: default,
    })
}

/// Whether something is missing that a server has once it has started. Sealing is left for
/// then: the first random number of a process costs tens of milliseconds.
fn is_first(snapshot: &Snapshot, account: AccountId, default: &IssuerUrl) -> bool {
    let known = snapshot.server_state(DEFAULT_ISSUER);
    snapshot.server_state(KEYRING).is_none()
        || snapshot.server_state(&issuers::name(default)).is_none()
        || snapshot.account(account).is_none()
        || known.is_none_or(|url| **url != *default.as_str())
}

/// What has to be there once a server has started.
struct First {
    keyring: String,
    account: AccountId,
    default: IssuerUrl,
    /// Name and sealed keys of the default issuer, if it is new.
    issuer: Option<(String, String)>,
    now: Timestamp,
}

impl First {
    fn write(self, tx: &mut directory::Transaction) -> Result<(), StoreError> {
        if tx.snapshot().server_state(KEYRING).is_none() {
            tx.put_server_state(KEYRING, &self.keyring);
        }
        tx.put_server_state(ACCOUNT, &self.account.to_string());
        tx.put_server_state(DEFAULT_ISSUER, self.default.as_str());
        if let Some((name, sealed)) = &self.issuer {
            tx.put_server_state(name, sealed);
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
