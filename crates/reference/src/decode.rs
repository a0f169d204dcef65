//! From the embedded bytes to the tables.

use std::io::Read as _;

use flate2::bufread::GzDecoder;

use crate::condition_key::KeyType;
use crate::level::Level;
use crate::table::{ActionRow, KeyRow, Reference, ResourceRow, ServiceRow, Span};
use crate::wildcard;

/// Written by `cargo xtask access-table`.
static TABLE: &[u8] = include_bytes!("../data/access-table.gz");

impl Reference {
    /// Decodes the table that is part of the program.
    ///
    /// # Errors
    /// None in a program that has passed its tests: one of them decodes the same bytes.
    pub fn load() -> Result<Self, Unreadable> {
        let mut text = String::new();
        GzDecoder::new(TABLE)
            .read_to_string(&mut text)
            .map_err(|error| Unreadable::NotCompressed(error.to_string()))?;
        Self::decode(text)
    }

    /// Reads the lines: the source; then for each service itself, its condition keys, its resource types and its
    /// actions. Fields have tabs between them, and members of a list blanks.
    pub(crate) fn decode(text: String) -> Result<Self, Unreadable> {
        let mut tables = Tables::default();
        let mut lines = Lines { text: &text, at: 0 };
        let source = lines.next().unwrap_or_default();
        for (number, line) in (2..).zip(lines) {
            tables
                .read(&text, line)
                .ok_or(Unreadable::Malformed { line: number })?;
        }
        Ok(Self {
            source,
            services: tables.services.into(),
            actions: tables.actions.into(),
            resources: tables.resources.into(),
            keys: tables.keys.into(),
            links: tables.links.into(),
            text: text.into(),
        })
    }
}

/// Why a table can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is no gzip file of text.
    #[error("the table can't be decompressed: {0}")]
    NotCompressed(String),
    /// A line does not have the form that it should have.
    #[error("line {line} of the table is malformed")]
    Malformed {
        /// Counted from one.
        line: usize,
    },
}

#[derive(Default)]
struct Tables {
    services: Vec<ServiceRow>,
    actions: Vec<ActionRow>,
    resources: Vec<ResourceRow>,
    keys: Vec<KeyRow>,
    links: Vec<u16>,
}

impl Tables {
    fn read(&mut self, text: &str, line: Span) -> Option<()> {
        let mut fields = Fields { text, rest: line };
        let kind = fields.letter()?;
        if kind == "S" {
            return self.service(fields);
        }
        let service = self.services.last()?;
        let keys = service.keys.range().len();
        let resources = service.resources.range().len();
        match kind {
            "K" => self.key(fields),
            "R" => self.resource(fields, keys),
            "A" => self.action(fields, resources, keys),
            _ => None,
        }?;
        let ends = (
            count(&self.actions)?,
            count(&self.resources)?,
            count(&self.keys)?,
        );
        let service = self.services.last_mut()?;
        (service.actions.end, service.resources.end, service.keys.end) = ends;
        Some(())
    }

    fn service(&mut self, mut fields: Fields<'_>) -> Option<()> {
        let (prefix, name) = (fields.next()?, fields.next()?);
        let before = self.services.last().map(|service| service.prefix);
        fields.ascend(before, prefix)?;
        let empty = |length: u32| Span {
            start: length,
            end: length,
        };
        self.services.push(ServiceRow {
            prefix,
            name,
            actions: empty(count(&self.actions)?),
            resources: empty(count(&self.resources)?),
            keys: empty(count(&self.keys)?),
        });
        Some(())
    }

    fn key(&mut self, mut fields: Fields<'_>) -> Option<()> {
        let (name, kind) = (fields.next()?, fields.next()?);
        let kind = fields.str(kind)?;
        let (kind, multivalued) = match kind.strip_prefix("ArrayOf") {
            Some(kind) => (kind, true),
            None => (kind, false),
        };
        self.keys.push(KeyRow {
            name,
            kind: KeyType::of_name(kind)?,
            multivalued,
        });
        Some(())
    }

    fn resource(&mut self, mut fields: Fields<'_>, keys: usize) -> Option<()> {
        let (name, arn) = (fields.next()?, fields.next()?);
        let keys = self.link_keys(&mut fields, keys)?;
        self.resources.push(ResourceRow { name, arn, keys });
        Some(())
    }

    fn action(&mut self, mut fields: Fields<'_>, resources: usize, keys: usize) -> Option<()> {
        let (name, level, types) = (fields.next()?, fields.next()?, fields.next()?);
        let first = self.services.last()?.actions.start;
        let before = self.actions.get(first as usize..)?.last();
        fields.ascend(before.map(|action| action.name), name)?;
        let resources = self.link(fields.str(types)?, |word| {
            let (number, required) = match word.strip_suffix('!') {
                Some(number) => (number, 1),
                None => (word, 0),
            };
            let number: u16 = number.parse().ok()?;
            (usize::from(number) < resources).then_some(number.checked_mul(2)? + required)
        })?;
        let keys = self.link_keys(&mut fields, keys)?;
        self.actions.push(ActionRow {
            name,
            level: Level::of_letter(fields.str(level)?)?,
            resources,
            keys,
            dependent: fields.next()?,
        });
        Some(())
    }

    fn link_keys(&mut self, fields: &mut Fields<'_>, keys: usize) -> Option<Span> {
        let numbers = fields.next()?;
        self.link(fields.str(numbers)?, |word| {
            word.parse()
                .ok()
                .filter(|number| usize::from(*number) < keys)
        })
    }

    fn link(&mut self, words: &str, link: impl Fn(&str) -> Option<u16>) -> Option<Span> {
        let start = count(&self.links)?;
        for word in words.split_ascii_whitespace() {
            self.links.push(link(word)?);
        }
        let end = count(&self.links)?;
        Some(Span { start, end })
    }
}

fn count<T>(rows: &[T]) -> Option<u32> {
    rows.len().try_into().ok()
}

/// The spans of a text's lines.
struct Lines<'t> {
    text: &'t str,
    at: usize,
}

impl Iterator for Lines<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        let rest = self.text.get(self.at..)?;
        let length = rest.find('\n')?;
        let line = Span {
            start: self.at.try_into().ok()?,
            end: (self.at + length).try_into().ok()?,
        };
        self.at += length + 1;
        Some(line)
    }
}

/// The spans of a line's fields.
struct Fields<'t> {
    text: &'t str,
    rest: Span,
}

impl<'t> Fields<'t> {
    /// The letter that the line begins with.
    fn letter(&mut self) -> Option<&'t str> {
        let letter = self.str(self.rest)?.get(..1)?;
        self.rest.start += 1;
        Some(letter)
    }

    fn next(&mut self) -> Option<Span> {
        let rest = self.str(self.rest)?;
        // After the last field nothing is left, not even an empty one.
        if self.rest.start > self.rest.end {
            return None;
        }
        let length = u32::try_from(rest.find('\t').unwrap_or(rest.len())).ok()?;
        let field = Span {
            start: self.rest.start,
            end: self.rest.start + length,
        };
        self.rest.start = field.end + 1;
        Some(field)
    }

    fn str(&self, span: Span) -> Option<&'t str> {
        self.text.get(span.range())
    }

    /// Fails unless a name comes after the one before it, so that it can be found by halving.
    fn ascend(&self, before: Option<Span>, name: Span) -> Option<()> {
        let Some(before) = before else {
            return Some(());
        };
        wildcard::compare(self.str(before)?, self.str(name)?)
            .is_lt()
            .then_some(())
    }
}
