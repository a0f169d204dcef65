//! Documents that are named on the command line.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context, Result};
use policy::DocumentKind;
use serde_json::Value;

/// A document, and what it is called in answers.
pub(super) struct Source {
    pub(super) name: String,
    pub(super) text: String,
}

impl Source {
    /// Reads a file, or standard input for `-`.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let (name, bytes) = if path == Path::new("-") {
            let mut bytes = Vec::new();
            io::stdin()
                .read_to_end(&mut bytes)
                .context("cannot read standard input")?;
            ("standard input".to_owned(), bytes)
        } else {
            let name = path.display().to_string();
            let bytes = fs::read(path).with_context(|| format!("cannot read {name}"))?;
            (name, bytes)
        };
        let text = String::from_utf8(bytes)
            .ok()
            .with_context(|| format!("{name} is not UTF-8 text, which JSON has to be"))?;
        Ok(Self { name, text })
    }

    /// What the document was probably written for: only policies of resources and trust policies
    /// name principals.
    pub(super) fn kind(&self) -> DocumentKind {
        let document: Value = serde_json::from_str(&self.text).unwrap_or_default();
        let statements = match document.get("Statement") {
            Some(Value::Array(statements)) => statements.as_slice(),
            Some(statement) => std::slice::from_ref(statement),
            None => &[],
        };
        let has_principal = statements
            .iter()
            .any(|it| it.get("Principal").is_some() || it.get("NotPrincipal").is_some());
        if !has_principal {
            return DocumentKind::Identity;
        }
        let all = |element: &str, prefix: &str| {
            let mut texts = statements.iter().flat_map(|it| texts(it.get(element)));
            !statements.is_empty()
                && statements.iter().all(|it| it.get(element).is_some())
                && texts.all(|text| text.to_ascii_lowercase().starts_with(prefix))
        };
        if all("Action", "sts:") && statements.iter().all(|it| it.get("Resource").is_none()) {
            DocumentKind::Trust
        } else if all("Resource", "arn:aws:s3:::") {
            DocumentKind::Bucket
        } else {
            DocumentKind::Resource
        }
    }
}

fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_known_by_its_elements() {
        let kind = |statement: &str| {
            let text = format!(r#"{{"Statement":{statement}}}"#);
            let name = String::new();
            Source { name, text }.kind()
        };
        for (statement, expected) in [
            (
                r#"{"Action":"s3:*","Resource":"*"}"#,
                DocumentKind::Identity,
            ),
            (
                r#"[{"Principal":"*","Action":["sts:AssumeRole"]}]"#,
                DocumentKind::Trust,
            ),
            (
                r#"[{"Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::b"]}]"#,
                DocumentKind::Bucket,
            ),
            (
                r#"[{"NotPrincipal":{},"Action":"sqs:*","Resource":"*"}]"#,
                DocumentKind::Resource,
            ),
            ("7", DocumentKind::Identity),
        ] {
            assert_eq!(kind(statement), expected, "{statement}");
        }
        let text = "{".to_owned();
        let name = String::new();
        assert_eq!(Source { name, text }.kind(), DocumentKind::Identity);
    }
}
