//! Policy templates: managed policies with placeholders, `@{name}`.
//!
//! Values are put into the strings of the parsed document, never into its text, so no value can
//! become anything but a part of a string.

use directory::TemplateParameter;
use policy::{DocumentKind, Policy};
use serde_json::Value;

/// Fills a template; the policy's text.
///
/// # Errors
/// What is wrong with the parameters or with the policy that they make.
pub(super) fn fill(template: &str, parameters: &[TemplateParameter]) -> Result<String, String> {
    for (at, parameter) in parameters.iter().enumerate() {
        let name = &parameter.name;
        if parameters.iter().take(at).any(|other| other.name == *name) {
            return Err(format!("The parameter {name} is given more than once."));
        }
        if !parameter.list && parameter.values.len() != 1 {
            return Err(format!("The parameter {name} must have exactly one value."));
        }
        if !template.contains(&placeholder(name)) {
            return Err(format!("The policy template has no parameter {name}."));
        }
    }
    let document: Value = serde_json::from_str(template)
        .map_err(|_| "The policy template can't be read.".to_owned())?;
    let text = filled(document, parameters)?.to_string();
    Policy::parse(DocumentKind::Session, &text).map_err(|error| {
        format!(
            "The policy that the template and the parameters make is not valid: {}",
            error.message()
        )
    })?;
    Ok(text)
}

fn filled(value: Value, parameters: &[TemplateParameter]) -> Result<Value, String> {
    match value {
        Value::String(text) => string(text, parameters),
        Value::Array(items) => {
            let mut all = Vec::with_capacity(items.len());
            for item in items {
                let single = item.is_string();
                match filled(item, parameters)? {
                    // A list among others is no list in a list.
                    Value::Array(values) if single => all.extend(values),
                    value => all.push(value),
                }
            }
            Ok(Value::Array(all))
        }
        Value::Object(members) => {
            let members = members.into_iter();
            let members = members.map(|(key, value)| Ok((key, filled(value, parameters)?)));
            Ok(Value::Object(members.collect::<Result<_, String>>()?))
        }
        other => Ok(other),
    }
}

fn string(text: String, parameters: &[TemplateParameter]) -> Result<Value, String> {
    let whole = |parameter: &&TemplateParameter| text == placeholder(&parameter.name);
    if let Some(list) = parameters.iter().filter(|it| it.list).find(whole) {
        return Ok(list.values.clone().into());
    }
    let mut rest = text.as_str();
    let mut made = String::new();
    while let Some(start) = rest.find(START) {
        let (before, behind) = rest.split_at(start);
        let name = behind.strip_prefix(START).unwrap_or_default();
        let Some((name, after)) = name.split_once('}') else {
            return Err(format!(
                "A placeholder in the policy template does not end: {text}"
            ));
        };
        let parameter = parameters.iter().find(|it| it.name == name);
        let parameter = parameter
            .ok_or_else(|| format!("The parameter {name} of the policy template is missing."))?;
        let [value] = parameter.values.as_slice() else {
            return Err(format!(
                "The list {name} can only take the place of a whole value."
            ));
        };
        if parameter.list {
            return Err(format!(
                "The list {name} can only take the place of a whole value."
            ));
        }
        made.push_str(before);
        made.push_str(value);
        rest = after;
    }
    made.push_str(rest);
    Ok(Value::String(made))
}

/// How placeholders begin.
const START: &str = "@{";

fn placeholder(name: &str) -> String {
    format!("{START}{name}}}")
}

/// The permissions boundaries that a policy asks of the roles that it lets create.
pub(super) fn boundaries(policy: &str) -> Vec<String> {
    let document: Value = serde_json::from_str(policy).unwrap_or_default();
    let mut arns = Vec::new();
    for statement in many(document.get("Statement")) {
        let allows = statement.get("Effect").and_then(Value::as_str) == Some("Allow");
        let mut actions = many(statement.get("Action")).filter_map(Value::as_str);
        let creates = actions.any(|action| {
            let pattern = action.to_ascii_lowercase();
            let beginning = pattern.split('*').next().unwrap_or_default();
            pattern == "iam:createrole"
                || (beginning.len() < pattern.len() && "iam:createrole".starts_with(beginning))
        });
        let Some(conditions) = statement.get("Condition").and_then(Value::as_object) else {
            continue;
        };
        if !allows || !creates {
            continue;
        }
        for (_, keys) in conditions
            .iter()
            .filter(|(operator, _)| !operator.contains("Not"))
        {
            let keys = keys.as_object().into_iter().flatten();
            let keys = keys.filter(|(key, _)| key.eq_ignore_ascii_case("iam:PermissionsBoundary"));
            for (_, values) in keys {
                arns.extend(
                    many(Some(values))
                        .filter_map(Value::as_str)
                        .map(str::to_owned),
                );
            }
        }
    }
    arns.sort();
    arns.dedup();
    arns
}

/// One value, or those of an array.
pub(super) fn many(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let (one, all) = match value {
        Some(Value::Array(all)) => (None, Some(all)),
        other => (other, None),
    };
    one.into_iter().chain(all.into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(name: &str, values: &[&str], list: bool) -> TemplateParameter {
        TemplateParameter {
            name: name.to_owned(),
            values: values.iter().map(|it| (*it).to_owned()).collect(),
            list,
        }
    }

    const TEMPLATE: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject",
        "Resource":["arn:aws:s3:::@{bucket}/@{prefix}*","@{others}"]}}"#;

    #[test]
    fn placeholders_are_filled() {
        let parameters = [
            parameter("bucket", &["b"], false),
            parameter("prefix", &["p/"], false),
            parameter("others", &["arn:aws:s3:::x/*", "arn:aws:s3:::y/*"], true),
        ];
        let text = fill(TEMPLATE, &parameters).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        let resources = &document["Statement"]["Resource"];
        assert_eq!(
            *resources,
            serde_json::json!(["arn:aws:s3:::b/p/*", "arn:aws:s3:::x/*", "arn:aws:s3:::y/*"])
        );
    }

    #[test]
    fn no_value_leaves_its_string() {
        let template = TEMPLATE.replace("/@{prefix}*\",\"@{others}", "/*");
        let evil = r#"b/*"],"Action":"*","Resource":["*"#;
        let text = fill(&template, &[parameter("bucket", &[evil], false)]).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["Statement"]["Action"], "s3:GetObject");
        assert_eq!(
            document["Statement"]["Resource"][0],
            format!("arn:aws:s3:::{evil}/*")
        );
    }

    #[test]
    fn a_value_is_not_filled_again() {
        let template = TEMPLATE.replace("/@{prefix}*\",\"@{others}", "/*");
        let text = fill(&template, &[parameter("bucket", &["@{other}"], false)]).unwrap();
        assert!(text.contains("arn:aws:s3:::@{other}/*"));
    }

    #[test]
    fn parameters_must_fit_the_template() {
        let bucket = || parameter("bucket", &["b"], false);
        let prefix = || parameter("prefix", &["p"], false);
        for (parameters, message) in [
            (
                vec![bucket(), prefix()],
                "others of the policy template is missing",
            ),
            (vec![bucket(), bucket()], "more than once"),
            (
                vec![parameter("bucket", &["a", "b"], false)],
                "exactly one value",
            ),
            (
                vec![parameter("nothing", &["a"], false)],
                "has no parameter nothing",
            ),
            (
                vec![
                    parameter("bucket", &["b"], true),
                    prefix(),
                    parameter("others", &[], true),
                ],
                "whole value",
            ),
        ] {
            let error = fill(TEMPLATE, &parameters).unwrap_err();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn boundaries_are_those_of_roles_that_may_be_made() {
        let policy = |action: &str, operator: &str| {
            serde_json::json!({"Statement": [{"Effect": "Allow", "Action": [action], "Resource": "*",
                "Condition": {operator: {"iam:permissionsBoundary": ["b", "a"]}}}]})
            .to_string()
        };
        assert_eq!(
            boundaries(&policy("iam:CreateRole", "StringEquals")),
            ["a", "b"]
        );
        assert_eq!(boundaries(&policy("iam:Create*", "ArnLike")), ["a", "b"]);
        assert!(boundaries(&policy("iam:CreateUser", "StringEquals")).is_empty());
        assert!(boundaries(&policy("iam:CreateRole", "StringNotEquals")).is_empty());
    }
}
