//! Asking the server of a data directory.

use std::io::ErrorKind;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::time::{Instant, sleep};

use crate::data_dir::DataDir;
use crate::local::protocol::{Answer, Ask, LINE};

/// How long a server that has just been started may take to be there.
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(50);

async fn connect(data: &DataDir) -> Result<UnixStream> {
    let socket = data.socket();
    let shown = socket.display();
    let dir = data.path().display();
    let deadline = Instant::now() + PATIENCE;
    loop {
        match UnixStream::connect(&socket).await {
            Ok(stream) => return Ok(stream),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                bail!("only the server's own user and root may ask at `{shown}`")
            }
            Err(_) if Instant::now() < deadline => sleep(PAUSE).await,
            Err(error) => bail!(
                "no server answers at `{shown}` ({error}); start one with `daypass serve --data \
                 {dir}`, or name its directory with --data or DAYPASS_DATA"
            ),
        }
    }
}

/// The answer to a question; a refusal is an error.
pub(crate) async fn ask(data: &DataDir, question: &Ask) -> Result<Answer> {
    let mut stream = connect(data).await?;
    let mut line = serde_json::to_string(question)?;
    line.push('\n');
    stream.write_all(line.as_bytes()).await?;
    let mut answer = String::new();
    BufReader::new(stream.take(LINE as u64))
        .read_line(&mut answer)
        .await
        .context("the server did not answer")?;
    match serde_json::from_str(&answer).context("the server's answer can't be read")? {
        Answer::Refused { reason } => bail!(reason),
        answer => Ok(answer),
    }
}
