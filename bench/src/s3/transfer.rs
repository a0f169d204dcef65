//! Transfers of any size over keep-alive connections, all from one thread.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::content::Content;
use crate::http1::{self, Lengths};
use crate::process::Process;
use crate::usage::CpuTime;

/// Bytes read at once.
const BUFFER: usize = 256 * 1024;

/// One request, and the body that it sends.
#[derive(Debug, Clone)]
pub(crate) struct Transfer {
    pub(crate) head: Arc<[u8]>,
    pub(crate) body: Option<Arc<Content>>,
}

/// What a server did in some time.
#[derive(Debug, Default)]
pub(crate) struct Moved {
    pub(crate) requests: u64,
    /// Of the bodies, in both directions.
    pub(crate) bytes: u64,
    pub(crate) elapsed: Duration,
    pub(crate) cpu: CpuTime,
}

/// A connection to a server.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Moved {
    /// Adds another round.
    pub(crate) fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.bytes += other.bytes;
        self.elapsed += other.elapsed;
        self.cpu.add(&other.cpu);
    }
}

/// Sends each transfer on a connection of its own, once to warm up, then again and again until `length` has passed; what is
/// begun by then is finished, and counts. Every answer must be 200.
pub(crate) fn run(server: &Process, transfers: &[Transfer], length: Duration) -> Result<Moved> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let warm = Arc::new(Barrier::new(transfers.len() + 1));
        let mut connections = JoinSet::new();
        for transfer in transfers {
            let repeated = repeat(server.address, transfer.clone(), Arc::clone(&warm), length);
            connections.spawn(repeated);
        }
        tokio::select! {
            _ = warm.wait() => {}
            Some(ended) = connections.join_next() => {
                ended??;
                bail!("a connection ended before it began");
            }
        }
        let (before, start) = (server.cpu_time()?, Instant::now());
        let mut moved = Moved::default();
        while let Some(ended) = connections.join_next().await {
            let (requests, bytes) = ended??;
            moved.requests += requests;
            moved.bytes += bytes;
        }
        moved.elapsed = start.elapsed();
        moved.cpu = server.cpu_time()?.since(&before);
        Ok(moved)
    })
}

async fn repeat(
    address: SocketAddr,
    transfer: Transfer,
    warm: Arc<Barrier>,
    length: Duration,
) -> Result<(u64, u64)> {
    let mut connection = Connection::open(address).await?;
    connection.exchange(&transfer).await?;
    warm.wait().await;
    let start = Instant::now();
    let (mut requests, mut bytes) = (0, 0);
    while start.elapsed() < length {
        bytes += connection.exchange(&transfer).await?;
        requests += 1;
    }
    Ok((requests, bytes))
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: vec![0; BUFFER],
        })
    }

    /// Sends a request and reads its answer; returns the bytes of both bodies.
    pub(crate) async fn exchange(&mut self, transfer: &Transfer) -> Result<u64> {
        self.stream.write_all(&transfer.head).await?;
        let mut sent = 0;
        if let Some(body) = &transfer.body {
            for piece in body.pieces() {
                self.stream.write_all(&piece).await?;
            }
            sent = body.length();
        }
        let (Lengths { body, .. }, mut read) = self.begin_answer().await?;
        while read < body {
            read += self.read().await?;
        }
        Ok(sent + body)
    }

    /// Sends a request without waiting for its answer.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(bytes).await?)
    }

    /// Reads the head of an answer; its lengths, and how much of its body has come with it.
    pub(crate) async fn begin_answer(&mut self) -> Result<(Lengths, u64)> {
        let mut filled = 0;
        loop {
            let room = self.buffer.get_mut(filled..).context("an endless head")?;
            let read = self.stream.read(room).await?;
            if read == 0 {
                bail!("the server hung up");
            }
            filled += read;
            let begun = &self.buffer[..filled];
            let Some(lengths) = http1::lengths(begun)? else {
                continue;
            };
            if !http1::is_ok(begun) {
                bail!("{}", String::from_utf8_lossy(begun));
            }
            return Ok((lengths, (filled - lengths.head) as u64));
        }
    }

    /// Reads some of a body.
    pub(crate) async fn read(&mut self) -> Result<u64> {
        match self.stream.read(&mut self.buffer).await? {
            0 => bail!("the server hung up"),
            read => Ok(read as u64),
        }
    }
}
