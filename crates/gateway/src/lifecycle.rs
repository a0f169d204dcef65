//! When objects and uploads end by themselves (S3 User Guide, "Managing the lifecycle of objects").

mod document;
mod due;
mod headers;
mod sweep;

pub(crate) use due::Subject;
pub(crate) use headers::{attach_abort, expiration};
pub use sweep::Sweeper;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A bucket's rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lifecycle {
    rules: Vec<Rule>,
    /// `x-amz-transition-default-minimum-object-size`. It says which objects change their storage
    /// class by default; here none does.
    minimum_size: MinimumSize,
}

/// Which objects S3 takes for too small to change their storage class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum MinimumSize {
    /// Those below 128 KB.
    #[default]
    #[serde(rename = "all_storage_classes_128K")]
    All128K,
    /// That depends on the class.
    #[serde(rename = "varies_by_storage_class")]
    Varies,
}

/// What ends, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rule {
    pub(crate) id: String,
    enabled: bool,
    scope: Scope,
    expiration: Option<Expiration>,
    noncurrent: Option<Noncurrent>,
    /// Days after which an upload is given up.
    abort_after: Option<u32>,
}

/// Which objects a rule is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Scope {
    /// The older form: keys that begin so.
    Prefix(String),
    /// All that its conditions hold of.
    Filter(Filter),
}

/// Conditions, all of which must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Filter {
    prefix: Option<String>,
    tags: Vec<(String, String)>,
    /// Bytes.
    larger_than: Option<u64>,
    /// Bytes.
    smaller_than: Option<u64>,
    /// Whether they were written within `And`.
    joined: bool,
}

/// When the current version ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Expiration {
    /// So many days after it was written.
    Days(u32),
    /// From this midnight on.
    Date(Timestamp),
    /// When it is a delete marker with nothing behind it, if true.
    DeleteMarkers(bool),
}

/// When a version that isn't the current one any more ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Noncurrent {
    /// Days after it was replaced.
    days: u32,
    /// How many of them are kept in any case, newest first.
    keep: u32,
}

impl Rule {
    fn prefix(&self) -> &str {
        match &self.scope {
            Scope::Prefix(prefix) => prefix,
            Scope::Filter(filter) => filter.prefix.as_deref().unwrap_or_default(),
        }
    }
}
