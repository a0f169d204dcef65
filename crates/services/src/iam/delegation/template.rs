//! Policy templates: managed policies with placeholders, `@{name}`.
//!
//! Values are put into the strings of the parsed document, never into its text, so no value can
//! become anything but a part of a string.

use directory::TemplateParameter;
use policy::{DocumentKind, Policy};
use serde_json::Value;

/// Most bytes of the parameters together, and of what they put into a template: more than any
/// session has room for, and little enough for a template that repeats them as often as it can.
const LONGEST: usize = 10_240;

/// Fills a template; the policy's text.
///
/// # Errors
/// What is wrong with the parameters or with the policy that they make.
pub(super) fn fill(template: &str, parameters: &[TemplateParameter]) -> Result<String, String> {
    let sizes = parameters.iter().map(|parameter| {
        let values = parameter.values.iter();
        1 + parameter.name.len() + values.map(|value| 1 + value.len()).sum::<usize>()
    });
    if sizes.sum::<usize>() > LONGEST {
        return Err(format!(
            "The parameters must have no more than {LONGEST} bytes together."
        ));
    }
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
    let mut filling = Filling {
        parameters,
        left: LONGEST,
    };
    let text = filling.value(document)?.to_string();
    Policy::parse(DocumentKind::Session, &text).map_err(|error| {
        format!(
            "The policy that the template and the parameters make is not valid: {}",
            error.message()
        )
    })?;
    Ok(text)
}

/// A template that is being filled.
struct Filling<'p> {
    parameters: &'p [TemplateParameter],
    /// How many bytes may still be put in.
    left: usize,
}

impl Filling<'_> {
    fn value(&mut self, value: Value) -> Result<Value, String> {
        match value {
            Value::String(text) => self.string(text),
            Value::Array(items) => {
                let mut all = Vec::with_capacity(items.len());
                for item in items {
                    let single = item.is_string();
                    match self.value(item)? {
                        // A list among others is no list in a list.
                        Value::Array(values) if single => all.extend(values),
                        value => all.push(value),
                    }
                }
                Ok(Value::Array(all))
            }
            Value::Object(members) => {
                let members = members.into_iter();
                let members = members.map(|(key, value)| Ok((key, self.value(value)?)));
                Ok(Value::Object(members.collect::<Result<_, String>>()?))
            }
            other => Ok(other),
        }
    }

    fn string(&mut self, text: String) -> Result<Value, String> {
        let parameters = self.parameters;
        let whole = text.strip_prefix(START).and_then(|it| it.strip_suffix('}'));
        let mut lists = parameters.iter().filter(|it| it.list);
        if let Some(list) = whole.and_then(|name| lists.find(|it| it.name == name)) {
            // With two quotes and a comma.
            self.take(list.values.iter().map(|value| value.len() + 3).sum())?;
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
            let parameter = parameter.ok_or_else(|| {
                format!("The parameter {name} of the policy template is missing.")
            })?;
            let value = match parameter.values.as_slice() {
                [value] if !parameter.list => value,
                _ => {
                    return Err(format!(
                        "The list {name} can only take the place of a whole value."
                    ));
                }
            };
            self.take(value.len())?;
            made.push_str(before);
            made.push_str(value);
            rest = after;
        }
        made.push_str(rest);
        Ok(Value::String(made))
    }

    fn take(&mut self, bytes: usize) -> Result<(), String> {
        let left = self.left.checked_sub(bytes);
        self.left = left.ok_or_else(|| {
            format!("The parameters would put more than {LONGEST} bytes into the policy template.")
        })?;
        Ok(())
    }
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
    fn what_is_put_into_a_template_is_bounded() {
        let template = |places: usize, place: &str| {
            let resources: Vec<_> = (0..places).map(|_| place).collect();
            serde_json::json!({"Version": "2012-10-17", "Statement": {
                "Effect": "Allow", "Action": "s3:GetObject", "Resource": resources}})
            .to_string()
        };
        let whole = "The parameters would put more than 10240 bytes into the policy template.";
        // 10 places for a value of 1,024 bytes are as much as there may be.
        let value = "b".repeat(1024);
        let one = [parameter("a", &[&value], false)];
        for (places, fits) in [(10, true), (11, false), (750, false)] {
            let filled = fill(&template(places, "arn:aws:s3:::@{a}"), &one);
            assert_eq!(filled.is_ok(), fits, "{places}");
            assert_eq!(filled.err(), (!fits).then(|| whole.to_owned()));
        }
        let twice = fill(
            &template(
                1,
                "arn:aws:s3:::@{a}@{a}@{a}@{a}@{a}@{a}@{a}@{a}@{a}@{a}@{a}",
            ),
            &one,
        );
        assert_eq!(twice.unwrap_err(), whole);
        let many = vec![""; 1000];
        let list = [parameter("a", &many, true)];
        assert_eq!(fill(&template(4, "@{a}"), &list).unwrap_err(), whole);

        let alone = "The parameters must have no more than 10240 bytes together.";
        let value = "b".repeat(1 << 20);
        for parameters in [
            vec![parameter("a", &[&value], false)],
            vec![parameter("a", &vec![""; 10_240], true)],
            vec![parameter("", &[], true); 10_241],
        ] {
            let error = fill(&template(1, "arn:aws:s3:::@{a}"), &parameters).unwrap_err();
            assert_eq!(error, alone);
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
