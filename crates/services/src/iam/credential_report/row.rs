//! The lines of the report.

use std::collections::HashMap;
use std::sync::Arc;

use directory::{AccessKey, AccountView, CredentialOwner, KeyStatus, Snapshot, User};
use jiff::Timestamp;

use super::other_credentials::{self, NOT_APPLICABLE};
use crate::handle::At;
use crate::iam::last_used;

/// The names of the columns, in AWS's order.
const COLUMNS: [&str; 22] = [
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
    "access_key_1_active",
    "access_key_1_last_rotated",
    "access_key_1_last_used_date",
    "access_key_1_last_used_region",
    "access_key_1_last_used_service",
    "access_key_2_active",
    "access_key_2_last_rotated",
    "access_key_2_last_used_date",
    "access_key_2_last_used_region",
    "access_key_2_last_used_service",
    "cert_1_active",
    "cert_1_last_rotated",
    "cert_2_active",
    "cert_2_last_rotated",
];

/// How many access keys a line has columns for, which is how many a user can have.
const KEYS: usize = 2;

/// The access keys of every user, by the user's unique id; each user's by key id.
pub(super) fn keys_by_user(snapshot: &Snapshot) -> HashMap<&str, Vec<&AccessKey>> {
    let mut all: HashMap<&str, Vec<&AccessKey>> = HashMap::new();
    for key in snapshot.keys().map(Arc::as_ref) {
        all.entry(&key.user_id).or_default().push(key);
    }
    all
}

/// The first line.
pub(super) fn header() -> String {
    line(&COLUMNS.map(str::to_owned))
}

/// The line of the account's root, which has no access keys.
pub(super) fn root(view: &AccountView) -> String {
    let account = view.account();
    let identity = [
        "<root_account>".to_owned(),
        format!("arn:aws:iam::{}:root", account.id),
        date(account.created),
    ];
    let mut cells = Vec::from(identity);
    cells.extend(other_credentials::root_password(view));
    // The root has no MFA device here.
    cells.push(false.to_string());
    cells.extend((0..KEYS).flat_map(|_| no_key()));
    let certificates = other_credentials::certificates(view, &CredentialOwner::root());
    cells.extend(certificates.into_iter().flatten());
    line(&cells)
}

/// The line of a user.
pub(super) fn user(at: &At<'_>, view: &AccountView, user: &User, keys: &[&AccessKey]) -> String {
    let identity = [user.name.to_string(), user.arn(), date(user.created)];
    let mut cells = Vec::from(identity);
    cells.extend(other_credentials::password(view, user));
    cells.push(other_credentials::mfa_active(view, user).to_string());
    for place in 0..KEYS {
        cells.extend(keys.get(place).map_or_else(no_key, |key| of_key(at, key)));
    }
    let owner = CredentialOwner::user(&user.id);
    let certificates = other_credentials::certificates(view, &owner);
    cells.extend(certificates.into_iter().flatten());
    line(&cells)
}

/// Active, last rotated, and last used: when, where, for which service.
fn of_key(at: &At<'_>, key: &AccessKey) -> [String; 5] {
    let used = last_used::of_key(at, key);
    [
        (key.status == KeyStatus::Active).to_string(),
        date(key.created),
        used.last_used_date
            .map_or_else(|| NOT_APPLICABLE.to_owned(), date),
        used.region,
        used.service_name,
    ]
}

fn no_key() -> [String; 5] {
    let [a, b, c, d] = [NOT_APPLICABLE; 4].map(str::to_owned);
    ["false".to_owned(), a, b, c, d]
}

/// ISO 8601, to the second.
pub(super) fn date(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Cells with commas between them. Names may have commas, and paths quotes too; such a cell is
/// quoted (RFC 4180).
fn line(cells: &[String]) -> String {
    let cells = cells
        .iter()
        .map(|cell| match cell.contains([',', '"', '\n', '\r']) {
            true => format!("\"{}\"", cell.replace('"', "\"\"")),
            false => cell.clone(),
        });
    cells.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_with_commas_and_quotes_are_quoted() {
        let cells = ["a,b", "/\"q\"/", "plain", ""].map(str::to_owned);
        assert_eq!(line(&cells), "\"a,b\",\"/\"\"q\"\"/\",plain,");
    }

    #[test]
    fn every_line_has_a_cell_for_every_column() {
        assert_eq!(no_key().len() * KEYS + 3 + 4 + 1 + 4, COLUMNS.len());
        assert_eq!(header().split(',').count(), COLUMNS.len());
    }

    #[test]
    fn dates_have_whole_seconds() {
        let time = "2026-11-21T20:22:06.987Z".parse().unwrap();
        assert_eq!(date(time), "2026-11-21T20:22:06Z");
    }
}
