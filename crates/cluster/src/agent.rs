//! The node agent of Pod Identity: whose credentials are kept, until when, and what is refused.
//!
//! Its outside is that of eks-pod-identity-agent, so that SDKs and manifests stay as they are; what
//! is ours is said where it is. Everything here is pure: time and chance come in as arguments.

mod backoff;
mod cache;
mod limit;
mod peers;
mod refusal;
mod renewal;
mod request;
mod token;

pub use backoff::{Backoff, Outage};
pub use cache::{Cache, Limits};
pub use limit::{Limit, Rate};
pub use peers::Peers;
pub use refusal::Refusal;
pub use renewal::{Chance, LEAST_LIFE, renewal_time};
pub use request::{Hosts, RequestRefused, check_headers};
pub use token::{InvalidToken, PodToken};
