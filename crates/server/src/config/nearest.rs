//! Which name was probably meant.

/// Names further away than this many edits are no suggestion.
const EDITS_MAX: usize = 3;

/// The name nearest to `wrong`, if any is near.
pub(crate) fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    names
        .into_iter()
        .map(|name| (distance(wrong, name), name))
        // A name that begins with what was typed was probably meant, however long the rest.
        .map(|(edits, name)| {
            if wrong.len() > 2 && name.starts_with(wrong) {
                (0, name)
            } else {
                (edits, name)
            }
        })
        .min()
        .filter(|(edits, name)| *edits <= EDITS_MAX.min(name.len() / 2))
        .map(|(_, name)| name)
}

/// Levenshtein's edit distance, in characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn what_was_meant() {
        assert_eq!(distance("listen", "listen"), 0);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        let names = ["listen", "region", "shutdown_timeout_seconds"];
        assert_eq!(nearest("lisen", names), Some("listen"));
        assert_eq!(
            nearest("shutdown_timeout", names),
            Some("shutdown_timeout_seconds")
        );
        assert_eq!(nearest("colour", names), None);
    }
}
