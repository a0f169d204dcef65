//! The load: keep-alive connections that each send one request again and again.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::http1::{self, LONGEST};
use crate::process::Process;
use crate::usage::CpuTime;

/// Connections at once.
pub(crate) const CONNECTIONS: usize = 32;
/// Load before the measurement, for caches, connections and the allocator.
const WARM_UP: Duration = Duration::from_millis(500);

/// What a server did in some time.
#[derive(Debug, Default, Clone)]
pub(crate) struct Measured {
    pub(crate) requests: u64,
    pub(crate) elapsed: Duration,
    pub(crate) cpu: CpuTime,
}

impl Measured {
    /// Processor time of the server for each request, in microseconds.
    pub(crate) fn cpu_per_request(&self) -> f64 {
        self.cpu.total.as_secs_f64() * 1e6 / self.requests as f64
    }

    /// Requests a second.
    pub(crate) fn rate(&self) -> f64 {
        self.requests as f64 / self.elapsed.as_secs_f64()
    }

    /// How much of its core the server was busy, from 0 to 1.
    pub(crate) fn busy(&self) -> f64 {
        self.cpu.total.as_secs_f64() / self.elapsed.as_secs_f64()
    }

    /// Adds another round with the same server and requests.
    pub(crate) fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.elapsed += other.elapsed;
        self.cpu.add(&other.cpu);
    }
}

/// Loads a server for `length` from this thread alone. Connection n sends request n; every answer must be 200.
pub(crate) fn run(server: &Process, requests: &[Vec<u8>], length: Duration) -> Result<Measured> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(async {
            let done = Arc::new(AtomicU64::new(0));
            let mut connections = JoinSet::new();
            for request in requests.iter().cycle().take(CONNECTIONS) {
                let done = Arc::clone(&done);
                connections.spawn(connection(server.address, request.clone(), done));
            }
            let mut wait = async |length| {
                tokio::select! {
                    () = tokio::time::sleep(length) => Ok(()),
                    Some(ended) = connections.join_next() => ended?.context("a connection failed"),
                }
            };
            wait(WARM_UP).await?;
            let before = (
                done.load(Ordering::Relaxed),
                server.cpu_time()?,
                Instant::now(),
            );
            wait(length).await?;
            Ok(Measured {
                requests: done.load(Ordering::Relaxed) - before.0,
                cpu: server.cpu_time()?.since(&before.1),
                elapsed: before.2.elapsed(),
            })
        })
}

async fn connection(address: SocketAddr, request: Vec<u8>, done: Arc<AtomicU64>) -> Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; LONGEST];
    loop {
        stream.write_all(&request).await?;
        let mut filled = 0;
        let mut whole = None;
        while whole.is_none_or(|whole| filled < whole) {
            let read = stream.read(&mut buffer[filled..]).await?;
            if read == 0 {
                bail!("the server hung up");
            }
            filled += read;
            whole = whole.or(http1::whole(&buffer[..filled])?);
        }
        if !http1::is_ok(&buffer[..filled]) {
            bail!("{}", String::from_utf8_lossy(&buffer[..filled]));
        }
        done.fetch_add(1, Ordering::Relaxed);
    }
}
