//! What a misspelt name was probably meant to be.

/// The closest of `known`, when it is close enough to be meant.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // One slip in three letters; two in a short word turn it into another.
    let allowed = (word.chars().count() / 3).clamp(1, 3);
    let ranked = known.into_iter().map(|name| (distance(word, name), name));
    ranked.filter(|(d, _)| *d <= allowed).min().map(|(_, name)| name)
}

/// "did you mean …", else the list.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    // Places of what was removed have an empty name.
    let known: Vec<_> = known.into_iter().filter(|name| !name.is_empty()).collect();
    match nearest(word, known.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None if known.is_empty() => "there is none yet".to_owned(),
        // A longer list is not read.
        None if known.len() > 20 => format!("one of `{}`, …", known[..20].join("`, `")),
        None => format!("one of `{}`", known.join("`, `")),
    }
}

/// Insertions, removals, replacements and swaps of neighbours (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    rows[0] = (0..=b.len()).collect();
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let replace = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_other_words_are_not() {
        let known = ["ring_s", "wrap_up_s", "limit", "music"];
        let cases = [
            ("rings_s", Some("ring_s")),
            ("wrapup_s", Some("wrap_up_s")),
            ("limti", Some("limit")),
            ("muisc", Some("music")),
            ("colour", None),
            ("", None),
        ];
        for (word, meant) in cases {
            assert_eq!(nearest(word, known), meant, "{word}");
        }
    }
}
