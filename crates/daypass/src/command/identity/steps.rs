//! The steps of the test, one check each.

use std::cell::Cell;
use std::time::Duration;

use cluster::irsa::AUDIENCE;
use cluster::manifests::{has_token, injected, probe_pod, role_annotation};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::{Temporary, Trial, advice};
use crate::api_server::Place;
use crate::client::Keys;
use crate::command::check::Check;
use crate::command::pod_endpoint;

/// An audience that no provider has: names under `.invalid` are nobody's (RFC 2606).
const ELSEWHERE: &str = "daypass.invalid";

/// How long an API server may take to hear of a new webhook.
const HEARD: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(500);

/// The call that must be refused.
const FORBIDDEN: &str = "ListRoles";

/// Makes a role and a service account of the test's own; the role's ARN. `stopped` is looked at between calls: a call that is
/// under way is never left, for nobody would know then what it makes.
pub(super) async fn make(
    trial: &Trial<'_>,
    temporary: &Temporary,
    stopped: &Cell<bool>,
) -> anyhow::Result<Option<String>> {
    let arn = temporary.make_role(trial).await?;
    if stopped.get() {
        return Ok(None);
    }
    temporary.allow(trial, &arn).await?;
    if stopped.get() {
        return Ok(None);
    }
    temporary.make_account(trial.kubernetes, &arn).await?;
    Ok((!stopped.get()).then_some(arn))
}

/// With the role and the service account of the test's own.
pub(super) async fn with_temporary(
    trial: &Trial<'_>,
    temporary: &Temporary,
    arn: &str,
) -> Vec<Check> {
    let mut checks = Vec::new();
    let name = &temporary.name;
    if let Some(keys) = session(trial, name, arn, None, &mut checks).await {
        let own = [("RoleName", name.as_str())];
        checks.push(allowed(trial, &keys, "iam", "GetRole", &own).await);
        checks.push(forbidden(trial, &keys).await);
        checks.push(stranger(trial, name, arn).await);
        checks.push(elsewhere(trial, name, arn).await);
    }
    if trial.webhook {
        pod(trial, name, arn, &mut checks).await;
    }
    checks
}

/// With a service account that has a role.
pub(super) async fn with_account(trial: &Trial<'_>, name: &str) -> Vec<Check> {
    let (namespace, cluster) = (trial.namespace, trial.cluster);
    let make = format!(
        "daypass create iamserviceaccount --cluster {cluster} --namespace {namespace} --name {name}"
    );
    let place = Place::service_account(namespace, name);
    let account = match trial.kubernetes.get(&place).await {
        Ok(Some(account)) => account,
        Ok(None) => {
            let text = format!("there is no service account {namespace}/{name}");
            return vec![Check::failed("service account", text, make)];
        }
        Err(error) => return vec![broken("service account", &error)],
    };
    let Some(arn) = role_annotation(&account) else {
        let text = format!("{namespace}/{name} has no annotation with a role");
        return vec![Check::failed("service account", text, make)];
    };
    let mut checks = vec![Check::passed(
        "service account",
        format!("{namespace}/{name} has {arn}"),
    )];
    // Whatever the role may do, this session of it may not do one thing.
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Action": format!("iam:{FORBIDDEN}"), "Resource": "*"},
        ],
    });
    if let Some(keys) = session(trial, name, arn, Some(&policy), &mut checks).await {
        checks.push(allowed(trial, &keys, "sts", "GetCallerIdentity", &[]).await);
        checks.push(forbidden(trial, &keys).await);
        checks.push(elsewhere(trial, name, arn).await);
    }
    pod(trial, name, arn, &mut checks).await;
    checks
}

/// A token, and a session for it.
async fn session(
    trial: &Trial<'_>,
    account: &str,
    role_arn: &str,
    policy: Option<&Value>,
    checks: &mut Vec<Check>,
) -> Option<Keys> {
    let token = match trial
        .kubernetes
        .token(trial.namespace, account, AUDIENCE)
        .await
    {
        Ok(token) => token,
        Err(error) => {
            checks.push(broken("token", &error));
            return None;
        }
    };
    let text = format!(
        "of system:serviceaccount:{}:{account}, for {AUDIENCE}",
        trial.namespace
    );
    checks.push(Check::passed("token", text));
    match trial.aws.exchange(role_arn, &token, policy).await {
        Ok(Ok(keys)) => {
            checks.push(Check::passed("session", format!("of {role_arn}")));
            Some(keys)
        }
        Ok(Err(refused)) => {
            let role = role_arn.rsplit('/').next().unwrap_or(role_arn);
            let text = format!("{}: {}", refused.code, refused.message);
            checks.push(Check::failed(
                "session",
                text,
                advice::refused(trial, role, &refused),
            ));
            None
        }
        Err(error) => {
            checks.push(broken("session", &error));
            None
        }
    }
}

async fn allowed(
    trial: &Trial<'_>,
    keys: &Keys,
    service: &str,
    action: &str,
    parameters: &[(&str, &str)],
) -> Check {
    let called = trial
        .aws
        .asker
        .call_as(Some(keys), service, action, parameters)
        .await;
    let subject = "allowed call";
    match called {
        Ok(Ok(_)) => Check::passed(subject, format!("{service}:{action} is answered with 200")),
        Ok(Err(refused)) => {
            let text = format!(
                "{service}:{action} is refused: {}: {}",
                refused.code, refused.message
            );
            let next = "aws iam list-role-policies, and the account's control policies: what allows it is \
                        there, and something denies it";
            Check::failed(subject, text, next)
        }
        Err(error) => broken(subject, &error),
    }
}

async fn forbidden(trial: &Trial<'_>, keys: &Keys) -> Check {
    let called = trial
        .aws
        .asker
        .call_as(Some(keys), "iam", FORBIDDEN, &[])
        .await;
    let subject = "refused call";
    match called {
        Ok(Err(refused)) if refused.code == "AccessDenied" => {
            Check::passed(subject, format!("iam:{FORBIDDEN} is answered with 403"))
        }
        Ok(other) => {
            let text = match other {
                Ok(_) => format!("iam:{FORBIDDEN} is allowed, and must not be"),
                Err(refused) => format!("iam:{FORBIDDEN}: {}: {}", refused.code, refused.message),
            };
            Check::failed(subject, text, "daypass can role/NAME iam:ListRoles '*'")
        }
        Err(error) => broken(subject, &error),
    }
}

/// Another service account of the namespace must not get the role.
async fn stranger(trial: &Trial<'_>, account: &str, role_arn: &str) -> Check {
    let subject = "other service account";
    let exchanged = async {
        let token = trial
            .kubernetes
            .token(trial.namespace, "default", AUDIENCE)
            .await?;
        trial.aws.exchange(role_arn, &token, None).await
    };
    match exchanged.await {
        Ok(Err(refused)) if refused.code == "AccessDenied" => {
            Check::passed(subject, format!("{}/default is refused", trial.namespace))
        }
        Ok(Err(refused)) => {
            let next = advice::refused(trial, account, &refused);
            Check::failed(
                subject,
                format!("{}: {}", refused.code, refused.message),
                next,
            )
        }
        Ok(Ok(_)) => {
            let text = format!(
                "{}/default got a session of a role that trusts another",
                trial.namespace
            );
            let next = format!("aws iam get-role --role-name {account}");
            Check::failed(subject, text, next)
        }
        Err(error) => broken(subject, &error),
    }
}

/// A token that is for somebody else must not be one for STS.
async fn elsewhere(trial: &Trial<'_>, account: &str, role_arn: &str) -> Check {
    let subject = "other audience";
    let exchanged = async {
        let token = trial
            .kubernetes
            .token(trial.namespace, account, ELSEWHERE)
            .await?;
        trial.aws.exchange(role_arn, &token, None).await
    };
    match exchanged.await {
        Ok(Err(refused)) if refused.code == "InvalidIdentityToken" => {
            Check::passed(subject, format!("a token for {ELSEWHERE} is refused"))
        }
        Ok(other) => {
            let text = match other {
                Ok(_) => format!("a token for {ELSEWHERE} got a session"),
                Err(refused) => format!("{}: {}", refused.code, refused.message),
            };
            Check::failed(subject, text, advice::client_ids(trial.provider_arn))
        }
        Err(error) => broken(subject, &error),
    }
}

/// A new pod must be given the role and a token. An API server takes a moment to hear of a new webhook.
async fn pod(trial: &Trial<'_>, account: &str, role_arn: &str, checks: &mut Vec<Check>) {
    let subject = "pod";
    let status = format!("daypass status --cluster {}", trial.cluster);
    let deadline = Instant::now() + HEARD;
    let (variables, token) = loop {
        let pod = trial
            .kubernetes
            .create_dry(&probe_pod(trial.namespace, account))
            .await;
        let (variables, token) = match &pod {
            Ok(pod) => (injected(pod), has_token(pod)),
            Err(error) => return checks.push(broken(subject, error)),
        };
        if variables.contains_key("AWS_ROLE_ARN") || Instant::now() >= deadline {
            break (variables, token);
        }
        sleep(PAUSE).await;
    };
    let file = variables.get("AWS_WEB_IDENTITY_TOKEN_FILE");
    let file = file.filter(|_| token);
    checks.push(match (variables.get("AWS_ROLE_ARN"), file) {
        (Some(role), Some(file)) if role == role_arn => {
            let text = format!("a new one gets AWS_ROLE_ARN={role} and a token at {file}");
            Check::passed(subject, text)
        }
        (Some(other), _) if other != role_arn => {
            let text = format!("a new one gets the role {other}, not {role_arn}");
            Check::failed(subject, text, status)
        }
        (Some(_), _) => {
            let text = "a new one gets the role and no token for it: its containers or its volumes \
                        are not as the webhook makes them";
            Check::failed(subject, text, status)
        }
        (None, _) => {
            let text = "a new one gets neither role nor token: the webhook does not answer";
            Check::failed(subject, text, status)
        }
    });
    if trial.endpoint && variables.contains_key("AWS_ROLE_ARN") {
        let kubectl = &trial.kubernetes.kubectl;
        checks.push(pod_endpoint::check(trial.aws, kubectl, &variables));
    }
}

/// What could not even be asked; the error says what comes next.
fn broken(subject: &'static str, error: &anyhow::Error) -> Check {
    Check::failed(
        subject,
        format!("{error:#}"),
        "the same command again, when that is done",
    )
}
