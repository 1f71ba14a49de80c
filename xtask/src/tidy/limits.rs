//! Every bound of the engine stands in the page of limits with its value, and every name there exists in the code.

use super::Finding;
use super::source::{File, Tree, production};

/// One row a bound: its name, its value as the code writes it, its file, and words.
const PAGE: &str = "docs/limits.md";
/// What tests and measures the engine: its bounds harm nobody.
const TOOLS: &[&str] = &["sim", "phone", "load"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.get(PAGE) else {
        return vec![Finding::new(PAGE, 1, "the file is missing", "bounds are compared with it", "bring it back")];
    };
    let engine = tree.rust().filter(|file| file.path.starts_with("crates/"));
    let engine: Vec<&File> = engine.filter(|file| file.package().is_none_or(|name| !TOOLS.contains(&name))).collect();
    compare(page, &engine, &|path| tree.get(path))
}

fn compare<'a>(page: &File, engine: &[&File], get: &dyn Fn(&str) -> Option<&'a File>) -> Vec<Finding> {
    let rows: Vec<Row> = rows(&page.text);
    let mut findings = Vec::new();
    for file in engine {
        for bound in constants(&file.text).into_iter().filter(|bound| is_bound(&bound.name)) {
            let row = rows.iter().find(|row| row.name == bound.name && row.path == file.path);
            let what = match row {
                None => format!("the bound {} is not documented", bound.name),
                Some(row) if !row.spans.contains(&bound.value) => {
                    format!("the bound {} is `{}`, which its row does not say", bound.name, bound.value)
                }
                Some(_) => continue,
            };
            let mend = format!("write its row with `{}` and `{}` into {PAGE}", bound.value, file.path);
            findings.push(Finding::new(&file.path, bound.line, what, "every limit stands in one place", mend));
        }
    }
    for row in rows.iter().filter(|row| !exists(row, get(&row.path))) {
        let what = format!("there is no {} in {}", row.name, row.path);
        findings.push(Finding::new(PAGE, row.line, what, "the row describes it", "delete the row, or mend it"));
    }
    findings
}

/// A constant, `Type::field`, or a key of the configuration.
fn exists(row: &Row, file: Option<&File>) -> bool {
    let Some(file) = file else { return false };
    match row.name.split_once("::") {
        Some((_, field)) => file.text.contains(&format!("pub {field}: ")),
        None if row.name.contains('.') => file.text.contains(&format!("`{}`", row.name)),
        None => constants(&file.text).iter().any(|constant| constant.name == row.name),
    }
}

fn is_bound(name: &str) -> bool {
    name.ends_with("_MAX") || name.contains("LIMIT")
}

struct Constant {
    line: usize,
    name: String,
    value: String,
}

/// `const NAME: type = value;` on one line or on two, outside of tests.
fn constants(text: &str) -> Vec<Constant> {
    let mut found = Vec::new();
    let originals: Vec<&str> = text.lines().collect();
    for (number, line) in production(text) {
        let line = line.trim_start();
        let rest = line.strip_prefix("pub ").or_else(|| line.split_once(") ").map(|(_, rest)| rest)).unwrap_or(line);
        let Some((name, _)) = rest.strip_prefix("const ").and_then(|rest| rest.split_once(':')) else { continue };
        let whole: String = originals.iter().skip(number - 1).take(2).copied().collect();
        let value = whole.split_once('=').and_then(|(_, value)| value.split(';').next());
        let value = value.unwrap_or_default().trim().to_owned();
        found.push(Constant { line: number, name: name.trim().to_owned(), value });
    }
    found
}

struct Row {
    line: usize,
    name: String,
    path: String,
    spans: Vec<String>,
}

/// Rows whose first cell is a code span and whose third is a path.
fn rows(text: &str) -> Vec<Row> {
    let spans = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let cells: Vec<&str> = line.trim().trim_start_matches('|').split('|').collect();
        if let [name, value, path, ..] = cells.as_slice()
            && let ([name], [path]) = (spans(name).as_slice(), spans(path).as_slice())
        {
            found.push(Row { line: at + 1, name: name.clone(), path: path.clone(), spans: spans(value) });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "pub(crate) const A_MAX: usize = 4 << 10;\nconst B: u8 = 1;\nconst C_LIMIT: Duration =\n    Duration::from_secs(2);\n\
                        #[cfg(test)]\nmod tests {\n    const T_MAX: u8 = 1;\n}\n";

    fn found(page: &str) -> Vec<String> {
        let file = |path: &str, text: &str| File { path: path.to_owned(), text: text.to_owned() };
        let (code, keys) = (file("crates/a/src/a.rs", CODE), file("docs/config.md", "| `limits.calls` |"));
        let get = |path: &str| [&code, &keys].into_iter().find(|file| file.path == path);
        compare(&file(PAGE, page), &[&code], &get).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn a_whole_page_passes() {
        let page = "| bound | value | where | w | b |\n|---|---|---|---|---|\n| `A_MAX` | `4 << 10` (4 KiB) | `crates/a/src/a.rs` | x | y |\n\
                    | `C_LIMIT` | `Duration::from_secs(2)` | `crates/a/src/a.rs` | x | y |\n| `B` | 1 | `crates/a/src/a.rs` | x | y |\n\
                    | `limits.calls` | 5 | `docs/config.md` | x | y |\n";
        assert_eq!(found(page), Vec::<String>::new());
    }

    #[test]
    fn both_sides_are_compared() {
        let page =
            "| `A_MAX` | `5` | `crates/a/src/a.rs` | x | y |\n| `GONE_MAX` | `5` | `crates/a/src/a.rs` | x | y |\n";
        let expected = [
            "the bound A_MAX is `4 << 10`, which its row does not say",
            "the bound C_LIMIT is not documented",
            "there is no GONE_MAX in crates/a/src/a.rs",
        ];
        assert_eq!(found(page), expected);
    }
}
