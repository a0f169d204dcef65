//! The service, its operations and their errors.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::{Result, bail};

use super::super::names::{camel, screaming};
use super::Generator;

impl Generator<'_> {
    pub(super) fn service(&self, out: &mut String) -> Result<()> {
        let metadata = &self.model.metadata;
        let protocol = match metadata.protocol.as_str() {
            "query" => "Query",
            "json" => "Json11",
            "rest-json" => "RestJson",
            other => bail!("the protocol {other} is not known"),
        };
        writeln!(out, "/// {}.", metadata.service_full_name)?;
        writeln!(out, "pub static SERVICE: Service = Service {{")?;
        writeln!(
            out,
            "name: {:?}, version: {:?},",
            self.choice.name, self.choice.version
        )?;
        writeln!(out, "protocol: Protocol::{protocol},")?;
        writeln!(
            out,
            "namespace: {:?},",
            metadata.xml_namespace.as_deref().unwrap_or_default()
        )?;
        writeln!(
            out,
            "target_prefix: {:?},",
            metadata.target_prefix.as_deref().unwrap_or_default()
        )?;
        writeln!(out, "event_source: \"{}.amazonaws.com\",", self.choice.name)?;
        writeln!(out, "shows_values: {},\n}};\n", self.choice.shows_values)?;
        Ok(())
    }

    pub(super) fn operations(&self, out: &mut String) -> Result<()> {
        writeln!(out, "/// The operations that are declared here.")?;
        writeln!(out, "pub static OPERATIONS: &[&OperationShape] = &[")?;
        for name in &self.operations {
            writeln!(out, "{name}::SHAPE,")?;
        }
        writeln!(out, "];\n")?;
        for name in &self.operations {
            let operation = self.model.operation(name)?;
            let input = operation
                .input
                .as_ref()
                .map_or("()".to_owned(), |input| camel(&input.shape));
            let output = operation
                .output
                .as_ref()
                .map_or("()".to_owned(), |output| camel(&output.shape));
            let wrapper = operation
                .output
                .as_ref()
                .and_then(|output| output.result_wrapper.as_deref());
            let errors: Vec<String> = operation
                .errors
                .iter()
                .map(|error| format!("errors::{}", constant(&error.shape)))
                .collect();
            writeln!(
                out,
                "/// The operation `{name}`.\n#[derive(Clone, Copy, Debug)]\npub struct {name};\n"
            )?;
            writeln!(out, "impl Operation for {name} {{")?;
            writeln!(out, "type Input = {input};\ntype Output = {output};")?;
            writeln!(
                out,
                "const SHAPE: &'static OperationShape = &OperationShape {{"
            )?;
            writeln!(
                out,
                "name: {name:?}, service: &SERVICE, result_wrapper: {wrapper:?},"
            )?;
            writeln!(out, "errors: &[{}],\n}};\n}}\n", errors.join(", "))?;
        }
        Ok(())
    }

    /// The errors that the operations declare.
    pub(super) fn errors(&self, out: &mut String) -> Result<()> {
        let mut names = BTreeSet::new();
        for operation in &self.operations {
            names.extend(
                self.model
                    .operation(operation)?
                    .errors
                    .iter()
                    .map(|error| error.shape.as_str()),
            );
        }
        writeln!(
            out,
            "/// The errors that the operations declare.\npub mod errors {{\nuse super::ErrorShape;\n"
        )?;
        for name in names {
            // A JSON service's errors are all the sender's, with the shape's name for a code, unless it says otherwise.
            let (code, status, sender) = match &self.model.shape(name)?.error {
                Some(error) => (
                    error.code.as_deref().unwrap_or(name),
                    error.http_status_code,
                    // The models of REST services leave it to the status.
                    error.sender_fault || (error.code.is_none() && error.http_status_code < 500),
                ),
                None => (name, 400, true),
            };
            writeln!(out, "/// `{code}`, HTTP {status}.")?;
            writeln!(
                out,
                "pub const {}: ErrorShape = ErrorShape {{",
                constant(name)
            )?;
            writeln!(
                out,
                "code: {code:?}, recorded_as: {name:?}, status: {status}, sender_fault: {sender} }};\n"
            )?;
        }
        writeln!(out, "}}")?;
        Ok(())
    }
}

/// `NoSuchEntityException` becomes `NO_SUCH_ENTITY`.
fn constant(error: &str) -> String {
    screaming(error.strip_suffix("Exception").unwrap_or(error))
}
