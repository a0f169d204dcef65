//! The constraints of the shapes that are read, as statics.

use std::fmt::Write as _;

use anyhow::Result;

use super::super::choice::CHECKED_BY_SERVICE;
use super::super::model::Shape;
use super::super::names::screaming;
use super::super::pattern::translate;
use super::Generator;

impl Generator<'_> {
    pub(super) fn rules(&self, out: &mut String) -> Result<()> {
        for (name, shape) in self.shapes(&["string", "integer", "list", "map"])? {
            if self.read.contains(name) && self.is_ruled(name, shape) {
                writeln!(out, "static {}: {};\n", screaming(name), rule(shape)?)?;
            }
        }
        Ok(())
    }

    /// The expression of a shape's rule: its static, or the rule without constraints.
    pub(super) fn rule_of(&self, name: &str, shape: &Shape) -> String {
        if self.is_ruled(name, shape) {
            format!("&{}", screaming(name))
        } else {
            format!("&{}::ANY", kind(shape))
        }
    }

    /// Whether the shape has a constraint to check here.
    fn is_ruled(&self, name: &str, shape: &Shape) -> bool {
        let constrained = shape
            .min
            .is_some_and(|min| min != 0 || shape.kind == "integer")
            || shape.max.is_some()
            || shape.pattern.is_some()
            || !shape.values.is_empty();
        constrained && !CHECKED_BY_SERVICE.contains(&(self.choice.name, name))
    }
}

/// In words, for the documentation of a member.
pub(super) fn in_words(shape: &Shape) -> String {
    let unit = match (shape.kind.as_str(), shape.max.or(shape.min)) {
        ("string", Some(1)) => " character",
        ("string", _) => " characters",
        ("list", Some(1)) => " item",
        ("list", _) => " items",
        ("map", _) => " entries",
        _ => "",
    };
    let mut words = Vec::new();
    match (
        shape.min.filter(|min| *min != 0 || shape.kind == "integer"),
        shape.max,
    ) {
        (Some(min), Some(max)) if min == max => words.push(format!("{max}{unit}")),
        (Some(min), Some(max)) => words.push(format!("{min} to {max}{unit}")),
        (Some(min), None) => words.push(format!("at least {min}{unit}")),
        (None, Some(max)) => words.push(format!("at most {max}{unit}")),
        (None, None) => {}
    }
    words.extend(
        shape
            .pattern
            .as_ref()
            .map(|pattern| format!("pattern `{pattern}`")),
    );
    if !shape.values.is_empty() {
        let values: Vec<String> = shape
            .values
            .iter()
            .map(|value| format!("`{value}`"))
            .collect();
        words.push(format!("one of {}", values.join(", ")));
    }
    words.join("; ")
}

fn kind(shape: &Shape) -> &'static str {
    match shape.kind.as_str() {
        "string" => "TextRule",
        "integer" => "IntegerRule",
        _ => "ListRule",
    }
}

fn rule(shape: &Shape) -> Result<String> {
    let kind = kind(shape);
    let mut fields = Vec::new();
    fields.extend(
        shape
            .min
            .filter(|min| *min != 0 || shape.kind == "integer")
            .map(|min| format!("min: {min}")),
    );
    fields.extend(shape.max.map(|max| format!("max: {max}")));
    if let Some(pattern) = &shape.pattern {
        fields.push(format!(
            "pattern: Some(Pattern::new({pattern:?}, {:?}))",
            translate(pattern)?
        ));
    }
    if !shape.values.is_empty() {
        fields.push(format!("values: &{:?}", shape.values));
    }
    let all = if kind == "TextRule" { 4 } else { 2 };
    if fields.len() < all {
        fields.push(format!("..{kind}::ANY"));
    }
    Ok(format!("{kind} = {kind} {{ {} }}", fields.join(", ")))
}
