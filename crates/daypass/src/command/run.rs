//! `daypass run`: a local program in a pod's environment.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use cluster::PodEnvironment;
use federation::ServiceAccountRef;
use tokio::process::Command;
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
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot run `{program}`"))?;
    let status = tokio::select! {
        status = child.wait() => status?,
        never = renew(&data, &question, &token_file) => match never {},
    };
    let code = status.code().unwrap_or(1);
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
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
