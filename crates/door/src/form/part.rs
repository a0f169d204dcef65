//! The headers of one part of a form (RFC 7578, section 4).

use super::FormError;

/// What a part is called.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// The field's name, as it came.
    pub(super) name: String,
    /// The file's name, if it has one.
    pub(super) file_name: Option<String>,
}

impl Named {
    /// Reads the headers of a part, without the empty line that ends them. What isn't
    /// `Content-Disposition` is ignored, as the RFC has it.
    pub(super) fn read(headers: &[u8]) -> Result<Self, FormError> {
        let malformed = || FormError::Malformed("a part has no name");
        let text = str::from_utf8(headers).map_err(|_| malformed())?;
        let mut dispositions = text.split("\r\n").filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim()
                .eq_ignore_ascii_case("content-disposition")
                .then_some(value)
        });
        let value = dispositions.next().ok_or_else(malformed)?;
        if dispositions.next().is_some() {
            return Err(malformed());
        }
        let (kind, rest) = value.split_once(';').ok_or_else(malformed)?;
        if !kind.trim().eq_ignore_ascii_case("form-data") {
            return Err(malformed());
        }
        let mut name = None;
        let mut file_name = None;
        for (parameter, value) in parameters(rest).ok_or_else(malformed)? {
            let known = match parameter.as_str() {
                "name" => name.replace(value),
                "filename" => file_name.replace(value),
                _ => None,
            };
            if known.is_some() {
                return Err(malformed());
            }
        }
        let name = name.filter(|name| !name.is_empty()).ok_or_else(malformed)?;
        Ok(Self { name, file_name })
    }
}

/// Reads `; name=value; name="value"`, names in lower case. In quotes, a backslash stands before a
/// quote or another backslash and is else itself: browsers send paths with it.
pub(super) fn parameters(text: &str) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ';']);
        if rest.is_empty() {
            return Some(found);
        }
        let (name, after) = rest.split_once('=')?;
        let name = name.trim_end().to_ascii_lowercase();
        let value;
        (value, rest) = match after.strip_prefix('"') {
            Some(quoted) => in_quotes(quoted)?,
            None => {
                let end = after.find(';').unwrap_or(after.len());
                let (value, rest) = after.split_at(end);
                (value.trim().to_owned(), rest)
            }
        };
        found.push((name, value));
    }
}

fn in_quotes(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match letters.next_if(|(_, next)| matches!(next, '"' | '\\')) {
                Some((_, escaped)) => value.push(escaped),
                None => value.push('\\'),
            },
            other => value.push(other),
        }
    }
    None
}
