//! `ContextEntries`: condition keys that the request supposes.

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::civil::Date;
use policy::{Context, Value};

use crate::generated::iam::ContextEntry;
use crate::iam::fault::invalid_input;
use crate::wire::Fault;

/// The keys and their values. A type that ends in `List` makes a multi-valued key; without a
/// type, several values do.
///
/// # Errors
/// `InvalidInput` for an entry without a name, a key that is given twice, several values of a
/// single-valued type, and a value that its type can't have.
pub(super) fn read(entries: Vec<ContextEntry>) -> Result<Context, Fault> {
    let mut context = Context::new();
    for entry in entries {
        let Some(key) = entry.context_key_name else {
            return Err(invalid_input("A context entry has no ContextKeyName."));
        };
        if context.get(&key).is_some() {
            return Err(invalid_input(&format!(
                "The context key {key} is given more than once; give its values in one entry."
            )));
        }
        let values = entry.context_key_values;
        let named = entry.context_key_type.as_deref();
        let kind = named.unwrap_or(match values.len() {
            0 | 1 => "string",
            _ => "stringList",
        });
        let single = kind.strip_suffix("List");
        for value in &values {
            if !fits(single.unwrap_or(kind), value) {
                return Err(invalid_input(&format!(
                    "The value {value} of the context key {key} is not of the type {kind}."
                )));
            }
        }
        let value = match (single, <[String; 1]>::try_from(values)) {
            (None, Ok([value])) => Value::One(value),
            (Some(_), Ok([value])) => Value::Many(vec![value]),
            (Some(_), Err(values)) => Value::Many(values),
            (None, Err(_)) => {
                return Err(invalid_input(&format!(
                    "The context key {key} of the type {kind} must have exactly one value."
                )));
            }
        };
        context.insert(key, value);
    }
    Ok(context)
}

fn fits(kind: &str, value: &str) -> bool {
    match kind {
        "numeric" => value.parse::<f64>().is_ok_and(f64::is_finite),
        "boolean" => ["true", "false"]
            .iter()
            .any(|it| it.eq_ignore_ascii_case(value)),
        "ip" => is_network(value),
        "binary" => STANDARD.decode(value).is_ok(),
        "date" => is_date(value),
        _ => true,
    }
}

/// An address, or a network in CIDR notation.
fn is_network(value: &str) -> bool {
    let (address, length) = match value.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (value, None),
    };
    let Ok(address) = address.parse::<IpAddr>() else {
        return false;
    };
    let most = if address.is_ipv4() { 32 } else { 128 };
    length.is_none_or(|it| it.parse::<u8>().is_ok_and(|it| it <= most))
}

/// ISO 8601, with or without a time, or seconds since the epoch.
fn is_date(value: &str) -> bool {
    value.parse::<Timestamp>().is_ok()
        || value.parse::<Date>().is_ok()
        || value.parse::<i64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: Option<&str>, values: &[&str]) -> ContextEntry {
        ContextEntry {
            context_key_name: Some("aws:key".into()),
            context_key_values: values.iter().map(|it| (*it).to_owned()).collect(),
            context_key_type: kind.map(str::to_owned),
        }
    }

    fn value(kind: Option<&str>, values: &[&str]) -> Option<Value> {
        let context = read(vec![entry(kind, values)]).ok()?;
        context.get("AWS:KEY").cloned()
    }

    #[test]
    fn the_type_says_whether_a_key_is_multi_valued() {
        let many = |values: &[&str]| {
            Some(Value::Many(
                values.iter().map(|it| (*it).to_owned()).collect(),
            ))
        };
        assert_eq!(value(Some("string"), &["a"]), Some("a".into()));
        assert_eq!(value(Some("stringList"), &["a"]), many(&["a"]));
        assert_eq!(value(Some("stringList"), &[]), many(&[]));
        assert_eq!(value(None, &["a"]), Some("a".into()));
        assert_eq!(value(None, &["a", "b"]), many(&["a", "b"]));
        assert_eq!(value(Some("string"), &["a", "b"]), None);
        assert_eq!(value(Some("numeric"), &[]), None);
    }

    #[test]
    fn values_are_of_their_type() {
        for (kind, good, bad) in [
            ("numeric", ["1.5", "-2"], ["x", "inf"]),
            ("boolean", ["true", "False"], ["yes", ""]),
            (
                "ip",
                ["192.0.2.1", "2001:db8::/32"],
                ["192.0.2", "192.0.2.0/33"],
            ),
            ("binary", ["", "aGk="], ["aGk", "!"]),
            (
                "date",
                ["2026-01-02T03:04:05Z", "2026-01-02"],
                ["now", "2026-13-01"],
            ),
        ] {
            for value in good {
                assert!(fits(kind, value), "{kind} {value}");
            }
            for value in bad {
                assert!(!fits(kind, value), "{kind} {value}");
            }
        }
        assert_eq!(value(Some("ipList"), &["192.0.2.1", "x"]), None);
    }

    #[test]
    fn a_key_is_given_once_in_whatever_case() {
        let twice = |name: &str| ContextEntry {
            context_key_name: Some(name.into()),
            ..entry(None, &["a"])
        };
        assert!(read(vec![twice("aws:a"), twice("AWS:A")]).is_err());
        assert!(read(vec![twice("aws:a"), twice("aws:b")]).is_ok());
        let nameless = ContextEntry {
            context_key_name: None,
            ..entry(None, &["a"])
        };
        assert!(read(vec![nameless]).is_err());
    }
}
