//! One place in a document, and what may be there.

use serde_json::{Map, Value};

/// A value with the way to it, for errors that say where.
#[derive(Debug, Clone)]
pub(super) struct Field<'d> {
    path: String,
    value: Option<&'d Value>,
}

/// A place of the document has not what it should have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` {problem}")]
pub struct WrongField {
    path: String,
    problem: String,
}

impl<'d> Field<'d> {
    /// The whole document.
    pub(super) fn root(value: &'d Value) -> Self {
        Self {
            path: String::new(),
            value: Some(value),
        }
    }

    /// A member of an object. Of what isn't there, no member is there.
    pub(super) fn get(&self, name: &str) -> Result<Self, WrongField> {
        let value = match self.value {
            None | Some(Value::Null) => None,
            Some(Value::Object(members)) => members.get(name),
            Some(_) => return Err(self.wrong("is no object")),
        };
        let path = match self.path.as_str() {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        };
        Ok(Self { path, value })
    }

    /// A text that is there and isn't empty.
    pub(super) fn text(&self) -> Result<&'d str, WrongField> {
        self.text_or_none()?.ok_or_else(|| self.wrong("is missing"))
    }

    /// A text, unless it is missing or empty.
    pub(super) fn text_or_none(&self) -> Result<Option<&'d str>, WrongField> {
        match self.value {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            Some(_) => Err(self.wrong("is no text")),
        }
    }

    /// The elements of a list, none if it is missing.
    pub(super) fn list(&self) -> Result<Vec<Self>, WrongField> {
        let elements = match self.value {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Array(elements)) => elements,
            Some(_) => return Err(self.wrong("is no list")),
        };
        let element = |(place, value)| Self {
            path: format!("{}[{place}]", self.path),
            value: Some(value),
        };
        Ok(elements.iter().enumerate().map(element).collect())
    }

    /// The members of an object, none if it is missing.
    pub(super) fn members(&self) -> Result<Option<&'d Map<String, Value>>, WrongField> {
        match self.value {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(members)) => Ok(Some(members)),
            Some(_) => Err(self.wrong("is no object")),
        }
    }

    /// That something is wrong here.
    pub(super) fn wrong(&self, problem: impl Into<String>) -> WrongField {
        let path = match self.path.as_str() {
            "" => "the document",
            path => path,
        };
        WrongField {
            path: path.to_owned(),
            problem: problem.into(),
        }
    }
}
