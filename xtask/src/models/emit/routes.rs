//! The places of a REST service's operations, of those too that are not served: their refusal names them.

use std::fmt::Write as _;

use anyhow::{Context, Result, bail};

use super::Generator;
use crate::models::model::Operation;

impl Generator<'_> {
    pub(super) fn routes(&self, out: &mut String) -> Result<()> {
        if self.model.metadata.protocol != "rest-json" {
            return Ok(());
        }
        writeln!(
            out,
            "/// Where the model's operations are; what stands in path and query, of those that are declared here."
        )?;
        writeln!(out, "pub static ROUTES: &[Route] = &[")?;
        for name in self.model.operation_names() {
            let operation = self.model.operation(name)?;
            let http = operation.http.as_ref();
            let http = http.with_context(|| format!("{name} has no place"))?;
            let (labels, query) = match self.operations.contains(&name) {
                true => self.members(operation)?,
                false => Default::default(),
            };
            writeln!(
                out,
                "Route {{ operation: {name:?}, method: {:?}, path: {:?}, labels: &[{labels}], query: &[{query}] }},",
                http.method, http.request_uri
            )?;
        }
        writeln!(out, "];\n")?;
        Ok(())
    }

    /// The labels and the query parameters of an operation.
    fn members(&self, operation: &Operation) -> Result<(String, String)> {
        let (mut labels, mut query) = (String::new(), String::new());
        let Some(input) = &operation.input else {
            return Ok((labels, query));
        };
        for (member, target) in &self.model.shape(&input.shape)?.members {
            match target.place() {
                None => {}
                Some(("uri", name)) => write!(labels, "({name:?}, {member:?}), ")?,
                Some(("querystring", name)) => {
                    let shape = self.model.shape(&target.shape)?;
                    let kind = match shape.kind.as_str() {
                        "string" => "Text",
                        "integer" => "Integer",
                        "list" => "Texts",
                        other => bail!("{member} is a {other} in a query"),
                    };
                    write!(
                        query,
                        "Parameter {{ name: {name:?}, member: {member:?}, kind: ParameterKind::{kind} }}, "
                    )?;
                }
                Some((other, _)) => bail!("{member} stands in the {other}"),
            }
        }
        Ok((labels, query))
    }
}
