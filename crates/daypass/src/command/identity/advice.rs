//! What to do about a refused token.

use cluster::irsa::AUDIENCE;

use super::Trial;
use crate::api_server::Kubernetes;
use crate::client::Refused;
use crate::command::aws::{Aws, is_about_keys};
use crate::shell::word;

/// The command that gives the server the cluster's keys.
pub(crate) fn keys_command(kubernetes: &Kubernetes, aws: &Aws, provider_arn: &str) -> String {
    push_keys(&kubernetes.kubectl, provider_arn, &aws.words)
}

fn push_keys(kubectl: &str, provider_arn: &str, data: &str) -> String {
    let arn = word(provider_arn);
    format!(
        "{kubectl} get --raw /openid/v1/jwks | daypass oidc push-keys --provider-arn {arn} -{data}"
    )
}

/// The command by which a provider takes tokens for an audience.
pub(crate) fn add_client_id(provider_arn: &str, id: &str) -> String {
    let arn = word(provider_arn);
    format!(
        "aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn {arn} \
         --client-id {}",
        word(id)
    )
}

/// The command that shows for whom tokens may be.
pub(super) fn client_ids(provider_arn: &str) -> String {
    let arn = word(provider_arn);
    format!(
        "aws iam get-open-id-connect-provider --open-id-connect-provider-arn {arn} --query \
         ClientIDList"
    )
}

/// The next command after a token was refused for a role.
pub(super) fn refused(trial: &Trial<'_>, role: &str, refused: &Refused) -> String {
    let arn = trial.provider_arn;
    if is_about_keys(refused) {
        return keys_command(trial.kubernetes, trial.aws, arn);
    }
    let message = &refused.message;
    match refused.code.as_str() {
        "InvalidIdentityToken" if message.contains("audience") => add_client_id(arn, AUDIENCE),
        "InvalidIdentityToken" if message.starts_with("No OpenIDConnect provider") => {
            format!(
                "daypass create cluster --name {}{}",
                trial.cluster, trial.aws.words
            )
        }
        "AccessDenied" => {
            let role = word(role);
            format!("aws iam get-role --role-name {role} --query Role.AssumeRolePolicyDocument")
        }
        _ => format!(
            "daypass status --cluster {}{}",
            trial.cluster, trial.aws.words
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuers_path_is_no_command() {
        // IAM takes such a URL for a provider's.
        let arn = "arn:aws:iam::123456789012:oidc-provider/h/$(id);&";
        for command in [
            add_client_id(arn, "a"),
            client_ids(arn),
            push_keys("kubectl", arn, ""),
        ] {
            assert!(command.contains(&format!("'{arn}'")), "{command}");
        }
    }
}
