//! The guide to menus, example by example: its nodes load behind the shipped menu, and its story is where callers come to.

use std::path::{Path, PathBuf};

use base::{Digit, GroupId, Now, Time, Wall};
use ivr::{Around, Event, Step, Walk};
use settings::{LineKind, Plans};

use crate::broken::folder_with;
use crate::kit::{config, load, root};

const GUIDES: [&str; 2] = ["docs/menu.md", "docs/menu.zh.md"];
/// 2026-11-23 10:00 in China, a Monday.
const WORKING: Wall = Wall(1_795_399_200_000);

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
            "" => {}
            other => panic!("no guide has blocks of {other}"),
        }
    }
    found
}

/// The shipped configuration with the example's nodes behind its own; what stands above the nodes goes before what is shipped.
fn folder(case: &str, example: &Example<'_>) -> PathBuf {
    let shipped = std::fs::read_to_string(config().join("menu/12345.toml")).expect("the shipped menu");
    let nodes = example.menu.find("\n[").map_or(example.menu.len(), |at| at + 1);
    let (above, nodes) = example.menu.split_at(nodes);
    let start = if above.contains("start = \"") && !above.contains("survey") {
        above.to_owned()
    } else {
        format!("start = \"notice\"\n{above}")
    };
    let text = shipped.replace("start = \"notice\"", &start);
    let dir = folder_with(case, "menu/12345.toml", format!("{text}\n{nodes}").as_bytes());
    let fragments = dir.join("menu/fragments");
    let _ = std::fs::remove_dir_all(&fragments);
    if !example.fragment.is_empty() {
        std::fs::create_dir_all(&fragments).expect("a writable folder");
        std::fs::write(fragments.join("number.toml"), example.fragment).expect("a writable folder");
    }
    dir
}

struct Caller<'a> {
    plans: &'a Plans,
    walk: Walk,
    around: Around<'a>,
    path: Vec<String>,
    queue: Option<String>,
}

impl Caller<'_> {
    fn is_told(&mut self, event: Event<'_>) {
        let menu = &self.plans.call.menus[0].menu;
        let mut steps = Vec::new();
        self.walk.handle(menu, &self.around, Now { time: Time::ZERO, wall: WORKING }, event, &mut steps);
        for step in steps {
            match step {
                Step::Enter(node) => self.path.push(menu.node_name(node).to_owned()),
                Step::Queue { group: GroupId(place), .. } => {
                    self.queue = Some(self.plans.acd.groups[usize::from(place)].name.clone());
                }
                _ => {}
            }
        }
    }

    /// `2026#1=done`: keys, and what else happens.
    fn does(&mut self, deeds: &str) {
        let (deeds, answer) = deeds.split_once('=').unwrap_or((deeds, ""));
        for deed in deeds.chars() {
            match deed {
                '.' => self.is_told(Event::Played),
                '~' => self.is_told(Event::Deadline),
                '!' => self.is_told(Event::Refused),
                '?' => self.is_told(Event::Fetched(None)),
                key => self.is_told(Event::Digit(Digit::from_char(key).expect("a key"))),
            }
        }
        if !answer.is_empty() {
            self.is_told(Event::Fetched(Some(&[answer.to_owned(), answer.to_owned()])));
        }
    }
}

/// Where a line of a story leads: nodes and group.
fn told(plans: &Plans, line: &str) -> String {
    let words: Vec<_> = line.split_whitespace().collect();
    let (surge, menu) = ([GroupId(0)], &plans.call.menus[0].menu);
    let mut around = Around { called: "12345", prompts: &plans.call.prompts, ..Around::default() };
    let mut walk = Walk::new(menu);
    let mut deeds = "";
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        match word {
            "again" => around.called_before = 5,
            "surge" => around.surging = &surge,
            "survey" => walk = Walk::survey(menu, menu.locale()).expect("a survey"),
            "from" => {
                around.caller = words.next().expect("a number");
                around.city = plans.server.areas.city(around.caller).unwrap_or_default();
                around.line = LineKind::of(around.caller).name();
            }
            word => deeds = word,
        }
    }
    let mut caller = Caller { plans, walk, around, path: Vec::new(), queue: None };
    caller.is_told(Event::Start);
    caller.does(deeds);
    let group = caller.queue.map_or(String::new(), |group| format!(": {group}"));
    format!("{}{group}", caller.path.join(", "))
}

/// The folders of the examples of every guide.
pub(crate) fn folders() -> Vec<PathBuf> {
    let mut all = Vec::new();
    for guide in GUIDES {
        let page = std::fs::read_to_string(root().join(guide)).expect("the guide");
        let stem = Path::new(guide).file_stem().and_then(|stem| stem.to_str()).expect("a name");
        let dir = |(example, place)| folder(&format!("schema-{stem}-{place}"), &example);
        all.extend(examples(&page).into_iter().zip(1..).map(dir));
    }
    all
}

fn check(guide: &str) -> usize {
    let page = std::fs::read_to_string(root().join(guide)).expect("the guide");
    let examples = examples(&page);
    let stem = Path::new(guide).file_stem().and_then(|stem| stem.to_str()).expect("a name");
    for (example, place) in examples.iter().zip(1..) {
        let dir = folder(&format!("{stem}-{place}"), example);
        let plans = load(&dir).unwrap_or_else(|report| panic!("{guide}, example {place}: {report}"));
        assert!(!example.story.trim().is_empty(), "{guide}, example {place} has a story");
        for line in example.story.lines().filter(|line| !line.trim().is_empty()) {
            let (deeds, expected) = line.split_once("->").expect("an arrow");
            assert_eq!(told(&plans, deeds), expected.trim(), "{guide}, example {place}: {line}");
        }
    }
    examples.len()
}

#[test]
fn every_example_of_the_guide_to_menus_does_what_it_says() {
    let counts = GUIDES.map(check);
    assert!(counts[0] >= 11 && counts[0] == counts[1], "both pages have the same examples: {counts:?}");
}

#[test]
fn what_is_on_air_is_read_and_its_faults_are_told() {
    let dir = |case: &str, text: &str| folder_with(case, "on-air.toml", text.as_bytes());
    let plans =
        load(&dir("on-air", "[on_air]\nnews = [\"welcome\", \"please-wait\"]\nsea = \"welcome\"\n")).expect("right");
    let news = plans.call.on_air.get("news").expect("something on air");
    assert_eq!((news.as_slice(), plans.call.on_air.len()), (&["welcome".to_owned(), "please-wait".to_owned()][..], 2));
    assert!(load(&config()).expect("shipped").call.on_air.is_empty());
    for (case, text, told) in [
        ("on-air-unknown", "[on_air]\nnews = \"welcom\"\n", "on-air.toml:2:8"),
        ("on-air-long", "[on_air]\nnews = [\"main-menu\", \"welcome\"]\n", " s on air, and 15 s are allowed"),
        ("on-air-key", "[onair]\nnews = \"welcome\"\n", "unknown key `onair`"),
    ] {
        let report = load(&dir(case, text)).map(drop).expect_err(case).to_string();
        assert!(report.contains(told) && report.contains("help"), "{report}");
    }
}
