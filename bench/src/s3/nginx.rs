//! Beside a plain static file server: nginx, as Debian packages it.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::content::{Content, Size};
use super::rows;
use super::setting::{Setting, Way};
use super::transfer::{self, Moved, Transfer};
use crate::cores::Cores;
use crate::process::Process;
use crate::table::Table;

const ROUNDS: u32 = 4;
const BUCKET: &str = "daypass-bench";

/// nginx: installed, or unpacked under `target/tools` from Debian's package, which takes no root.
pub(crate) fn find() -> Result<PathBuf> {
    let installed = Path::new("/usr/sbin/nginx");
    if installed.exists() {
        return Ok(installed.to_owned());
    }
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/nginx");
    let program = tools.join("usr/sbin/nginx");
    if !program.exists() {
        fs::create_dir_all(&tools)?;
        let status = Command::new("sh")
            .args(["-ec", "apt-get download -qq nginx && dpkg -x nginx_*.deb ."])
            .current_dir(&tools)
            .status()
            .context("cannot run apt-get")?;
        if !status.success() || !program.exists() {
            bail!(
                "there is no nginx, and Debian's package could not be fetched; name one with --nginx"
            );
        }
    }
    Ok(program)
}

/// Measures reads of every size, without data events, since nginx keeps none.
pub(crate) fn measure(
    program: &Path,
    nginx: &Path,
    cores: &Cores,
    length: Duration,
) -> Result<Table> {
    let mut table = Table::beside("nginx");
    for size in Size::ALL {
        let dir = tempfile::tempdir()?;
        let data = dir.path().join("data");
        let server = cores.on_server(|| Process::daypass(program, &data, Some(1), &[]))?;
        let setting = Setting::new(program, &data, server, BUCKET, size)?;
        setting.world.record_objects(false)?;
        let theirs = start(nginx, dir.path(), size, cores)?;
        let get = Transfer {
            head: format!("GET /object HTTP/1.1\r\nhost: {}\r\n\r\n", theirs.address)
                .into_bytes()
                .into(),
            body: None,
        };
        let plain: Vec<_> = (0..size.connections()).map(|_| get.clone()).collect();
        let signed = setting.transfers(Way::Get)?;
        let (mut ours, mut bare) = (Moved::default(), Moved::default());
        for _ in 0..ROUNDS {
            bare.add(&transfer::run(&theirs, &plain, length / ROUNDS)?);
            ours.add(&transfer::run(
                &setting.world.server,
                &signed,
                length / ROUNDS,
            )?);
        }
        let name = format!("GET {}, no data events", size.name());
        rows::add(&mut table, &name, size, &ours, &bare, "");
        setting.world.server.stop()?;
        theirs.stop()?;
    }
    Ok(table)
}

/// nginx with Debian's settings, as far as they matter to files, one worker, on the server's core.
fn start(nginx: &Path, dir: &Path, size: Size, cores: &Cores) -> Result<Process> {
    let files = dir.join("files");
    fs::create_dir(&files)?;
    let mut file = File::create(files.join("object"))?;
    for piece in Content::of(size).pieces() {
        file.write_all(&piece)?;
    }
    // Free a moment ago; nginx can't tell which port it has got.
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let here = dir.display();
    let mut settings = String::new();
    if rustix::process::getuid().is_root() {
        // Else its worker is somebody who may not look into the directory.
        settings += "user root;\n";
    }
    write!(
        settings,
        "daemon off;\nworker_processes 1;\npid {here}/nginx.pid;\nerror_log {here}/nginx-error.log;\n\
         events {{ worker_connections 768; }}\n\
         http {{\n  access_log {here}/nginx-access.log;\n  sendfile on;\n  tcp_nopush on;\n  \
         keepalive_requests 1000000000;\n  keepalive_timeout 600s;\n"
    )?;
    for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        writeln!(settings, "  {kind}_temp_path {here}/nginx-{kind};")?;
    }
    write!(
        settings,
        "  server {{ listen {address}; root {here}/files; }}\n}}\n"
    )?;
    let path = dir.join("nginx.conf");
    fs::write(&path, settings)?;
    let mut command = Command::new(nginx);
    command.arg("-e").arg(dir.join("nginx-error.log"));
    command.arg("-c").arg(&path);
    cores.on_server(|| Process::listening(command, address))
}
