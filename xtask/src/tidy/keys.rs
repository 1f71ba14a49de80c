//! Every configuration key has its row in the operator's reference, and every row its key.

use super::Finding;
use super::source::{File, Tree};

/// The list of all keys, as `section.key`.
const LIST: &str = "crates/settings/src/keys.rs";
/// Its tables have one row a key; the first cell names the key as code.
const REFERENCE: &str = "docs/config.md";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let missing = |path: &str| {
        vec![Finding::new(path, 1, "the file is missing", "keys are compared with their reference", "bring it back")]
    };
    let Some(list) = tree.get(LIST) else { return missing(LIST) };
    let Some(reference) = tree.get(REFERENCE) else { return missing(REFERENCE) };
    compare(list, reference)
}

fn compare(list: &File, reference: &File) -> Vec<Finding> {
    let (keys, rows) = (keys(&list.text), rows(&reference.text));
    let mut findings = Vec::new();
    if keys.is_empty() {
        findings.push(Finding::new(LIST, 1, "there is no list KEYS", "it names every key", "write const KEYS"));
    }
    for (line, key) in keys.iter().filter(|(_, key)| !rows.iter().any(|(_, row)| row == key)) {
        let what = format!("the key {key} is not documented");
        findings.push(Finding::new(LIST, *line, what, "operators look keys up", format!("add a row to {REFERENCE}")));
    }
    for (line, row) in rows.iter().filter(|(_, row)| !keys.iter().any(|(_, key)| key == row)) {
        let what = format!("there is no key {row}");
        findings.push(Finding::new(REFERENCE, *line, what, "the reference describes it", "delete the row, or mend it"));
    }
    findings
}

/// The literals of `const KEYS`, with their lines.
fn keys(text: &str) -> Vec<(usize, String)> {
    let lines = text.lines().enumerate().skip_while(|(_, line)| !line.contains("const KEYS"));
    let lines = lines.take_while(|(_, line)| !line.trim_end().ends_with("];"));
    let literals =
        lines.flat_map(|(at, line)| line.split('"').skip(1).step_by(2).map(move |key| (at + 1, key.to_owned())));
    literals.filter(|(_, key)| key.contains('.')).collect()
}

/// The code spans in the first cells of tables that look as a key does.
fn rows(text: &str) -> Vec<(usize, String)> {
    let first_cell = |line: &str| line.trim().strip_prefix('|')?.split('|').next().map(str::to_owned);
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let Some(cell) = first_cell(line) else { continue };
        found.extend(
            cell.split('`').skip(1).step_by(2).filter(|span| is_key(span)).map(|span| (at + 1, span.to_owned())),
        );
    }
    found
}

fn is_key(span: &str) -> bool {
    let part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '.';
    span.contains('.') && span.starts_with(|c: char| c.is_ascii_lowercase()) && span.chars().all(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: &str = "//! `x.y`\nconst KEYS: &[&str] = &[\n    // \"sip\"\n    \"sip.udp\",\n    \"group.ring_s\",\n];\nconst OTHER: &[&str] = &[\"a.b\"];\n";

    fn found(reference: &str) -> Vec<(usize, String)> {
        let file = |path: &str, text: &str| File { path: path.to_owned(), text: text.to_owned() };
        let findings = compare(&file(LIST, KEYS), &file(REFERENCE, reference));
        findings.into_iter().map(|finding| (finding.line, finding.what)).collect()
    }

    #[test]
    fn a_complete_reference_passes() {
        assert!(
            found("| key | means |\n|---|---|\n| `sip.udp` | see `no.key` |\n| `group.ring_s` | seconds |\n")
                .is_empty()
        );
    }

    #[test]
    fn both_sides_are_compared() {
        let expected =
            [(5, "the key group.ring_s is not documented".to_owned()), (2, "there is no key sip.tcp".to_owned())];
        assert_eq!(found("| `sip.udp` | address |\n| `sip.tcp` | address |\n"), expected);
    }
}
