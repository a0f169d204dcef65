//! Texts of others, for logs, events and terminals.

use std::borrow::Cow;
use std::fmt::Write;

/// The text with its control characters written out, as in `\u{a}`: annotations may hold any, and
/// a line feed would begin a line of somebody's choice, an escape would command a terminal.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(unprintable) {
        return Cow::Borrowed(text);
    }
    let mut told = String::with_capacity(text.len());
    for c in text.chars() {
        match unprintable(c) {
            // Writing to a string cannot fail.
            true => {
                let _ = write!(told, "\\u{{{:x}}}", u32::from(c));
            }
            false => told.push(c),
        }
    }
    Cow::Owned(told)
}

/// Control characters, and those that turn the direction in which a line is read.
fn unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_written_out_and_no_others() {
        assert_eq!(printable("ein Wort, 語"), "ein Wort, 語");
        assert_eq!(printable("a\nb\r\u{1b}[31m"), r"a\u{a}b\u{d}\u{1b}[31m");
        assert_eq!(printable("\u{9b}0m\u{202e}x"), r"\u{9b}0m\u{202e}x");
    }
}
