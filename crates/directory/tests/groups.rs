//! Groups and their members: kept, found in both directions, and in step with every change.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use directory::{
    Account, AccountView, Change, Document, EntityPath, Group, Row, Snapshot, Store, Tags,
    Transaction, User,
};
use jiff::Timestamp;
use proptest::prelude::*;

use support::{open, store, write};

const ACCOUNT: &str = "123456789012";
const ALLOW: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;

fn account() -> Account {
    Account {
        id: ACCOUNT.parse().unwrap(),
        canonical_id: "0".repeat(64),
        created: Timestamp::UNIX_EPOCH,
    }
}

fn user(id: &str, name: &str, groups: &[&str]) -> User {
    User {
        account: account().id,
        id: id.into(),
        name: name.parse().unwrap(),
        path: EntityPath::root(),
        inline: BTreeMap::new(),
        attached: BTreeSet::new(),
        boundary: None,
        groups: groups.iter().map(|it| (*it).to_owned()).collect(),
        tags: Tags::default(),
        created: Timestamp::UNIX_EPOCH,
    }
}

fn group(id: &str, name: &str) -> Group {
    Group {
        account: account().id,
        id: id.into(),
        name: name.parse().unwrap(),
        path: "/team/".parse().unwrap(),
        inline: BTreeMap::from([("p".to_owned(), Document::identity(ALLOW).unwrap())]),
        attached: BTreeSet::from(["arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()]),
        created: Timestamp::UNIX_EPOCH,
    }
}

fn view(snapshot: &Snapshot) -> &AccountView {
    snapshot.account(account().id).unwrap()
}

fn members(snapshot: &Snapshot, group: &str) -> Vec<String> {
    let members = view(snapshot).members(group);
    members.map(|(_, user)| user.name.to_string()).collect()
}

#[tokio::test]
async fn groups_and_members_are_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let directory = open(&dir).await;
    write(&directory, |tx| {
        tx.put_account(account());
        tx.put_group(group("AGPA1", "Devs"));
        tx.put_group(group("AGPA2", "Ops"));
        tx.put_group(group("AGPA3", "Gone"));
        tx.put_user(user("AIDA1", "Zoe", &["AGPA1", "AGPA2"]));
        tx.put_user(user("AIDA2", "ann", &["AGPA1"]));
        tx.delete_group(&group("AGPA3", "Gone"));
    })
    .await;
    drop(directory);
    let snapshot = open(&dir).await.snapshot();
    assert_eq!(
        **view(&snapshot).group("DEVS").unwrap(),
        group("AGPA1", "Devs")
    );
    assert_eq!(snapshot.group_by_id("AGPA2").unwrap().name.as_str(), "Ops");
    assert!(view(&snapshot).group("Gone").is_none());
    assert_eq!(members(&snapshot, "AGPA1"), ["ann", "Zoe"]);
    assert_eq!(members(&snapshot, "AGPA2"), ["Zoe"]);
    let zoe = snapshot.user_by_id("AIDA1").unwrap();
    assert_eq!(zoe.groups.len(), 2);
    assert_eq!(
        view(&snapshot).group("devs").unwrap().arn(),
        format!("arn:aws:iam::{ACCOUNT}:group/team/Devs")
    );
}

#[tokio::test]
async fn new_names_on_either_side_keep_a_membership() {
    let dir = tempfile::tempdir().unwrap();
    let directory = open(&dir).await;
    write(&directory, |tx| {
        tx.put_account(account());
        tx.put_group(group("AGPA1", "Devs"));
        tx.put_user(user("AIDA1", "bob", &["AGPA1"]));
        tx.put_user(user("AIDA1", "robert", &["AGPA1"]));
        tx.put_group(group("AGPA1", "Builders"));
    })
    .await;
    for snapshot in [directory.snapshot(), open(&dir).await.snapshot()] {
        assert_eq!(members(&snapshot, "AGPA1"), ["robert"]);
        assert!(view(&snapshot).group("Devs").is_none());
        assert!(view(&snapshot).group("builders").is_some());
    }
}

#[tokio::test]
async fn users_that_were_stored_before_there_were_groups_are_in_none() {
    let dir = tempfile::tempdir().unwrap();
    let row = |kind: &str, key: &str, body: String| {
        Change::Put(Row {
            kind: kind.into(),
            key: key.into(),
            body,
        })
    };
    let bob = format!(
        r#"{{"account":"{ACCOUNT}","id":"AIDA1","name":"bob","path":"/","inline":{{}},"attached":[],"boundary":null,"tags":[],"created":"1970-01-01T00:00:00Z"}}"#
    );
    let own = serde_json::to_string(&account()).unwrap();
    let rows = vec![row("account", ACCOUNT, own), row("user", "AIDA1", bob)];
    store(&dir).await.commit(rows).await.unwrap();
    let snapshot = open(&dir).await.snapshot();
    let bob = view(&snapshot).user("bob").unwrap();
    assert_eq!(**bob, user("AIDA1", "bob", &[]));
    assert_eq!(
        view(&snapshot).users().len(),
        1,
        "an account that was stored before"
    );
}

/// One change in the life of an account.
#[derive(Debug, Clone)]
enum Step {
    Put {
        user: usize,
        name: String,
        groups: BTreeSet<usize>,
    },
    Delete {
        user: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let groups = prop::collection::btree_set(0..4usize, 0..4);
    let put = (0..6usize, "[a-c]x?", groups).prop_map(|(user, name, groups)| Step::Put {
        user,
        name,
        groups,
    });
    prop_oneof![3 => put, 1 => (0..6usize).prop_map(|user| Step::Delete { user })]
}

proptest! {
    #[test]
    fn both_directions_agree_after_any_changes(steps in prop::collection::vec(step(), 0..40)) {
        let mut tx = Transaction::default();
        tx.put_account(account());
        for step in steps {
            match step {
                Step::Put { user: number, name, groups } => {
                    // Names differ from user to user, as the services see to.
                    let groups: Vec<_> = groups.iter().map(|it| format!("AGPA{it}")).collect();
                    let groups: Vec<_> = groups.iter().map(String::as_str).collect();
                    tx.put_user(user(&format!("AIDA{number}"), &format!("{name}{number}"), &groups));
                }
                Step::Delete { user: number } => {
                    // Whoever deletes may hold an older copy than the one that is there.
                    tx.delete_user(&user(&format!("AIDA{number}"), "old", &["AGPA0"]));
                }
            }
        }
        let snapshot = tx.snapshot();
        for id in (0..4).map(|it| format!("AGPA{it}")) {
            let users = view(snapshot).users().iter();
            let is_in = users.filter(|(_, user)| user.groups.contains(&id));
            let expected: Vec<_> = is_in.map(|(name, _)| name.clone()).collect();
            let told: Vec<_> = view(snapshot).members(&id).map(|(name, _)| name.clone()).collect();
            prop_assert_eq!(told, expected);
        }
    }
}
