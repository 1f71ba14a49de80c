//! Rust text with comments, strings and characters blanked, its lines kept.

/// The same text with everything that is not code replaced by spaces; line breaks stay.
pub(crate) fn blank(text: &str) -> String {
    let mut rest = text;
    let mut out = String::with_capacity(text.len());
    let mut after_word = false;
    while let Some(first) = rest.chars().next() {
        let length = if after_word { plain(rest) } else { prefixed(rest).or_else(|| plain(rest)) };
        let taken = length.unwrap_or(first.len_utf8()).min(rest.len());
        let (token, tail) = rest.split_at(taken);
        if length.is_some() {
            out.extend(token.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        } else {
            out.push(first);
        }
        after_word = length.is_none() && (first.is_alphanumeric() || first == '_');
        rest = tail;
    }
    out
}

/// The length of a raw string, byte string or byte that starts here.
fn prefixed(text: &str) -> Option<usize> {
    let body = text.strip_prefix(['b', 'c']).unwrap_or(text);
    let prefix = text.len() - body.len();
    if let Some(raw) = body.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let inner = raw.get(hashes..)?.strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        let length = inner.find(&end).map_or(inner.len(), |at| at + end.len());
        return Some(prefix + 1 + hashes + 1 + length);
    }
    if prefix == 0 { None } else { plain(body).filter(|_| body.starts_with(['"', '\''])).map(|length| prefix + length) }
}

/// The length of a comment, string or character that starts here.
fn plain(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return Some(block(text));
    }
    if text.starts_with('"') {
        return Some(closed(text, '"'));
    }
    if text.starts_with('\'') {
        return character(text);
    }
    None
}

/// Block comments nest.
fn block(text: &str) -> usize {
    let (mut depth, mut at) = (0_u32, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length up to the closing `quote` that no backslash escapes.
fn closed(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

/// A character literal; none for a lifetime.
fn character(text: &str) -> Option<usize> {
    let mut chars = text.char_indices().skip(1);
    match chars.next()? {
        (_, '\\') => Some(closed(text, '\'')),
        _ => chars.next().filter(|(_, c)| *c == '\'').map(|(at, _)| at + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares words: how many blanks stand between them is told by the length alone.
    fn check(text: &str, expected: &str) {
        let blanked = blank(text);
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(words(&blanked), words(expected), "{text}");
        assert_eq!(blanked.lines().count(), text.lines().count(), "{text}");
        assert_eq!(blanked.chars().count(), text.chars().count(), "{text}");
    }

    #[test]
    fn comments_and_literals_vanish() {
        check("a // b\nc", "a     \nc");
        check("a /* { /* } */ */ b", "a                 b");
        check(r#"f("{\"}") + 1"#, "f(       ) + 1");
        check(r##"f(r#"{"}"#)"##, "f(        )");
        check(r#"f(b"{", b'{', '{', '\'')"#, "f(    ,     ,    ,     )");
    }

    #[test]
    fn code_stays() {
        check("fn f<'a>(x: &'a str) -> &'a str { x }", "fn f<'a>(x: &'a str) -> &'a str { x }");
        check("let number = hour; r#type", "let number = hour; r#type");
        check("'outer: loop {}", "'outer: loop {}");
    }

    #[test]
    fn what_never_ends_ends_with_the_text() {
        check("a \"b\nc", "a   \n ");
        check("/* a", "    ");
        check("'", "'");
    }
}
