//! `--mode manual`: the same steps as commands.

use anyhow::Result;
use cluster::manifests::{ROLE_ARN, service_account, yaml};

use super::{Found, description, undo};
use crate::cli::iam_service_account::CreateIamServiceAccount;
use crate::command::aws::Aws;
use crate::command::manual::Script;
use crate::shell::word;

/// Prints the commands of what is not there yet.
pub(super) fn run(options: &CreateIamServiceAccount, aws: &Aws, found: &Found<'_>) -> Result<()> {
    let mut script = Script::new(&options.output_dir);
    script.credentials(aws);
    role(&mut script, options, found);
    for policy in found.missing(options) {
        let name = found.role_name.as_str();
        script.command([
            "aws",
            "iam",
            "attach-role-policy",
            "--role-name",
            name,
            "--policy-arn",
            &policy,
        ]);
    }
    objects(&mut script, aws, found);
    script.note(&format!("Undo: {}", undo(options, aws)));
    script.finish()
}

fn role(script: &mut Script, options: &CreateIamServiceAccount, found: &Found<'_>) {
    let name = found.role_name.as_str();
    let boundary = found.new_boundary(options);
    let trust = found.account.trust_policy();
    let content = format!("{trust:#}\n");
    let Some(role) = &found.role else {
        let file = script.file(&format!("{name}-trust.json"), content);
        let mut command = format!(
            "aws iam create-role --role-name {} --assume-role-policy-document file://{file} \
             --description {}",
            word(name),
            word(&description(&found.account))
        );
        if let Some(boundary) = &boundary {
            command.push_str(&format!(" --permissions-boundary {}", word(boundary)));
        }
        command.push_str(" --tags");
        for (key, value) in found.account.tags() {
            command.push_str(&format!(" {}", word(&format!("Key={key},Value={value}"))));
        }
        return script.raw(&command);
    };
    script.note(&format!("The role is there: {}", role.arn));
    if role.trust != trust {
        let file = script.file(&format!("{name}-trust.json"), content);
        script.raw(&format!(
            "aws iam update-assume-role-policy --role-name {} --policy-document file://{file}",
            word(name)
        ));
    }
    if let Some(boundary) = &boundary {
        let verb = "put-role-permissions-boundary";
        script.command([
            "aws",
            "iam",
            verb,
            "--role-name",
            name,
            "--permissions-boundary",
            boundary,
        ]);
    }
}

fn objects(script: &mut Script, aws: &Aws, found: &Found<'_>) {
    let Some(objects) = &found.objects else {
        return;
    };
    let (namespace, name) = (found.account.namespace, found.account.name);
    let kubectl = &objects.kubernetes.kubectl;
    let arn = found.role_arn(aws);
    if objects.namespace.is_none() {
        script.raw(&format!("{kubectl} create namespace {namespace}"));
    }
    if objects.service_account.is_none() {
        let content = yaml(&service_account(namespace, name, &arn));
        let file = script.file(&format!("{namespace}-{name}.yaml"), content);
        script.raw(&format!("{kubectl} apply -f {file}"));
    } else if objects.role() != Some(arn.as_str()) {
        script.raw(&format!(
            "{kubectl} annotate serviceaccount {name} -n {namespace} --overwrite {}",
            word(&format!("{ROLE_ARN}={arn}"))
        ));
    } else {
        script.note(&format!(
            "The service account {namespace}/{name} has the role"
        ));
    }
}
