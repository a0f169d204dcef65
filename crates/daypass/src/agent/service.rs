//! EKS Auth: a role's credentials for a service account's token.

use std::future::Future;

use cluster::agent::{PodToken, Refusal};
use http::Method;
use serde_json::json;

use super::Issued;
use crate::client::Connection;

/// Who gives credentials for tokens.
pub(crate) trait Service: Send + Sync + 'static {
    /// Asks once.
    fn exchange(&self, token: &PodToken) -> impl Future<Output = Result<Issued, Failure>> + Send;
}

/// Why there are no credentials. No token and no secret is in it.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The service's word.
    Refused(Refusal),
    /// It was not asked, or gave no answer that can be read: for the log.
    Unreachable(String),
}

/// The service of one cluster.
pub(crate) struct EksAuth {
    connection: Connection,
    path: String,
}

impl EksAuth {
    /// `cluster` is the name of a cluster: letters, digits, `-` and `_`.
    pub(crate) fn new(connection: Connection, cluster: &str) -> Self {
        Self {
            connection,
            path: format!("/clusters/{cluster}/assume-role-for-pod-identity"),
        }
    }
}

impl Service for EksAuth {
    async fn exchange(&self, token: &PodToken) -> Result<Issued, Failure> {
        let Connection {
            client,
            credentials,
            ..
        } = &self.connection;
        let unreachable = |error: anyhow::Error| Failure::Unreachable(format!("{error:#}"));
        let keys = credentials.keys().await.map_err(|error| {
            unreachable(error.context("the agent has no credentials of its own"))
        })?;
        let body = json!({ "token": token.expose() });
        let asked = client
            .rest("eks-auth", Method::POST, &self.path, "", Some(&body), &keys)
            .await
            .map_err(unreachable)?;
        match asked {
            Ok(answer) => Issued::read(&answer).ok_or_else(|| {
                Failure::Unreachable("the service's answer has no credentials".to_owned())
            }),
            Err(refused) => {
                let refusal = Refusal::new(&refused.code, &refused.message);
                if refusal.is_the_agents_own() {
                    credentials.were_refused();
                }
                Err(Failure::Refused(refusal))
            }
        }
    }
}
