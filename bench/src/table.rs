//! The table of figures.

use std::fmt;

const COLUMNS: usize = 6;
const HEAD: [&str; COLUMNS] = ["", "", "daypass", "bare hyper", "ratio", "aim"];

/// Rows of text under a fixed head.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<[String; COLUMNS]>);

impl Table {
    /// Adds a row.
    pub(crate) fn row(&mut self, cells: [String; COLUMNS]) {
        self.0.push(cells);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = HEAD.map(str::to_owned);
        let rows = || std::iter::once(&head).chain(&self.0);
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
