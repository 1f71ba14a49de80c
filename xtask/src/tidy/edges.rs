//! The edges between our crates against the checked-in list, and the list against the layers.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::Finding;
use super::metadata::Graph;

const FILE: &str = "xtask/edges.txt";
const WHY: &str = "a new edge between crates is a design change";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Decides; touches nothing.
    Pure,
    /// Touches the world.
    Rim,
    /// For developers; stands above the layers.
    Tool,
}

/// One line of the list.
pub(super) struct Crate {
    line: usize,
    layer: u8,
    pub(super) kind: Kind,
    needs: Vec<String>,
}

/// The design as checked in: every crate, its layer and what it may know.
pub(super) struct Design {
    pub(super) crates: BTreeMap<String, Crate>,
}

impl Design {
    pub(super) fn read(root: &Path) -> Result<Design, String> {
        let text = fs::read_to_string(root.join(FILE)).map_err(|error| format!("cannot read {FILE}: {error}"))?;
        Design::parse(&text)
    }

    fn parse(text: &str) -> Result<Design, String> {
        let mut crates = BTreeMap::new();
        for (at, line) in text.lines().enumerate() {
            let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
            let Some(name) = words.next() else { continue };
            let bad = |what: &str| format!("{FILE}:{}: {what}; a line is: crate layer kind needs…", at + 1);
            let layer = match words.next().ok_or_else(|| bad("the layer is missing"))? {
                "-" => u8::MAX,
                digits => digits.parse().map_err(|_| bad("the layer is no number"))?,
            };
            let kind = match words.next() {
                Some("pure") => Kind::Pure,
                Some("rim") => Kind::Rim,
                Some("tool") => Kind::Tool,
                _ => return Err(bad("the kind is none of pure, rim, tool")),
            };
            let needs = words.map(str::to_owned).collect();
            crates.insert(name.to_owned(), Crate { line: at + 1, layer, kind, needs });
        }
        Ok(Design { crates })
    }

    /// Names of the pure crates.
    pub(super) fn pure(&self) -> impl Iterator<Item = &str> {
        self.crates.iter().filter(|(_, entry)| entry.kind == Kind::Pure).map(|(name, _)| name.as_str())
    }
}

/// Compares both ways: an edge that the list lacks, and a line that no manifest bears out.
pub(super) fn check(design: &Design, graph: &Graph) -> Vec<Finding> {
    let mut findings = layers(design);
    for package in graph.members() {
        let manifest = manifest(&package.name);
        let Some(entry) = design.crates.get(&package.name) else {
            let what = format!("crate {} is not in {FILE}", package.name);
            findings.push(Finding::new(&manifest, 1, what, WHY, "give it a layer, a kind and its edges there"));
            continue;
        };
        let real: Vec<&str> = graph.needs(package).filter(|need| need.member).map(|need| need.name.as_str()).collect();
        for need in real.iter().filter(|need| entry.kind != Kind::Tool && !entry.needs.iter().any(|n| n == *need)) {
            let what = format!("new edge {} -> {need}", package.name);
            let mend = format!("find a way without it, or add it to {FILE} and say why in review");
            findings.push(Finding::new(&manifest, 1, what, WHY, mend));
        }
        for need in entry.needs.iter().filter(|need| !real.contains(&need.as_str())) {
            let what = format!("edge {} -> {need} is listed, but no manifest has it", package.name);
            findings.push(Finding::new(FILE, entry.line, what, "the list is the design", "take it off the line"));
        }
    }
    findings
}

/// The list itself obeys the layers.
fn layers(design: &Design) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, entry) in &design.crates {
        for need in &entry.needs {
            let allowed = design.crates.get(need).is_some_and(|other| {
                let inward = entry.kind == Kind::Rim && other.kind == Kind::Pure;
                other.kind != Kind::Tool && (other.layer < entry.layer || (other.layer == entry.layer && inward))
            });
            let outward = entry.kind == Kind::Pure && design.crates.get(need).is_some_and(|o| o.kind == Kind::Rim);
            if !allowed || outward {
                let what = format!("edge {name} -> {need} points the wrong way");
                let why = "arrows point to lower layers, and a pure crate never knows the rim";
                findings.push(Finding::new(FILE, entry.line, what, why, "turn it round, or move what both need down"));
            }
        }
    }
    findings
}

fn manifest(package: &str) -> String {
    match package {
        "xtask" | "tests" | "benches" => format!("{package}/Cargo.toml"),
        package => format!("crates/{package}/Cargo.toml"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::metadata::tests::graph;
    use super::*;

    const DESIGN: &str = "\
base  0 pure        # the vocabulary
sip   1 pure  base
media 2 rim   base legs
legs  2 pure  base
xtask - tool
";

    fn check_against(design: &str, packages: &[&str]) -> Vec<String> {
        check(&Design::parse(design).unwrap(), &graph(packages)).iter().map(|f| f.what.clone()).collect()
    }

    #[test]
    fn the_listed_edges_pass() {
        let packages = ["base: +serde", "sip: base", "media: base legs", "legs: base", "xtask: sip"];
        assert!(check_against(DESIGN, &packages).is_empty());
    }

    #[test]
    fn new_edges_new_crates_and_stale_lines_are_found() {
        let packages = ["base:", "sip: base legs", "media: base", "legs: base", "fax: base"];
        let found = check_against(DESIGN, &packages);
        let expected = [
            "crate fax is not in xtask/edges.txt",
            "edge media -> legs is listed, but no manifest has it",
            "new edge sip -> legs",
        ];
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(expected.iter().all(|what| found.iter().any(|f| f == what)), "{found:?}");
    }

    #[test]
    fn the_list_obeys_the_layers() {
        for (line, wrong) in [
            ("sdp 1 pure sip", true),
            ("call 2 pure legs", true),
            ("disk 2 rim legs", false),
            ("call 3 pure media", true),
            ("call 3 pure sip legs", false),
            ("call 3 pure nothing", true),
            ("call 3 rim xtask", true),
        ] {
            let found = layers(&Design::parse(&format!("{DESIGN}{line}\n")).unwrap());
            assert_eq!(!found.is_empty(), wrong, "{line}: {found:?}");
        }
    }

    #[test]
    fn a_bad_line_is_named() {
        let error = Design::parse("base zero pure").err().unwrap();
        assert!(error.starts_with("xtask/edges.txt:1:"), "{error}");
    }
}
