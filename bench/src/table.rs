//! The table of figures.

use std::fmt;

const COLUMNS: usize = 6;

/// Rows of text under a head.
#[derive(Debug)]
pub(crate) struct Table {
    head: [&'static str; COLUMNS],
    rows: Vec<[String; COLUMNS]>,
}

impl Table {
    /// Figures of Daypass beside those of another server.
    pub(crate) fn beside(other: &'static str) -> Self {
        Self::of("daypass", other)
    }

    /// Figures of two servers, the second of which the first is measured by.
    pub(crate) fn of(one: &'static str, other: &'static str) -> Self {
        Self {
            head: ["", "", one, other, "ratio", "aim"],
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: [String; COLUMNS]) {
        self.rows.push(cells);
    }

    /// Adds a row of one figure.
    pub(crate) fn figure(&mut self, name: &str, what: &str, value: String) {
        let none = String::new;
        self.row([name.into(), what.into(), value, none(), none(), none()]);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = self.head.map(str::to_owned);
        let rows = || std::iter::once(&head).chain(&self.rows);
        let width = |column: usize| {
            let widths = rows().map(|row| row[column].chars().count());
            widths.max().unwrap_or_default()
        };
        for row in rows() {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let width = width(column);
                match column {
                    0 | 1 => line += &format!("{cell:<width$}  "),
                    _ => line += &format!("{cell:>width$}  "),
                }
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}
