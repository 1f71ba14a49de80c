//! The graph of packages, as `cargo metadata` tells it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::run;

/// Which platforms' dependencies count.
pub(super) enum Platform {
    /// Where the server runs.
    Linux,
    /// All that Cargo.lock names.
    Every,
}

pub(super) struct Graph {
    /// By package id.
    pub(super) packages: BTreeMap<String, Package>,
}

pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    /// An SPDX expression, as its author wrote it.
    pub(super) license: Option<String>,
    /// Whether it is ours.
    pub(super) member: bool,
    /// Names of what its library and binaries need, test needs left out; by package id.
    pub(super) needs: Vec<String>,
    /// Whether anything that is resolved needs it.
    pub(super) resolved: bool,
}

impl Graph {
    pub(super) fn read(root: &Path, platform: Platform) -> Result<Graph, String> {
        let mut command = Command::new("cargo");
        command.args(["metadata", "--format-version", "1"]).current_dir(root);
        if matches!(platform, Platform::Linux) {
            command.args(["--filter-platform", "x86_64-unknown-linux-gnu"]);
        }
        let text = run::output(&mut command)?;
        let value = serde_json::from_str(&text).map_err(|error| format!("cargo metadata: {error}"))?;
        Ok(Graph::from_json(&value))
    }

    fn from_json(value: &Value) -> Graph {
        let members: Vec<&str> = list(&value["workspace_members"]).iter().filter_map(Value::as_str).collect();
        let mut packages = BTreeMap::new();
        for package in list(&value["packages"]) {
            let id = text(&package["id"]);
            let read = Package {
                name: text(&package["name"]),
                version: text(&package["version"]),
                license: package["license"].as_str().map(str::to_owned),
                member: members.contains(&id.as_str()),
                needs: Vec::new(),
                resolved: false,
            };
            packages.insert(id, read);
        }
        let mut graph = Graph { packages };
        for node in list(&value["resolve"]["nodes"]) {
            graph.resolve(node);
        }
        graph
    }

    fn resolve(&mut self, node: &Value) {
        let needs = list(&node["deps"]).iter().filter(|need| {
            list(&need["dep_kinds"]).iter().any(|kind| kind["kind"].is_null() || kind["kind"] == "build")
        });
        let needs = needs.map(|need| text(&need["pkg"])).collect();
        if let Some(package) = self.packages.get_mut(&text(&node["id"])) {
            package.needs = needs;
            package.resolved = true;
        }
    }

    /// Our own packages.
    pub(super) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.values().filter(|package| package.member)
    }

    /// Ids of what our own packages are made of, tests left out.
    pub(super) fn built(&self) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut open: Vec<&str> = self.packages.iter().filter(|(_, p)| p.member).map(|(id, _)| id.as_str()).collect();
        while let Some(id) = open.pop() {
            if found.insert(id) {
                open.extend(self.packages.get(id).into_iter().flat_map(|package| &package.needs).map(String::as_str));
            }
        }
        found
    }

    pub(super) fn needs<'a>(&'a self, package: &'a Package) -> impl Iterator<Item = &'a Package> {
        package.needs.iter().filter_map(|id| self.packages.get(id))
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A graph of packages of ours and their normal needs, `name: need need`.
    pub(in crate::tidy) fn graph(lines: &[&str]) -> Graph {
        let mut packages = BTreeMap::new();
        for line in lines {
            let (name, needs) = line.split_once(':').unwrap();
            let package = Package {
                name: name.trim_start_matches('+').to_owned(),
                version: "1.0.0".to_owned(),
                license: Some("MIT".to_owned()),
                member: !name.starts_with('+'),
                needs: needs.split_whitespace().map(str::to_owned).collect(),
                resolved: true,
            };
            packages.insert(package.name.clone(), package);
        }
        Graph { packages }
    }

    #[test]
    fn needs_of_tests_are_left_out() {
        let value = serde_json::json!({
            "workspace_members": ["a"],
            "packages": [
                {"id": "a", "name": "a", "version": "0.1.0", "license": null},
                {"id": "b", "name": "b", "version": "1.0.0", "license": "MIT"},
                {"id": "c", "name": "c", "version": "1.0.0", "license": "MIT"},
            ],
            "resolve": {"nodes": [{"id": "a", "deps": [
                {"pkg": "b", "dep_kinds": [{"kind": null}]},
                {"pkg": "c", "dep_kinds": [{"kind": "dev"}]},
            ]}]},
        });
        let graph = Graph::from_json(&value);
        let a = graph.members().next().unwrap();
        let needs: Vec<_> = graph.needs(a).map(|package| package.name.as_str()).collect();
        assert_eq!(needs, ["b"]);
        assert!(!graph.packages["c"].resolved);
        assert_eq!(graph.built().into_iter().collect::<Vec<_>>(), ["a", "b"]);
    }
}
