//! How far two names are from each other.

/// The number of letters to insert, remove, replace or swap with their neighbour to get from one name to the other,
/// without regard to case; `None` if it is more than `most`.
pub(crate) fn within(most: usize, left: &str, right: &str) -> Option<usize> {
    if left.len().abs_diff(right.len()) > most {
        return None;
    }
    let fold = |text: &str| text.to_ascii_lowercase().into_bytes();
    let (left, right) = (fold(left), fold(right));
    // The distances between the first letters of both, for the last two rows and the one at work.
    let mut older: Vec<usize> = Vec::new();
    let mut old: Vec<usize> = (0..=right.len()).collect();
    let mut one_before = None;
    for (row, letter) in left.iter().enumerate() {
        let mut new = vec![row + 1];
        for (column, other) in right.iter().enumerate() {
            let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX);
            let replaced = at(&old, column) + usize::from(letter != other);
            let removed = at(&old, column + 1) + 1;
            let inserted = at(&new, column) + 1;
            let mut least = replaced.min(removed).min(inserted);
            let crossed = column.checked_sub(1).and_then(|before| right.get(before));
            if crossed == Some(letter) && one_before == Some(other) {
                least = least.min(at(&older, column - 1).saturating_add(1));
            }
            new.push(least);
        }
        // Distances never shrink from row to row.
        if new.iter().all(|distance| *distance > most) {
            return None;
        }
        one_before = Some(letter);
        older = old;
        old = new;
    }
    old.last().copied().filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_counted() {
        let arguments = [
            ("GetObject", "getobject", Some(0)),
            ("DeletObject", "DeleteObject", Some(1)),
            ("RebootoInstances", "RebootInstances", Some(1)),
            ("GteObject", "GetObject", Some(1)),
            ("dynamobd", "dynamodb", Some(1)),
            ("ListMyBuckets", "ListAllMyBuckets", Some(3)),
            ("", "abc", Some(3)),
            ("abcd", "efgh", None),
            ("a", "abcdef", None),
        ];
        for (left, right, expected) in arguments {
            assert_eq!(within(3, left, right), expected, "{left} {right}");
            assert_eq!(within(3, right, left), expected, "{right} {left}");
        }
    }
}
