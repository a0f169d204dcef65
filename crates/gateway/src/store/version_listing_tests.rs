use proptest::prelude::*;
use sqlx::Connection as _;

use super::super::schema;
use super::*;

/// A version of a key: its sequence, whether it is a delete marker, and whether its id is `null`.
type Version = (i64, bool, bool);

/// A database of these versions, as writes would have left them.
async fn database(keys: &[(String, Vec<Version>)]) -> SqliteConnection {
    let mut db = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    schema::create(&mut db).await.unwrap();
    sqlx::query(
        "INSERT INTO bucket (id, name, owner, region, created, principals, tags)
         VALUES (1, 'b', '0', 'r', 0, '{}', '{}')",
    )
    .execute(&mut db)
    .await
    .unwrap();
    let mut transaction = db.begin().await.unwrap();
    for (key, versions) in keys {
        for (place, version) in versions.iter().enumerate() {
            insert(&mut transaction, key, *version, place == 0).await;
        }
    }
    transaction.commit().await.unwrap();
    db
}

async fn insert(
    db: &mut SqliteConnection,
    key: &str,
    (sequence, marker, null): Version,
    newest: bool,
) {
    let table = if newest && !marker {
        "object"
    } else {
        "version"
    };
    let statement = format!(
        "INSERT INTO {table} (bucket, key, sequence, version, file, size, etag, modified, tags, description)
         VALUES (1, ?1, ?2, ?3, ?4, 1, 'e', 0, '{{}}', '{{}}')"
    );
    sqlx::query(sqlx::AssertSqlSafe(statement))
        .bind(key.as_bytes())
        .bind(sequence)
        .bind(id(sequence, null).to_string())
        .bind((!marker).then(|| format!("{key}{sequence}")))
        .execute(&mut *db)
        .await
        .unwrap();
    if !newest {
        sqlx::query("UPDATE version SET superseded = 1 WHERE key = ?1 AND sequence = ?2")
            .bind(key.as_bytes())
            .bind(sequence)
            .execute(db)
            .await
            .unwrap();
    }
}

fn id(sequence: i64, null: bool) -> VersionId {
    if null {
        VersionId::Null
    } else {
        VersionId::Own {
            sequence,
            chance: 5,
        }
    }
}

/// An entry as text.
fn shown(entry: &VersionEntry) -> String {
    match entry {
        VersionEntry::Prefix(prefix) => prefix.clone(),
        VersionEntry::Version(line) => format!(
            "{} {} {} {}",
            line.key,
            line.version,
            line.latest,
            line.object.is_none()
        ),
    }
}

/// The rules of ListObjectVersions, without any cleverness.
fn naive(keys: &[(String, Vec<Version>)], prefix: &str, delimiter: Option<&str>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (key, versions) in keys.iter().filter(|(key, _)| key.starts_with(prefix)) {
        let rest = &key[prefix.len()..];
        if let Some(end) = delimiter.and_then(|d| rest.find(d).map(|at| at + d.len())) {
            let common = key[..prefix.len() + end].to_owned();
            if lines.last() != Some(&common) {
                lines.push(common);
            }
            continue;
        }
        for (place, (sequence, marker, null)) in versions.iter().enumerate() {
            let version = id(*sequence, *null);
            lines.push(format!("{key} {version} {} {marker}", place == 0));
        }
    }
    lines
}

/// All pages, by the markers that a client is given. With `removing`, every version is removed once it was listed.
async fn pages(
    db: &mut SqliteConnection,
    mut query: VersionsQuery,
    removing: bool,
) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    loop {
        let page = list(db, 1, &query).await.unwrap();
        pages.push(page.entries.iter().map(shown).collect());
        if !page.truncated {
            return pages;
        }
        query.from = match page.entries.last().unwrap() {
            VersionEntry::Prefix(prefix) => VersionsFrom::AfterKey(prefix.clone()),
            VersionEntry::Version(line) => {
                VersionsFrom::AfterVersion(line.key.clone(), line.version)
            }
        };
        for entry in page.entries.iter().filter(|_| removing) {
            if let VersionEntry::Version(line) = entry {
                for table in ["object", "version"] {
                    let statement = format!("DELETE FROM {table} WHERE key = ?1 AND version = ?2");
                    sqlx::query(sqlx::AssertSqlSafe(statement))
                        .bind(line.key.as_bytes())
                        .bind(line.version.to_string())
                        .execute(&mut *db)
                        .await
                        .unwrap();
                }
            }
        }
    }
}

/// Versions of a key, newest first. One of them may be `null`.
fn versions() -> impl Strategy<Value = Vec<Version>> {
    let markers = proptest::collection::vec(any::<bool>(), 1..5);
    (markers, 0usize..6).prop_map(|(markers, null)| {
        let count = i64::try_from(markers.len()).unwrap();
        let rows = markers.into_iter().enumerate();
        rows.map(|(place, marker)| {
            let sequence = count - i64::try_from(place).unwrap();
            (sequence, marker, place == null)
        })
        .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn pages_together_are_the_naive_listing(
        keys in proptest::collection::btree_map("[ab/é\u{7f}]{1,5}", versions(), 0..24),
        prefix in "[ab/é]{0,2}",
        delimiter in proptest::option::of("[/ab]{1,2}"),
        limit in 1usize..8,
        removing: bool,
    ) {
        let keys: Vec<_> = keys.into_iter().collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let pages = runtime.block_on(async {
            let mut db = database(&keys).await;
            let query = VersionsQuery {
                prefix: prefix.clone(),
                delimiter: delimiter.clone(),
                limit,
                ..VersionsQuery::default()
            };
            pages(&mut db, query, removing).await
        });
        let (_, full) = pages.split_last().unwrap();
        for page in full {
            prop_assert_eq!(page.len(), limit);
        }
        prop_assert_eq!(pages.concat(), naive(&keys, &prefix, delimiter.as_deref()));
    }
}

#[tokio::test]
async fn a_page_is_merged_from_both_tables_without_sorting_them() {
    let mut db = database(&[]).await;
    for (page, range) in [
        (PAGE, "bucket=? AND key>? AND key<?"),
        (WITHIN, "bucket=? AND key=? AND sequence<?"),
    ] {
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {page}")))
                .fetch_all(&mut db)
                .await
                .unwrap();
        let plan: Vec<&str> = plan.iter().map(|(.., step)| step.as_str()).collect();
        let plan = plan.join("\n");
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
        assert!(!plan.contains("SCAN"), "{plan}");
        let wanted = format!("SEARCH version USING PRIMARY KEY ({range})");
        assert!(plan.contains(&wanted), "{plan}");
        assert!(
            plan.contains("SEARCH object USING PRIMARY KEY (bucket=? AND key"),
            "{plan}"
        );
    }
}

#[tokio::test]
async fn a_marker_outside_of_the_prefix_begins_at_the_prefix_or_ends() {
    let versions = || vec![(1, false, false)];
    let mut db = database(&[("a".to_owned(), versions()), ("b/c".to_owned(), versions())]).await;
    for (marker, found) in [("a", 1), ("a/x", 1), ("c", 0)] {
        for from in [
            VersionsFrom::AfterKey(marker.to_owned()),
            VersionsFrom::AfterVersion(marker.to_owned(), id(1, false)),
        ] {
            let query = VersionsQuery {
                prefix: "b/".to_owned(),
                from,
                limit: 10,
                ..VersionsQuery::default()
            };
            let page = list(&mut db, 1, &query).await.unwrap();
            assert_eq!(page.entries.len(), found, "{marker}");
        }
    }
}
