//! A million keys under one prefix, listed.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use http::Method;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _};

use crate::process::Process;
use crate::table::Table;
use crate::world::World;

const KEYS: usize = 1_000_000;
/// What all of them begin with.
const PREFIX: &str = "one/prefix/";
/// Keys of a page: the most, and what clients ask for when they say nothing.
const PAGE: usize = 1000;
/// The bucket's object that the keys are copies of.
const TEMPLATE: &str = "data/object";

/// Measures and returns the table.
pub(crate) fn measure(program: &Path) -> Result<Table> {
    let dir = tempfile::tempdir()?;
    let data = dir.path().join("data");
    let server = Process::daypass(program, &data, None, &[])?;
    let world = World::build(program, &data, server)?;
    let mut start = Instant::now();
    let world = world.restarted(fill, |data| {
        start = Instant::now();
        // The rows have no files, which the server would tell of each.
        let server = Process::daypass_in(program, data, None, &[], &[("DAYPASS_LOG", "off")])?;
        server.wait_until_ready()?;
        Ok(server)
    })?;
    let started = start.elapsed();
    let mut table = Table::beside("");
    table.figure("A million keys", "start to ready", seconds(started));
    let before = world.server.cpu_time()?;
    let (keys, pages) = walk(&world)?;
    let cpu = world.server.cpu_time()?.since(&before).total;
    if keys != KEYS {
        bail!("{keys} keys were listed of {KEYS}");
    }
    let total: Duration = pages.iter().sum();
    let mut sorted = pages.clone();
    sorted.sort_unstable();
    let at = |share: f64| sorted.get((share * (sorted.len() - 1) as f64) as usize);
    let shown = |time: Option<&Duration>| milliseconds(time.copied().unwrap_or_default());
    let rate = KEYS as f64 / total.as_secs_f64();
    table.figure("", "keys a second, page after page", format!("{rate:.0}"));
    table.figure("", "all of them", seconds(total));
    table.figure("", "server's CPU for all of them", seconds(cpu));
    table.figure("", "first page of 1,000", shown(pages.first()));
    table.figure("", "median page", shown(at(0.5)));
    table.figure("", "99th of 100 pages", shown(at(0.99)));
    table.figure("", "last page", shown(pages.last()));
    for (what, query) in [
        (
            "the bucket by delimiter (one prefix)",
            "delimiter=%2F&list-type=2",
        ),
        (
            "one key from the middle",
            "list-type=2&max-keys=1&start-after=one%2Fprefix%2F00500000",
        ),
        (
            "a prefix that nothing has",
            "list-type=2&prefix=one%2Fprefix%2Fz",
        ),
        (
            "version 1, from the middle",
            "marker=one%2Fprefix%2F00500000",
        ),
    ] {
        let (_, time) = list(&world, query)?;
        table.figure("", what, milliseconds(time));
    }
    let memory = world.server.memory()?.peak as f64 / f64::from(1 << 20);
    table.figure("", "memory, at most", format!("{memory:.0} MiB"));
    world.server.stop()?;
    Ok(table)
}

/// Lists everything under the prefix; how many keys there were, and the time of each page.
fn walk(world: &World) -> Result<(usize, Vec<Duration>)> {
    let prefix: String = form_urlencoded::byte_serialize(PREFIX.as_bytes()).collect();
    let (mut keys, mut pages, mut token) = (0, Vec::new(), None);
    loop {
        let from = token.map_or_else(String::new, |it: String| {
            let it: String = form_urlencoded::byte_serialize(it.as_bytes()).collect();
            format!("continuation-token={it}&")
        });
        let query = format!("{from}list-type=2&max-keys={PAGE}&prefix={prefix}");
        let (answer, time) = list(world, &query)?;
        keys += memchr::memmem::find_iter(answer.as_bytes(), "<Key>").count();
        pages.push(time);
        token = answer
            .split_once("<NextContinuationToken>")
            .and_then(|(_, rest)| Some(rest.split_once('<')?.0.to_owned()));
        if token.is_none() {
            return Ok((keys, pages));
        }
    }
}

/// One listing, and how long it took.
fn list(world: &World, query: &str) -> Result<(String, Duration)> {
    let target = format!("/{}?{query}", world.bucket);
    let request = world
        .client
        .s3(Method::GET, &target, Vec::new(), world.admin())?;
    let start = Instant::now();
    let answer = world.send(&request)?;
    Ok((answer.body, start.elapsed()))
}

/// Writes the keys into the store of a server that is not running: copies of an object's row, with names of their own.
fn fill(data: &Path) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(data.join("s3/objects.db"));
        let mut database = options.connect().await?;
        insert(&mut database).await?;
        sqlx::raw_sql("ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)")
            .execute(&mut database)
            .await?;
        database.close().await?;
        Ok(())
    })
}

async fn insert(database: &mut SqliteConnection) -> Result<()> {
    let columns = sqlx::query("SELECT name FROM pragma_table_info('object')")
        .fetch_all(&mut *database)
        .await?;
    let columns: Vec<String> = columns
        .iter()
        .map(|row| row.try_get(0))
        .collect::<Result<_, _>>()?;
    let value = |name: &String| match name.as_str() {
        "key" => format!("CAST(printf('{PREFIX}%08d', n) AS BLOB)"),
        "file" => "lower(hex(randomblob(16)))".to_owned(),
        other => format!("object.{other}"),
    };
    let values: Vec<String> = columns.iter().map(value).collect();
    let statement = format!(
        "WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < {KEYS})
         INSERT INTO object ({}) SELECT {} FROM number, object WHERE object.key = CAST('{TEMPLATE}' AS BLOB)",
        columns.join(", "),
        values.join(", "),
    );
    let inserted = sqlx::query(AssertSqlSafe(statement))
        .execute(database)
        .await
        .context("cannot write the keys")?;
    if inserted.rows_affected() != KEYS as u64 {
        bail!("{} keys were written of {KEYS}", inserted.rows_affected());
    }
    Ok(())
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}
