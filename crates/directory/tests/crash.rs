//! A crash between any two writes to the disk leaves an operation on several entities done or
//! not done.
//!
//! SQLite appends a transaction to its write-ahead log before anything else, so what a crash can
//! leave is the log cut off somewhere. Every place is tried, at and between its frames.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use directory::{
    Account, Directory, Document, EntityPath, Group, InstanceProfile, Role, SqliteStore,
    StoreError, Tags, Transaction, User,
};
use jiff::Timestamp;

const ENTITIES: usize = 40;
/// Of the log's head and of the head of each of its frames, which holds one page
/// (SQLite, "WAL-mode file format").
const HEAD: usize = 32;
const FRAME_HEAD: usize = 24;

fn account() -> directory::Account {
    Account {
        id: "123456789012".parse().unwrap(),
        canonical_id: "0".repeat(64),
        created: Timestamp::UNIX_EPOCH,
    }
}

fn trust() -> Document {
    let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}"#;
    Document::trust(text, |_| None).unwrap()
}

/// One write that touches many rows of four kinds, as `CreateAccount` or a rename do.
fn many(tx: &mut Transaction) {
    let account = account().id;
    tx.put_group(Group {
        account,
        id: "AGPA1".into(),
        name: "everybody".parse().unwrap(),
        path: EntityPath::root(),
        inline: BTreeMap::new(),
        attached: BTreeSet::new(),
        created: Timestamp::UNIX_EPOCH,
    });
    for number in 0..ENTITIES {
        tx.put_user(User {
            account,
            id: format!("AIDA{number}"),
            name: format!("user-{number}").parse().unwrap(),
            path: EntityPath::root(),
            inline: BTreeMap::new(),
            attached: BTreeSet::new(),
            boundary: None,
            groups: BTreeSet::from(["AGPA1".to_owned()]),
            tags: Tags::default(),
            created: Timestamp::UNIX_EPOCH,
        });
        tx.put_role(Role {
            account,
            id: format!("AROA{number}"),
            name: format!("role-{number}").parse().unwrap(),
            path: EntityPath::root(),
            description: Some("d".repeat(900)),
            trust: trust(),
            max_session_duration: 3600,
            inline: BTreeMap::new(),
            attached: BTreeSet::new(),
            boundary: None,
            tags: Tags::default(),
            created: Timestamp::UNIX_EPOCH,
        });
        tx.put_instance_profile(InstanceProfile {
            account,
            id: format!("AIPA{number}"),
            name: format!("profile-{number}").parse().unwrap(),
            path: EntityPath::root(),
            role: Some(format!("AROA{number}")),
            tags: Tags::default(),
            created: Timestamp::UNIX_EPOCH,
        });
    }
    // Something of before goes with it.
    let old = tx.snapshot().role_by_id("AROAOLD").cloned().unwrap();
    tx.delete_role(&old);
}

async fn open(dir: &Path) -> Directory {
    let store = SqliteStore::open(&dir.join("d.db")).await.unwrap();
    Directory::open(store).await.unwrap()
}

/// Whether the write is done; it must be so for all entities or for none.
async fn is_done(dir: &Path, cut: usize) -> bool {
    let directory = open(dir).await;
    let snapshot = directory.snapshot();
    let view = snapshot
        .account(account().id)
        .expect("the account was there before");
    let found = [
        view.users().len(),
        view.members("AGPA1").count(),
        view.roles()
            .iter()
            .filter(|(name, _)| name.starts_with("role-"))
            .count(),
        view.instance_profiles().len(),
        view.groups().len() * ENTITIES,
    ];
    let old = view.role("old").is_some();
    match found {
        [0, 0, 0, 0, 0] if old => false,
        found if found == [ENTITIES; 5] && !old => true,
        found => panic!("a log cut off at byte {cut} leaves {found:?}, the old role: {old}"),
    }
}

#[tokio::test]
async fn a_crash_at_any_point_of_a_write_leaves_all_of_it_or_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let directory = open(dir.path()).await;
    directory
        .write(|tx| {
            tx.put_account(account());
            tx.put_role(Role {
                account: account().id,
                id: "AROAOLD".into(),
                name: "old".parse().unwrap(),
                path: EntityPath::root(),
                description: None,
                trust: trust(),
                max_session_duration: 3600,
                inline: BTreeMap::new(),
                attached: BTreeSet::new(),
                boundary: None,
                tags: Tags::default(),
                created: Timestamp::UNIX_EPOCH,
            });
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
    let log = dir.path().join("d.db-wal");
    let before = fs::read(&log).unwrap().len();
    directory
        .write(|tx| {
            many(tx);
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
    let whole = fs::read(&log).unwrap();
    let page = u32::from_be_bytes(whole[8..12].try_into().unwrap()) as usize;
    let frame = FRAME_HEAD + page;
    let frames = (whole.len() - before) / frame;
    assert!(before >= HEAD && frames > 10, "{frames} frames");

    let mut outcomes = Vec::new();
    for number in 0..=frames {
        let at = before + number * frame;
        // At the frame, in its head, in its page, and one byte short of the next.
        for cut in [at, at + 1, at + FRAME_HEAD, at + frame / 2, at + frame - 1] {
            let Some(left) = whole.get(..cut) else {
                continue;
            };
            let crashed = tempfile::tempdir().unwrap();
            fs::copy(dir.path().join("d.db"), crashed.path().join("d.db")).unwrap();
            fs::write(crashed.path().join("d.db-wal"), left).unwrap();
            outcomes.push(is_done(crashed.path(), cut).await);
        }
    }
    // Not done until the last frame is there, done from then on.
    let done = outcomes.iter().position(|done| *done).expect("never done");
    assert!(outcomes[done..].iter().all(|done| *done));
    assert_eq!(done, outcomes.len() - 1, "done before the log is whole");
}
