//! `/healthz`, `/readyz` and `/metrics`.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Result, bail};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::Metrics;
use super::endpoint::answer;

/// How long the agent may take to answer itself.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long what was found out counts. Every pod reaches the port for metrics, so what it asks must not add up: the agent has
/// no more connections to itself than any other address.
const COUNTS: Duration = Duration::from_secs(1);
const TEXT: &str = "text/plain; charset=utf-8";
/// Prometheus' text format.
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Answers probes, and perhaps serves metrics.
pub(crate) struct Probe {
    pub(crate) health: Arc<Health>,
    /// Where metrics are served too.
    pub(crate) metrics: Option<Arc<Metrics>>,
}

/// Asks the agent's own listeners, as a pod would: an address that the node has lost, or a
/// listener that hangs, is found out.
pub(crate) struct Health {
    listening: Vec<SocketAddr>,
    http: reqwest::Client,
    /// When they were last asked, and whether all answered.
    found: Mutex<Option<(Instant, bool)>>,
    /// One asks at a time; who waits hears what it found.
    turn: Semaphore,
}

impl Probe {
    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let plain =
            |status, text: &'static str| answer(status, TEXT, Bytes::from_static(text.as_bytes()));
        if request.method() != Method::GET {
            return plain(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed\n");
        }
        match (request.uri().path(), &self.metrics) {
            ("/healthz" | "/readyz", _) => match self.health.is_good().await {
                true => plain(StatusCode::OK, ""),
                false => plain(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "Internal Server Error occurred",
                ),
            },
            ("/metrics", Some(metrics)) => match metrics.text() {
                Ok(text) => answer(StatusCode::OK, METRICS, Bytes::from(text)),
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "the metrics can't be written");
                    plain(
                        StatusCode::INTERNAL_SERVER_ERROR,
                        "Internal Server Error occurred",
                    )
                }
            },
            _ => plain(StatusCode::NOT_FOUND, "404 page not found\n"),
        }
    }
}

impl Health {
    pub(crate) fn new(listening: Vec<SocketAddr>) -> Result<Self> {
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE);
        Ok(Self {
            listening,
            http: http.build()?,
            found: Mutex::default(),
            turn: Semaphore::new(1),
        })
    }

    async fn is_good(&self) -> bool {
        // Never closed.
        let _turn = self.turn.acquire().await;
        let found = *self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((when, good)) = found
            && when.elapsed() < COUNTS
        {
            return good;
        }
        let checked = self.check().await;
        if let Err(error) = &checked {
            tracing::error!(error = format!("{error:#}"), "the agent does not answer");
        }
        let good = checked.is_ok();
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), good));
        good
    }

    /// Each listener answers that there is nothing at `/`.
    async fn check(&self) -> Result<()> {
        for address in &self.listening {
            let answer = self.http.get(format!("http://{address}/")).send().await?;
            if answer.status() != reqwest::StatusCode::NOT_FOUND {
                bail!("{address} answered {} instead of 404", answer.status());
            }
        }
        Ok(())
    }
}
