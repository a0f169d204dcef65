//! What an account asks of its users' passwords.

use directory::PasswordPolicy;

use super::credential_faults::password_policy;
use crate::wire::Fault;

/// Refuses a password that the account's policy doesn't allow; without one, AWS's default holds
/// (IAM User Guide, "Default password policy").
///
/// # Errors
/// `PasswordPolicyViolation`, with everything that is wrong.
pub(super) fn check(policy: Option<&PasswordPolicy>, password: &str) -> Result<(), Fault> {
    let length = policy.map_or(DEFAULT_LENGTH, |policy| policy.minimum_length);
    let mut wrong = Vec::new();
    if password.chars().count() < length as usize {
        wrong.push(format!("Password should have a minimum length of {length}"));
    }
    match policy {
        Some(policy) => {
            let asked = [
                policy.require_uppercase,
                policy.require_lowercase,
                policy.require_numbers,
                policy.require_symbols,
            ];
            let asked = KINDS.iter().zip(asked).filter(|(_, asked)| *asked);
            wrong.extend(missing(password, asked.map(|(kind, _)| kind)));
        }
        None => {
            let missing = missing(password, KINDS.iter());
            let more = DEFAULT_KINDS.saturating_sub(KINDS.len() - missing.len());
            if more > 0 {
                let missing = missing.join(", ");
                wrong.push(format!(
                    "Password should meet {more} more of the following requirements: {missing}"
                ));
            }
        }
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(password_policy(wrong.join(", "))),
    }
}

/// The sentences about kinds of characters that the password has none of.
fn missing<'k>(password: &str, kinds: impl Iterator<Item = &'k Kind>) -> Vec<String> {
    kinds
        .filter(|(_, has)| !password.chars().any(has))
        .map(|(name, _)| format!("Password should have at least one {name}"))
        .collect()
}

/// A kind of characters, and which are of it.
type Kind = (&'static str, fn(char) -> bool);

const KINDS: [Kind; 4] = [
    ("uppercase letter", |it| it.is_ascii_uppercase()),
    ("lowercase letter", |it| it.is_ascii_lowercase()),
    ("number", |it| it.is_ascii_digit()),
    ("symbol", |it| SYMBOLS.contains(it)),
];
/// IAM API reference, `UpdateAccountPasswordPolicy`, `RequireSymbols`.
const SYMBOLS: &str = "!@#$%^&*()_+-=[]{}|'";
const DEFAULT_LENGTH: u32 = 8;
/// Of the four kinds, as many are asked for by default.
const DEFAULT_KINDS: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: PasswordPolicy = PasswordPolicy {
        minimum_length: 6,
        require_symbols: false,
        require_numbers: false,
        require_uppercase: false,
        require_lowercase: false,
        users_may_change: false,
        maximum_age: None,
        reuse_prevention: None,
        hard_expiry: None,
    };

    fn told(policy: Option<&PasswordPolicy>, password: &str) -> String {
        let checked = check(policy, password);
        checked.map_or_else(|fault| fault.message, |()| String::new())
    }

    #[test]
    fn by_default_three_kinds_of_four_are_asked_for() {
        for good in ["Abcdefg1", "abcdef1!", "ABCDEF1'", "Abcdefg]", "Äbcdefg1Z"] {
            assert_eq!(told(None, good), "", "{good}");
        }
        assert_eq!(
            told(None, "abcdefg1"),
            "Password should meet 1 more of the following requirements: Password should have at \
             least one uppercase letter, Password should have at least one symbol"
        );
        assert_eq!(
            told(None, "Abcde1!"),
            "Password should have a minimum length of 8"
        );
        assert!(told(None, "ääääääää").contains("meet 3 more"));
    }

    #[test]
    fn a_policy_asks_for_what_it_says_and_names_all_that_is_wrong() {
        assert_eq!(told(Some(&NOTHING), "aaaaaa"), "");
        assert_eq!(
            told(Some(&NOTHING), "äääää"),
            "Password should have a minimum length of 6"
        );
        let strict = PasswordPolicy {
            minimum_length: 10,
            require_symbols: true,
            require_uppercase: true,
            ..NOTHING
        };
        assert_eq!(
            told(Some(&strict), "aaaaaaaaaA~"),
            "Password should have at least one symbol"
        );
        assert_eq!(
            told(Some(&strict), "a"),
            "Password should have a minimum length of 10, Password should have at least one \
             uppercase letter, Password should have at least one symbol"
        );
        assert_eq!(told(Some(&strict), "aaaaaaaaA|"), "");
    }
}
