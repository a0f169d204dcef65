//! A strict JSON reader that keeps the place of every value in the text.
//!
//! Policies decide about access, so two readers must never see two different documents: duplicate
//! members, trailing text, control characters and lone surrogates are refused (RFC 8259 leaves
//! the first of these open).

use std::borrow::Cow;
use std::ops::Range;

/// A value and the bytes it was read from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node<'a> {
    pub(crate) span: Range<usize>,
    pub(crate) value: Json<'a>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json<'a> {
    Object(Vec<Member<'a>>),
    Array(Vec<Node<'a>>),
    String(Cow<'a, str>),
    /// The text of the number: `1.20` stays `1.20`.
    Number(&'a str),
    Bool(bool),
    Null,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Member<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) name_span: Range<usize>,
    pub(crate) node: Node<'a>,
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JsonError {
    pub(crate) span: Range<usize>,
    pub(crate) problem: Problem,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Problem {
    #[error("the text ends before the document does")]
    UnexpectedEnd,
    #[error("expected {0}")]
    Expected(&'static str),
    #[error("this is not a JSON number")]
    Number,
    #[error("control characters in strings must be escaped")]
    ControlCharacter,
    #[error("this is not a JSON escape sequence")]
    Escape,
    #[error("half of a surrogate pair is not a character")]
    LoneSurrogate,
    #[error("the member `{0}` is given twice")]
    DuplicateMember(String),
    #[error("values are nested more than {MAX_DEPTH} deep")]
    TooDeep,
    #[error("text follows the end of the document")]
    TrailingText,
    #[error("the document is longer than {MAX_BYTES} bytes")]
    TooLong,
}

/// The longest document IAM's API takes has 131,072 characters of Latin-1.
const MAX_BYTES: usize = 2 * 131_072;
/// The grammar needs seven levels.
const MAX_DEPTH: usize = 16;

/// Reads one document.
pub(crate) fn parse(text: &str) -> Result<Node<'_>, JsonError> {
    if text.len() > MAX_BYTES {
        return Err(JsonError {
            span: text.floor_char_boundary(MAX_BYTES)..text.len(),
            problem: Problem::TooLong,
        });
    }
    let mut reader = Reader { text, at: 0 };
    reader.skip_blanks();
    let node = reader.value(0)?;
    reader.skip_blanks();
    if reader.at < text.len() {
        return Err(JsonError {
            span: reader.at..text.len(),
            problem: Problem::TrailingText,
        });
    }
    Ok(node)
}

struct Reader<'a> {
    text: &'a str,
    // INVARIANT: at a character boundary of `text`.
    at: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Result<Node<'a>, JsonError> {
        let start = self.at;
        let value = match self.peek() {
            None => return Err(self.end()),
            Some(b'{' | b'[') if depth == MAX_DEPTH => return Err(self.here(Problem::TooDeep)),
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.array(depth)?,
            Some(b'"') => Json::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => Json::Number(self.number()?),
            Some(_) => self.word()?,
        };
        Ok(Node {
            span: start..self.at,
            value,
        })
    }

    fn object(&mut self, depth: usize) -> Result<Json<'a>, JsonError> {
        self.at += 1;
        let mut members = Vec::new();
        self.skip_blanks();
        if self.take(b'}') {
            return Ok(Json::Object(members));
        }
        loop {
            self.skip_blanks();
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("a member name in double quotes"));
            }
            let name = self.string()?;
            let name_span = start..self.at;
            self.skip_blanks();
            if !self.take(b':') {
                return Err(self.unexpected("a colon after the member name"));
            }
            self.skip_blanks();
            let node = self.value(depth + 1)?;
            members.push(Member {
                name,
                name_span,
                node,
            });
            self.skip_blanks();
            if self.take(b'}') {
                break;
            }
            if !self.take(b',') {
                return Err(self.unexpected("a comma or the closing brace"));
            }
        }
        match duplicate(&members) {
            None => Ok(Json::Object(members)),
            Some(member) => {
                let problem = Problem::DuplicateMember(member.name.to_string());
                Err(JsonError {
                    span: member.name_span.clone(),
                    problem,
                })
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Json<'a>, JsonError> {
        self.at += 1;
        let mut nodes = Vec::new();
        self.skip_blanks();
        if self.take(b']') {
            return Ok(Json::Array(nodes));
        }
        loop {
            self.skip_blanks();
            nodes.push(self.value(depth + 1)?);
            self.skip_blanks();
            if self.take(b']') {
                return Ok(Json::Array(nodes));
            }
            if !self.take(b',') {
                return Err(self.unexpected("a comma or the closing bracket"));
            }
        }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        self.at += 1;
        let mut run = self.at;
        let mut decoded: Option<String> = None;
        loop {
            match self.peek() {
                None => return Err(self.end()),
                Some(b'"') => {
                    let tail = self.slice(run);
                    self.at += 1;
                    return Ok(match decoded {
                        None => Cow::Borrowed(tail),
                        Some(head) => Cow::Owned(head + tail),
                    });
                }
                Some(b'\\') => {
                    let text = decoded.get_or_insert_default();
                    text.push_str(self.text.get(run..self.at).unwrap_or_default());
                    let character = self.escape()?;
                    decoded.get_or_insert_default().push(character);
                    run = self.at;
                }
                Some(0..=0x1f) => return Err(self.here(Problem::ControlCharacter)),
                Some(_) => self.step(),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let start = self.at;
        self.at += 1;
        let Some(letter) = self.peek() else {
            return Err(self.end());
        };
        self.step();
        let character = match letter {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(start),
            _ => {
                return Err(JsonError {
                    span: start..self.at,
                    problem: Problem::Escape,
                });
            }
        };
        Ok(character)
    }

    fn unicode_escape(&mut self, start: usize) -> Result<char, JsonError> {
        let first = self.hex4(start)?;
        let mut code = first;
        if (0xd800..0xdc00).contains(&first) && self.rest().starts_with("\\u") {
            self.at += 2;
            let second = self.hex4(start)?;
            if (0xdc00..0xe000).contains(&second) {
                code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            }
        }
        char::from_u32(code).ok_or(JsonError {
            span: start..self.at,
            problem: Problem::LoneSurrogate,
        })
    }

    fn hex4(&mut self, start: usize) -> Result<u32, JsonError> {
        let digits = self
            .rest()
            .get(..4)
            .filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let code = digits.and_then(|text| u32::from_str_radix(text, 16).ok());
        let Some(code) = code else {
            return Err(JsonError {
                span: start..self.at,
                problem: Problem::Escape,
            });
        };
        self.at += 4;
        Ok(code)
    }

    fn number(&mut self) -> Result<&'a str, JsonError> {
        let start = self.at;
        self.take(b'-');
        let whole = self.digits();
        let leading_zero = whole > 1 && self.text.as_bytes().get(self.at - whole) == Some(&b'0');
        let mut sound = whole > 0 && !leading_zero;
        if self.take(b'.') {
            sound &= self.digits() > 0;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            sound &= self.digits() > 0;
        }
        if sound {
            Ok(self.slice(start))
        } else {
            Err(JsonError {
                span: start..self.at,
                problem: Problem::Number,
            })
        }
    }

    fn digits(&mut self) -> usize {
        let count = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        self.at += count;
        count
    }

    fn word(&mut self) -> Result<Json<'a>, JsonError> {
        let words = [
            ("true", Json::Bool(true)),
            ("false", Json::Bool(false)),
            ("null", Json::Null),
        ];
        for (word, value) in words {
            if self.rest().starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.unexpected("a value"))
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        if there {
            self.at += 1;
        }
        there
    }

    fn step(&mut self) {
        self.at += self.rest().chars().next().map_or(0, char::len_utf8);
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn slice(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn unexpected(&self, what: &'static str) -> JsonError {
        if self.at >= self.text.len() {
            self.end()
        } else {
            self.here(Problem::Expected(what))
        }
    }

    fn end(&self) -> JsonError {
        JsonError {
            span: self.text.len()..self.text.len(),
            problem: Problem::UnexpectedEnd,
        }
    }

    fn here(&self, problem: Problem) -> JsonError {
        let width = self.rest().chars().next().map_or(0, char::len_utf8);
        JsonError {
            span: self.at..self.at + width,
            problem,
        }
    }
}

/// The second of two members with one name; names are compared after decoding, so that an escape
/// does not hide one.
fn duplicate<'m, 'a>(members: &'m [Member<'a>]) -> Option<&'m Member<'a>> {
    let mut sorted: Vec<&Member<'a>> = members.iter().collect();
    sorted.sort_by(|left, right| left.name.cmp(&right.name));
    sorted.windows(2).find_map(|pair| match pair {
        [first, second] if first.name == second.name => Some(*second),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
