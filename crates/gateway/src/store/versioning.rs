//! Whether versions of objects are kept.

/// Whether a bucket keeps the versions of its objects. Once it was on it can only be suspended
/// (S3 User Guide, "Retaining multiple versions of objects with S3 Versioning").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Versioning {
    /// It never was on: every object has one version, `null`.
    #[default]
    Off,
    /// Every write and every delete makes a version.
    Enabled,
    /// What is written replaces the version `null`, and no other.
    Suspended,
}

impl Versioning {
    /// As in `Status`; a bucket that never had it on has none.
    pub(crate) fn status(self) -> Option<&'static str> {
        match self {
            Self::Off => None,
            Self::Enabled => Some("Enabled"),
            Self::Suspended => Some("Suspended"),
        }
    }

    /// Reads `Status`.
    pub(crate) fn from_status(text: &str) -> Option<Self> {
        [Self::Enabled, Self::Suspended]
            .into_iter()
            .find(|versioning| versioning.status() == Some(text))
    }

    /// Reads the column.
    pub(super) fn from_column(status: Option<&str>) -> Result<Self, sqlx::Error> {
        match status {
            None => Ok(Self::Off),
            Some(text) => Self::from_status(text).ok_or_else(|| {
                sqlx::Error::Decode(format!("a bucket whose versioning is `{text}`").into())
            }),
        }
    }
}
