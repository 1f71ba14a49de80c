//! What a key is, as the reference says it.

/// The reference of all keys: a row each, with what it is and its default.
const REFERENCE: &str = include_str!("../../../../docs/config.md");

/// What the reference says of a key, without the links.
pub(super) fn description(key: &str) -> Option<String> {
    let (what, default) = row(key)?;
    let default = match default.as_str() {
        "required" | "none" | "–" => String::new(),
        other => format!(" [default: {other}]"),
    };
    Some(plain(&what) + &plain(&default))
}

pub(super) fn is_required(key: &str) -> bool {
    row(key).is_some_and(|(_, default)| default == "required")
}

/// The first row of a key: its second cell and its third.
fn row(key: &str) -> Option<(String, String)> {
    let head = format!("| `{key}` |");
    let line = REFERENCE.lines().find_map(|line| line.strip_prefix(&head))?;
    let mut cells = line.split(" |");
    let what = cells.next()?.trim().to_owned();
    Some((what, cells.next().unwrap_or_default().trim().to_owned()))
}

/// `[text](link)` as `text`.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("](") {
        let (kept, label) = before.rsplit_once('[').unwrap_or((before, ""));
        out += kept;
        out += label;
        rest = after.split_once(')').map_or("", |(_, rest)| rest);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_become_their_words() {
        assert_eq!(plain("see [the guide](a.md#b) and `x[1]`: [below](#c)"), "see the guide and `x[1]`: below");
        assert_eq!(plain("`[hours.NAME]` of the calendar"), "`[hours.NAME]` of the calendar");
    }

    #[test]
    fn every_key_is_described() {
        let undescribed: Vec<_> = crate::keys().iter().filter(|key| description(key).is_none()).collect();
        assert!(undescribed.is_empty(), "{undescribed:?}");
        assert!(is_required("tree.start") && !is_required("tree.silence_s"));
        let text = description("tree.silence_s").unwrap_or_default();
        assert_eq!(text, "From the end of a prompt until silence counts, 1 to 60 [default: 5]");
    }
}
