//! The structures: their fields, how they are read, how they are written.

use std::fmt::Write as _;

use anyhow::{Result, bail};

use super::super::choice::{
    ALWAYS_PRESENT, ENCODED_IN_OUTPUTS, OMITTED_WHEN_EMPTY, RECORDED_SECRETS, WRITTEN_WHEN_EMPTY,
};
use super::super::model::{Shape, Target};
use super::super::names::{camel, snake};
use super::Generator;
use super::rules::in_words;

impl Generator<'_> {
    pub(super) fn structures(&self, out: &mut String) -> Result<()> {
        for (name, shape) in self.shapes(&["structure"])? {
            self.declaration(out, name, shape)?;
            if self.read.contains(name) {
                self.decode(out, name, shape)?;
            }
            self.write(out, name, shape)?;
        }
        Ok(())
    }

    fn declaration(&self, out: &mut String, name: &str, shape: &Shape) -> Result<()> {
        let compared = if self.holds_secret(shape)? {
            ""
        } else {
            ", PartialEq, Eq"
        };
        writeln!(
            out,
            "/// The structure `{name}`.\n#[derive(Clone, Debug, Default{compared})]"
        )?;
        writeln!(out, "pub struct {} {{", camel(name))?;
        for (member, target) in &shape.members {
            let words = in_words(self.model.shape(&target.shape)?);
            let words = if words.is_empty() {
                String::new()
            } else {
                format!(": {words}")
            };
            writeln!(out, "/// `{member}`{words}.")?;
            if target.added {
                writeln!(out, "///\n/// Ours: AWS's model has no such member.")?;
            }
            if self.is_encoded(name, target) {
                writeln!(out, "///\n/// As it is stored: writing URL-encodes it.")?;
            }
            let plain = self.rust_type(member, target)?;
            let declared = if self.is_optional(name, shape, member, target)? {
                format!("Option<{plain}>")
            } else {
                plain
            };
            writeln!(out, "pub {}: {declared},", snake(member))?;
        }
        writeln!(out, "}}\n")?;
        Ok(())
    }

    fn decode(&self, out: &mut String, name: &str, shape: &Shape) -> Result<()> {
        let fields = if shape.members.is_empty() {
            "_"
        } else {
            "fields"
        };
        writeln!(out, "impl Decode for {} {{", camel(name))?;
        writeln!(
            out,
            "fn decode({fields}: &mut Fields<'_, '_>) -> Self {{\nSelf {{"
        )?;
        for (member, target) in &shape.members {
            let read = self.reader(member, target)?;
            let (how, after) = match (shape.required.contains(member), self.kind(target)?) {
                (true, _) => ("required", ""),
                (false, "list") => ("optional", ".unwrap_or_default()"),
                (false, _) => ("optional", ""),
            };
            writeln!(
                out,
                "{}: fields.{how}({member:?}, |value| {read}){after},",
                snake(member)
            )?;
        }
        writeln!(out, "}}\n}}\n}}\n")?;
        Ok(())
    }

    fn reader(&self, member: &str, target: &Target) -> Result<String> {
        let shape = self.model.shape(&target.shape)?;
        let rule = self.rule_of(&target.shape, shape);
        Ok(match shape.kind.as_str() {
            "string" if self.is_secret(member, target)? => format!("value.secret({rule})"),
            "string" => format!("value.text({rule})"),
            "integer" => format!("value.integer({rule})"),
            "boolean" => "value.boolean()".to_owned(),
            "timestamp" => "value.timestamp()".to_owned(),
            "structure" => "value.structure()".to_owned(),
            "list" => format!(
                "value.list({rule}, |value| {})",
                self.reader("", self.model.item(shape)?)?
            ),
            "map" if self.model.map_values(shape)? == "string" => {
                let (key, value) = self.model.entry(shape)?;
                let rule_of = |target: &Target| -> Result<String> {
                    Ok(self.rule_of(&target.shape, self.model.shape(&target.shape)?))
                };
                format!(
                    "value.entries({rule}, {}, {})",
                    rule_of(key)?,
                    rule_of(value)?
                )
            }
            other => bail!("{member} is a {other}, which the generator does not know"),
        })
    }

    fn write(&self, out: &mut String, name: &str, shape: &Shape) -> Result<()> {
        let writer = if shape.members.is_empty() {
            "_"
        } else {
            "writer"
        };
        writeln!(out, "impl Shape for {} {{", camel(name))?;
        writeln!(out, "fn write(&self, {writer}: &mut dyn ShapeWriter) {{")?;
        for (member, target) in &shape.members {
            let field = snake(member);
            let place = format!("self.{field}");
            let optional = self.is_optional(name, shape, member, target)?;
            if self.kind(target)? == "list" {
                let call = self.list_writer(member, target, &place)?;
                if self.is_written_when_empty(name, shape, member) {
                    writeln!(out, "{call}")?;
                } else {
                    writeln!(out, "if !{place}.is_empty() {{ {call} }}")?;
                }
            } else if optional {
                let call = self.writer(name, member, target, "value", "*value", "value")?;
                writeln!(out, "if let Some(value) = &{place} {{ {call} }}")?;
            } else {
                let call =
                    self.writer(name, member, target, &format!("&{place}"), &place, &place)?;
                writeln!(out, "{call}")?;
            }
        }
        writeln!(out, "}}\n}}\n")?;
        Ok(())
    }

    /// The call that writes a member: by reference, by value, or as the receiver of a method.
    fn writer(
        &self,
        name: &str,
        member: &str,
        target: &Target,
        reference: &str,
        value: &str,
        receiver: &str,
    ) -> Result<String> {
        Ok(match self.kind(target)? {
            "string" | "blob"
                if self.is_secret(member, target)? && RECORDED_SECRETS.contains(&member) =>
            {
                format!("writer.text({member:?}, {receiver}.reveal());")
            }
            "string" | "blob" if self.is_secret(member, target)? => {
                format!("writer.secret({member:?}, {reference});")
            }
            "string" if self.is_encoded(name, target) => {
                format!("writer.text({member:?}, &encode_document({reference}));")
            }
            "string" | "blob" => format!("writer.text({member:?}, {reference});"),
            "integer" => format!("writer.integer({member:?}, {value});"),
            "boolean" => format!("writer.boolean({member:?}, {value});"),
            "timestamp" => format!("writer.timestamp({member:?}, {value});"),
            "structure" => format!("writer.structure({member:?}, {reference});"),
            "map" => {
                let values = self.model.map_values(self.model.shape(&target.shape)?)?;
                let call = if values == "integer" {
                    "counts"
                } else {
                    "entries"
                };
                format!("writer.{call}({member:?}, {reference});")
            }
            other => bail!("{member} is a {other}, which the generator does not know"),
        })
    }

    fn list_writer(&self, member: &str, target: &Target, place: &str) -> Result<String> {
        let item = self.model.item(self.model.shape(&target.shape)?)?;
        Ok(match self.kind(item)? {
            "string" => format!("writer.texts({member:?}, &{place});"),
            "structure" => {
                format!(
                    "writer.structures({member:?}, &mut {place}.iter().map(|item| item as &dyn Shape));"
                )
            }
            other => bail!("{member} is a list of {other}, which the generator does not know"),
        })
    }

    fn kind(&self, target: &Target) -> Result<&str> {
        Ok(self.model.shape(&target.shape)?.kind.as_str())
    }

    /// Whether the field is an `Option`: a list never is.
    fn is_optional(
        &self,
        name: &str,
        shape: &Shape,
        member: &str,
        target: &Target,
    ) -> Result<bool> {
        let always = self.outputs.contains(name) && ALWAYS_PRESENT.contains(&member);
        Ok(!shape.required.contains(member) && !always && self.kind(target)? != "list")
    }

    fn is_written_when_empty(&self, name: &str, shape: &Shape, member: &str) -> bool {
        shape.required.contains(member)
            || WRITTEN_WHEN_EMPTY.contains(&(self.choice.name, name, member))
            || (self.outputs.contains(name) && !OMITTED_WHEN_EMPTY.contains(&member))
    }

    fn is_encoded(&self, structure: &str, target: &Target) -> bool {
        !self.read.contains(structure)
            && ENCODED_IN_OUTPUTS.contains(&(self.choice.name, target.shape.as_str()))
    }

    fn holds_secret(&self, shape: &Shape) -> Result<bool> {
        for (member, target) in &shape.members {
            let inner = self.model.shape(&target.shape)?;
            let holds = match inner.kind.as_str() {
                "structure" => self.holds_secret(inner)?,
                "list" => {
                    let item = self.model.item(inner)?;
                    self.is_secret("", item)?
                        || self.holds_secret(self.model.shape(&item.shape)?)?
                }
                _ => self.is_secret(member, target)?,
            };
            if holds {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
