//! What the agent counts. The names that begin with `pod_identity` are eks-pod-identity-agent's.

use anyhow::Result;
use prometheus::{
    Encoder, Histogram, HistogramOpts, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};

/// The counters, in a registry of their own.
pub(crate) struct Metrics {
    registry: Registry,
    responses: IntCounterVec,
    states: IntCounterVec,
    errors: IntCounterVec,
    calls: IntCounterVec,
    seconds: Histogram,
    entries: IntGauge,
}

impl Metrics {
    pub(crate) fn new() -> Result<Self> {
        let counter = |name: &str, help: &str, labels: &[&str]| {
            IntCounterVec::new(Opts::new(name, help), labels)
        };
        let metrics = Self {
            registry: Registry::new(),
            responses: counter(
                "pod_identity_http_response",
                "Answers to pods, by their status",
                &["code"],
            )?,
            states: counter(
                "pod_identity_cache_state",
                "Credentials that were found, not found, and removed",
                &["state"],
            )?,
            errors: counter(
                "pod_identity_cache_errors",
                "Renewals that failed, and whether the credentials had to go",
                &["type", "code"],
            )?,
            calls: counter(
                "daypass_agent_service_calls_total",
                "Requests to the service, by their reason and what came of them",
                &["reason", "result"],
            )?,
            seconds: Histogram::with_opts(HistogramOpts::new(
                "daypass_agent_service_seconds",
                "How long the service took to answer",
            ))?,
            entries: IntGauge::new(
                "daypass_agent_cache_entries",
                "Tokens whose credentials are kept",
            )?,
        };
        let Self {
            registry,
            responses,
            states,
            errors,
            calls,
            seconds,
            entries,
        } = &metrics;
        for counter in [responses, states, errors, calls] {
            registry.register(Box::new(counter.clone()))?;
        }
        registry.register(Box::new(seconds.clone()))?;
        registry.register(Box::new(entries.clone()))?;
        // They are there from the beginning, so that a rate over them is never missing.
        for state in ["hit", "miss", "evicted"] {
            states.with_label_values(&[state]);
        }
        Ok(metrics)
    }

    /// An answer to a pod.
    pub(crate) fn answered(&self, status: u16) {
        let code = status.to_string();
        self.responses.with_label_values(&[&code]).inc();
    }

    /// Credentials were there.
    pub(crate) fn hit(&self) {
        self.states.with_label_values(&["hit"]).inc();
    }

    /// There were none.
    pub(crate) fn missed(&self) {
        self.states.with_label_values(&["miss"]).inc();
    }

    /// Some were removed, and so many are left.
    pub(crate) fn kept(&self, removed: usize, left: usize) {
        let removed = u64::try_from(removed).unwrap_or(u64::MAX);
        self.states.with_label_values(&["evicted"]).inc_by(removed);
        self.entries.set(i64::try_from(left).unwrap_or(i64::MAX));
    }

    /// A renewal failed.
    pub(crate) fn renewal_failed(&self, is_final: bool, code: &str) {
        let kind = match is_final {
            true => "NonRecoverable",
            false => "Recoverable",
        };
        self.errors.with_label_values(&[kind, code]).inc();
    }

    /// The service was asked.
    pub(crate) fn called(&self, reason: &str, result: &str, seconds: f64) {
        self.calls.with_label_values(&[reason, result]).inc();
        self.seconds.observe(seconds);
    }

    /// Everything, in Prometheus' text format.
    pub(crate) fn text(&self) -> Result<Vec<u8>> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}
