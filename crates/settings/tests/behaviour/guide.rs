//! The guide to menus, example by example: its nodes load behind the shipped menu, and its stories are true.

use std::fs;
use std::path::{Path, PathBuf};

use crate::kit::{config, root};
use crate::rehearsals::{folder, rehearse};

const GUIDES: [&str; 2] = ["docs/menu.md", "docs/menu.zh.md"];

/// A carrier that takes calls to 110, somebody who speaks texts, and a service that understands what callers say.
const LINES: &str = r#"
[[trunk]]
name = "carrier"
targets = ["sip:127.0.0.1:5099"]
caller = "12345"

[[dial]]
name = "emergency"
prefixes = ["110"]
trunks = ["carrier"]

[speech.synthesis]
url = "http://tts.example/speech"

[speech.recognition]
url = "http://127.0.0.1:8000/v1/audio/transcriptions"
"#;

/// An example: a fragment where there is one, a piece of a menu, and what follows from it.
struct Example<'a> {
    fragment: &'a str,
    menu: &'a str,
    story: &'a str,
}

fn examples(page: &str) -> Vec<Example<'_>> {
    let (mut found, mut fragment, mut menu) = (Vec::new(), "", "");
    for block in page.split("\n```").skip(1).step_by(2) {
        let (kind, text) = block.split_once('\n').expect("a fence has a line of its own");
        match kind {
            "fragment" => fragment = text,
            "toml" => menu = text,
            "story" => found.push(Example { fragment: std::mem::take(&mut fragment), menu, story: text }),
            "" | "console" => {}
            other => panic!("no guide has blocks of {other}"),
        }
    }
    found
}

/// The shipped configuration with the example's nodes behind its own; what stands above the nodes goes before what is shipped.
fn prepared(case: &str, example: &Example<'_>) -> PathBuf {
    let dir = folder(case);
    let shipped = fs::read_to_string(config().join("menu/12345.toml")).expect("the shipped menu");
    let nodes = example.menu.find("\n[").map_or(example.menu.len(), |at| at + 1);
    let (above, nodes) = example.menu.split_at(nodes);
    let start = if above.contains("start = \"") && !above.contains("survey") {
        above.to_owned()
    } else {
        format!("start = \"notice\"\n{above}")
    };
    let text = shipped.replace("start = \"notice\"", &start);
    fs::write(dir.join("menu/12345.toml"), format!("{text}\n{nodes}")).expect("a writable folder");
    if !example.fragment.is_empty() {
        fs::write(dir.join("menu/fragments/number.toml"), example.fragment).expect("a writable folder");
    }
    let main = fs::read_to_string(config().join("hotline.toml")).expect("the shipped file");
    fs::write(dir.join("hotline.toml"), main + LINES).expect("a writable folder");
    dir
}

/// The folders of the examples of every guide.
pub(crate) fn folders() -> Vec<PathBuf> {
    let mut all = Vec::new();
    for guide in GUIDES {
        let page = fs::read_to_string(root().join(guide)).expect("the guide");
        let stem = Path::new(guide).file_stem().and_then(|stem| stem.to_str()).expect("a name");
        let dir = |(example, place)| prepared(&format!("schema-{stem}-{place}"), &example);
        all.extend(examples(&page).into_iter().zip(1..).map(dir));
    }
    all
}

fn check(guide: &str) -> Vec<String> {
    let page = fs::read_to_string(root().join(guide)).expect("the guide");
    let examples = examples(&page);
    let stem = Path::new(guide).file_stem().and_then(|stem| stem.to_str()).expect("a name");
    for (example, place) in examples.iter().zip(1..) {
        let dir = prepared(&format!("{stem}-{place}"), example);
        let rehearsed = rehearse(&dir, example.story);
        assert!(rehearsed.stories > 0, "{guide}, example {place} has a story");
        let failed: Vec<_> = rehearsed.failed.iter().map(ToString::to_string).collect();
        assert!(failed.is_empty(), "{guide}, example {place}:\n{}", failed.join("\n"));
    }
    examples.iter().map(|example| example.story.to_owned()).collect()
}

#[test]
fn every_example_of_the_guide_to_menus_does_what_it_says() {
    let [english, chinese] = GUIDES.map(check);
    assert!(english.len() >= 11, "the guide has examples");
    assert_eq!(english, chinese, "both pages have the same examples");
}
