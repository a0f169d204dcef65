//! `cargo xtask managed-policies`: the catalogue of AWS-managed policies.

use std::io::Write as _;

use anyhow::{Context, Result, ensure};
use flate2::{Compression, GzBuilder};
use serde::{Deserialize, Serialize};

use crate::outputs::Outputs;
use crate::pypi::Package;

/// Writes the catalogue: gzip members one after the other, first an index (a JSON array sorted by ARN), then each
/// policy's document. So a reader inflates the index and only the documents that it needs, and `zcat` shows all of it.
pub(crate) fn run(outputs: Outputs) -> Result<()> {
    let listed = MOTO.extract(LIST_POLICIES, &[])?;
    let listed: Vec<Listed> =
        serde_json::from_slice(&listed).context("cannot read the policies")?;
    ensure!(
        listed.len() > 1000,
        "moto has only {} managed policies",
        listed.len()
    );
    let mut documents = Vec::new();
    let mut index = Vec::new();
    for policy in &listed {
        let at = documents.len();
        documents.extend(gzip(policy.document.as_bytes())?);
        index.push(Indexed { listed: policy, at });
    }
    let mut catalogue = gzip(&serde_json::to_vec(&index)?)?;
    catalogue.extend(documents);
    outputs.deliver(
        "crates/directory/data/aws-managed-policies.json.gz",
        &catalogue,
    )
}

/// A policy as the script below prints it.
#[derive(Deserialize, Serialize)]
struct Listed {
    name: String,
    path: String,
    version: String,
    created: String,
    updated: String,
    #[serde(skip_serializing)]
    document: String,
}

/// A policy as the index holds it.
#[derive(Serialize)]
struct Indexed<'l> {
    #[serde(flatten)]
    listed: &'l Listed,
    /// Where its document's member begins, in bytes from the end of the index.
    at: usize,
}

/// One gzip member that ends in a line feed, without a time stamp: equal content is equal bytes.
fn gzip(line: &[u8]) -> Result<Vec<u8>> {
    let mut gzip = GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), Compression::best());
    gzip.write_all(line)?;
    gzip.write_all(b"\n")?;
    Ok(gzip.finish()?)
}

const MOTO: Package = Package {
    name: "moto",
    version: "5.2.5",
};

/// moto keeps the policies as one string of JSON in a Python file: read as a literal, never executed. Documents keep
/// the order of their members.
const LIST_POLICIES: &str = "
import ast, json
assignment, = [node for node in ast.parse(read('moto/iam/aws_managed_policies.py')).body if isinstance(node, ast.Assign)]
def minified(value):
    return json.dumps(value, ensure_ascii=False, separators=(',', ':'))
policies = [{
    'name': name,
    'path': policy['Path'],
    'version': policy['DefaultVersionId'],
    'created': policy['CreateDate'].replace('+00:00', 'Z'),
    'updated': policy['UpdateDate'].replace('+00:00', 'Z'),
    'document': minified(policy['Document']),
} for name, policy in json.loads(ast.literal_eval(assignment.value)).items()]
policies.sort(key=lambda policy: policy['path'] + policy['name'])
sys.stdout.buffer.write(minified(policies).encode())
";
