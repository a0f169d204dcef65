//! The issuers of service accounts' tokens that this server hosts: in the directory, and opened.

mod stored;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use directory::Snapshot;
use door::Door;
use federation::{Issuer, IssuerUrl, Verifier};
use session::KeyEncryptionKey;

pub use stored::{InvalidStored, PREFIX, name, seal};

/// The hosted issuers. What is in the directory counts; here are its keys, opened once.
pub struct Issuers {
    verifier: Arc<Verifier>,
    default: IssuerUrl,
    opened: RwLock<Arc<Opened>>,
    /// Held while the directory is read anew, so that an older state never replaces a newer one.
    refresh: Mutex<()>,
}

/// The issuers by URL, each with the sealed text that it was opened from.
type Opened = BTreeMap<IssuerUrl, (Arc<str>, Arc<Issuer>)>;

impl Issuers {
    /// Opens what the directory holds, and lets `verifier` know. `default` is among them.
    ///
    /// # Errors
    /// [`InvalidStored`].
    pub fn open(
        snapshot: &Snapshot,
        key: &KeyEncryptionKey,
        default: IssuerUrl,
        verifier: Arc<Verifier>,
    ) -> Result<Self, InvalidStored> {
        let issuers = Self {
            verifier,
            default,
            opened: RwLock::default(),
            refresh: Mutex::default(),
        };
        issuers.read(snapshot, key)?;
        Ok(issuers)
    }

    /// The issuer that signs when none is named.
    #[must_use]
    pub fn default_issuer(&self) -> Option<Arc<Issuer>> {
        self.find(&self.default)
    }

    /// The URL of the issuer that signs when none is named.
    #[must_use]
    pub fn default_url(&self) -> &IssuerUrl {
        &self.default
    }

    /// The issuer with this URL.
    #[must_use]
    pub fn find(&self, url: &IssuerUrl) -> Option<Arc<Issuer>> {
        self.opened().get(url).map(|(_, issuer)| Arc::clone(issuer))
    }

    /// All of them, by URL.
    #[must_use]
    pub fn list(&self) -> Vec<Arc<Issuer>> {
        let opened = self.opened();
        opened.values().map(|(_, it)| Arc::clone(it)).collect()
    }

    /// The public document at this path: discovery or keys of an issuer whose URL has the path's beginning. Several issuers
    /// may have one path, e.g. those of buckets; then `host`, as the client sent it, picks one of them. Whatever it says, a
    /// document is always that of the issuer that it names.
    #[must_use]
    pub fn document(&self, host: &str, path: &str) -> Option<Vec<u8>> {
        let opened = self.opened();
        let mut found = opened.values().filter_map(|(_, issuer)| {
            let below = path.strip_prefix(path_of(issuer.url()))?;
            let known = [Issuer::DISCOVERY_PATH, Issuer::KEY_SET_PATH].contains(&below);
            known.then_some((issuer, below))
        });
        let first = found.next()?;
        let (issuer, below) = match found.next() {
            None => first,
            Some(second) => std::iter::once(first)
                .chain(std::iter::once(second))
                .chain(found)
                .find(|(issuer, _)| authority_of(issuer.url()).eq_ignore_ascii_case(host))?,
        };
        Some(match below {
            Issuer::KEY_SET_PATH => issuer.jwks(),
            _ => issuer.discovery_document(),
        })
    }

    /// Reads the directory anew, after a change of it.
    ///
    /// # Errors
    /// [`InvalidStored`].
    pub(crate) fn refresh(&self, door: &Door) -> Result<(), InvalidStored> {
        let refresh = self.refresh.lock().unwrap_or_else(PoisonError::into_inner);
        let read = self.read(&door.directory().snapshot(), door.key_encryption());
        drop(refresh);
        read
    }

    fn read(&self, snapshot: &Snapshot, key: &KeyEncryptionKey) -> Result<(), InvalidStored> {
        let before = self.opened();
        let mut after = Opened::new();
        for (name, sealed) in snapshot.server_states(PREFIX) {
            let url = stored::url(name)?;
            let same = before.get(&url).filter(|(from, _)| from == sealed);
            let issuer = match same {
                Some((_, issuer)) => Arc::clone(issuer),
                None => Arc::new(stored::open(name, sealed, key)?),
            };
            after.insert(url, (Arc::clone(sealed), issuer));
        }
        for url in before.keys().filter(|url| !after.contains_key(url)) {
            self.verifier.unhost(url);
        }
        for (_, issuer) in after.values() {
            self.verifier.host(Arc::clone(issuer));
        }
        *self.opened.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(after);
        Ok(())
    }

    fn opened(&self) -> Arc<Opened> {
        let opened = self.opened.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&opened)
    }
}

impl fmt::Debug for Issuers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuers")
            .field("default", &self.default)
            .finish_non_exhaustive()
    }
}

/// `host[:port]` of an issuer.
#[must_use]
pub fn authority_of(url: &IssuerUrl) -> &str {
    let rest = url.without_scheme();
    rest.split('/').next().unwrap_or_default()
}

/// `/path` of `https://host/path`, without a slash at its end.
fn path_of(url: &IssuerUrl) -> &str {
    let rest = url.without_scheme();
    let path = rest.find('/').and_then(|at| rest.get(at..));
    path.unwrap_or_default().trim_end_matches('/')
}
