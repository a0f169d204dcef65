//! JSON as the YAML that people keep manifests in.

use std::fmt::Write;

use serde_json::Value;

/// One document, in block style. Texts that a reader of YAML could take for something else are in double quotes.
#[must_use]
pub fn yaml(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Object(_) | Value::Array(_) => block(&mut text, value, 0, true),
        scalar => {
            inline(&mut text, scalar);
            text.push('\n');
        }
    }
    text
}

/// Several documents in one file.
#[must_use]
pub fn documents(values: &[Value]) -> String {
    let texts: Vec<String> = values.iter().map(yaml).collect();
    texts.join("---\n")
}

/// Writes a map or list whose lines begin `depth` levels in; the first line's blanks are there already when `open`.
fn block(text: &mut String, value: &Value, depth: usize, open: bool) {
    let indent = "  ".repeat(depth);
    let mut first = open;
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                if !std::mem::take(&mut first) {
                    text.push_str(&indent);
                }
                scalar(text, key);
                text.push(':');
                after_key(text, value, depth);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            for value in list {
                if !std::mem::take(&mut first) {
                    text.push_str(&indent);
                }
                text.push_str("- ");
                match is_block(value) {
                    true => block(text, value, depth + 1, true),
                    false => {
                        inline(text, value);
                        text.push('\n');
                    }
                }
            }
        }
        other => {
            inline(text, other);
            text.push('\n');
        }
    }
}

fn after_key(text: &mut String, value: &Value, depth: usize) {
    if !is_block(value) {
        text.push(' ');
        inline(text, value);
        text.push('\n');
        return;
    }
    text.push('\n');
    // Lists stand under their key, not further in, as kubectl writes them.
    let depth = if value.is_array() { depth } else { depth + 1 };
    block(text, value, depth, false);
}

fn is_block(value: &Value) -> bool {
    match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(list) => !list.is_empty(),
        _ => false,
    }
}

fn inline(text: &mut String, value: &Value) {
    match value {
        Value::String(string) => scalar(text, string),
        // `{}`, `[]`, numbers, booleans and null are the same in JSON.
        other => {
            // Writing to a string cannot fail.
            let _ = write!(text, "{other}");
        }
    }
}

fn scalar(text: &mut String, string: &str) {
    match is_plain(string) {
        true => text.push_str(string),
        // A JSON string is a double-quoted scalar of YAML (YAML 1.2.2, section 1.3).
        false => {
            let _ = write!(text, "{}", Value::from(string));
        }
    }
}

/// Whether a text means itself without quotes to readers of YAML 1.1 and 1.2.
fn is_plain(text: &str) -> bool {
    let mut bytes = text.bytes();
    let starts = bytes
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'/');
    let rest = bytes.all(|byte| byte.is_ascii_alphanumeric() || b"-._/".contains(&byte));
    let word = matches!(
        text.to_ascii_lowercase().as_str(),
        "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null"
    );
    starts && rest && !word
}
