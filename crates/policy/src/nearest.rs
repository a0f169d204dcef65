//! The known name that was probably meant by an unknown one.

/// The candidate that differs in the fewest letters, without regard to case; none if all of them differ in more than a
/// third.
pub(crate) fn nearest<'c>(
    name: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    let most = (name.chars().count() / 3).min(3);
    // Names that differ more in length than they may in letters need not be compared.
    let near = |candidate: &&str| candidate.chars().count().abs_diff(name.chars().count()) <= most;
    // Of two that are as near, the one that only goes on.
    let goes_on = |candidate: &str| {
        let start = candidate.get(..name.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(name))
    };
    let distances = candidates
        .into_iter()
        .filter(near)
        .map(|candidate| (distance(name, candidate), candidate));
    distances
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, candidate)| (*distance, !goes_on(candidate)))
        .map(|(_, candidate)| candidate)
}

/// How many letters must be put in, taken out or changed to make one text of the other (Levenshtein's distance).
fn distance(left: &str, right: &str) -> usize {
    let fold = |text: &str| -> Vec<char> { text.chars().flat_map(char::to_lowercase).collect() };
    let (left, right) = (fold(left), fold(right));
    // Distances from what is read of `left` to each beginning of `right`.
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (read, letter) in left.iter().enumerate() {
        let mut diagonal = read;
        let mut before = read + 1;
        if let Some(first) = row.first_mut() {
            *first = before;
        }
        for (other, place) in right.iter().zip(row.iter_mut().skip(1)) {
            let changed = diagonal + usize::from(letter != other);
            diagonal = *place;
            before = changed.min(diagonal + 1).min(before + 1);
            *place = before;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_letters_make_a_neighbour() {
        let names = ["Action", "NotAction", "Effect", "Sid"];
        let arguments = [
            ("Actions", Some("Action")),
            ("action", Some("Action")),
            ("NotActions", Some("NotAction")),
            ("Efect", Some("Effect")),
            ("sid", Some("Sid")),
            ("Id", None),
            ("Foo", None),
            ("", None),
            ("Éffect", Some("Effect")),
        ];
        for (name, expected) in arguments {
            assert_eq!(nearest(name, names), expected, "{name}");
        }
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "ab"), 2);
        assert_eq!(distance("ab", ""), 2);
    }
}
