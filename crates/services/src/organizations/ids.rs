//! Fresh ids, of small letters and digits.

use directory::Snapshot;
use policy::AccountId;
use session::{UniqueIdPrefix, unique_id};
use uuid::Uuid;

/// `o-` and ten characters.
pub(super) fn organization() -> String {
    format!("o-{}", letters(10))
}

/// `r-` and four.
pub(super) fn root() -> String {
    format!("r-{}", letters(4))
}

/// `ou-`, the root's characters, and eight more.
pub(super) fn unit(root: &str) -> String {
    let root = root.strip_prefix("r-").unwrap_or(root);
    format!("ou-{root}-{}", letters(8))
}

/// `p-` and ten.
pub(super) fn policy() -> String {
    format!("p-{}", letters(10))
}

/// `car-` and 32.
pub(super) fn account_request() -> String {
    format!("car-{}", Uuid::new_v4().simple())
}

/// The number of a new account.
pub(super) fn account(snapshot: &Snapshot) -> Option<AccountId> {
    const NUMBERS: u128 = 1_000_000_000_000;
    // The chance to meet one that is taken is small, and that it happens so often, nil.
    (0..100).find_map(|_| {
        let number = Uuid::new_v4().as_u128() % NUMBERS;
        let id: AccountId = format!("{number:012}").parse().ok()?;
        snapshot.account(id).is_none().then_some(id)
    })
}

/// Up to 17 random characters.
fn letters(count: usize) -> String {
    let id = unique_id(UniqueIdPrefix::Role);
    let random = id.chars().skip(UniqueIdPrefix::Role.as_str().len());
    let letters = random.take(count).map(|letter| letter.to_ascii_lowercase());
    letters.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_form_that_the_api_asks_for() {
        let is_of = |id: &str, prefix: &str, length: usize| {
            let rest = id.strip_prefix(prefix).unwrap();
            rest.len() == length
                && rest
                    .bytes()
                    .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit())
        };
        assert!(is_of(&organization(), "o-", 10));
        assert!(is_of(&policy(), "p-", 10));
        assert!(is_of(&account_request(), "car-", 32));
        let root = root();
        assert!(is_of(&root, "r-", 4));
        assert!(is_of(&unit(&root), &format!("ou-{}-", &root[2..]), 8));
        assert_eq!(account(&Snapshot::default()).unwrap().to_string().len(), 12);
    }
}
