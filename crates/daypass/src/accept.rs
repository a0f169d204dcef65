//! Connections: accepted, bounded in time, drained at the end.

use std::convert::Infallible;
use std::future::Future;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use door::{Body, BodyError, Connection};
use gateway::PatientStream;
use http::header::EXPECT;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::patient_body::PatientBody;
use crate::room::Room;
use crate::unread_body::UnreadBody;

/// How long a client may take to shake hands, and to send the head of a request unless the server says otherwise.
const HEAD: Duration = Duration::from_secs(30);
/// About how many bytes the head of a request may have. AWS takes 8 KB; session tokens and signed
/// links are long.
const HEAD_BYTES: usize = 64 * 1024;
/// How long a client may pause in the middle of a body, or in taking an answer.
const PAUSE: Duration = Duration::from_secs(30);
/// Most connections at once; further ones wait to be accepted.
const CONNECTIONS: usize = 4096;
/// How long requests under way may take to end once the server is asked to.
const DRAIN: Duration = Duration::from_secs(10);
/// Pause after the system has no room for another connection.
const EXHAUSTED: Duration = Duration::from_millis(50);

/// Answers requests.
pub(crate) trait Answer: Send + Sync + 'static {
    /// The most connections of one address; further ones are hung up on.
    const PER_PEER: usize = CONNECTIONS;
    /// How long a connection may be idle, or the head of a request may take to come.
    const IDLE: Duration = HEAD;

    /// The answer to one.
    fn answer(
        &self,
        connection: &Connection,
        request: Request<Body>,
    ) -> impl Future<Output = Response<Body>> + Send;

    /// Resolves when nothing of what was answered is still being done.
    fn drained(&self) -> impl Future<Output = ()> + Send {
        async {}
    }
}

/// Serves connections until `stop` resolves, then lets those under way finish.
pub(crate) async fn serve<A: Answer>(
    server: Arc<A>,
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    stop: impl Future<Output = ()>,
) {
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let peers = Room::new(CONNECTIONS, A::PER_PEER);
    tokio::pin!(stop);
    loop {
        let accepted = async {
            // Never closed, so there always is a place sooner or later.
            let place = Arc::clone(&room).acquire_owned().await.ok();
            listener
                .accept()
                .await
                .map(|(stream, peer)| (stream, peer, place))
        };
        tokio::select! {
            () = &mut stop => break,
            accepted = accepted => match accepted {
                Ok((stream, peer, place)) => {
                    let Some(own) = peers.place(peer.ip()) else {
                        continue;
                    };
                    let (server, tls) = (Arc::clone(&server), tls.clone());
                    let watcher = graceful.watcher();
                    tokio::spawn(async move {
                        connection(server, tls, stream, peer, watcher).await;
                        drop((place, own));
                    });
                }
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(EXHAUSTED).await;
                }
            }
        }
    }
    drop(listener);
    tracing::info!("stopping: no new connections");
    let drained = async {
        graceful.shutdown().await;
        server.drained().await;
    };
    if timeout(DRAIN, drained).await.is_err() {
        tracing::warn!("some requests did not end in time and were cut");
    }
}

async fn connection<A: Answer>(
    server: Arc<A>,
    tls: Option<TlsAcceptor>,
    stream: TcpStream,
    peer: SocketAddr,
    watcher: hyper_util::server::graceful::Watcher,
) {
    // Small answers leave at once; a failure costs only latency.
    let _ = stream.set_nodelay(true);
    let stream = PatientStream::new(stream, PAUSE);
    let source_ip = peer.ip();
    match tls {
        None => {
            let by = Connection {
                source_ip,
                tls: None,
            };
            requests(server, stream, by, watcher).await;
        }
        Some(acceptor) => {
            let Ok(Ok(stream)) = timeout(HEAD, acceptor.accept(stream)).await else {
                tracing::debug!(%peer, "no TLS handshake");
                return;
            };
            let (_, session) = stream.get_ref();
            let version = session.protocol_version();
            let suite = session.negotiated_cipher_suite();
            let tls = version.zip(suite).map(|(version, suite)| {
                let version = match version {
                    rustls::ProtocolVersion::TLSv1_2 => "TLSv1.2",
                    _ => "TLSv1.3",
                };
                let suite = format!("{:?}", suite.suite()).replace("TLS13_", "TLS_");
                (version.to_owned(), suite)
            });
            requests(server, stream, Connection { source_ip, tls }, watcher).await;
        }
    }
}

async fn requests<A: Answer>(
    server: Arc<A>,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    by: Connection,
    watcher: hyper_util::server::graceful::Watcher,
) {
    let service = service_fn(move |request: Request<Incoming>| {
        let server = Arc::clone(&server);
        let by = by.clone();
        async move {
            let expects = request.headers().contains_key(EXPECT);
            let request = request.map(|body| {
                let body = body.map_err(|error| BodyError::Transport(error.into()));
                let body = PatientBody::new(body, PAUSE);
                UnreadBody::new(body, expects).boxed_unsync()
            });
            Ok::<_, Infallible>(server.answer(&by, request).await)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(A::IDLE)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended early");
    }
}

#[cfg(test)]
mod tests;
