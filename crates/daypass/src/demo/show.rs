//! How the demo talks: numbered steps, commands, answers.

use std::path::Path;

use jiff::Timestamp;
use serde_json::Value;

/// Members whose values are for their owner only.
const SECRET: [&str; 3] = ["SecretAccessKey", "SessionToken", "WebIdentityToken"];
/// Characters of an answer's line before it goes on in the next.
const WIDTH: usize = 110;

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
        for part in wrapped(line) {
            println!("     {}", part.trim_end());
        }
    }
}

/// A file's content, line by line as it is.
pub(super) fn file(text: &str) {
    for line in text.lines() {
        println!("     {line}");
    }
}

/// A long line of prose in several, broken at spaces; its indentation is kept as it is.
fn wrapped(line: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for word in line.split_inclusive(' ') {
        let Some(part) = parts.last_mut() else { break };
        if part.len() + word.len() > WIDTH && !part.trim().is_empty() {
            parts.push(word.to_owned());
        } else {
            part.push_str(word);
        }
    }
    parts
}

/// A word of the demo's own.
pub(super) fn note(text: &str) {
    for part in wrapped(text) {
        println!("   # {}", part.trim_end());
    }
}

/// What the server answered, as JSON, its secrets covered.
pub(super) fn json(value: &Value) {
    let mut value = value.clone();
    cover(&mut value);
    file(&serde_json::to_string_pretty(&value).unwrap_or_default());
}

fn cover(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                match value {
                    // JSON answers have times as numbers; people read dates.
                    Value::Number(time) if name == "Expiration" => {
                        let seconds = time.as_f64().unwrap_or_default() as i64;
                        let time = Timestamp::from_second(seconds).unwrap_or_default();
                        *value = Value::String(time.to_string());
                    }
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
    let program = std::env::current_exe().map_or("daypass".into(), |it| it.display().to_string());
    println!(
        "\nThat was all real: signed, checked, stored, recorded. To keep going with your own clients:

   $ alias daypass={program}
   $ daypass serve{data} 2>daypass.log &
   $ eval \"$(daypass credentials{data})\"
   $ aws sts get-caller-identity

README.md has the tour, docs/walkthroughs.md both walkthroughs command by command."
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

    #[test]
    fn long_lines_are_broken_at_spaces_and_lose_nothing() {
        let line = "word ".repeat(60);
        let parts = wrapped(&line);
        assert_eq!(parts.concat(), line);
        assert!(parts.len() > 1 && parts.iter().all(|part| part.len() <= WIDTH));
        assert_eq!(wrapped(&"x".repeat(300)), ["x".repeat(300)]);
    }
}
