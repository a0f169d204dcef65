//! The processes that are measured.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::http1;
use crate::usage::{CpuTime, Memory};

/// How long a server may take to be ready, or to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server process, ended when dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
    /// Whose processor time and memory count, where it is not the process itself but one that it has started.
    worker: Option<u32>,
    /// Kept open: the server may print more.
    _stdout: Option<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts `daypass serve` on a free port of loopback; its log goes to a file in `data`'s parent. With `threads`, its
    /// runtime has so many workers; `options` are more of `daypass serve`.
    pub(crate) fn daypass(
        program: &Path,
        data: &Path,
        threads: Option<usize>,
        options: &[&str],
    ) -> Result<Self> {
        Self::daypass_in(program, data, threads, options, &[])
    }

    /// The same, with these variables in its environment.
    pub(crate) fn daypass_in(
        program: &Path,
        data: &Path,
        threads: Option<usize>,
        options: &[&str],
        environment: &[(&str, &str)],
    ) -> Result<Self> {
        let log = File::create(data.with_extension("log")).context("cannot create the log")?;
        let mut command = Command::new(program);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .args(options)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stderr(log);
        Self::start(command, threads, None)
    }

    /// Starts this program's baseline server, described by `line`.
    pub(crate) fn baseline(line: &str, threads: Option<usize>) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("baseline").stdin(Stdio::piped());
        Self::start(command, threads, Some(line))
    }

    /// Starts a server that listens at `address` and says nothing of it, and waits until it answers there. Its first child is
    /// the one that serves.
    pub(crate) fn listening(mut command: Command, address: SocketAddr) -> Result<Self> {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {:?}", command.get_program()))?;
        let pid = child.id();
        let mut process = Self {
            child,
            address,
            worker: None,
            _stdout: None,
        };
        let start = Instant::now();
        while TcpStream::connect(address).is_err() {
            if let Some(status) = process.child.try_wait()? {
                bail!(
                    "{:?} ended instead of starting: {status}",
                    command.get_program()
                );
            }
            if start.elapsed() > PATIENCE {
                bail!("{:?} does not listen", command.get_program());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
        let first = children.split_ascii_whitespace().next();
        process.worker = first.map(str::parse).transpose()?;
        Ok(process)
    }

    fn start(mut command: Command, threads: Option<usize>, input: Option<&str>) -> Result<Self> {
        if let Some(threads) = threads {
            command.env("TOKIO_WORKER_THREADS", threads.to_string());
        }
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the server")?;
        if let (Some(mut stdin), Some(line)) = (child.stdin.take(), input) {
            writeln!(stdin, "{line}")?;
        }
        let stdout = child.stdout.take().context("no standard output")?;
        let mut stdout = BufReader::new(stdout);
        let mut ready = String::new();
        stdout.read_line(&mut ready)?;
        let address = ready.split_once("http://").and_then(|(_, rest)| {
            let end = rest.find([',', ' ', '\n']).unwrap_or(rest.len());
            rest.get(..end)?.parse().ok()
        });
        let Some(address) = address else {
            let status = child.wait()?;
            bail!("the server ended instead of starting: {status}; its log may say why");
        };
        Ok(Self {
            child,
            address,
            worker: None,
            _stdout: Some(stdout),
        })
    }

    /// Waits until `/healthz` answers 200.
    pub(crate) fn wait_until_ready(&self) -> Result<()> {
        let request = format!("GET /healthz HTTP/1.1\r\nhost: {}\r\n\r\n", self.address);
        let start = Instant::now();
        loop {
            match http1::exchange(self.address, request.as_bytes()) {
                Ok(answer) if answer.status == 200 => return Ok(()),
                other if start.elapsed() > PATIENCE => bail!("not ready in time: {other:?}"),
                _ => std::thread::sleep(Duration::from_millis(1)),
            }
        }
    }

    /// The processor time used so far.
    pub(crate) fn cpu_time(&self) -> Result<CpuTime> {
        CpuTime::of(self.pid())
    }

    /// The memory used now.
    pub(crate) fn memory(&self) -> Result<Memory> {
        Memory::of(self.pid())
    }

    fn pid(&self) -> u32 {
        self.worker.unwrap_or_else(|| self.child.id())
    }

    /// Asks the process to end, and waits until it has.
    pub(crate) fn stop(mut self) -> Result<()> {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM).context("cannot stop the server")?;
        let start = Instant::now();
        while self.child.try_wait()?.is_none() {
            if start.elapsed() > PATIENCE {
                bail!("the server does not end");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
