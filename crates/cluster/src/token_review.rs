//! Asks a cluster's API server whether a service account's token still holds (`TokenReview`).

use std::fmt;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use federation::{Review, Reviewer};
use k8s_openapi::api::authentication::v1::{TokenReview, TokenReviewSpec, TokenReviewStatus};
use kube::api::PostParams;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Reviews tokens with one cluster. The API server answers that a token isn't authenticated when its service account, or
/// the pod, node or secret that it is bound to, is gone.
pub struct TokenReviewer {
    api: Api<TokenReview>,
    server: String,
    slots: Semaphore,
}

/// A cluster can't be asked for reviews.
#[derive(Debug, thiserror::Error)]
pub enum TokenReviewerError {
    /// The kubeconfig can't be used.
    #[error("the kubeconfig can't be used: {0}")]
    Kubeconfig(#[source] kube::config::KubeconfigError),
    /// There is no service account of a cluster here.
    #[error("this isn't a pod of the cluster: {0}")]
    InCluster(#[source] kube::config::InClusterError),
    /// What the configuration names can't be read, e.g. a certificate.
    #[error("the cluster's client can't be set up: {0}")]
    Client(#[source] kube::Error),
}

impl TokenReviewer {
    /// How long one review takes at most, waiting for its turn included.
    pub const TIMEOUT: Duration = Duration::from_secs(2);
    /// How many reviews a cluster is asked for at a time.
    pub const AT_A_TIME: usize = 64;

    /// For the cluster of a kubeconfig's current context; without one, for the cluster that this process is a pod of. Nothing
    /// is asked yet.
    ///
    /// # Errors
    /// See [`TokenReviewerError`].
    pub async fn open(kubeconfig: Option<&Path>) -> Result<Self, TokenReviewerError> {
        let config = match kubeconfig {
            Some(path) => {
                let read = Kubeconfig::read_from(path).map_err(TokenReviewerError::Kubeconfig)?;
                Config::from_custom_kubeconfig(read, &KubeConfigOptions::default())
                    .await
                    .map_err(TokenReviewerError::Kubeconfig)?
            }
            None => Config::incluster().map_err(TokenReviewerError::InCluster)?,
        };
        let server = config.cluster_url.to_string();
        let client = Client::try_from(config).map_err(TokenReviewerError::Client)?;
        Ok(Self {
            api: Api::all(client),
            server,
            slots: Semaphore::new(Self::AT_A_TIME),
        })
    }

    /// The API server's URL.
    pub fn server(&self) -> &str {
        &self.server
    }

    async fn ask(&self, token: &str, subject: &str, audience: &str) -> Review {
        let Ok(_slot) = self.slots.acquire().await else {
            return Review::Unknown("no reviews are made any more".to_owned());
        };
        let asked = TokenReview {
            spec: TokenReviewSpec {
                audiences: Some(vec![audience.to_owned()]),
                token: Some(token.to_owned()),
            },
            ..TokenReview::default()
        };
        match self.api.create(&PostParams::default(), &asked).await {
            Ok(answer) => judge(answer.status.unwrap_or_default(), subject, audience),
            Err(kube::Error::Api(status)) if matches!(status.code, 401 | 403) => {
                Review::Unknown(format!(
                    "{} answered {}: the server's user there needs the cluster role system:auth-delegator",
                    self.server, status.code
                ))
            }
            Err(kube::Error::Api(status)) => {
                Review::Unknown(format!("{} answered {}", self.server, status.code))
            }
            Err(error) => Review::Unknown(format!("{}: {error}", self.server)),
        }
    }
}

impl Reviewer for TokenReviewer {
    fn review<'a>(
        &'a self,
        token: &'a str,
        subject: &'a str,
        audience: &'a str,
    ) -> Pin<Box<dyn Future<Output = Review> + Send + 'a>> {
        Box::pin(async move {
            let asked = self.ask(token, subject, audience);
            timeout(Self::TIMEOUT, asked).await.unwrap_or_else(|_| {
                let seconds = Self::TIMEOUT.as_secs();
                Review::Unknown(format!("{} took more than {seconds} s", self.server))
            })
        })
    }
}

impl fmt::Debug for TokenReviewer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenReviewer")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

/// What an answer means. A server that knows nothing of audiences leaves them out, and has then judged the token for itself
/// and not for us (Kubernetes API, `TokenReviewStatus.audiences`).
fn judge(status: TokenReviewStatus, subject: &str, audience: &str) -> Review {
    if status.authenticated != Some(true) {
        let said = status.error.filter(|text| !text.is_empty());
        return Review::Refused(said.unwrap_or_else(|| "not authenticated".to_owned()));
    }
    let audiences = status.audiences.unwrap_or_default();
    if !audiences.iter().any(|it| it == audience) {
        return Review::Refused("it was not reviewed for the audience".to_owned());
    }
    // The user's name is the subject; another one means that this isn't the issuer's cluster.
    let user = status.user.and_then(|user| user.username);
    if user.as_deref() != Some(subject) {
        return Review::Refused("it is another user's in that cluster".to_owned());
    }
    Review::Authenticated
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn judged(change: Value) -> Review {
        let mut status = json!({
            "authenticated": true,
            "audiences": ["sts.amazonaws.com"],
            "user": {"username": "system:serviceaccount:ns:sa"},
        });
        for (name, value) in change.as_object().unwrap() {
            status[name] = value.clone();
        }
        let status = serde_json::from_value(status).unwrap();
        judge(status, "system:serviceaccount:ns:sa", "sts.amazonaws.com")
    }

    #[test]
    fn only_an_authenticated_token_of_the_audience_and_subject_passes() {
        assert_eq!(judged(json!({})), Review::Authenticated);
        assert_eq!(
            judged(json!({"audiences": ["other", "sts.amazonaws.com"]})),
            Review::Authenticated
        );
        for change in [
            json!({"authenticated": false}),
            json!({"authenticated": null}),
            json!({"authenticated": false, "error": "pod has been deleted"}),
            json!({"audiences": null}),
            json!({"audiences": []}),
            json!({"audiences": ["https://kubernetes.default.svc"]}),
            json!({"user": null}),
            json!({"user": {"username": "system:serviceaccount:ns:other"}}),
            json!({"user": {}}),
        ] {
            let review = judged(change.clone());
            assert!(matches!(review, Review::Refused(_)), "{change}: {review:?}");
        }
    }

    #[test]
    fn what_the_cluster_says_is_told() {
        assert_eq!(
            judged(json!({"authenticated": false, "error": "pod has been deleted"})),
            Review::Refused("pod has been deleted".to_owned())
        );
        assert_eq!(
            judged(json!({"authenticated": false, "error": ""})),
            Review::Refused("not authenticated".to_owned())
        );
    }
}
