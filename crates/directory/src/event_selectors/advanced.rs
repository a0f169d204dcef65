//! `AdvancedEventSelectors`.

use super::data_rule::{DataRule, Text};
use super::management::{EXCLUDABLE, Management};
use super::text_rule::TextRule;
use super::{AdvancedSelector, FieldSelector, InvalidEventSelectors, S3_OBJECT, invalid};

/// The field that says which kind of events a selector is about.
pub(super) const CATEGORY: &str = "eventCategory";
/// The field that says which type of resource it is about.
pub(super) const RESOURCE_TYPE: &str = "resources.type";
const READ_ONLY: &str = "readOnly";
const SOURCE: &str = "eventSource";
const ARN: &str = "resources.ARN";

/// Most values of a trail, in all conditions of all selectors (CloudTrail User Guide, "Quotas").
const MOST_VALUES: usize = 500;
/// Types of resources that are taken. Only S3 has data events here.
const TYPES: [&str; 3] = ["AWS::DynamoDB::Table", "AWS::Lambda::Function", S3_OBJECT];
/// What the ARNs of all objects begin with.
const BUCKETS: &str = "arn:aws:s3:::";

const REMEDY: &str =
    "Add an advanced event selector whose only field selector is eventCategory Equals Management.";

pub(super) fn compile(
    selectors: &[AdvancedSelector],
) -> Result<Vec<DataRule>, InvalidEventSelectors> {
    if selectors.is_empty() {
        return invalid("A trail has at least one advanced event selector.");
    }
    let values = selectors.iter().flat_map(|it| &it.fields);
    if values.map(FieldSelector::count).sum::<usize>() > MOST_VALUES {
        return invalid(
            "A trail has at most 500 values for all conditions in all of its advanced event selectors.",
        );
    }
    let mut management = Management::default();
    let mut rules = Vec::new();
    for selector in selectors {
        check_fields(&selector.fields)?;
        match required(&selector.fields, CATEGORY)? {
            "Management" => management.add(about_management(&selector.fields)?),
            "Data" => rules.extend(about_data(&selector.fields)?),
            "NetworkActivity" => {
                return invalid(
                    "There are no network activity events here, so none can be selected.",
                );
            }
            other => {
                return invalid(format!(
                    "Value {other} for eventCategory is invalid. Valid values are: Data, Management"
                ));
            }
        }
    }
    management.check(REMEDY)?;
    Ok(rules)
}

/// Each field stands once, with at least one condition.
fn check_fields(fields: &[FieldSelector]) -> Result<(), InvalidEventSelectors> {
    for (number, selector) in fields.iter().enumerate() {
        let field = &selector.field;
        if fields.iter().take(number).any(|it| it.field == *field) {
            return invalid(format!("The field {field} can be used once in a selector."));
        }
        if selector.count() == 0 {
            return invalid(format!("The field {field} needs an operator with a value."));
        }
    }
    Ok(())
}

/// The selector of management events: whether only of those that read, or only of the others.
fn about_management(fields: &[FieldSelector]) -> Result<Option<bool>, InvalidEventSelectors> {
    let mut read_only = None;
    for selector in fields {
        match selector.field.as_str() {
            CATEGORY => {}
            READ_ONLY => read_only = Some(truth(selector)?),
            SOURCE => {
                let known = selector
                    .not_equals
                    .iter()
                    .all(|it| EXCLUDABLE.contains(&it.as_str()));
                if !known || selector.not_equals.len() != selector.count() {
                    return invalid(format!(
                        "For management events, eventSource can only be set to NotEquals {}.",
                        EXCLUDABLE.join(" or ")
                    ));
                }
            }
            other => {
                return invalid(format!(
                    "The field {other} is not supported for management events. Supported fields are: \
                     {CATEGORY}, {SOURCE}, {READ_ONLY}"
                ));
            }
        }
    }
    Ok(read_only)
}

/// The selector of data events, compiled; `None` where there are no such events here.
fn about_data(fields: &[FieldSelector]) -> Result<Option<DataRule>, InvalidEventSelectors> {
    let kind = required(fields, RESOURCE_TYPE)?;
    if !TYPES.contains(&kind) {
        return invalid(format!(
            "Value {kind} for resources.type is invalid. Valid values are: {}",
            TYPES.join(", ")
        ));
    }
    let mut rule = DataRule::default();
    for selector in fields {
        let text = match selector.field.as_str() {
            CATEGORY | RESOURCE_TYPE => continue,
            READ_ONLY => {
                rule.read_only = Some(truth(selector)?);
                continue;
            }
            "eventName" => Text::Name,
            SOURCE => Text::Source,
            "eventType" => Text::Type,
            ARN => Text::Arn,
            "userIdentity.arn" => Text::Caller,
            other => {
                return invalid(format!(
                    "The field {other} is not supported for data events. Supported fields are: {CATEGORY}, eventName, \
                     {SOURCE}, eventType, {READ_ONLY}, {ARN}, {RESOURCE_TYPE}, userIdentity.arn"
                ));
            }
        };
        if kind == S3_OBJECT && text == Text::Arn {
            check_arns(selector)?;
        }
        rule.texts.push((text, TextRule::of(selector)));
    }
    Ok((kind == S3_OBJECT).then_some(rule))
}

/// What no object's ARN can be, or begin with, is a mistake of which the trail would tell nobody.
fn check_arns(selector: &FieldSelector) -> Result<(), InvalidEventSelectors> {
    let is_whole = |it: &&String| !it.starts_with(BUCKETS);
    let is_beginning = |it: &&String| is_whole(it) && !BUCKETS.starts_with(it.as_str());
    let wholes = selector.equals.iter().chain(&selector.not_equals);
    let beginnings = selector.starts_with.iter().chain(&selector.not_starts_with);
    let mut wrong = wholes
        .filter(is_whole)
        .chain(beginnings.filter(is_beginning));
    match wrong.next() {
        Some(value) => invalid(format!(
            "Value {value} for resources.ARN is invalid. The ARNs of objects begin with {BUCKETS}"
        )),
        None => Ok(()),
    }
}

/// The one value that a field has by `Equals`, which is the only operator that it may have.
fn required<'a>(fields: &'a [FieldSelector], name: &str) -> Result<&'a str, InvalidEventSelectors> {
    let selector = fields.iter().find(|it| it.field == name);
    match selector.map(FieldSelector::only_value) {
        Some(Some(value)) => Ok(value),
        Some(None) => invalid(format!(
            "The field {name} takes Equals with one value only."
        )),
        None => invalid(format!("The field {name} is required in every selector.")),
    }
}

/// The value of `readOnly`.
fn truth(selector: &FieldSelector) -> Result<bool, InvalidEventSelectors> {
    match selector.only_value() {
        Some("true") => Ok(true),
        Some("false") => Ok(false),
        _ => invalid("The field readOnly takes Equals with the value true or false only."),
    }
}

impl FieldSelector {
    fn count(&self) -> usize {
        let operators = [
            &self.equals,
            &self.starts_with,
            &self.ends_with,
            &self.not_equals,
            &self.not_starts_with,
            &self.not_ends_with,
        ];
        operators.iter().map(|it| it.len()).sum()
    }

    /// The value of `Equals`, if there is one and nothing else.
    fn only_value(&self) -> Option<&str> {
        match self.equals.as_slice() {
            [value] if self.count() == 1 => Some(value),
            _ => None,
        }
    }
}
