//! Asking the server of a data directory.

use anyhow::{Context, Result, anyhow, bail};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use crate::data_dir::DataDir;
use crate::local::protocol::{Answer, Ask, LINE};

/// The answer to a question; a refusal is an error.
pub(crate) async fn ask(data: &DataDir, question: &Ask) -> Result<Answer> {
    let socket = data.socket();
    let mut stream = UnixStream::connect(&socket).await.map_err(|error| {
        anyhow!(
            "no server answers at `{}` ({error}); start one with `daypass serve --data {}`, or \
             name its directory with --data",
            socket.display(),
            data.path().display()
        )
    })?;
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
