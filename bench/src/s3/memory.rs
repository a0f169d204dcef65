//! Memory under many large transfers at once.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use http::Method;
use tokio::task::JoinSet;

use super::content::{Content, Size};
use super::gateway;
use super::setting::Setting;
use super::transfer::Connection;
use crate::process::Process;
use crate::table::Table;

/// Transfers at once.
const TRANSFERS: usize = 200;
/// How long an object is read for. At the rate of one reader nobody is done by then.
const READING: Duration = Duration::from_secs(10);
/// Bytes a second of one reader.
const RATE: u64 = 2 * 1024 * 1024;
/// Pieces of 1 MB that each upload sends before it stands still: far more than is buffered, and 1.6 GB on the disk.
const SENT: usize = 8;
/// How long the uploads stand still.
const HELD: Duration = Duration::from_secs(2);
/// Between two looks at the memory.
const LOOK: Duration = Duration::from_millis(50);

/// Measures reads and writes of the embedded store, and of a gateway.
pub(crate) fn measure(program: &Path) -> Result<Table> {
    let mut table = Table::beside("");
    let dir = tempfile::tempdir()?;
    let own = |name: &str| {
        let data = dir.path().join(name);
        let server = Process::daypass(program, &data, None, &[])?;
        Setting::new(program, &data, server, "daypass-bench", Size::Large)
    };
    let embedded = own("embedded")?;
    rows(&mut table, "Embedded store", &embedded)?;
    embedded.world.server.stop()?;
    let upstream = gateway::upstream(program, &dir.path().join("upstream"), Size::Large, None)?;
    let data = dir.path().join("gateway");
    let front = gateway::gateway(program, &data, &upstream, None)?;
    let front = Setting::new(program, &data, front, "daypass-through", Size::Large)?;
    rows(&mut table, "Gateway", &front)?;
    front.world.server.stop()?;
    upstream.world.server.stop()?;
    Ok(table)
}

fn rows(table: &mut Table, name: &str, setting: &Setting) -> Result<()> {
    let idle = setting.world.server.memory()?.resident;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let read = runtime.block_on(reading(setting));
    let read = read.with_context(|| format!("{name}, reading"))?;
    let written = runtime.block_on(writing(setting));
    let written = written.with_context(|| format!("{name}, writing"))?;
    let mebibytes = |bytes: u64| format!("{:.0} MiB", bytes as f64 / f64::from(1 << 20));
    table.figure(name, "before", mebibytes(idle));
    let what = format!("at most, {TRANSFERS} GETs of 1 GB");
    table.figure("", &what, mebibytes(read));
    let what = format!("at most, {TRANSFERS} PUTs of 1 GB");
    table.figure("", &what, mebibytes(written));
    Ok(())
}

/// The most memory while an object is read many times at once.
async fn reading(setting: &Setting) -> Result<u64> {
    let get = setting.get()?;
    let address = setting.world.server.address;
    let mut readers = JoinSet::new();
    for _ in 0..TRANSFERS {
        let get = get.clone();
        readers.spawn(async move {
            let mut connection = Connection::open(address).await?;
            connection.send(&get.head).await?;
            let (lengths, mut read) = connection.begin_answer().await?;
            anyhow::ensure!(lengths.body == Size::Large.bytes(), "not the object");
            let start = Instant::now();
            while start.elapsed() < READING {
                let due = Duration::from_secs_f64(read as f64 / RATE as f64);
                tokio::time::sleep(due.saturating_sub(start.elapsed())).await;
                read += connection.read().await?;
            }
            Ok::<_, anyhow::Error>(())
        });
    }
    most(setting, readers).await
}

/// The most memory while objects are written many at once, none of them to its end.
async fn writing(setting: &Setting) -> Result<u64> {
    let content = Content::of(Size::Large);
    let hash = content.hash();
    let address = setting.world.server.address;
    let mut writers = JoinSet::new();
    for number in 0..TRANSFERS {
        let target = format!("/{}/held-{number}", setting.world.bucket);
        let client = &setting.world.client;
        let request = client.s3_hashed(Method::PUT, &target, hash, setting.keys())?;
        let head = request.head(content.length());
        let pieces: Vec<_> = content.pieces().take(SENT).collect();
        writers.spawn(async move {
            let mut connection = Connection::open(address).await?;
            connection.send(&head).await?;
            for piece in pieces {
                connection.send(&piece).await?;
            }
            tokio::time::sleep(HELD).await;
            Ok::<_, anyhow::Error>(())
        });
    }
    most(setting, writers).await
}

/// The most memory that the server has until all are done.
async fn most(setting: &Setting, mut tasks: JoinSet<Result<()>>) -> Result<u64> {
    let mut most = 0;
    loop {
        tokio::select! {
            ended = tasks.join_next() => match ended {
                Some(ended) => ended??,
                None => return Ok(most),
            },
            () = tokio::time::sleep(LOOK) => {}
        }
        most = most.max(setting.world.server.memory()?.resident);
    }
}
