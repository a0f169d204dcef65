//! Kubernetes objects that `daypass create` makes: their content, as JSON.
//!
//! Everything here is pure. What is made carries [`MANAGED_BY`], so that what somebody else made is told from it.

mod labels;
mod network_policy;
mod probe;
mod rbac;
mod service_account;
mod webhook;
mod webhook_configuration;
mod workload;
mod yaml;

pub use labels::{CLUSTER, MANAGED_BY, MANAGER, is_ours, labels};
pub use probe::{has_token, injected, probe_pod};
pub use service_account::{ROLE_ARN, namespace, role_annotation, service_account};
pub use webhook::{BudgetVersion, DEFAULT_NAMESPACE, NAME, Webhook};
pub use webhook_configuration::{Reached, configuration};
pub use yaml::{documents, yaml};

#[cfg(test)]
mod tests;
