use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;

use super::super::{Deletion, Found, Guard, ListingQuery, Store, VersionId, Versioning};
use super::*;
use crate::name::{BucketName, ObjectKey};

/// What the first version of the tables has, and one data file.
async fn of_version_one(dir: &Path) {
    let file = "ab000000000000000000000000000001";
    std::fs::create_dir_all(dir.join("data/ab")).unwrap();
    std::fs::write(dir.join("data/ab").join(file), "old").unwrap();
    let options = SqliteConnectOptions::new()
        .filename(dir.join("objects.db"))
        .create_if_missing(true);
    let mut db = options.connect().await.unwrap();
    sqlx::raw_sql(TABLES).execute(&mut db).await.unwrap();
    sqlx::raw_sql(
        "PRAGMA user_version = 1;
         INSERT INTO bucket (name, owner, region, created, principals, tags)
         VALUES ('bkt', '123456789012', 'r', 7, '{}', '{\"t\":\"v\"}');
         INSERT INTO object VALUES (1, CAST('k' AS BLOB), 'ab000000000000000000000000000001', 3,
             'etag', 9, '{}', '{\"metadata\":{\"m\":\"n\"}}');",
    )
    .execute(&mut db)
    .await
    .unwrap();
    db.close().await.unwrap();
}

#[tokio::test]
async fn a_database_of_the_first_version_keeps_its_objects_and_can_have_versions() {
    let dir = tempfile::tempdir().unwrap();
    of_version_one(dir.path()).await;
    let name = BucketName::parse("bkt").unwrap();
    let key = ObjectKey::parse("k").unwrap();
    // Twice: the second time there is no step left to take.
    for _ in 0..2 {
        let store = Store::open(dir.path()).await.unwrap();
        let bucket = store.bucket(&name).unwrap();
        assert_eq!(bucket.versioning, Versioning::Off);
        assert_eq!(bucket.tags.iter().next(), Some(("t", "v")));
        let Found::Object(object) = store.find(&bucket, &key, None).await.unwrap() else {
            panic!("the object is gone");
        };
        assert_eq!(object.version, VersionId::Null);
        assert_eq!(object.description.metadata["m"], "n");
        let bytes = std::fs::read(store.files().path(object.file)).unwrap();
        assert_eq!(bytes, b"old");
        let query = ListingQuery {
            limit: 10,
            ..ListingQuery::default()
        };
        let page = store.list(bucket.id, &query).await.unwrap();
        assert_eq!(page.entries.len(), 1);
    }
    let store = Store::open(dir.path()).await.unwrap();
    let bucket = store.bucket(&name).unwrap();
    store
        .set_versioning(&bucket, Versioning::Enabled)
        .await
        .unwrap()
        .unwrap();
    let deletion = Deletion {
        key: key.clone(),
        version: None,
        guard: Guard::default(),
    };
    let now = jiff::Timestamp::UNIX_EPOCH;
    let done = store.delete_objects(bucket.id, vec![deletion], now);
    assert!(done.await.unwrap()[0].unwrap().marker);
    drop(store);
    let store = Store::open(dir.path()).await.unwrap();
    let bucket = store.bucket(&name).unwrap();
    let current = store.find(&bucket, &key, None).await.unwrap();
    assert!(matches!(current, Found::Marker(_)), "{current:?}");
    let null = store.find(&bucket, &key, Some(VersionId::Null)).await;
    assert!(matches!(null.unwrap(), Found::Object(_)));
}

#[tokio::test]
async fn a_database_of_a_later_version_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    of_version_one(dir.path()).await;
    let path = dir.path().join("objects.db");
    let options = SqliteConnectOptions::new().filename(&path);
    let mut db = options.connect().await.unwrap();
    let later = format!("PRAGMA user_version = {}", current() + 1);
    sqlx::raw_sql(AssertSqlSafe(later))
        .execute(&mut db)
        .await
        .unwrap();
    db.close().await.unwrap();
    let refused = Store::open(dir.path()).await.err().unwrap();
    assert!(matches!(refused, OpenError::Newer { .. }), "{refused}");
    let mut db = options.connect().await.unwrap();
    let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info('object')")
        .fetch_all(&mut db)
        .await
        .unwrap();
    assert!(!columns.contains(&"sequence".to_owned()));
}
