//! `daypass run`: a local program in a pod's environment.

use std::io::{ErrorKind, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitCode, ExitStatus};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use cluster::PodEnvironment;
use federation::ServiceAccountRef;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};
use uuid::Uuid;

use crate::cli::Run;
use crate::data_dir::DataDir;
use crate::local::{Answer, Ask, Description, ask};

/// A token's lifetime, as the pod identity webhook asks for it.
const LIFETIME: i64 = 86_400;
/// The kubelet replaces a token when 80 % of its life is over, or at 24 h; so do we.
const RENEW_AFTER: Duration = Duration::from_secs(86_400 * 8 / 10);
/// When a renewal failed, the next try.
const RETRY: Duration = Duration::from_secs(60);

/// Runs the program until it ends, and ends as it did.
pub(crate) async fn run(options: Run) -> Result<ExitCode> {
    let data = DataDir::new(&options.data.dir);
    let question = Ask::token(
        &options.service_account,
        vec![options.audience.clone()],
        LIFETIME,
        None,
    );
    let dir = tempfile::Builder::new()
        .prefix("daypass-run-")
        .tempdir()
        .context("cannot create a directory for the token")?;
    let token_file = dir.path().join("token");
    let server = project(&data, &question, &token_file).await?;
    let environment = PodEnvironment {
        role_arn: options.role_arn.to_string(),
        token_file: token_file.display().to_string(),
        session_name: session_name(&options.service_account),
        region: server.region,
        endpoint: server.endpoint,
        no_file: dir.path().join("none").display().to_string(),
    };
    let Some((program, arguments)) = options.program.split_first() else {
        bail!("no program was given");
    };
    let mut command = Command::new(program);
    command.args(arguments);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(PodEnvironment::removes) {
            command.env_remove(name);
        }
    }
    command.envs(environment.variables());
    let mut signals = Signals::new()?;
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("daypass: cannot run `{program}`: no such program");
            return Ok(ExitCode::from(NOT_FOUND));
        }
        Err(error) => return Err(error).with_context(|| format!("cannot run `{program}`")),
    };
    let pid = child.id();
    let status = loop {
        tokio::select! {
            status = child.wait() => break status?,
            signal = signals.next() => pass_on(pid, signal),
            never = renew(&data, &question, &token_file) => match never {},
        }
    };
    Ok(ExitCode::from(code(status)))
}

/// What shells answer for a program that isn't there.
const NOT_FOUND: u8 = 127;

/// As shells do: the program's own code, or 128 and the signal that ended it.
fn code(status: ExitStatus) -> u8 {
    let signal = || status.signal().map_or(1, |signal| 128 + signal);
    u8::try_from(status.code().unwrap_or_else(signal)).unwrap_or(1)
}

/// The signals that ask this process to end. It ends with its program, so that the token
/// file goes with it.
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// The next signal that the program must hear of from us. A terminal sends its interrupt
    /// to both.
    async fn next(&mut self) -> Signal {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => {}
                _ = self.terminate.recv() => return Signal::TERM,
                _ = self.hangup.recv() => return Signal::HUP,
            }
        }
    }
}

fn pass_on(pid: Option<u32>, signal: Signal) {
    let pid = pid
        .and_then(|pid| i32::try_from(pid).ok())
        .and_then(Pid::from_raw);
    if let Some(pid) = pid {
        // It may have ended a moment ago.
        let _ = kill_process(pid, signal);
    }
}

/// Who it is, for the audit trail, and which run.
fn session_name(account: &ServiceAccountRef) -> String {
    let run = Uuid::new_v4().simple().to_string();
    let who = format!("{}.{}", account.namespace(), account.name());
    // A session's name has at most 64 characters, and those of both names are among its own.
    let who: String = who.chars().take(48).collect();
    format!("{who}.{:.12}", run)
}

/// Writes a new token where the old one was, in one step.
async fn project(data: &DataDir, question: &Ask, path: &Path) -> Result<Description> {
    let Answer::Token { token, server } = ask(data, question).await? else {
        bail!("the server answered something else");
    };
    let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    file.write_all(token.as_bytes())?;
    file.persist(path)
        .with_context(|| format!("cannot write the token file `{}`", path.display()))?;
    Ok(server)
}

async fn renew(data: &DataDir, question: &Ask, path: &Path) -> std::convert::Infallible {
    let mut pause = RENEW_AFTER;
    loop {
        tokio::time::sleep(pause).await;
        pause = match project(data, question, path).await {
            Ok(_) => RENEW_AFTER,
            Err(error) => {
                eprintln!("daypass: the token could not be renewed yet: {error:#}");
                RETRY
            }
        };
    }
}
