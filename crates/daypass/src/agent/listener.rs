//! Connections of pods and probes: bounded in number and time, drained at the end.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::room::Room;

/// How long a request's head may take to come, and a connection may be idle.
const HEAD: Duration = Duration::from_secs(10);
/// About how many bytes the head of a request may have: a token, and what clients add to it.
const HEAD_BYTES: usize = 24 * 1024;
/// The most connections at once, and of them the most of one address.
pub(crate) const CONNECTIONS: usize = 1024;
pub(crate) const PER_PEER: usize = 64;
/// How long requests under way may take to end when the agent stops.
const DRAIN: Duration = Duration::from_secs(10);
/// Pause when a connection can't be accepted.
const PAUSE: Duration = Duration::from_millis(50);

/// The two ends of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends {
    pub(crate) peer: SocketAddr,
    /// Where it came in.
    pub(crate) local: SocketAddr,
}

/// Serves connections until `stop` changes, then lets those under way finish.
pub(crate) async fn serve<H, F>(
    listener: TcpListener,
    room: Room,
    handler: H,
    mut stop: watch::Receiver<bool>,
) where
    H: Fn(Request<Incoming>, Ends) -> F + Clone + Send + 'static,
    F: Future<Output = Response<Full<Bytes>>> + Send + 'static,
{
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            // Also when whoever could say so is gone.
            _ = stop.wait_for(|it| *it) => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            // Who has too many is hung up on; an honest pod has one or two.
            Ok((stream, peer)) => {
                if let Some(place) = room.place(peer.ip()) {
                    let watcher = graceful.watcher();
                    let handler = handler.clone();
                    tokio::spawn(async move {
                        connection(stream, peer, handler, watcher).await;
                        drop(place);
                    });
                }
            }
            Err(error) => {
                tracing::debug!(%error, "a connection could not be accepted");
                sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    if timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time and were cut");
    }
}

async fn connection<H, F>(
    stream: TcpStream,
    peer: SocketAddr,
    handler: H,
    watcher: hyper_util::server::graceful::Watcher,
) where
    H: Fn(Request<Incoming>, Ends) -> F,
    F: Future<Output = Response<Full<Bytes>>>,
{
    let Ok(local) = stream.local_addr() else {
        return;
    };
    // A failure costs only latency.
    let _ = stream.set_nodelay(true);
    let ends = Ends { peer, local };
    let service = service_fn(move |request| {
        let answer = handler(request, ends);
        async move { Ok::<_, std::convert::Infallible>(answer.await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended early");
    }
}
