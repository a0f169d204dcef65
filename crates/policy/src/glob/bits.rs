//! Finding a piece with `?` in it, all of its places at once.
//!
//! Shift-And (Baeza-Yates and Gonnet, "A new approach to text searching", 1992): a bit for each
//! character of the piece says whether the text that was just read ends with the piece up to there.
//! Trying one place after the other would take the length of the piece at each of them.

use smallvec::{SmallVec, smallvec};

use super::Token;

/// 64 characters of a piece; longer pieces have several words.
type Words = SmallVec<[u64; 4]>;

/// What follows the leftmost place of a piece that has no `*`.
pub(super) fn find<'t, T: AsRef<str>>(piece: &[Token<T>], text: &'t str) -> Option<&'t str> {
    let length = piece.iter().map(Token::characters).sum::<usize>();
    let Some(last) = length.checked_sub(1) else {
        return Some(text);
    };
    let rows = Rows::of(piece, length);
    let mut state: Words = smallvec![0; rows.words];
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        // Each place goes on by one character, and a new one may begin.
        let mut carry = 1;
        for (word, row) in state.iter_mut().zip(rows.of_character(character)) {
            let shifted = (*word << 1) | carry;
            carry = *word >> 63;
            *word = shifted & row;
        }
        let ended = state
            .get(last / 64)
            .is_some_and(|word| word >> (last % 64) & 1 == 1);
        if ended {
            return Some(characters.as_str());
        }
    }
    None
}

/// For each character of the piece, where in it this character may stand.
struct Rows {
    words: usize,
    // INVARIANT: ascending.
    characters: SmallVec<[char; 32]>,
    // INVARIANT: `words` for each of the characters.
    bits: SmallVec<[u64; 32]>,
    /// Where any character may stand.
    any: Words,
}

impl Rows {
    fn of<T: AsRef<str>>(piece: &[Token<T>], length: usize) -> Self {
        let words = length.div_ceil(64);
        let texts = || {
            piece.iter().filter_map(|token| match token {
                Token::Text(text) => Some(text.as_ref()),
                Token::One | Token::Run => None,
            })
        };
        let mut characters: SmallVec<[char; 32]> = texts().flat_map(str::chars).collect();
        characters.sort_unstable();
        characters.dedup();
        let mut any: Words = smallvec![0; words];
        let mut place = 0;
        for token in piece {
            if let Token::One = token {
                set(&mut any, place);
            }
            place += token.characters();
        }
        let mut bits: SmallVec<[u64; 32]> = SmallVec::with_capacity(characters.len() * words);
        for _ in &characters {
            bits.extend_from_slice(&any);
        }
        let mut rows = Self {
            words,
            characters,
            bits,
            any,
        };
        let mut place = 0;
        for token in piece {
            if let Token::Text(text) = token {
                for (at, character) in (place..).zip(text.as_ref().chars()) {
                    rows.allow(character, at);
                }
            }
            place += token.characters();
        }
        rows
    }

    fn allow(&mut self, character: char, place: usize) {
        let Ok(row) = self.characters.binary_search(&character) else {
            return;
        };
        let start = row * self.words;
        if let Some(row) = self.bits.get_mut(start..start + self.words) {
            set(row, place);
        }
    }

    fn of_character(&self, character: char) -> &[u64] {
        let row = self.characters.binary_search(&character).ok();
        let row = row.and_then(|row| self.bits.get(row * self.words..(row + 1) * self.words));
        row.unwrap_or(&self.any)
    }
}

impl<T: AsRef<str>> Token<T> {
    /// How many characters it stands for.
    fn characters(&self) -> usize {
        match self {
            Self::Text(text) => text.as_ref().chars().count(),
            Self::One => 1,
            Self::Run => 0,
        }
    }
}

fn set(words: &mut [u64], place: usize) {
    if let Some(word) = words.get_mut(place / 64) {
        *word |= 1 << (place % 64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::glob::tokens;

    fn found<'t>(piece: &str, text: &'t str) -> Option<&'t str> {
        find(&tokens(piece), text)
    }

    #[test]
    fn the_leftmost_place_counts() {
        assert_eq!(found("a?c", "xabcabc!"), Some("abc!"));
        assert_eq!(found("a?c", "abab"), None);
        assert_eq!(found("é?", "aéb"), Some(""));
        assert_eq!(found("a?a", "aaaa"), Some("a"));
        assert_eq!(found("a??", "ba"), None);
        assert_eq!(found("", "a"), Some("a"));
    }

    #[test]
    fn pieces_longer_than_a_word_carry_over() {
        for length in [63, 64, 65, 127, 128, 129, 300] {
            let piece = format!("{}?z", "a".repeat(length));
            let text = format!("{}bz!", "a".repeat(length + 7));
            assert_eq!(found(&piece, &text), Some("!"), "{length}");
            let short = format!("{}bz!", "a".repeat(length - 1));
            assert_eq!(found(&piece, &short), None, "{length}");
        }
    }
}
