//! Wildcards.

/// One character of a pattern.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Piece {
    /// Itself.
    Char(char),
    /// `?`: any one character.
    One,
    /// `*`: any run of characters, also none.
    Any,
}

/// A text in which `*` and `?` are wildcards.
pub(crate) fn pattern(text: &str) -> Vec<Piece> {
    let piece = |character| match character {
        '*' => Piece::Any,
        '?' => Piece::One,
        other => Piece::Char(other),
    };
    text.chars().map(piece).collect()
}

/// Whether the whole text matches. Keeps, piece by piece, the set of places in the text that
/// can have been reached.
pub(crate) fn matches(pattern: &[Piece], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for piece in pattern {
        let mut next = vec![false; text.len() + 1];
        for place in 0..=text.len() {
            match piece {
                Piece::Any => next[place] = reached[place] || (place > 0 && next[place - 1]),
                Piece::One => next[place] = place > 0 && reached[place - 1],
                Piece::Char(character) => {
                    next[place] = place > 0 && reached[place - 1] && text[place - 1] == *character;
                }
            }
        }
        reached = next;
    }
    reached[text.len()]
}
