//! Values filed under texts, found by a longer text that begins with them.

use std::collections::BTreeMap;

/// Finds, for a text, all filed texts that it begins with. A radix tree: one step for each place
/// where filed texts part, however many they are.
#[derive(Debug, Clone)]
pub(crate) struct PrefixMap<T> {
    root: Node<T>,
}

#[derive(Debug, Clone)]
struct Node<T> {
    /// What follows the text of the node above.
    label: Box<[u8]>,
    /// What is filed under the text that ends here.
    value: Option<T>,
    // INVARIANT: the first byte of the label of the child at the same place, ascending.
    ways: Box<[u8]>,
    children: Box<[Node<T>]>,
}

impl<T> From<BTreeMap<&str, T>> for PrefixMap<T> {
    fn from(values: BTreeMap<&str, T>) -> Self {
        let mut entries = values
            .into_iter()
            .map(|(text, value)| (text.as_bytes(), Some(value)))
            .collect::<Vec<_>>();
        Self {
            root: Node::of(&mut entries, 0),
        }
    }
}

impl<T> Node<T> {
    /// The node of entries, ascending, that agree in the bytes before `start`.
    fn of(entries: &mut [(&[u8], Option<T>)], start: usize) -> Self {
        let (first, last) = match &*entries {
            [] => (&[][..], &[][..]),
            [first, .., last] => (first.0, last.0),
            [only] => (only.0, only.0),
        };
        // In between, all agree in what the first and the last agree in.
        let shared = first.iter().zip(last).take_while(|(one, two)| one == two);
        let end = shared.count();
        let label = first.get(start..end).unwrap_or_default().into();
        let (value, longer) = match entries {
            [(text, value), longer @ ..] if text.len() == end => (value.take(), longer),
            longer => (None, longer),
        };
        let by_way = longer.chunk_by_mut(|one, two| one.0.get(end) == two.0.get(end));
        let children: Box<[Self]> = by_way.map(|entries| Self::of(entries, end)).collect();
        Self {
            label,
            value,
            ways: children
                .iter()
                .filter_map(|child| child.label.first().copied())
                .collect(),
            children,
        }
    }

    fn child(&self, way: u8) -> Option<&Self> {
        self.children.get(memchr::memchr(way, &self.ways)?)
    }
}

impl<T> PrefixMap<T> {
    /// What is filed under prefixes of the text, the shortest prefix first.
    pub(crate) fn prefixes_of<'s, 't>(&'s self, text: &'t str) -> Prefixes<'s, 't, T> {
        Prefixes {
            next: text
                .as_bytes()
                .strip_prefix(&*self.root.label)
                .map(|rest| (&self.root, rest)),
        }
    }
}

/// The way of a text down the tree.
pub(crate) struct Prefixes<'s, 't, T> {
    /// A node whose text the text begins with, and what follows there.
    next: Option<(&'s Node<T>, &'t [u8])>,
}

impl<'s, T> Iterator for Prefixes<'s, '_, T> {
    type Item = &'s T;

    fn next(&mut self) -> Option<&'s T> {
        loop {
            let (node, rest) = self.next?;
            self.next = rest.first().and_then(|way| {
                let child = node.child(*way)?;
                Some((child, rest.strip_prefix(&*child.label)?))
            });
            if let Some(value) = &node.value {
                return Some(value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn map<'t>(texts: impl IntoIterator<Item = &'t str>) -> PrefixMap<&'t str> {
        let filed: BTreeMap<_, _> = texts.into_iter().map(|text| (text, text)).collect();
        PrefixMap::from(filed)
    }

    #[test]
    fn every_prefix_is_found_shortest_first() {
        let map = map(["", "s3:", "s3:get", "s3:getobject", "s3:list", "sts:"]);
        let found = |text| map.prefixes_of(text).copied().collect::<Vec<_>>();
        assert_eq!(
            found("s3:getobjectacl"),
            ["", "s3:", "s3:get", "s3:getobject"]
        );
        assert_eq!(found("s3:lisa"), ["", "s3:"]);
        assert_eq!(found("s"), [""]);
        assert_eq!(found("zz"), [""]);
        assert_eq!(found(""), [""]);
    }

    #[test]
    fn an_empty_map_finds_nothing_and_characters_may_be_parted() {
        assert_eq!(map([]).prefixes_of("a").count(), 0);
        // These two differ in the last byte of one character.
        let map = map(["aé", "aè"]);
        assert_eq!(map.prefixes_of("aéb").collect::<Vec<_>>(), [&"aé"]);
        assert_eq!(map.prefixes_of("aêb").count(), 0);
    }

    proptest! {
        #[test]
        fn agrees_with_asking_every_text(texts in prop::collection::btree_set("[abé]{0,4}", 0..12), text in "[abcé]{0,6}") {
            let map = map(texts.iter().map(String::as_str));
            let wanted: Vec<_> = texts.iter().filter(|prefix| text.starts_with(prefix.as_str())).collect();
            prop_assert_eq!(map.prefixes_of(&text).collect::<Vec<_>>(), wanted);
        }
    }
}
