//! The entities of an account.

use std::collections::{BTreeMap, BTreeSet};

use federation::IssuerUrl;
use jiff::Timestamp;
use policy::AccountId;
use serde::{Deserialize, Serialize};

use crate::{Document, EntityName, EntityPath, Tags};

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its number.
    pub id: AccountId,
    /// S3's name for it: 64 hexadecimal digits.
    pub canonical_id: String,
    /// When it was made.
    pub created: Timestamp,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Role {
    /// Its account.
    pub account: AccountId,
    /// `AROA…`: never used again, even for a role of the same name.
    pub id: String,
    /// Its name.
    pub name: EntityName,
    /// Its path.
    pub path: EntityPath,
    /// Free text.
    pub description: Option<String>,
    /// Who may assume it.
    pub trust: Document,
    /// Longest session in seconds, 3,600 to 43,200.
    pub max_session_duration: u32,
    /// Inline policies by name.
    pub inline: BTreeMap<String, Document>,
    /// ARNs of the attached managed policies.
    pub attached: BTreeSet<String>,
    /// ARN of the permissions boundary.
    pub boundary: Option<String>,
    /// Its tags.
    pub tags: Tags,
    /// When it was made.
    pub created: Timestamp,
}

/// An IAM user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// Its account.
    pub account: AccountId,
    /// `AIDA…`.
    pub id: String,
    /// Its name.
    pub name: EntityName,
    /// Its path.
    pub path: EntityPath,
    /// Inline policies by name.
    pub inline: BTreeMap<String, Document>,
    /// ARNs of the attached managed policies.
    pub attached: BTreeSet<String>,
    /// ARN of the permissions boundary.
    pub boundary: Option<String>,
    /// Unique ids of the groups it is in, so that a membership outlives new names on either
    /// side.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<String>,
    /// Its tags.
    pub tags: Tags,
    /// When it was made.
    pub created: Timestamp,
}

/// A group of users of its account. It has no credentials, no tags and no boundary, and is no
/// principal (IAM User Guide, "IAM user groups"). Its members are in
/// [`AccountView::members`](crate::AccountView::members).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Its account.
    pub account: AccountId,
    /// `AGPA…`.
    pub id: String,
    /// Its name.
    pub name: EntityName,
    /// Its path.
    pub path: EntityPath,
    /// Inline policies by name.
    pub inline: BTreeMap<String, Document>,
    /// ARNs of the attached managed policies.
    pub attached: BTreeSet<String>,
    /// When it was made.
    pub created: Timestamp,
}

/// What hands a role to virtual machines. It holds at most one role (IAM User Guide, "Use
/// instance profiles"), and its name and path are fixed. The profiles of a role are in
/// [`AccountView::profiles_of`](crate::AccountView::profiles_of).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceProfile {
    /// Its account.
    pub account: AccountId,
    /// `AIPA…`.
    pub id: String,
    /// Its name.
    pub name: EntityName,
    /// Its path.
    pub path: EntityPath,
    /// Unique id of the role in it.
    pub role: Option<String>,
    /// Its tags.
    pub tags: Tags,
    /// When it was made.
    pub created: Timestamp,
}

/// What an account asks of its users' passwords.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordPolicy {
    /// Fewest characters, 6 to 128.
    pub minimum_length: u32,
    /// At least one character that is neither letter nor digit.
    pub require_symbols: bool,
    /// At least one digit.
    pub require_numbers: bool,
    /// At least one of `A`–`Z`.
    pub require_uppercase: bool,
    /// At least one of `a`–`z`.
    pub require_lowercase: bool,
    /// Whether users may change their own.
    pub users_may_change: bool,
    /// Days until one expires, 1 to 1,095; `None` is never.
    pub maximum_age: Option<u32>,
    /// How many earlier ones can't be used again, 1 to 24; `None` is none.
    pub reuse_prevention: Option<u32>,
    /// Whether only an administrator can replace one that has expired.
    pub hard_expiry: Option<bool>,
}

/// A user's long-term key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessKey {
    /// `AKIA…`.
    pub id: String,
    /// The user's account.
    pub account: AccountId,
    /// The user's unique id.
    pub user_id: String,
    /// Whether it can be used.
    pub status: KeyStatus,
    /// The secret access key, sealed under the server's key-encryption key; base64.
    pub sealed_secret: String,
    /// When it was made.
    pub created: Timestamp,
}

/// Whether an access key can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyStatus {
    /// It can.
    Active,
    /// It is kept, but refused.
    Inactive,
}

impl KeyStatus {
    /// The API's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Inactive => "Inactive",
        }
    }
}

/// A customer managed policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ManagedPolicy {
    /// Its account.
    pub account: AccountId,
    /// `ANPA…`.
    pub id: String,
    /// Its name.
    pub name: EntityName,
    /// Its path.
    pub path: EntityPath,
    /// Free text, fixed at creation.
    pub description: Option<String>,
    /// One to five versions, oldest first.
    pub versions: Vec<PolicyVersion>,
    /// Number of the version in force.
    pub default_version: u32,
    /// Number that the next version gets; numbers are never used again.
    pub next_version: u32,
    /// Its tags.
    pub tags: Tags,
    /// When it was made.
    pub created: Timestamp,
    /// When it last got a version, or another default version.
    pub updated: Timestamp,
}

/// One version of a managed policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PolicyVersion {
    /// `1` for `v1`.
    pub number: u32,
    /// What it says.
    pub document: Document,
    /// When it was made.
    pub created: Timestamp,
}

/// An OIDC identity provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OidcProvider {
    /// Its account.
    pub account: AccountId,
    /// The issuer.
    pub url: IssuerUrl,
    /// The audiences that are accepted.
    pub client_ids: Vec<String>,
    /// SHA-1 thumbprints of certificates that are trusted besides the well-known roots.
    pub thumbprints: Vec<String>,
    /// Its tags.
    pub tags: Tags,
    /// When it was made.
    pub created: Timestamp,
    /// The bucket of this server that the issuer's documents are read from, by what tells it from every other; decided when
    /// the provider was made. Without one they are fetched over the network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
}

impl Role {
    /// `arn:aws:iam::A:role/path/Name`.
    #[must_use]
    pub fn arn(&self) -> String {
        format!(
            "arn:aws:iam::{}:role{}{}",
            self.account, self.path, self.name
        )
    }
}

impl User {
    /// `arn:aws:iam::A:user/path/Name`.
    #[must_use]
    pub fn arn(&self) -> String {
        format!(
            "arn:aws:iam::{}:user{}{}",
            self.account, self.path, self.name
        )
    }
}

impl Group {
    /// `arn:aws:iam::A:group/path/Name`.
    #[must_use]
    pub fn arn(&self) -> String {
        format!(
            "arn:aws:iam::{}:group{}{}",
            self.account, self.path, self.name
        )
    }
}

impl InstanceProfile {
    /// `arn:aws:iam::A:instance-profile/path/Name`.
    #[must_use]
    pub fn arn(&self) -> String {
        format!(
            "arn:aws:iam::{}:instance-profile{}{}",
            self.account, self.path, self.name
        )
    }
}

impl ManagedPolicy {
    /// `arn:aws:iam::A:policy/path/Name`.
    #[must_use]
    pub fn arn(&self) -> String {
        format!(
            "arn:aws:iam::{}:policy{}{}",
            self.account, self.path, self.name
        )
    }

    /// The version with this number.
    #[must_use]
    pub fn version(&self, number: u32) -> Option<&PolicyVersion> {
        self.versions.iter().find(|it| it.number == number)
    }

    /// The version in force. INVARIANT: the default version is never deleted.
    #[must_use]
    pub fn default_document(&self) -> Option<&Document> {
        self.version(self.default_version).map(|it| &it.document)
    }
}

impl OidcProvider {
    /// `arn:aws:iam::A:oidc-provider/HOST/PATH`.
    #[must_use]
    pub fn arn(&self) -> String {
        let url = self.url.without_scheme();
        format!("arn:aws:iam::{}:oidc-provider/{url}", self.account)
    }
}
