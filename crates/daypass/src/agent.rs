//! The node agent of Pod Identity: what it asks, what it answers, where it listens.
//!
//! What is kept, renewed and refused is decided by [`cluster::agent`].

pub(crate) mod endpoint;
pub(crate) mod issued;
pub(crate) mod listener;
pub(crate) mod metrics;
pub(crate) mod probe;
pub(crate) mod provider;
pub(crate) mod renewals;
pub(crate) mod service;

pub(crate) use endpoint::Endpoint;
pub(crate) use issued::Issued;
pub(crate) use listener::{CONNECTIONS, Ends, PER_PEER};
pub(crate) use metrics::Metrics;
pub(crate) use probe::{Health, Probe};
pub(crate) use provider::{Provider, Unavailable};
pub(crate) use service::{EksAuth, Failure, Service};
