//! `cargo xtask models`: service models in, Rust shapes out.

mod choice;
mod emit;
mod model;
mod names;
mod pattern;

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use self::choice::{ADDED, BOTOCORE, SERVICES};
use self::model::Model;
use crate::outputs::{Outputs, repository};

/// Generates every service's shapes.
pub(crate) fn run(outputs: Outputs) -> Result<()> {
    for service in SERVICES {
        let text = text(service.name, service.version)?;
        let mut model: Model = serde_json::from_slice(&text)
            .with_context(|| format!("cannot read the model of {}", service.name))?;
        for (_, structure, member, shape) in ADDED.iter().filter(|it| it.0 == service.name) {
            model.add(structure, member, shape)?;
        }
        let code = emit::service(&model, service)
            .with_context(|| format!("cannot generate {}", service.name))?;
        let code = formatted(&code)?;
        outputs.deliver(
            &format!(
                "crates/services/src/generated/{}.rs",
                service.name.replace('-', "_")
            ),
            &code,
        )?;
    }
    Ok(())
}

/// The names of a service's operations, in their order.
pub(crate) fn operations(service: &str, version: &str) -> Result<Vec<String>> {
    let model: serde_json::Value = serde_json::from_slice(&text(service, version)?)?;
    let operations = model.get("operations").and_then(|it| it.as_object());
    let operations =
        operations.with_context(|| format!("the model of {service} has no operations"))?;
    let mut names: Vec<_> = operations.keys().cloned().collect();
    names.sort();
    Ok(names)
}

fn text(service: &str, version: &str) -> Result<Vec<u8>> {
    let path = format!("botocore/data/{service}/{version}/service-2.json");
    BOTOCORE.extract(READ_MODEL, &[&path])
}

/// botocore ships its larger models compressed.
const READ_MODEL: &str = "
import gzip
model = read(sys.argv[2])
sys.stdout.buffer.write(gzip.decompress(read(sys.argv[2] + '.gz')) if model is None else model)
";

fn formatted(code: &str) -> Result<Vec<u8>> {
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout"])
        .current_dir(repository())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run rustfmt")?;
    let Some(mut input) = rustfmt.stdin.take() else {
        bail!("rustfmt takes no input")
    };
    // rustfmt reads everything before it writes anything, so this cannot block on its output.
    input.write_all(code.as_bytes())?;
    drop(input);
    let output = rustfmt.wait_with_output()?;
    ensure!(
        output.status.success(),
        "rustfmt refused the generated code"
    );
    Ok(output.stdout)
}
