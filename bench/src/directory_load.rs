//! Many roles and providers, made and listed through the API.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::process::Process;
use crate::roles::trust;
use crate::table::Table;
use crate::world::World;

const ROLES: usize = 100_000;
const PROVIDERS: usize = 1_000;
/// Connections that create at once; writes that wait together share a commit.
const WRITERS: usize = 32;
/// Entities of a page: as many as clients ask for when they say nothing.
const PAGE: usize = 100;

/// Measures and puts the rows into the table.
pub(crate) fn measure(program: &Path, table: &mut Table) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let data = dir.path().join("data");
    let quotas = ["--quota", "roles=200000", "--quota", "oidc-providers=2000"];
    let server = Process::daypass(program, &data, None, &quotas)?;
    let world = World::build(program, &data, server)?;
    let roles = create(&world, ROLES, |number| {
        let document = trust(world.account(), number);
        vec![
            ("Action", "CreateRole".to_owned()),
            ("RoleName", format!("team-{}-app-{number}", number / 100)),
            ("AssumeRolePolicyDocument", document),
        ]
    })?;
    let providers = create(&world, PROVIDERS, |number| {
        vec![
            ("Action", "CreateOpenIDConnectProvider".to_owned()),
            ("Url", format!("https://oidc.example.com/id/{number}")),
            ("ClientIDList.member.1", "sts.amazonaws.com".to_owned()),
        ]
    })?;
    let (listed, pages) = list_roles(&world)?;
    for (what, count, time) in [
        ("create roles", ROLES, roles),
        ("create OIDC providers", PROVIDERS, providers),
        ("list roles, in pages of 100", listed, pages),
    ] {
        let rate = count as f64 / time.as_secs_f64();
        table.row([
            "Directory".to_owned(),
            what.to_owned(),
            format!("{rate:.0} /s"),
            String::new(),
            String::new(),
            String::new(),
        ]);
    }
    let memory = world.server.memory()?.resident as f64 / f64::from(1 << 20);
    table.row([
        "Directory".to_owned(),
        "resident afterwards".to_owned(),
        format!("{memory:.0} MiB"),
        String::new(),
        String::new(),
        String::new(),
    ]);
    world.server.stop()
}

/// Creates `count` entities over some connections at once; the time it takes.
fn create(
    world: &World,
    count: usize,
    parameters: impl Fn(usize) -> Vec<(&'static str, String)> + Sync,
) -> Result<Duration> {
    let begin = Instant::now();
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let parameters = &parameters;
                scope.spawn(move || {
                    for number in (writer..count).step_by(WRITERS) {
                        world.administer(&parameters(number))?;
                    }
                    Ok::<_, anyhow::Error>(())
                })
            })
            .collect();
        for writer in writers {
            let ended = writer.join().ok().context("a writer panicked")?;
            ended?;
        }
        Ok::<_, anyhow::Error>(())
    })?;
    Ok(begin.elapsed())
}

/// Lists every role, page by page: how many there are, and the time it takes.
fn list_roles(world: &World) -> Result<(usize, Duration)> {
    let begin = Instant::now();
    let (mut found, mut marker) = (0, None);
    loop {
        let mut parameters = vec![
            ("Action", "ListRoles".to_owned()),
            ("MaxItems", PAGE.to_string()),
        ];
        parameters.extend(marker.map(|marker| ("Marker", marker)));
        let page = world.administer(&parameters)?;
        found += page.matches("<RoleName>").count();
        marker = page.split_once("<Marker>").and_then(|(_, rest)| {
            let (marker, _) = rest.split_once('<')?;
            Some(marker.to_owned())
        });
        if marker.is_none() {
            return Ok((found, begin.elapsed()));
        }
    }
}
