//! Where a statement stands in the text of its policy.

use std::ops::Range;

use crate::generated::iam::Position;

/// Where the statement in these bytes begins and ends. As in AWS's examples (AWS CLI Command
/// Reference, `simulate-custom-policy`), both lie right behind a brace, the opening and the
/// closing one, and lines and columns count from 1; columns are characters.
pub(super) fn bounds(text: &str, statement: &Range<usize>) -> (Position, Position) {
    let start = statement.start.saturating_add(1).min(statement.end);
    (position(text, start), position(text, statement.end))
}

fn position(text: &str, at: usize) -> Position {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before.get(start..).unwrap_or_default().chars().count() + 1;
    let number = |it: usize| i32::try_from(it).unwrap_or(i32::MAX);
    Position {
        line: Some(number(line)),
        column: Some(number(column)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> [(i32, i32); 2] {
        let statement = text.rfind('{').unwrap()..text.find('}').unwrap() + 1;
        let (start, end) = bounds(text, &statement);
        [start, end].map(|it| (it.line.unwrap(), it.column.unwrap()))
    }

    #[test]
    fn positions_are_those_of_the_documented_example() {
        let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*"}}"#;
        let end = i32::try_from(text.len()).unwrap();
        assert_eq!(shown(text), [(1, 38), (1, end)]);
    }

    #[test]
    fn lines_count_from_one_and_columns_are_characters() {
        assert_eq!(
            shown("{\n  \"Sid\": \"\u{fc}\", {\r\n  }\n}"),
            [(2, 16), (3, 4)]
        );
    }
}
