//! Translation of a model's patterns from Java's regular expressions to those of the `regex` crate.

use anyhow::{Context, Result};
use regex::Regex;

/// The expression that matches the whole of what the Java pattern matches as a whole.
///
/// Java's `\w`, `\d` and `\s` are ASCII, `\uXXXX` is a code point, and `\u10000-\u10FFFF` in the models stands for the
/// supplementary planes (Java itself would read four digits only; the services mean five and six).
pub(super) fn translate(java: &str) -> Result<String> {
    if let Some((_, expression)) = REWRITTEN.iter().find(|(pattern, _)| *pattern == java) {
        return Ok((*expression).to_owned());
    }
    let java = java.replace(r"\u10000-\u10FFFF", r"\x{10000}-\x{10FFFF}");
    let mut out = String::from(r"\A(?:");
    let mut letters = java.chars();
    let mut in_class = false;
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                let escaped = letters.next().context("a pattern ends in a backslash")?;
                match (escaped, in_class) {
                    ('u', _) => {
                        let digits: String = letters.by_ref().take(4).collect();
                        out.push_str(&format!(r"\x{{{digits}}}"));
                    }
                    ('w', true) => out.push_str("0-9A-Za-z_"),
                    ('w', false) => out.push_str("[0-9A-Za-z_]"),
                    ('d', true) => out.push_str("0-9"),
                    ('d', false) => out.push_str("[0-9]"),
                    ('s', true) => out.push_str(SPACES),
                    ('s', false) => out.push_str(&format!("[{SPACES}]")),
                    ('S', _) => out.push_str(&format!("[^{SPACES}]")),
                    ('/', _) => out.push('/'),
                    (other, _) => out.extend(['\\', other]),
                }
            }
            '[' => {
                in_class = true;
                out.push('[');
            }
            ']' => {
                in_class = false;
                out.push(']');
            }
            other => out.push(other),
        }
    }
    out.push_str(r")\z");
    Regex::new(&out).with_context(|| format!("the pattern {java} cannot be translated"))?;
    Ok(out)
}

/// Java's `\s`, as it stands inside of brackets.
const SPACES: &str = r"\t\n\x0B\x0C\r\x20";

/// Patterns that `regex` lacks the means for, and what stands for them. An account alias has hyphens one at a time
/// and between other characters; that it has at most 63 characters is a constraint of its shape besides.
const REWRITTEN: &[(&str, &str)] = &[(
    "^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$",
    r"\A[a-z0-9](?:-|[a-z0-9]-?)[a-z0-9](?:-?[a-z0-9])*\z",
)];

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn matches(java: &str, text: &str) -> bool {
        Regex::new(&translate(java).unwrap())
            .unwrap()
            .is_match(text)
    }

    #[test]
    fn word_characters_are_ascii() {
        assert!(matches(r"[\w+=,.@-]+", "build-42@x_Y"));
        assert!(!matches(r"[\w+=,.@-]+", "b\u{fc}ild"));
        assert!(!matches(r"[\d]*", "\u{661}"));
        assert!(matches(r"[\w+=,.@:\/-]*", "a/b:c"));
    }

    #[test]
    fn spaces_are_ascii_too_and_everything_is_space_or_not() {
        let address = r"[^\s@]+@[^\s@]+\.[^\s@]+";
        assert!(matches(address, "a@b.c") && matches(address, "\u{a0}@b.c"));
        assert!(!matches(address, "a b@c.d") && !matches(address, "a\t@b.c"));
        assert!(matches(r"[\s\S]*", "any \n\u{1f600}"));
        assert!(matches(r"a\sb\S", "a bc") && !matches(r"a\sb\S", "a b "));
    }

    #[test]
    fn the_whole_text_must_match_every_alternative() {
        let path = r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)";
        assert!(matches(path, "/") && matches(path, "/a/b/"));
        assert!(!matches(path, "/a") && !matches(path, "x/") && !matches(path, "/\n"));
    }

    #[test]
    fn unicode_properties_and_planes_are_known() {
        assert!(matches(
            r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*",
            "Gr\u{fc}n \u{4e2d}-1"
        ));
        assert!(!matches(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", "a*b"));
        assert!(matches(
            r"[\u0009\u00A0-\uD7FF\u10000-\u10FFFF]+",
            "\u{1f600}\u{a0}\t"
        ));
        assert!(!matches(r"[\u0009\u000A\u000D\u0020-\u00FF]+", "\u{100}"));
    }

    #[test]
    fn an_alias_has_single_hyphens_inside() {
        let alias = "^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$";
        for good in ["abc", "a-b", "ab-c", "a-bc", "my-team-1", "0-0-0", "abcd"] {
            assert!(matches(alias, good), "{good}");
        }
        for bad in [
            "ab", "a", "", "-ab", "ab-", "a--b", "ab--cd", "aBc", "a_b", "abc\n", "a-",
        ] {
            assert!(!matches(alias, bad), "{bad}");
        }
    }

    #[test]
    fn what_regex_lacks_is_an_error_not_a_wider_pattern() {
        assert!(translate(r"[a-z](-(?!-))").is_err());
    }
}
