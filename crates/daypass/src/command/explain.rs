//! `daypass explain`: why a request was refused, or a pod was not given a role.

mod pod;

use std::fmt::Write;
use std::io::Read;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use crate::cli::explain::{Explain, Of};
use crate::cli::policy::Output;
use crate::command::asker::Asker;
use crate::print::print;

/// Finds out and prints it.
pub(crate) async fn run(options: &Explain) -> Result<ExitCode> {
    match &options.of {
        Some(Of::Pod(options)) => pod::run(options).await,
        None => message(options).await,
    }
}

/// Has the message decoded.
async fn message(options: &Explain) -> Result<ExitCode> {
    let message = match &options.message {
        Some(message) => message.clone(),
        None => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text)?;
            text
        }
    };
    if let Some(pod) = options.message.as_deref().filter(|it| is_pod(it)) {
        bail!("`{pod}` is no authorization message; for a pod, `daypass explain pod {pod}`");
    }
    let parameters = [("EncodedMessage".to_owned(), message.trim().to_owned())];
    let asker = Asker::new(&options.data).await?;
    let called = asker.call("sts", "DecodeAuthorizationMessage", &parameters);
    let answer = called
        .await?
        .map_err(|refused| anyhow!("{}: {}", refused.code, refused.message))?;
    let decoded = answer.get("DecodedMessage").and_then(Value::as_str);
    let decoded = decoded.context("the server's answer has no message")?;
    let document: Value = serde_json::from_str(decoded).context("the message is not JSON")?;
    print(&match options.output {
        Output::Json => format!("{document:#}\n"),
        Output::Text => told(&document),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Whether a text is a pod's namespace and name: messages are encrypted and in base64, so that they
/// have capitals.
fn is_pod(text: &str) -> bool {
    let is_name = |it: &str| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        !it.is_empty() && it.bytes().all(|byte| plain(byte) || b"-.".contains(&byte))
    };
    let parts = text.split_once('/');
    parts.is_some_and(|(namespace, name)| is_name(namespace) && is_name(name))
}

/// The document in words.
fn told(document: &Value) -> String {
    let text = |path: &str| {
        document
            .pointer(path)
            .and_then(Value::as_str)
            .unwrap_or("?")
    };
    let list = |path: &str| document.pointer(path).and_then(Value::as_array);
    let verdict = match document.pointer("/explicitDeny") {
        Some(Value::Bool(true)) => "explicitly denied",
        _ => "not allowed by any statement",
    };
    let mut told = format!(
        "{}\n    {} on {}\n    {verdict}\n",
        text("/context/principal/arn"),
        text("/context/action"),
        text("/context/resource"),
    );
    // Writing to a string cannot fail.
    for one in list("/matchedStatements/items").into_iter().flatten() {
        let effect = one.get("effect").and_then(Value::as_str).unwrap_or("?");
        let id = one.get("statementId").and_then(Value::as_str);
        let id = id.filter(|id| !id.is_empty());
        let named = id.map_or_else(String::new, |id| format!(" `{id}`"));
        let _ = writeln!(
            told,
            "matched: {effect}{named}, actions {}, resources {}",
            values(one.get("actions")),
            values(one.get("resources"))
        );
    }
    for one in list("/failures/items").into_iter().flatten() {
        let reason = one.get("value").and_then(Value::as_str).unwrap_or("?");
        let _ = writeln!(told, "nearly: {reason}");
    }
    for one in list("/context/conditions/items").into_iter().flatten() {
        let key = one.get("key").and_then(Value::as_str).unwrap_or("?");
        let _ = writeln!(told, "with {key} = {}", values(one.get("values")));
    }
    if document.get("truncated").is_some() {
        told.push_str("the rest did not fit into the message\n");
    }
    told
}

fn values(items: Option<&Value>) -> String {
    let items = items
        .and_then(|it| it.get("items"))
        .and_then(Value::as_array);
    let texts = items.into_iter().flatten();
    let texts: Vec<&str> = texts
        .filter_map(|it| it.get("value").and_then(Value::as_str))
        .collect();
    texts.join(", ")
}
