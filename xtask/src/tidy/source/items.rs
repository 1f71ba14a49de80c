//! Which lines are production code, and where its functions begin and end.

use super::blank;

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// From 1.
    pub(crate) line: usize,
    pub(crate) length: usize,
}

/// The code without comments, literals and `#[cfg(test)]` items: line numbers from 1, and the lines.
pub(crate) fn production(text: &str) -> Vec<(usize, String)> {
    let code = blank(text);
    let lines: Vec<&str> = code.lines().collect();
    let mut out = Vec::with_capacity(lines.len());
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let attribute = line.trim_start();
        if attribute.starts_with("#[cfg(test") || attribute.starts_with("#[cfg(all(test") {
            at = end_of_item(&lines, at) + 1;
        } else {
            out.push((at + 1, (*line).to_owned()));
            at += 1;
        }
    }
    out
}

/// The functions of production code.
pub(crate) fn functions(lines: &[(usize, String)]) -> Vec<Function> {
    let text: Vec<&str> = lines.iter().map(|(_, line)| line.as_str()).collect();
    let mut found = Vec::new();
    for (at, (line, code)) in lines.iter().enumerate() {
        let Some(name) = function_name(code) else { continue };
        let end = end_of_item(&text, at);
        if text.iter().take(end + 1).skip(at).any(|line| line.contains('{')) {
            found.push(Function { name: name.to_owned(), line: *line, length: end - at + 1 });
        }
    }
    found
}

/// The name of the function whose signature starts in this line.
fn function_name(line: &str) -> Option<&str> {
    let mut words = line.trim_start();
    loop {
        if let Some(rest) = words.strip_prefix("fn ") {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            return rest.get(..end).filter(|name| !name.is_empty());
        }
        let (word, rest) = words.split_once(' ')?;
        // A literal such as "C" was blanked to spaces.
        let qualifier = word.is_empty() || matches!(word, "pub" | "const" | "async" | "unsafe" | "extern" | "default");
        if !qualifier && !word.starts_with("pub(") && word != "crate)" && !word.ends_with(')') {
            return None;
        }
        words = rest;
    }
}

/// The index of the line that ends the item which starts at line `start`: its closing brace, or a `;` before any brace.
fn end_of_item(lines: &[&str], start: usize) -> usize {
    let (mut depth, mut opened, mut brackets) = (0_i64, false, 0_i64);
    for (at, line) in lines.iter().enumerate().skip(start) {
        for c in line.chars() {
            match c {
                '{' => (depth, opened) = (depth + 1, true),
                '}' => depth -= 1,
                '[' | '(' => brackets += 1,
                ']' | ')' => brackets -= 1,
                ';' if !opened && brackets == 0 => return at,
                _ => {}
            }
        }
        if opened && depth <= 0 {
            return at;
        }
    }
    lines.len().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
use a::b;

pub(crate) fn first(x: [u8; 2]) -> u8 {
    let text = \"}\";
    x[0]
}

#[cfg(test)]
use c::d;

trait T {
    fn declared(&self);
    async fn second(&self) {}
}

#[cfg(test)]
mod tests {
    fn hidden() { loop {} }
}
pub const unsafe extern \"C\" fn third() {
}
";

    #[test]
    fn functions_are_measured_without_tests() {
        let found = functions(&production(TEXT));
        let seen: Vec<_> = found.iter().map(|f| (f.name.as_str(), f.line, f.length)).collect();
        assert_eq!(seen, [("first", 3, 4), ("second", 13, 1), ("third", 20, 2)]);
    }

    #[test]
    fn test_items_are_no_production_code() {
        let lines = production(TEXT);
        assert!(!lines.iter().any(|(_, line)| line.contains("hidden") || line.contains("c::d")));
        assert_eq!(lines.last().map(|(number, _)| *number), Some(21));
    }

    #[test]
    fn a_call_is_no_function() {
        assert_eq!(function_name("    let f = fn_of(x);"), None);
        assert_eq!(function_name("type F = fn (u8);"), None);
        assert_eq!(function_name("    pub(super) async fn go() {"), Some("go"));
        assert_eq!(function_name("pub(in crate::a) fn go() {"), Some("go"));
    }
}
