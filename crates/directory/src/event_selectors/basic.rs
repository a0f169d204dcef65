//! `EventSelectors`, also called basic event selectors.

use super::data_rule::{DataRule, Text};
use super::management::{EXCLUDABLE, Management};
use super::text_rule::TextRule;
use super::{BasicSelector, InvalidEventSelectors, S3_OBJECT, invalid};

/// Most selectors of a trail (CloudTrail User Guide, "Quotas").
const MOST_SELECTORS: usize = 5;
/// Most data resources of a trail, without those that are all of a type.
const MOST_RESOURCES: usize = 250;
/// The types that basic selectors know, and what the ARNs of each begin with. Only S3 has data events here.
const TYPES: [(&str, &str); 3] = [
    ("AWS::DynamoDB::Table", "arn:aws:dynamodb"),
    ("AWS::Lambda::Function", "arn:aws:lambda"),
    (S3_OBJECT, ALL_OF_S3),
];
/// What is said for all objects of all buckets.
const ALL_OF_S3: &str = "arn:aws:s3";
/// What the ARNs of buckets begin with.
const BUCKETS: &str = "arn:aws:s3:::";

const REMEDY: &str = "Add an event selector with ReadWriteType All, IncludeManagementEvents true and no DataResources, and set \
     IncludeManagementEvents to false in the others.";

pub(super) fn compile(selectors: &[BasicSelector]) -> Result<Vec<DataRule>, InvalidEventSelectors> {
    if !(1..=MOST_SELECTORS).contains(&selectors.len()) {
        return invalid("A trail has between 1 and 5 event selectors.");
    }
    let resources = selectors.iter().flat_map(|it| &it.resources);
    let values = resources.flat_map(|it| it.values.iter().map(move |value| (&it.kind, value)));
    let counted = values.filter(|(kind, value)| !is_all(kind, value));
    if counted.count() > MOST_RESOURCES {
        return invalid(
            "A trail has at most 250 data resources across all of its event selectors.",
        );
    }
    let mut management = Management::default();
    let mut rules = Vec::new();
    for selector in selectors {
        let read_only = read_only(&selector.read_write)?;
        for source in &selector.excluded_sources {
            if !EXCLUDABLE.contains(&source.as_str()) {
                return invalid(format!(
                    "Value {source} for ExcludeManagementEventSources is invalid. Valid values are: {}",
                    EXCLUDABLE.join(", ")
                ));
            }
        }
        if selector.management {
            management.add(read_only);
        }
        let mut wanted = Vec::new();
        for resource in &selector.resources {
            check(&resource.kind, &resource.values)?;
            if resource.kind == S3_OBJECT {
                wanted.extend(&resource.values);
            }
        }
        if !wanted.is_empty() {
            rules.push(DataRule {
                read_only,
                texts: vec![(Text::Arn, TextRule::starting_with(wanted))],
            });
        }
    }
    management.check(REMEDY)?;
    Ok(rules)
}

fn read_only(text: &str) -> Result<Option<bool>, InvalidEventSelectors> {
    match text {
        "All" => Ok(None),
        "ReadOnly" => Ok(Some(true)),
        "WriteOnly" => Ok(Some(false)),
        _ => invalid(format!(
            "Value {text} for ReadWriteType is invalid. Valid values are: All, ReadOnly, WriteOnly"
        )),
    }
}

fn is_all(kind: &str, value: &str) -> bool {
    TYPES.contains(&(kind, value)) || value == BUCKETS
}

fn check(kind: &str, values: &[String]) -> Result<(), InvalidEventSelectors> {
    let Some((_, beginning)) = TYPES.iter().find(|(it, _)| *it == kind) else {
        let types = TYPES.map(|(it, _)| it).join(", ");
        return invalid(format!(
            "Value {kind} for DataResources.Type is invalid. Valid values are: {types}"
        ));
    };
    if values.is_empty() {
        return invalid(format!(
            "DataResources of {kind} need at least one value in Values."
        ));
    }
    for value in values {
        let fits = match kind {
            _ if value.contains('*') => false,
            S3_OBJECT => [ALL_OF_S3, BUCKETS].contains(&value.as_str()) || is_in_a_bucket(value),
            _ => value.starts_with(beginning),
        };
        if !fits {
            let hint = match value.strip_prefix(BUCKETS) {
                Some(name) if !name.contains(['*', '/']) => {
                    " The ARN of a bucket's objects has a slash after the bucket's name."
                }
                _ => "",
            };
            return invalid(format!(
                "Value {value} for DataResources.Values is invalid.{hint}"
            ));
        }
    }
    Ok(())
}

/// `arn:aws:s3:::BUCKET/` and what objects' names in it begin with.
fn is_in_a_bucket(value: &str) -> bool {
    let bucket = value
        .strip_prefix(BUCKETS)
        .and_then(|rest| rest.split_once('/'));
    bucket.is_some_and(|(name, _)| !name.is_empty())
}
