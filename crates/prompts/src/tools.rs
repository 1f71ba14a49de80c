//! The programs that speak prompts, and where they are.

use std::env;
use std::path::PathBuf;

/// A program, the Debian package that brings it, and what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tool {
    pub program: &'static str,
    pub package: &'static str,
    pub purpose: &'static str,
}

const SOX: Tool = Tool { program: "sox", package: "sox", purpose: "filter, trim, resample" };
const ESPEAK: Tool = Tool { program: "espeak-ng", package: "espeak-ng", purpose: "speech of the prompts" };

/// Everything that the shipped manifest's engine needs.
pub const ALL: &[Tool] = &[SOX, ESPEAK];

/// What is needed to speak with `engine`, the command line of a manifest.
pub fn needed(engine: &str) -> &'static [Tool] {
    if engine.split_whitespace().next() == Some(ESPEAK.program) { ALL } else { ALL.get(..1).unwrap_or(&[]) }
}

/// What is missing of that, and how to get it; none where all is there.
pub fn missing(engine: &str) -> Option<String> {
    let tools: Vec<&Tool> = needed(engine).iter().filter(|tool| find(tool.program).is_none()).collect();
    if tools.is_empty() {
        return None;
    }
    let names: Vec<String> = tools.iter().map(|tool| format!("{} ({})", tool.program, tool.purpose)).collect();
    let packages: Vec<&str> = tools.iter().map(|tool| tool.package).collect();
    Some(format!("missing: {}; on Debian: apt-get install {}", names.join(", "), packages.join(" ")))
}

/// Where `program` lies on PATH, or in a place for administrators that PATH may lack.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin"), PathBuf::from("/sbin")])
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_on_path() {
        assert!(find("sh").is_some());
        assert!(find("no-such-program-anywhere").is_none());
    }

    #[test]
    fn another_engine_needs_no_espeak() {
        assert_eq!(needed("espeak-ng -v {voice} -w {out} {text}"), ALL);
        assert_eq!(needed("my-voice {text} {out}"), [SOX]);
    }
}
