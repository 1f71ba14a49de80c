//! Skills that queue nodes ask for beside those of their group.

use std::path::{Path, PathBuf};
use std::time::Duration;

use acd::Need;
use acd::plan::Overflow;
use base::GroupId;
use settings::Plans;

use crate::broken::folder_with;
use crate::kit::{config, env, load};

/// The shipped configuration where key 1 leads to a node with these keys.
fn folder(case: &str, keys: &str) -> PathBuf {
    let menu = std::fs::read_to_string(config().join("menu/12345.toml")).expect("shipped");
    let menu = menu.replacen("start = \"notice\"", "start = \"asked\"", 1);
    folder_with(case, "menu/12345.toml", format!("{menu}\n[node.asked]\nkind = \"queue\"\n{keys}").as_bytes())
}

fn place(plans: &Plans, name: &str) -> usize {
    plans.acd.groups.iter().position(|group| group.name == name).unwrap_or_else(|| panic!("no {name}"))
}

fn steps(plans: &Plans, name: &str) -> Vec<(u64, Need)> {
    plans.acd.groups[place(plans, name)].steps.iter().map(|step| (step.after.as_secs(), step.need.clone())).collect()
}

fn own(plans: &Plans, name: &str) -> Need {
    Need::of(GroupId(u16::try_from(place(plans, name)).expect("few")))
}

fn told(dir: &Path) -> String {
    load(dir).map(drop).expect_err("wrong").to_string()
}

#[test]
fn callers_of_the_node_are_a_group_of_their_own_beside_it() {
    let dir = folder("asked", "group = \"complaint\"\nskills = \"english and  consult<= 2\"\nskills_s = 60\n");
    let plans = load(&dir).unwrap_or_else(|report| panic!("{report}"));
    let name = "complaint+english&consult<=2:60s";
    let skill = |name: &str, worst| match own(&plans, name) {
        Need::Skill { skill, .. } => Need::Skill { skill, worst },
        other => other,
    };
    let more = Need::All(vec![own(&plans, "english"), skill("consult", 2)]);
    let complaint = own(&plans, "complaint");
    let both = Need::All(vec![complaint.clone(), more]);
    assert_eq!(steps(&plans, name), [(0, both), (60, complaint)]);
    let (part, whole) = (place(&plans, name), place(&plans, "complaint"));
    let ring =
        |place: usize| (plans.acd.groups[place].ring, plans.acd.groups[place].limit, plans.call.groups[place].music);
    assert_eq!(ring(part), ring(whole));
    assert_eq!((plans.acd.groups.len(), plans.call.groups.len()), (part + 1, part + 1));
    // What asks for nothing more leaves the group as it is, and a part that nobody asks for any more leads into the whole.
    let plain = folder("asked-no-more", "group = \"complaint\"\n");
    let settings::Reloaded { plans, changes } = settings::reload(&plain, env(&plain), &plans).expect("right");
    assert_eq!(changes.groups.removed, [name]);
    let group = &plans.acd.groups[part];
    assert!(group.removed && group.overflow.closed == Overflow::Group(GroupId(u16::try_from(whole).expect("few"))));
}

#[test]
fn steps_of_the_group_ask_for_it_too_until_they_need_not() {
    let dir = folder("asked-steps", "group = \"complaint\"\nskills = \"english\"\nskills_s = 45\n");
    let queues = std::fs::read_to_string(dir.join("queues.toml")).expect("a copy");
    let who = "name = \"complaint\"\nwho = [{ who = \"complaint <= 1\" }, { after_s = 30, who = \"complaint\" }, { after_s = 60, who = \"consult\" }]";
    std::fs::write(dir.join("queues.toml"), queues.replacen("name = \"complaint\"", who, 1)).expect("written");
    let plans = load(&dir).unwrap_or_else(|report| panic!("{report}"));
    let english = own(&plans, "english");
    let whole = steps(&plans, "complaint");
    let with = |step: usize| Need::All(vec![whole[step].1.clone(), english.clone()]);
    let expected = [(0, with(0)), (30, with(1)), (45, whole[1].1.clone()), (60, whole[2].1.clone())];
    assert_eq!(steps(&plans, "complaint+english:45s"), expected);
    let first = plans.acd.groups[place(&plans, "complaint+english:45s")].steps[0].after;
    assert_eq!(first, Duration::ZERO);
}

#[test]
fn what_is_asked_has_to_be_there() {
    for (case, keys, expected) in [
        ("asked-skill", "group = \"complaint\"\nskills = \"englisch\"\n", "no skill is named `englisch`"),
        ("asked-group", "group = \"complain\"\nskills = \"english\"\n", "no skill group is named `complain`"),
        ("asked-words", "group = \"complaint\"\nskills = \"english and\"\n", "a skill"),
        ("asked-nothing", "group = \"complaint\"\nskills_s = 9\n", "`skills_s` needs `skills`"),
        ("asked-type", "group = \"complaint\"\nskills = 7\n", "expected a text"),
    ] {
        let told = told(&folder(case, keys));
        assert!(told.contains(expected) && told.contains("menu/12345.toml:"), "{case}: {told}");
    }
    let menu = folder("asked-nobody", "group = \"complaint\"\nskills = \"order and english\"\n");
    let queues = std::fs::read_to_string(menu.join("queues.toml")).expect("a copy");
    std::fs::write(menu.join("queues.toml"), queues.replace("\"order\", ", "")).expect("written");
    let warned: Vec<String> = load(&menu).expect("it starts").warnings.iter().map(ToString::to_string).collect();
    assert!(
        warned
            .iter()
            .any(|w| w.contains("no agent serves the group `complaint+order&english`") && w.contains("12345.toml:")),
        "{warned:?}"
    );
}
