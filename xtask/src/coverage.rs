//! `cargo xtask coverage`: service models and what the end-to-end tests have called in, a table out.
//!
//! A whole run of `bash tests/run` leaves the operations that servers answered without an error, with the tests in which
//! they did.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

use anyhow::{Context, Result};
use regex::Regex;

use crate::models;
use crate::outputs::{Outputs, repository};

/// The tests in which each operation, `iam:CreateRole`, was answered.
type Scenarios = BTreeMap<String, Vec<String>>;

/// A service of the table.
struct Listed {
    /// botocore's name of it.
    name: &'static str,
    /// The version of its model.
    version: &'static str,
    title: &'static str,
}

const SERVICES: &[Listed] = &[
    Listed {
        name: "iam",
        version: "2010-05-08",
        title: "IAM",
    },
    Listed {
        name: "sts",
        version: "2011-06-15",
        title: "STS",
    },
    Listed {
        name: "organizations",
        version: "2016-11-28",
        title: "Organizations",
    },
    Listed {
        name: "cloudtrail",
        version: "2013-11-01",
        title: "CloudTrail",
    },
    Listed {
        name: "eks",
        version: "2017-11-01",
        title: "EKS",
    },
    Listed {
        name: "eks-auth",
        version: "2023-11-26",
        title: "EKS Auth",
    },
];

const HEAD: &str = "# Operations and their scenarios

Made by `cargo xtask coverage` of the service models and of a whole run of `bash tests/run`. An operation is served when
the server's table has it. Its scenario is an end-to-end test in which a server answered it without an error, as the
server's own audit trail tells; where there are several, the one that calls the fewest operations.
";

/// Writes the table.
pub(crate) fn run(outputs: Outputs) -> Result<()> {
    let path = seen();
    let text = fs::read(&path).with_context(|| {
        format!(
            "cannot read {}; a whole run of `bash tests/run` writes it",
            path.display()
        )
    })?;
    let scenarios: Scenarios =
        serde_json::from_slice(&text).with_context(|| format!("cannot read {}", path.display()))?;
    let mut table = HEAD.to_owned();
    for service in SERVICES {
        let operations = models::operations(service.name, service.version)?;
        let text = source(service.name)?;
        let served = served(&text)?;
        section(&mut table, service, &operations, &served, &scenarios)?;
    }
    outputs.deliver("docs/coverage.md", table.as_bytes())
}

/// What the tests have left.
fn seen() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| repository().join("target"));
    target.join("coverage-operations.json")
}

/// The source of a service's table; empty for a service that has none.
fn source(service: &str) -> Result<String> {
    let module = service.replace('-', "_");
    let path = repository().join(format!("crates/services/src/{module}.rs"));
    if !path.exists() {
        return Ok(String::new());
    }
    fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
}

/// The operations in the source of a service's table.
fn served(source: &str) -> Result<BTreeSet<&str>> {
    let entry = Regex::new(r"Entry::of::<(?:[A-Za-z0-9_]+::)*([A-Za-z0-9_]+)>")?;
    let found = entry.captures_iter(source);
    Ok(found
        .filter_map(|it| it.get(1))
        .map(|it| it.as_str())
        .collect())
}

fn section(
    table: &mut String,
    service: &Listed,
    operations: &[String],
    served: &BTreeSet<&str>,
    scenarios: &Scenarios,
) -> Result<()> {
    let served_here = operations.iter().filter(|it| served.contains(it.as_str()));
    let told = |operation: &&String| scenario(service.name, operation, scenarios);
    writeln!(
        table,
        "\n## {}\n\n{} operations in the model, {} served, {} with a scenario.\n",
        service.title,
        operations.len(),
        served_here.count(),
        operations.iter().filter_map(|it| told(&it)).count(),
    )?;
    writeln!(table, "| operation | scenario |\n|---|---|")?;
    for operation in operations {
        let scenario = match (served.contains(operation.as_str()), told(&operation)) {
            (_, Some(test)) => format!("`{test}`"),
            (true, None) => "served, **no scenario**".to_owned(),
            (false, None) => "not served".to_owned(),
        };
        writeln!(table, "| `{operation}` | {scenario} |")?;
    }
    Ok(())
}

/// The test that says most of an operation: the one that calls the fewest others.
fn scenario<'s>(service: &str, operation: &str, scenarios: &'s Scenarios) -> Option<&'s str> {
    let tests = scenarios.get(&format!("{service}:{operation}"))?;
    let calls = |test: &str| {
        let mut all = scenarios.values();
        let of = |tests: &Vec<String>| tests.iter().any(|it| it == test);
        all.by_ref().filter(|tests| of(tests)).count()
    };
    let best = tests.iter().min_by_key(|test| (calls(test), test.as_str()));
    best.map(String::as_str)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_table_of_a_service_is_read() {
        let source = "Entry::of::<CreateUser>(),\n    Entry::of::<sts::AssumeRole>(),";
        assert_eq!(
            served(source).unwrap(),
            BTreeSet::from(["CreateUser", "AssumeRole"])
        );
    }

    #[test]
    fn the_narrowest_test_is_the_scenario_and_gaps_are_told() {
        let scenarios = Scenarios::from([
            (
                "iam:A".to_owned(),
                vec!["a_walk".to_owned(), "b_narrow".to_owned()],
            ),
            ("iam:B".to_owned(), vec!["a_walk".to_owned()]),
        ]);
        let operations = ["A", "B", "C", "D"].map(str::to_owned);
        let served = BTreeSet::from(["A", "B", "C"]);
        let mut table = String::new();
        section(&mut table, &SERVICES[0], &operations, &served, &scenarios).unwrap();
        for line in [
            "4 operations in the model, 3 served, 2 with a scenario.",
            "| `A` | `b_narrow` |",
            "| `B` | `a_walk` |",
            "| `C` | served, **no scenario** |",
            "| `D` | not served |",
        ] {
            assert!(table.contains(line), "{line}\n{table}");
        }
    }
}
