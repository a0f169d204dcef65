//! How the demo talks: numbered steps, commands, answers.

use std::path::Path;

use serde_json::Value;

/// Members whose values are for their owner only.
const SECRET: [&str; 3] = ["SecretAccessKey", "SessionToken", "WebIdentityToken"];
/// Characters of an answer's line before it is cut.
const WIDTH: usize = 160;

/// A new step.
pub(super) fn step(number: usize, title: &str) {
    println!("\n{number}. {title}");
}

/// The command that a reader would type.
pub(super) fn command(text: &str) {
    for (n, line) in text.lines().enumerate() {
        let prompt = if n == 0 { "$" } else { " " };
        println!("   {prompt} {line}");
    }
}

/// What the server answered.
pub(super) fn answer(text: &str) {
    for line in text.lines() {
        let cut: String = line.chars().take(WIDTH).collect();
        let more = if cut.len() < line.len() { "…" } else { "" };
        println!("     {cut}{more}");
    }
}

/// What the server answered, as JSON, its secrets covered.
pub(super) fn json(value: &Value) {
    let mut value = value.clone();
    cover(&mut value);
    answer(&serde_json::to_string_pretty(&value).unwrap_or_default());
}

fn cover(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                match value {
                    Value::String(text) if SECRET.contains(&name.as_str()) => {
                        *text = format!("(secret, {} characters)", text.len());
                    }
                    value => cover(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(cover),
        _ => {}
    }
}

/// How to go on without the demo.
pub(super) fn next_steps(kept: Option<&Path>) {
    let data = kept.map_or(String::new(), |dir| format!(" --data {}", dir.display()));
    println!(
        "\nThat was all real: signed, checked, stored, recorded. To keep going with your own clients:

   $ daypass serve{data} &
   $ eval \"$(daypass credentials{data})\"
   $ aws sts get-caller-identity

README.md has the tour: both walkthroughs, the local pod (`daypass run`), TLS, your own cluster's issuer."
    );
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_covered_wherever_they_are() {
        let mut value =
            json!({"Credentials": [{"SecretAccessKey": "hush", "AccessKeyId": "ASIA"}]});
        cover(&mut value);
        let text = value.to_string();
        assert!(!text.contains("hush"));
        assert!(text.contains("ASIA"));
    }
}
