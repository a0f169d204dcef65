//! Instance profiles, account aliases and password policies: kept, and in step with every change.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use directory::{
    Account, AccountAlias, AccountView, Change, Directory, EntityPath, InstanceProfile,
    PasswordPolicy, Row, Snapshot, Store, Tags, Transaction,
};
use jiff::Timestamp;
use proptest::prelude::*;

use support::{open, store, write};

const ACCOUNT: &str = "123456789012";

fn account(id: &str) -> Account {
    Account {
        id: id.parse().unwrap(),
        canonical_id: "0".repeat(64),
        created: Timestamp::UNIX_EPOCH,
    }
}

fn profile(id: &str, name: &str, role: Option<&str>) -> InstanceProfile {
    InstanceProfile {
        account: account(ACCOUNT).id,
        id: id.into(),
        name: name.parse().unwrap(),
        path: "/rosa/".parse().unwrap(),
        role: role.map(str::to_owned),
        tags: Tags::default(),
        created: Timestamp::UNIX_EPOCH,
    }
}

fn alias(text: &str) -> AccountAlias {
    text.parse().unwrap()
}

fn policy() -> PasswordPolicy {
    PasswordPolicy {
        minimum_length: 14,
        require_symbols: true,
        require_numbers: false,
        require_uppercase: true,
        require_lowercase: false,
        users_may_change: true,
        maximum_age: Some(90),
        reuse_prevention: None,
        hard_expiry: Some(false),
    }
}

fn view(snapshot: &Snapshot) -> &AccountView {
    snapshot.account(account(ACCOUNT).id).unwrap()
}

fn profiles_of(snapshot: &Snapshot, role: &str) -> Vec<String> {
    let profiles = view(snapshot).profiles_of(role);
    profiles.map(|(_, it)| it.name.to_string()).collect()
}

#[tokio::test]
async fn profiles_and_their_roles_are_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let directory = open(&dir).await;
    write(&directory, |tx| {
        tx.put_account(account(ACCOUNT));
        tx.put_instance_profile(profile("AIPA1", "Worker", Some("AROA1")));
        tx.put_instance_profile(profile("AIPA2", "control", Some("AROA1")));
        tx.put_instance_profile(profile("AIPA3", "Gone", Some("AROA1")));
        tx.put_instance_profile(profile("AIPA4", "Left", Some("AROA1")));
        tx.put_instance_profile(profile("AIPA4", "Left", None));
        tx.delete_instance_profile(&profile("AIPA3", "Gone", None));
    })
    .await;
    let now = directory.snapshot();
    drop(directory);
    for snapshot in [now, open(&dir).await.snapshot()] {
        let worker = view(&snapshot).instance_profile("WORKER").unwrap();
        assert_eq!(**worker, profile("AIPA1", "Worker", Some("AROA1")));
        assert_eq!(
            worker.arn(),
            format!("arn:aws:iam::{ACCOUNT}:instance-profile/rosa/Worker")
        );
        assert!(view(&snapshot).instance_profile("Gone").is_none());
        assert_eq!(view(&snapshot).instance_profiles().len(), 3);
        assert_eq!(profiles_of(&snapshot, "AROA1"), ["control", "Worker"]);
    }
}

#[tokio::test]
async fn an_alias_and_a_password_policy_are_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let directory = open(&dir).await;
    let (one, other) = (account(ACCOUNT).id, account("210987654321").id);
    write(&directory, move |tx| {
        tx.put_account(account(ACCOUNT));
        tx.put_account(account("210987654321"));
        tx.put_alias(one, alias("first"));
        tx.put_alias(one, alias("second"));
        tx.put_alias(other, alias("third"));
        tx.delete_alias(other);
        tx.put_password_policy(one, policy());
        tx.put_password_policy(other, policy());
        tx.delete_password_policy(other);
    })
    .await;
    let now = directory.snapshot();
    drop(directory);
    for snapshot in [now, open(&dir).await.snapshot()] {
        assert_eq!(view(&snapshot).alias(), Some(&alias("second")));
        assert_eq!(snapshot.account_by_alias(&alias("second")), Some(one));
        assert_eq!(snapshot.account_by_alias(&alias("first")), None);
        assert_eq!(snapshot.account_by_alias(&alias("third")), None);
        assert_eq!(view(&snapshot).password_policy(), Some(&policy()));
        let other = snapshot.account(other).unwrap();
        assert_eq!((other.alias(), other.password_policy()), (None, None));
    }
}

#[tokio::test]
async fn an_account_that_was_stored_before_has_none_of_them() {
    let dir = tempfile::tempdir().unwrap();
    let row = Change::Put(Row {
        kind: "account".into(),
        key: ACCOUNT.into(),
        body: serde_json::to_string(&account(ACCOUNT)).unwrap(),
    });
    store(&dir).await.commit(vec![row]).await.unwrap();
    let snapshot = open(&dir).await.snapshot();
    assert!(view(&snapshot).instance_profiles().is_empty());
    assert_eq!(view(&snapshot).alias(), None);
    assert_eq!(view(&snapshot).password_policy(), None);
}

#[tokio::test]
async fn a_row_that_is_not_of_an_account_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let row = Change::Put(Row {
        kind: "account-alias".into(),
        key: "nobody".into(),
        body: "\"team\"".into(),
    });
    store(&dir).await.commit(vec![row]).await.unwrap();
    let error = Directory::open(store(&dir).await).await.unwrap_err();
    assert!(error.to_string().contains("`nobody`"), "{error}");
}

proptest! {
    #[test]
    fn both_directions_agree_after_any_changes(
        steps in prop::collection::vec((0..6usize, prop::option::of(0..3usize), any::<bool>()), 0..40),
    ) {
        let mut tx = Transaction::default();
        tx.put_account(account(ACCOUNT));
        for (number, role, put) in steps {
            let role = role.map(|it| format!("AROA{it}"));
            let (id, name) = (format!("AIPA{number}"), format!("p{number}"));
            let changed = profile(&id, &name, role.as_deref());
            if put {
                tx.put_instance_profile(changed);
            } else {
                tx.delete_instance_profile(&changed);
            }
        }
        let snapshot = tx.snapshot();
        for role in (0..3).map(|it| format!("AROA{it}")) {
            let all = view(snapshot).instance_profiles().iter();
            let holds = all.filter(|(_, it)| it.role.as_ref() == Some(&role));
            let expected: Vec<_> = holds.map(|(_, it)| it.name.to_string()).collect();
            prop_assert_eq!(profiles_of(snapshot, &role), expected);
        }
    }
}

#[test]
fn the_root_path_is_in_the_arn() {
    let at_root = InstanceProfile {
        path: EntityPath::root(),
        ..profile("AIPA1", "p", None)
    };
    assert_eq!(
        at_root.arn(),
        format!("arn:aws:iam::{ACCOUNT}:instance-profile/p")
    );
}
