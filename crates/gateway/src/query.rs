//! The query string, decoded once, each name at most once.

use std::collections::HashSet;

use percent_encoding::percent_decode_str;

use crate::fault::{Code, Fault};

/// A request's query parameters.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Decodes a raw query string. A name that comes twice is refused: two readers of the
    /// request could otherwise take different values for it.
    pub(crate) fn parse(raw: &str) -> Result<Self, Fault> {
        Self::parse_with_list(raw, None)
    }

    /// The same, of an operation that has a list in its query: `list` may come several times.
    pub(crate) fn parse_with_list(raw: &str, list: Option<&str>) -> Result<Self, Fault> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        // A query has room for thousands of names, and anybody can send one.
        let mut known = HashSet::new();
        for piece in raw.split('&').filter(|piece| !piece.is_empty()) {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            let listed = list == Some(name.as_str());
            if !known.insert(name.clone()) && !listed {
                return Err(Fault::new(Code::InvalidArgument)
                    .message("A query parameter was given more than once.")
                    .element("ArgumentName", name));
            }
            pairs.push((name, value));
        }
        Ok(Self(pairs))
    }

    /// The value of `name`, empty when it was given without one.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// All values of a list.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.iter()
            .filter(move |(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// Whether `name` was given.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// All parameters in the order of the request.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }

    /// A number that S3 calls `name` in its errors.
    pub(crate) fn number(&self, name: &str) -> Result<Option<u32>, Fault> {
        let Some(text) = self.get(name).filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        match text.parse::<i64>() {
            Ok(value) => match u32::try_from(value) {
                Ok(value) if value <= i32::MAX as u32 => Ok(Some(value)),
                _ => Err(Fault::argument(
                    format!("Argument {name} must be an integer between 0 and 2147483647"),
                    name,
                    text,
                )),
            },
            Err(_) => Err(Fault::argument(
                format!("Provided {name} not an integer or within integer range"),
                name,
                text,
            )),
        }
    }
}

fn decode(text: &str) -> Result<String, Fault> {
    strict_decode(&text.replace('+', " "))
}

/// Percent-decodes; a stray `%` or bytes that aren't UTF-8 are refused rather than guessed at.
pub(crate) fn strict_decode(text: &str) -> Result<String, Fault> {
    let bytes = text.as_bytes();
    let stray = bytes.iter().enumerate().any(|(at, byte)| {
        *byte == b'%'
            && !bytes
                .get(at + 1..at + 3)
                .is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
    });
    if stray {
        return Err(Fault::new(Code::InvalidUri));
    }
    percent_decode_str(text)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| Fault::new(Code::InvalidUri))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_once() {
        let query = Query::parse("prefix=a%252Fb+c&delimiter=%2F&acl").unwrap();
        assert_eq!(query.get("prefix"), Some("a%2Fb c"));
        assert_eq!(query.get("delimiter"), Some("/"));
        assert_eq!(query.get("acl"), Some(""));
        assert_eq!(query.get("Acl"), None);
    }

    #[test]
    fn a_duplicated_parameter_is_refused() {
        for raw in ["prefix=a&prefix=b", "prefix=a&prefi%78=b", "acl&acl"] {
            assert!(Query::parse(raw).is_err(), "{raw}");
        }
    }

    #[test]
    fn only_the_operations_own_list_may_repeat() {
        let raw = "tagKeys=a&tagKeys=b%20c";
        let query = Query::parse_with_list(raw, Some("tagKeys")).unwrap();
        assert_eq!(query.all("tagKeys").collect::<Vec<_>>(), ["a", "b c"]);
        assert!(Query::parse(raw).is_err());
        assert!(Query::parse_with_list("x=1&x=2", Some("tagKeys")).is_err());
    }

    #[test]
    fn malformed_escapes_are_refused() {
        for raw in ["a=%", "a=%4", "a=%zz", "a=%ff"] {
            assert!(Query::parse(raw).is_err(), "{raw}");
        }
    }

    #[test]
    fn numbers_are_bounded() {
        let query = Query::parse("a=1000&b=-1&c=x&d=2147483648&e=").unwrap();
        assert_eq!(query.number("a").unwrap(), Some(1000));
        assert_eq!(query.number("e").unwrap(), None);
        for name in ["b", "c", "d"] {
            assert!(query.number(name).is_err(), "{name}");
        }
    }
}
