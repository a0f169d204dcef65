//! `daypass policy decide`: cases in, decisions out.

mod case;

use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use serde::Serialize;

use self::case::Case;
use crate::cli::policy::Decide;

/// One line of the answer. A case that can't be read has an error in place of a decision.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Reads cases from standard input, a JSON object a line, and prints a line for each in their
/// order. Fails in the end if one of them could not be read.
pub(crate) fn run(options: &Decide) -> Result<ExitCode> {
    let output = io::stdout().lock();
    let all_read = decide(
        io::stdin().lock(),
        io::BufWriter::new(output),
        options.explain,
    )?;
    Ok(match all_read {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn decide(mut cases: impl BufRead, mut output: impl Write, explain: bool) -> Result<bool> {
    let mut all_read = true;
    let mut text = Vec::new();
    loop {
        text.clear();
        let length = cases.read_until(b'\n', &mut text);
        if length.context("cannot read the cases")? == 0 {
            break;
        }
        if text.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let case = Case::read(&text);
        let line = line(&case, explain);
        all_read &= line.error.is_none();
        serde_json::to_writer(&mut output, &line).context("cannot print a decision")?;
        output.write_all(b"\n").context("cannot print a decision")?;
    }
    output.flush().context("cannot print the decisions")?;
    Ok(all_read)
}

fn line<'a>(case: &'a Result<Case<'_>>, explain: bool) -> Line<'a> {
    let failed = |name, error: &anyhow::Error| Line {
        name,
        decision: None,
        reason: None,
        error: Some(format!("{error:#}")),
    };
    let case = match case {
        Ok(case) => case,
        Err(error) => return failed(None, error),
    };
    match case.decide(explain) {
        Ok(decided) => Line {
            name: Some(&case.name),
            decision: Some(decided.decision),
            reason: decided.reason,
            error: None,
        },
        Err(error) => failed(Some(&case.name), &error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(cases: &str, explain: bool) -> (bool, String) {
        let mut output = Vec::new();
        let all_read = decide(cases.as_bytes(), &mut output, explain).unwrap();
        (all_read, String::from_utf8(output).unwrap())
    }

    const READ: &str = r#"{"name":"a","principal":"arn:aws:iam::123456789012:user/ann","action":"s3:GetObject","resource":"arn:aws:s3:::b/k","resourceAccount":"123456789012","context":{"n":1,"t":["x"]},"identity":[{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}]}"#;

    #[test]
    fn a_decision_for_each_case_in_order() {
        let denied = READ.replace("s3:*", "sqs:*").replace(r#""a""#, r#""b""#);
        let (all_read, output) = decided(&format!("{READ}\n\n{denied}\n"), false);
        assert!(all_read);
        assert_eq!(
            output,
            "{\"name\":\"a\",\"decision\":\"Allowed\"}\n{\"name\":\"b\",\"decision\":\"ImplicitlyDenied\"}\n"
        );
        let (_, output) = decided(&denied, true);
        assert!(
            output.contains("\"reason\":\"no identity-based policy allows it: its only statement"),
            "{output}"
        );
    }

    #[test]
    fn a_case_that_cannot_be_read_is_told_and_the_others_go_on() {
        let duplicate = READ.replace(r#""Effect":"Allow""#, r#""Effect":"Deny","Effect":"Allow""#);
        let unknown = READ.replace(r#""identity""#, r#""identities""#);
        let nobody = READ.replace("user/ann", "group/ann");
        for (broken, told) in [
            (duplicate.as_str(), "identity policy 1"),
            (unknown.as_str(), "identities"),
            (nobody.as_str(), "group/ann"),
            ("{", "not a case"),
            ("\u{fffd}", "not a case"),
        ] {
            let (all_read, output) = decided(&format!("{broken}\n{READ}"), false);
            assert!(!all_read, "{output}");
            let (first, second) = output.trim_end().split_once('\n').unwrap();
            assert!(
                first.contains("\"error\":") && first.contains(told),
                "{first}"
            );
            assert!(second.contains("Allowed"), "{second}");
        }
    }

    #[test]
    fn a_roles_policy_is_its_trust_policy() {
        let case = r#"{"name":"t","principal":"arn:aws:iam::123456789012:oidc-provider/oidc.example/id/A","action":"sts:AssumeRoleWithWebIdentity","resource":"arn:aws:iam::123456789012:role/app","resourceAccount":"123456789012","context":{"oidc.example/id/A:sub":"x"},"identity":[],"resourcePolicy":{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/oidc.example/id/A"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"oidc.example/id/A:sub":"x"}}}}}"#;
        let (all_read, output) = decided(case, false);
        assert!(all_read && output.contains("Allowed"), "{output}");
        let (_, output) = decided(&case.replace(r#":sub":"x"},"#, r#":sub":"y"},"#), true);
        assert!(output.contains("trust policy"), "{output}");
    }
}
