//! Stories that come out differently, and what they tell; and what a story may say of a caller.

use std::fs;
use std::path::Path;

use ivr::Way;

use crate::kit::config;
use crate::rehearsals::{folder, plans, rehearse, scripts};

#[test]
fn a_story_that_leads_elsewhere_tells_where_node_by_node() {
    let dir = folder("elsewhere");
    let cases = [
        ("press 1, wait -> queue complaint", "queue complaint", "leads to `queue consult`", "main → (key 1) consult"),
        ("press 2 -> queue complaint", "queue complaint", "leads to `at notice`", "write `wait` behind"),
        ("listen -> queue consult", "queue consult", "leads to `at main`", "a key is missing"),
        ("press 1, wait, press 23 -> end", "press 23", "not in the menu any more", "come to `queue consult`"),
        ("no answer -> end", "no answer", "no other system is asked", "notice → welcome → main"),
        ("line refused -> end", "line refused", "no line outside is called", "notice → welcome → main"),
        ("press 1, wait -> rated 4", "rated 4", "leads to no verdict", "(key 1) consult"),
        ("wait -> end through complaint", "end", "leads to `queue consult`", "(silence) staff"),
        ("wait -> queue consult through complaint", "complaint", "does not come to `complaint`", "(silence) staff"),
        ("wait -> through main, welcome", "welcome", "`welcome` behind the nodes", "notice → welcome"),
        ("at 02:00, press 4, wait -> queue order", "queue order", "`queue consult`", "(closed) order-closed → consult"),
    ];
    for (line, at, title, help) in cases {
        let rehearsed = rehearse(&dir, &format!("# a remark\n\n  {line}\n"));
        let [finding] = &rehearsed.failed[..] else { panic!("{line}: {rehearsed:?}") };
        assert!(finding.title.contains(title), "{line}: {finding}");
        assert!(finding.help.contains(help), "{line}: {finding}");
        let place = finding.place.expect("a place");
        let columns = &format!("  {line}")[place.column - 1..place.to_column - 1];
        assert_eq!((place.line, columns), (3, at), "{line}");
        assert!(finding.origin.ends_with("menu/12345.script") && finding.to_string().contains('^'), "{finding}");
    }
}

#[test]
fn names_that_nobody_knows_are_told_before_anything_is_played() {
    let dir = folder("names");
    let plans = plans(&dir);
    let cases = [
        ("wait -> queue consul", "no group is named `consul`", "did you mean `consult`?"),
        ("wait -> at mian", "no node is named `mian`", "did you mean `main`?"),
        ("wait -> through stafff", "no node is named `stafff`", "did you mean `staff`?"),
        ("surge in nobody -> at notice", "no group is named `nobody`", "one of `consult`"),
        ("on air news=welcome -> at notice", "no slot is named `news`", "there is none yet"),
        ("survey -> end", "the menu `12345` has no survey", "add `survey"),
        ("survey in fr -> end", "no language is named `fr`", "one of `zh-CN`, `en`"),
        ("wait", "this line has no arrow", "write what the caller does"),
    ];
    for (line, title, help) in cases {
        let report = scripts(&dir, &plans, line).expect_err(line).to_string();
        assert!(report.contains(title) && report.contains(help), "{line}: {report}");
        assert!(report.contains("menu/12345.script:1"), "{report}");
    }
}

#[test]
fn a_script_is_named_as_its_menu() {
    let dir = folder("files");
    fs::write(dir.join("menu/12345.night.script"), "at 02:00, press 4, wait -> queue consult\n").expect("written");
    let plans = plans(&dir);
    let read = scripts(&dir, &plans, "press 1, wait -> queue consult\n").unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(read.iter().map(|script| script.menu.as_str()).collect::<Vec<_>>(), ["12345", "12345"]);
    fs::write(dir.join("menu/1234.script"), "press 1, wait -> queue consult\n").expect("written");
    let report = settings::scripts(&dir, Some(&plans)).expect_err("no such menu").to_string();
    assert!(report.contains("there is no menu `1234`") && report.contains("did you mean `12345`?"), "{report}");
}

#[test]
fn what_no_story_came_to_is_told() {
    let dir = folder("coverage");
    let coverage = rehearse(&dir, "press 1, wait -> queue consult\npress 0 -> queue consult\n").coverage.remove(0);
    assert_eq!((coverage.menu.as_str(), coverage.nodes), ("12345", 11));
    assert!(
        coverage.nodes_missed.contains(&"complaint".to_owned()) && !coverage.nodes_missed.contains(&"staff".to_owned())
    );
    let keys: Vec<_> =
        coverage.ways_missed.iter().filter(|(node, _)| node == "main").map(|(_, way)| way.to_string()).collect();
    assert_eq!(keys, ["key 2", "key 3", "key 4", "key 9", "silence", "wrong keys"]);
    assert!(coverage.ways_missed.contains(&("order-hours".to_owned(), Way::Closed)));
}

/// A copy of the shipped configuration whose menu begins at `node`, which `nodes` has.
fn beginning(case: &str, node: &str, nodes: &str) -> std::path::PathBuf {
    let dir = folder(case);
    change(&dir, "menu/12345.toml", |menu| menu.replace("start = \"notice\"", &format!("start = \"{node}\"")) + nodes);
    dir
}

fn change(dir: &Path, file: &str, change: impl Fn(String) -> String) {
    let text = fs::read_to_string(dir.join(file)).expect("the file");
    fs::write(dir.join(file), change(text)).expect("a writable folder");
}

#[test]
fn a_story_says_who_calls() {
    let nodes = r#"
[node.who]
kind = "when"
case = [
    { callers = "vip", goto = "order" },
    { called = "02012345", goto = "suggestion" },
    { line = "mobile", goto = "complaint" },
    { called_before = 2, goto = "welcome" },
    { city = "杭州", goto = "main-english" },
]
otherwise = "main"
"#;
    let dir = beginning("who", "who", nodes);
    change(&dir, "queues.toml", |text| text + "\n[[callers]]\nname = \"vip\"\nnumbers = [\"057188001122\"]\n");
    let story = "from 057188001122 -> queue order\nfrom 057188001123 -> at main-english\nto 02012345 -> queue suggestion\nfrom +8613900139000 -> queue complaint\n\
                 called before once -> at main\ncalled before 2 times -> at welcome\nfrom withheld, to 12345 -> at main\n";
    let rehearsed = rehearse(&dir, story);
    assert!(rehearsed.failed.is_empty(), "{:?}", rehearsed.failed);
    // A number that nobody may know is in no list, and no mobile.
    assert_eq!(rehearse(&dir, "from withheld -> queue order\n").failed.len(), 1);
}

#[test]
fn a_system_answers_what_it_is_asked_for() {
    let nodes = r#"
[node.look]
kind = "http"
prompt = "please-wait"
url = "http://desk.example/{caller}"
take = { status = "/status" }
timeout_s = 3
next = "which"
failed = "complaint"

[node.which]
kind = "when"
case = [{ value = { status = ["done"] }, goto = "suggestion" }]
otherwise = "main"
"#;
    let dir = beginning("answers", "look", nodes);
    let story = "answer status=done -> queue suggestion through look, which\nanswer -> at main\nno answer -> queue complaint\n\
                 wait -> queue complaint\nlisten -> at look\npress 0 -> queue consult\npress 2, answer status=open -> queue complaint\n";
    let rehearsed = rehearse(&dir, story);
    assert!(rehearsed.failed.is_empty(), "{:?}", rehearsed.failed);
    let rehearsed = rehearse(&dir, "answer state=done -> queue suggestion\n");
    assert!(
        rehearsed.failed[0].title.contains("`state` is not taken from the answer here, but `status`"),
        "{rehearsed:?}"
    );
}

#[test]
fn a_line_that_no_rule_leads_to_is_not_called() {
    let nodes = "\n[node.police]\nkind = \"transfer\"\nto = \"110\"\nfailed = \"staff\"\n";
    let dir = beginning("line", "police", nodes);
    let rehearsed = rehearse(&dir, "wait -> queue consult through police, staff\nwait -> transfer 110\n");
    let [finding] = &rehearsed.failed[..] else { panic!("{rehearsed:?}") };
    assert!(
        finding.title.contains("`queue consult`") && finding.help.contains("no [[dial]] rule leads to 110"),
        "{finding}"
    );
}

#[test]
fn the_longest_time_in_the_menu_holds() {
    let dir = folder("limit");
    change(&dir, "hotline.toml", |text| text.replace("menu_s = 300", "menu_s = 10"));
    let rehearsed = rehearse(&dir, "wait -> queue consult through notice, welcome\nwait -> through main\n");
    let [finding] = &rehearsed.failed[..] else { panic!("{rehearsed:?}") };
    assert!(finding.title.contains("does not come to `main`"), "{finding}");
}

#[test]
fn what_is_on_air_today_is_in_no_story_that_does_not_say_so() {
    let nodes = "\n[node.news]\nkind = \"on_air\"\nslot = \"news\"\nnext = \"staff\"\n";
    let dir = beginning("on-air", "news", nodes);
    fs::write(dir.join("on-air.toml"), "[on_air]\nnews = \"welcome\"\n").expect("written");
    let rehearsed = rehearse(
        &dir,
        "-> queue consult\non air news=welcome queue-surge -> at news\non air news=welcome, wait -> queue consult\n",
    );
    assert!(rehearsed.failed.is_empty(), "{:?}", rehearsed.failed);
}

#[test]
fn the_shipped_stories_are_true_and_come_to_every_node_and_key() {
    let plans = plans(&config());
    let scripts = settings::scripts(&config(), Some(&plans)).unwrap_or_else(|report| panic!("{report}"));
    let rehearsed = settings::rehearse(&plans, &scripts);
    let failed: Vec<_> = rehearsed.failed.iter().map(ToString::to_string).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(rehearsed.stories >= 12 && rehearsed.coverage.len() == plans.call.menus.len());
    for coverage in &rehearsed.coverage {
        assert!(coverage.nodes_missed.is_empty() && coverage.ways_missed.is_empty(), "{coverage:?}");
    }
}
