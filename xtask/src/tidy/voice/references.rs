//! Every place that names a prompt: the menus and queues, the calls' code, the pieces of spoken numbers.

use toml::Value;

use super::super::source::{File, Tree, production};

/// A prompt's name and where it stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) name: String,
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) needs: Languages,
}

/// In which languages the prompt has to exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Languages {
    All,
    One(String),
    /// A piece of a number: each language has its own.
    Any,
}

/// Where the pieces of numbers are named.
const NUMBERS: &str = "crates/ivr/src/spoken.rs";
/// Calls of this shape name prompts: `sounds(&["please-wait"])`.
const CALL: &str = "sounds(&[";

pub(super) fn all(tree: &Tree) -> Vec<Reference> {
    let mut found = Vec::new();
    for file in tree.ending(".toml").filter(|file| file.path.starts_with("config/")) {
        found.extend(configured(file));
    }
    for file in tree.rust().filter(|file| file.path.starts_with("crates/")) {
        found.extend(coded(file));
    }
    found
}

/// Values of keys that name prompts. A file that is no TOML is the business of `hotline check`.
fn configured(file: &File) -> Vec<Reference> {
    let mut names = Vec::new();
    if let Ok(table) = file.text.parse::<toml::Table>() {
        walk(&Value::Table(table), false, &mut names);
    }
    let line =
        |name: &str| file.text.lines().position(|line| line.contains(&format!("\"{name}\""))).map_or(1, |at| at + 1);
    let reference = |name: String| {
        let line = line(&name);
        let (plain, needs) = match name.split_once('@') {
            Some((plain, locale)) => (plain.to_owned(), Languages::One(locale.to_owned())),
            None => (name, Languages::All),
        };
        Reference { name: plain, file: file.path.clone(), line, needs }
    };
    names.into_iter().map(reference).collect()
}

fn names_prompts(key: &str) -> bool {
    matches!(key, "prompt" | "prompts" | "music" | "farewell") || key.ends_with("_prompt") || key.ends_with("_prompts")
}

fn walk(value: &Value, named: bool, into: &mut Vec<String>) {
    match value {
        Value::Table(table) => table.iter().for_each(|(key, inner)| walk(inner, names_prompts(key), into)),
        Value::Array(list) => list.iter().for_each(|inner| walk(inner, named, into)),
        Value::String(name) if named && !name.is_empty() => into.push(name.clone()),
        _ => {}
    }
}

/// String literals of production code; blanking has kept the columns, so that they are read from the text itself.
fn coded(file: &File) -> Vec<Reference> {
    let numbers = file.path == NUMBERS;
    let needs = if numbers { Languages::Any } else { Languages::All };
    let text: Vec<&str> = file.text.lines().collect();
    let mut found = Vec::new();
    for (line, code) in production(&file.text) {
        let raw = text.get(line - 1).copied().unwrap_or_default();
        let part = match raw.find(CALL) {
            Some(at) if code.contains(CALL) => raw.get(at..).and_then(|tail| tail.split(']').next()),
            _ if numbers && !raw.trim_start().starts_with("//") => Some(raw),
            _ => None,
        };
        for name in part.unwrap_or_default().split('"').skip(1).step_by(2).filter(|name| numbers_piece(numbers, name)) {
            found.push(Reference { name: name.to_owned(), file: file.path.clone(), line, needs: needs.clone() });
        }
    }
    found
}

/// Among the literals for numbers stand language tags too.
fn numbers_piece(numbers: bool, name: &str) -> bool {
    !numbers || (name.len() > 2 && !matches!(name, "zh-" | "en-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<(String, usize, Languages)> {
        let tree = Tree { files: vec![File { path: path.to_owned(), text: text.to_owned() }] };
        all(&tree).into_iter().map(|reference| (reference.name, reference.line, reference.needs)).collect()
    }

    #[test]
    fn menus_and_queues() {
        let menu = "start = \"main\"\ninvalid_prompt = \"invalid-key\"\n[node.main]\nprompt = [\"main-menu\", \"choose@en\"]\nnext = \"x\"\n";
        let expected = [
            ("invalid-key".to_owned(), 2, Languages::All),
            ("main-menu".to_owned(), 4, Languages::All),
            ("choose".to_owned(), 4, Languages::One("en".to_owned())),
        ];
        assert_eq!(found("config/menu/12345.toml", menu), expected);
        assert_eq!(found("config/queues.toml", "[[group]]\nmusic = \"hold-music\"\n").len(), 1);
        assert!(found("crates/a/Cargo.toml", "prompt = \"no\"\n").is_empty());
    }

    #[test]
    fn code() {
        let code = "fn f() {\n    self.sounds(&[\"please-wait\", \"goodbye\"]); // \"no\"\n    g(\"other\");\n}\n";
        let names: Vec<_> = found("crates/call/src/a.rs", code).into_iter().map(|(name, ..)| name).collect();
        assert_eq!(names, ["please-wait", "goodbye"]);
        let pieces =
            "/// As \"x-y\".\nconst YAO: &str = \"number-yao\";\nfn f(l: &str) -> bool { l.starts_with(\"zh-\") }\n";
        assert_eq!(found(NUMBERS, pieces), [("number-yao".to_owned(), 2, Languages::Any)]);
    }
}
