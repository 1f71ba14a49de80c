//! What one build of the whole workspace made: the test executables; the server lies beside them for those that start it.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// Asks cargo for its messages as JSON, errors still shown as text.
pub(super) const JSON: &str = "--message-format=json-render-diagnostics";
pub(super) const ARGUMENTS: &[&str] = &["build", "--quiet", "--workspace", "--bins", "--tests", JSON];

#[derive(Default)]
pub(super) struct Built {
    pub(super) tests: Vec<Executable>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Executable {
    package: String,
    target: String,
    kind: String,
    pub(super) file: PathBuf,
    /// The package's folder, where cargo runs its tests.
    pub(super) folder: PathBuf,
}

impl Built {
    /// Reads cargo's messages, one JSON object a line.
    pub(super) fn read(messages: &str) -> Result<Built, String> {
        let mut built = Built::default();
        for line in messages.lines().filter(|line| line.starts_with('{')) {
            let message: Value = serde_json::from_str(line).map_err(|error| format!("cargo's messages: {error}"))?;
            built.take(&message);
        }
        built.tests.sort_by(|a, b| (&a.package, &a.kind, &a.target).cmp(&(&b.package, &b.kind, &b.target)));
        Ok(built)
    }

    fn take(&mut self, message: &Value) {
        let Some(file) = message["executable"].as_str() else { return };
        let target = message["target"]["name"].as_str().unwrap_or_default();
        let kind = message["target"]["kind"][0].as_str().unwrap_or_default();
        if message["profile"]["test"] == true {
            let manifest = Path::new(message["manifest_path"].as_str().unwrap_or_default());
            let folder = manifest.parent().unwrap_or(manifest).to_owned();
            let package = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let (target, kind) = (target.to_owned(), kind.to_owned());
            self.tests.push(Executable { package, target, kind, file: file.into(), folder });
        }
    }
}

impl Executable {
    /// The step that runs it; packages are known by their folders.
    pub(super) fn group(&self) -> &'static str {
        match self.package.as_str() {
            "sim" => "simulation",
            "tests" => "e2e",
            _ => "unit",
        }
    }

    pub(super) fn name(&self) -> String {
        if self.kind == "test" { format!("{}/{}", self.package, self.target) } else { self.package.clone() }
    }

    /// The command that builds and runs this executable alone.
    pub(super) fn repeat(&self) -> String {
        match self.kind.as_str() {
            "test" => format!("cargo test -p {} --test {}", self.package, self.target),
            "bin" => format!("cargo test -p {} --bin {}", self.package, self.target),
            _ => format!("cargo test -p {} --lib", self.package),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGES: &str = r#"{"reason":"compiler-artifact","manifest_path":"/w/crates/sip/Cargo.toml","target":{"kind":["lib"],"name":"sip"},"profile":{"test":true},"executable":"/t/sip-1"}
{"reason":"compiler-artifact","manifest_path":"/w/crates/sip/Cargo.toml","target":{"kind":["lib"],"name":"sip"},"profile":{"test":false},"executable":null}
{"reason":"compiler-artifact","manifest_path":"/w/tests/Cargo.toml","target":{"kind":["test"],"name":"e2e"},"profile":{"test":true},"executable":"/t/e2e-1"}
{"reason":"compiler-artifact","manifest_path":"/w/crates/hotline/Cargo.toml","target":{"kind":["bin"],"name":"hotline"},"profile":{"test":false},"executable":"/t/hotline"}
{"reason":"build-finished","success":true}"#;

    #[test]
    fn executables_are_found_and_grouped() {
        let built = Built::read(MESSAGES).unwrap();
        let seen: Vec<_> = built.tests.iter().map(|test| (test.name(), test.group(), test.repeat())).collect();
        let expected = [
            ("sip".to_owned(), "unit", "cargo test -p sip --lib".to_owned()),
            ("tests/e2e".to_owned(), "e2e", "cargo test -p tests --test e2e".to_owned()),
        ];
        assert_eq!(seen, expected);
        assert_eq!(built.tests[1].folder, PathBuf::from("/w/tests"));
    }
}
