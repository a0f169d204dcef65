//! A rule about one text of an event, compiled: whole texts, beginnings and ends.

use std::cmp::Ordering;

use super::FieldSelector;

/// What a field's text must be, and must not be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TextRule {
    wanted: Patterns,
    unwanted: Patterns,
}

/// Texts, beginnings and ends, each sorted, so that one comparison decides over many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Patterns {
    whole: Vec<Box<str>>,
    /// None begins with another.
    beginnings: Vec<Box<str>>,
    /// Backwards; none begins with another.
    ends: Vec<Box<[u8]>>,
}

impl TextRule {
    /// Of a selector's operators.
    pub(super) fn of(selector: &FieldSelector) -> Self {
        Self {
            wanted: Patterns::new(&selector.equals, &selector.starts_with, &selector.ends_with),
            unwanted: Patterns::new(
                &selector.not_equals,
                &selector.not_starts_with,
                &selector.not_ends_with,
            ),
        }
    }

    /// Texts that begin with any of these.
    pub(super) fn starting_with<'a>(beginnings: impl IntoIterator<Item = &'a String>) -> Self {
        let beginnings: Vec<String> = beginnings.into_iter().cloned().collect();
        Self {
            wanted: Patterns::new(&[], &beginnings, &[]),
            unwanted: Patterns::default(),
        }
    }

    /// Whether the text matches one of what is wanted, if anything is, and nothing of what is not (CloudTrail User Guide, "How
    /// CloudTrail evaluates multiple conditions for a field").
    pub(super) fn holds(&self, text: &str) -> bool {
        (self.wanted.is_empty() || self.wanted.matches(text)) && !self.unwanted.matches(text)
    }
}

impl Patterns {
    fn new(whole: &[String], beginnings: &[String], ends: &[String]) -> Self {
        let boxed = |texts: &[String]| -> Vec<Box<str>> {
            texts.iter().map(|it| it.as_str().into()).collect()
        };
        let mut whole = boxed(whole);
        whole.sort_unstable();
        Self {
            whole,
            beginnings: shortest(boxed(beginnings), |it| it.as_bytes()),
            ends: shortest(ends.iter().map(|it| backwards(it)).collect(), |it| it),
        }
    }

    fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.beginnings.is_empty() && self.ends.is_empty()
    }

    /// The only beginning that a text can have is the last one that does not sort after it: what sorts between a text and a
    /// beginning of it begins with the same, and none of them begins with another.
    fn matches(&self, text: &str) -> bool {
        let is_whole = || self.whole.binary_search_by(|it| (**it).cmp(text)).is_ok();
        let begins = || {
            let after = self.beginnings.partition_point(|it| **it <= *text);
            let nearest = after.checked_sub(1).and_then(|at| self.beginnings.get(at));
            nearest.is_some_and(|it| text.starts_with(&**it))
        };
        let ends = || {
            let bytes = || text.bytes().rev();
            let after = self
                .ends
                .partition_point(|it| it.iter().copied().cmp(bytes()) != Ordering::Greater);
            let nearest = after.checked_sub(1).and_then(|at| self.ends.get(at));
            nearest.is_some_and(|it| {
                it.len() <= text.len() && it.iter().copied().eq(bytes().take(it.len()))
            })
        };
        is_whole() || begins() || ends()
    }
}

/// Sorted, without those that begin with another.
fn shortest<T: Ord>(mut texts: Vec<T>, bytes: impl Fn(&T) -> &[u8]) -> Vec<T> {
    texts.sort_unstable();
    // What begins with a text follows it at once.
    texts.dedup_by(|later, kept| bytes(later).starts_with(bytes(kept)));
    texts
}

fn backwards(text: &str) -> Box<[u8]> {
    text.bytes().rev().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The rule as the user guide says it.
    fn plainly(selector: &FieldSelector, text: &str) -> bool {
        let wanted = [&selector.equals, &selector.starts_with, &selector.ends_with];
        let any = |whole: &[String], beginnings: &[String], ends: &[String]| {
            whole.iter().any(|it| it == text)
                || beginnings.iter().any(|it| text.starts_with(it.as_str()))
                || ends.iter().any(|it| text.ends_with(it.as_str()))
        };
        let is_wanted = wanted.iter().all(|it| it.is_empty())
            || any(&selector.equals, &selector.starts_with, &selector.ends_with);
        is_wanted
            && !any(
                &selector.not_equals,
                &selector.not_starts_with,
                &selector.not_ends_with,
            )
    }

    fn texts() -> impl Strategy<Value = Vec<String>> {
        proptest::collection::vec("[abä]{1,3}", 0..4)
    }

    proptest! {
        #[test]
        fn it_decides_as_the_user_guide_says(
            equals in texts(), starts_with in texts(), ends_with in texts(),
            not_equals in texts(), not_starts_with in texts(), not_ends_with in texts(),
            asked in proptest::collection::vec("[abä]{0,5}", 1..20),
        ) {
            let field = String::new();
            let selector = FieldSelector {
                field, equals, starts_with, ends_with, not_equals, not_starts_with, not_ends_with,
            };
            let rule = TextRule::of(&selector);
            for text in asked {
                prop_assert_eq!(rule.holds(&text), plainly(&selector, &text), "{}", text);
            }
        }
    }
}
