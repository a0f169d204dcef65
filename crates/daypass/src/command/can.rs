//! `daypass can`: may this principal do that?

mod told;

use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};

use crate::cli::can::Can;
use crate::cli::policy::Output;
use crate::client::Refused;
use crate::command::asker::Asker;
use crate::print::{nobody_reads, print};
use told::Told;

/// It could not be asked, which is neither yes nor no.
const UNASKED: u8 = 2;

/// Asks and prints.
pub(crate) async fn run(options: &Can) -> ExitCode {
    let told = match ask(options).await {
        Ok(told) => told,
        Err(error) => return failed(&error),
    };
    let text = match options.output {
        Output::Text => told.text(),
        Output::Json => told.json(),
    };
    match print(&text) {
        Err(error) if !nobody_reads(&error) => failed(&error),
        _ if told.is_allowed() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("daypass: {error:#}");
    ExitCode::from(UNASKED)
}

async fn ask(options: &Can) -> Result<Told> {
    let asker = Asker::new(&options.data).await?;
    let principal = principal(&options.principal, &asker).await?;
    let entries = entries(&options.context);
    let mut parameters = vec![
        ("PolicySourceArn".to_owned(), principal.clone()),
        ("ActionNames.member.1".to_owned(), options.action.clone()),
        ("ResourceArns.member.1".to_owned(), options.resource.clone()),
    ];
    parameters.extend(entries);
    let answer = asker
        .call("iam", "SimulatePrincipalPolicy", &parameters)
        .await?
        .map_err(|refused| explained(&refused, &principal))?;
    let result = answer.pointer("/EvaluationResults/0");
    let result = result.context("the server's answer has no result")?;
    Told::new(principal, &options.action, &options.resource, result)
}

/// The ARN of a principal; what is none is `KIND/NAME` of the asker's account.
async fn principal(text: &str, asker: &Asker) -> Result<String> {
    if text.starts_with("arn:") {
        return Ok(text.to_owned());
    }
    let service = match text.split('/').next().unwrap_or_default() {
        "user" | "role" | "group" | "root" | "oidc-provider" => "iam",
        "assumed-role" => "sts",
        _ => bail!(
            "`{text}` is not a principal: give an ARN, or `user/NAME`, `group/NAME`, `role/NAME` (with \
             its path, if it has one), `assumed-role/ROLE/SESSION`, `oidc-provider/HOST/PATH` or `root`"
        ),
    };
    let account = asker.account().await?;
    Ok(format!("arn:aws:{service}::{account}:{text}"))
}

/// The context entries, a key that is repeated being a multi-valued one.
fn entries(context: &[(String, String)]) -> Vec<(String, String)> {
    let mut keys: Vec<(&str, Vec<&str>)> = Vec::new();
    for (key, value) in context {
        let known = keys.iter_mut().find(|it| it.0.eq_ignore_ascii_case(key));
        match known {
            Some((_, values)) => values.push(value),
            None => keys.push((key, vec![value])),
        }
    }
    let mut parameters = Vec::new();
    for (place, (key, values)) in keys.iter().enumerate() {
        let entry = format!("ContextEntries.member.{}", place + 1);
        let kind = match values.as_slice() {
            [_] => "string",
            _ => "stringList",
        };
        parameters.push((format!("{entry}.ContextKeyName"), (*key).to_owned()));
        parameters.push((format!("{entry}.ContextKeyType"), kind.to_owned()));
        for (place, value) in values.iter().enumerate() {
            let member = format!("{entry}.ContextKeyValues.member.{}", place + 1);
            parameters.push((member, (*value).to_owned()));
        }
    }
    parameters
}

/// What the server answered instead, and what to do about it.
fn explained(refused: &Refused, principal: &str) -> anyhow::Error {
    let Refused { code, message } = refused;
    let next = match code.as_str() {
        "NoSuchEntity" if principal.contains(":user/") => {
            "; `aws iam list-users` shows the users with their ARNs"
        }
        "NoSuchEntity" if principal.contains("oidc-provider/") => {
            "; `aws iam list-open-id-connect-providers` shows the providers with their ARNs"
        }
        "NoSuchEntity" if principal.contains(":group/") => {
            "; `aws iam list-groups` shows the groups with their ARNs"
        }
        "NoSuchEntity" => "; `aws iam list-roles` shows the roles with their ARNs",
        "AccessDenied" => "; ask as somebody who may, e.g. after `eval \"$(daypass credentials)\"`",
        "ExpiredToken" | "ExpiredTokenException" | "InvalidClientTokenId" => {
            "; get new credentials, e.g. with `eval \"$(daypass credentials)\"`"
        }
        _ => "",
    };
    let message = match next {
        "" => message,
        _ => message.trim_end_matches('.'),
    };
    anyhow!("{code}: {message}{next}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_repeated_in_any_case_has_several_values() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let given = [
            pair("aws:TagKeys", "a"),
            pair("aws:x", "1"),
            pair("AWS:tagkeys", "b"),
        ];
        let shown: Vec<_> = entries(&given)
            .into_iter()
            .map(|(name, value)| {
                let name = name.replace("ContextEntries.member.", "");
                format!("{}={value}", name.replace(".ContextKey", " "))
            })
            .collect();
        assert_eq!(
            shown,
            [
                "1 Name=aws:TagKeys",
                "1 Type=stringList",
                "1 Values.member.1=a",
                "1 Values.member.2=b",
                "2 Name=aws:x",
                "2 Type=string",
                "2 Values.member.1=1",
            ]
        );
    }
}
