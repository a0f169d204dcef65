//! Counters, with upstream's names where it has one.

mod summary;

use std::time::Duration;

use anyhow::Result;
use prometheus::{
    HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};

use summary::Summary;

/// Upper ends of the first buckets of latencies, in microseconds (upstream's).
const FIRST_BUCKET: f64 = 125_000.0;
const BUCKETS: usize = 7;

/// What is counted.
pub(crate) struct Metrics {
    registry: Registry,
    used: IntGauge,
    pods: IntCounterVec,
    missing_accounts: IntCounter,
    decisions: IntCounterVec,
    requests: IntCounterVec,
    latencies: HistogramVec,
    durations: Summary,
}

impl Metrics {
    pub(crate) fn new() -> Result<Self> {
        let registry = Registry::new();
        let counters = |name: &str, help: &str, labels: &[&str]| {
            let made = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(made.clone()))?;
            prometheus::Result::Ok(made)
        };
        let pods = counters(
            "pod_identity_webhook_pod_count",
            "Pods that were given an identity, by method.",
            &["method"],
        )?;
        let decisions = counters(
            "pod_identity_webhook_decisions",
            "What came of the pods: injected, nothing_to_add, no_role, unknown_account, too_large, refused.",
            &["outcome"],
        )?;
        let requests = counters(
            "http_request_count",
            "Requests by verb, path and status code.",
            &["verb", "path", "code"],
        )?;
        let used = IntGauge::new(
            "pod_identity_webhook_used",
            "1 once a pod was given an identity.",
        )?;
        let missing_accounts = IntCounter::new(
            "pod_identity_webhook_missing_sa_count",
            "Pods whose service account was not known, not even after a look-up.",
        )?;
        let buckets = prometheus::exponential_buckets(FIRST_BUCKET, 2.0, BUCKETS)?;
        let latencies = HistogramVec::new(
            HistogramOpts::new(
                "http_request_latencies",
                "Time of requests in microseconds.",
            )
            .buckets(buckets),
            &["verb", "path"],
        )?;
        let durations = Summary::new(
            "http_request_duration_microseconds",
            "Time of requests in microseconds.",
            &["verb", "path"],
        )?;
        registry.register(Box::new(used.clone()))?;
        registry.register(Box::new(missing_accounts.clone()))?;
        registry.register(Box::new(latencies.clone()))?;
        registry.register(Box::new(durations.clone()))?;
        Ok(Self {
            registry,
            used,
            pods,
            missing_accounts,
            decisions,
            requests,
            latencies,
            durations,
        })
    }

    pub(super) fn injected(&self, method: &str) {
        self.used.set(1);
        self.pods.with_label_values(&[method]).inc();
    }

    pub(super) fn missing_account(&self) {
        self.missing_accounts.inc();
    }

    pub(super) fn decided(&self, outcome: &str) {
        self.decisions.with_label_values(&[outcome]).inc();
    }

    pub(super) fn answered(&self, verb: &str, path: &str, code: u16, took: Duration) {
        let code = code.to_string();
        self.requests.with_label_values(&[verb, path, &code]).inc();
        let micros = took.as_secs_f64() * 1e6;
        let labels = [verb, path];
        self.latencies.with_label_values(&labels).observe(micros);
        self.durations.observe(labels, micros);
    }

    /// All of them, in Prometheus' text form.
    pub(super) fn text(&self) -> Result<String> {
        Ok(TextEncoder::new().encode_to_string(&self.registry.gather())?)
    }
}
