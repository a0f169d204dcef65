use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use sqlx::Connection as _;

use super::super::listing::{Entry, ListingQuery, list};
use super::super::object::{Deletion, Guard, Object, delete, swap};
use super::super::version_listing::{VersionEntry, VersionsQuery, list as list_versions};
use super::super::{Description, schema};
use super::*;
use crate::tags::Tags;

/// What somebody does to a bucket.
#[derive(Debug, Clone)]
enum Step {
    Versioning(Versioning),
    Put(usize),
    Delete(usize),
    /// Removes one of the key's versions, or one that is not there.
    Remove(usize, usize),
}

/// A version as S3 describes it: its id, and its file unless it is a delete marker.
type Version = (VersionId, Option<FileId>);

/// The rules of the user guide, word by word. Versions of a key, newest first.
#[derive(Debug, Default)]
struct Model {
    versioning: Versioning,
    keys: BTreeMap<String, Vec<Version>>,
}

impl Model {
    fn add(&mut self, key: &str, id: VersionId, file: Option<FileId>) {
        let versions = self.keys.entry(key.to_owned()).or_default();
        versions.retain(|(old, _)| *old != id);
        versions.insert(0, (id, file));
    }

    fn remove(&mut self, key: &str, id: VersionId) {
        let versions = self.keys.entry(key.to_owned()).or_default();
        versions.retain(|(old, _)| *old != id);
    }

    fn lines(&self) -> Vec<(String, VersionId, bool, bool)> {
        let mut lines = Vec::new();
        for (key, versions) in &self.keys {
            for (place, (id, file)) in versions.iter().enumerate() {
                lines.push((key.clone(), *id, place == 0, file.is_none()));
            }
        }
        lines
    }

    fn current(&self) -> Vec<String> {
        let newest = |versions: &Vec<Version>| versions.first().is_some_and(|it| it.1.is_some());
        let current = self.keys.iter().filter(|(_, versions)| newest(versions));
        current.map(|(key, _)| key.clone()).collect()
    }

    fn files(&self) -> BTreeSet<FileId> {
        let versions = self.keys.values().flatten();
        versions.filter_map(|(_, file)| *file).collect()
    }
}

fn file(number: usize) -> FileId {
    format!("{number:032x}").parse().unwrap()
}

fn key(number: usize) -> ObjectKey {
    ObjectKey::parse(["a", "b", "b/c"][number]).unwrap()
}

fn now(number: usize) -> Timestamp {
    Timestamp::from_second(i64::try_from(number).unwrap()).unwrap()
}

async fn put(db: &mut SqliteConnection, model: &mut Model, number: usize, key: &ObjectKey) {
    let object = Object {
        version: VersionId::Null,
        file: file(number),
        size: 1,
        etag: number.to_string(),
        modified: now(number),
        tags: Tags::default(),
        description: Description::default(),
    };
    let before = model.files();
    let swapped = swap(db, 1, key, &object, &Guard::default()).await;
    let swapped = swapped.unwrap().unwrap();
    let own = swapped.version != VersionId::Null;
    assert_eq!(own, model.versioning == Versioning::Enabled);
    model.add(key.as_str(), swapped.version, Some(object.file));
    let gone: Vec<FileId> = before.difference(&model.files()).copied().collect();
    assert_eq!(Vec::from_iter(swapped.replaced), gone);
}

async fn take(
    db: &mut SqliteConnection,
    model: &mut Model,
    number: usize,
    key: &ObjectKey,
    version: Option<VersionId>,
) {
    let deletion = Deletion {
        key: key.clone(),
        version,
        guard: Guard::default(),
    };
    let before = model.files();
    let was_marker = model
        .keys
        .get(key.as_str())
        .and_then(|versions| versions.iter().find(|(id, _)| Some(*id) == version))
        .is_some_and(|(_, file)| file.is_none());
    let done = delete(db, 1, model.versioning, &deletion, now(number)).await;
    let (deleted, unused) = done.unwrap().unwrap();
    match (version, model.versioning) {
        (Some(id), _) => {
            model.remove(key.as_str(), id);
            assert_eq!((deleted.version, deleted.marker), (version, was_marker));
        }
        (None, Versioning::Off) => {
            model.remove(key.as_str(), VersionId::Null);
            assert_eq!((deleted.version, deleted.marker), (None, false));
        }
        (None, versioning) => {
            let id = deleted.version.unwrap();
            assert_eq!(id != VersionId::Null, versioning == Versioning::Enabled);
            assert!(deleted.marker);
            model.add(key.as_str(), id, None);
        }
    }
    let gone: Vec<FileId> = before.difference(&model.files()).copied().collect();
    assert_eq!(Vec::from_iter(unused), gone);
}

async fn compare(db: &mut SqliteConnection, model: &Model) {
    let query = VersionsQuery {
        limit: 1000,
        ..VersionsQuery::default()
    };
    let page = list_versions(db, 1, &query).await.unwrap();
    let lines: Vec<_> = page
        .entries
        .into_iter()
        .filter_map(|entry| match entry {
            VersionEntry::Version(it) => Some((it.key, it.version, it.latest, it.object.is_none())),
            VersionEntry::Prefix(_) => None,
        })
        .collect();
    assert_eq!(lines, model.lines());
    let query = ListingQuery {
        limit: 1000,
        ..ListingQuery::default()
    };
    let page = list(db, 1, &query).await.unwrap();
    let keys: Vec<_> = page.entries.iter().map(Entry::name).collect();
    assert_eq!(keys, model.current());
    let files: Vec<String> = sqlx::query_scalar(
        "SELECT file FROM object UNION ALL SELECT file FROM version WHERE file IS NOT NULL",
    )
    .fetch_all(db)
    .await
    .unwrap();
    let files: BTreeSet<FileId> = files.iter().map(|name| name.parse().unwrap()).collect();
    assert_eq!(files, model.files());
}

async fn run(steps: Vec<Step>) {
    let mut db = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    schema::create(&mut db).await.unwrap();
    sqlx::query(
        "INSERT INTO bucket (id, name, owner, region, created, principals, tags)
         VALUES (1, 'b', '0', 'r', 0, '{}', '{}')",
    )
    .execute(&mut db)
    .await
    .unwrap();
    let mut model = Model::default();
    let absent = VersionId::Own {
        sequence: 0,
        chance: 0,
    };
    for (number, step) in steps.into_iter().enumerate() {
        match step {
            Step::Versioning(versioning) => {
                model.versioning = versioning;
                sqlx::query("UPDATE bucket SET versioning = ?1")
                    .bind(versioning.status())
                    .execute(&mut db)
                    .await
                    .unwrap();
            }
            Step::Put(place) => put(&mut db, &mut model, number, &key(place)).await,
            Step::Delete(place) => take(&mut db, &mut model, number, &key(place), None).await,
            Step::Remove(place, which) => {
                let key = key(place);
                let versions = model.keys.get(key.as_str());
                let named = versions
                    .and_then(|it| it.get(which))
                    .map_or(absent, |it| it.0);
                take(&mut db, &mut model, number, &key, Some(named)).await;
            }
        }
        compare(&mut db, &model).await;
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => Just(Step::Versioning(Versioning::Enabled)),
        1 => Just(Step::Versioning(Versioning::Suspended)),
        4 => (0usize..3).prop_map(Step::Put),
        3 => (0usize..3).prop_map(Step::Delete),
        3 => (0usize..3, 0usize..4).prop_map(|(key, which)| Step::Remove(key, which)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn versions_are_as_the_user_guide_has_them(
        steps in proptest::collection::vec(step(), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run(steps));
    }
}
