//! Warnings about menus, and where there is none: what a caller hears of keys on every way, and in which language.

use crate::broken::folder_with;
use crate::kit::load;

/// The titles of the warnings about a menu that stands in place of the shipped one.
fn doubts(case: &str, nodes: &str) -> Vec<String> {
    let menu = format!(
        "locales = [\"zh-CN\", \"en\"]\nstart = \"start\"\nperson = \"staff\"\nsilence_tries = 1\n{nodes}\n\
         [node.staff]\nkind = \"queue\"\ngroup = \"consult\"\n"
    );
    let dir = folder_with(&format!("doubts-{case}"), "menu/12345.toml", menu.as_bytes());
    let plans = load(&dir).unwrap_or_else(|report| panic!("{case}: {report}"));
    plans.warnings.iter().map(|warning| warning.title.clone()).collect()
}

const KEYS: &str = "keys = { 1 = \"staff\", 2 = \"staff\", 3 = \"staff\", 4 = \"staff\" }";

fn choice(name: &str, prompt: &str, keys: &str) -> String {
    format!("[node.{name}]\nkind = \"menu\"\nprompt = {prompt}\n{keys}\n")
}

fn play(name: &str, prompt: &str, next: &str) -> String {
    format!("[node.{name}]\nkind = \"play\"\nprompt = {prompt}\nnext = \"{next}\"\n")
}

#[test]
fn a_prompt_on_every_way_before_a_choice_announces_its_keys() {
    let announced = play("start", "\"main-menu\"", "hours")
        + "[node.hours]\nkind = \"hours\"\nhours = \"office\"\nopen = \"main\"\nclosed = \"late\"\n"
        + &play("late", "\"goodbye\"", "main")
        + &choice("main", "\"please-wait\"", KEYS);
    assert_eq!(doubts("before", &announced), Vec::<String>::new());
    // On one of two ways nobody hears of them.
    let missed = "[node.start]\nkind = \"hours\"\nhours = \"office\"\nopen = \"told\"\nclosed = \"main\"\n".to_owned()
        + &play("told", "\"main-menu\"", "main")
        + &choice("main", "\"please-wait\"", KEYS);
    let told: Vec<String> =
        (1..=4).map(|key| format!("nothing that a caller hears in `zh-CN` announces the key {key}")).collect();
    assert_eq!(doubts("one-way", &missed), told);
    // What was heard before another choice is heard no more.
    let chosen =
        choice("start", "\"main-menu\"", "keys = { 1 = \"main\", 2 = \"staff\", 3 = \"staff\", 4 = \"staff\" }")
            + &choice("main", "\"please-wait\"", "keys = { 1 = \"staff\" }");
    assert_eq!(doubts("behind-a-choice", &chosen), told[..1]);
}

#[test]
fn a_key_is_announced_by_the_text_of_the_language_that_is_heard() {
    let foreign = choice("start", "[\"main-menu\", \"choose-language@en\"]", KEYS);
    assert_eq!(
        doubts("foreign", &foreign),
        ["the prompt `choose-language` announces the key 9 in `en`, which leads nowhere here"]
    );
    // Nobody has chosen English, so that nobody hears this part.
    let english = choice("start", "[\"main-menu\", { say = \"choose-language\", locale = \"en\" }]", KEYS);
    assert_eq!(doubts("english", &english), Vec::<String>::new());
    // Nor does a part that one language hears need another.
    let yao = choice("start", "[\"main-menu\", { say = \"number-yao\", locale = \"zh-CN\" }]", KEYS);
    assert_eq!(doubts("yao", &yao), Vec::<String>::new());
    // What is said on a condition may be what announces it.
    let sometimes = choice(
        "start",
        "[\"main-menu\", { say = \"choose-language\", line = \"mobile\" }]",
        "keys = { 1 = \"staff\", 2 = \"staff\", 3 = \"staff\", 4 = \"staff\", 9 = \"staff\" }",
    );
    assert_eq!(doubts("sometimes", &sometimes), Vec::<String>::new());
    // Who types digits or rates a talk presses other keys.
    let digits = "[node.start]\nkind = \"digits\"\nprompt = \"right-press-one\"\ninto = \"order\"\nlength = \"4-12\"\n\
                  next = \"staff\"\n";
    assert_eq!(doubts("digits", digits), Vec::<String>::new());
}

#[test]
fn languages_may_follow_each_other_until_somebody_has_chosen() {
    let both = play("start", "\"welcome@zh-CN\"", "more") + &play("more", "\"welcome@en\"", "staff");
    assert_eq!(doubts("both", &both), Vec::<String>::new());
    let keys = "keys = { 1 = \"staff\", 2 = \"staff\", 3 = \"staff\", 4 = \"staff\", 9 = { locale = \"en\", goto = \"more\" } }";
    let chosen = |prompt: &str| {
        choice("start", "[\"main-menu\", \"choose-language@en\"]", keys) + &play("more", prompt, "staff")
    };
    assert_eq!(
        doubts("chosen", &chosen("\"welcome@zh-CN\"")),
        ["a caller who has chosen `en` hears `zh-CN` alone here"]
    );
    assert_eq!(doubts("chosen-both", &chosen("[\"welcome@zh-CN\", \"welcome\"]")), Vec::<String>::new());
    let set = "[node.start]\nkind = \"set\"\nlocale = \"en\"\nnext = \"more\"\n".to_owned()
        + &play("more", "\"welcome@zh-CN\"", "staff");
    assert_eq!(doubts("set", &set), ["a caller who has chosen `en` hears `zh-CN` alone here"]);
}

#[test]
fn a_line_that_a_value_holds_is_judged_at_the_call() {
    let to = |number: &str| {
        format!("[node.start]\nkind = \"transfer\"\nprompt = \"please-wait\"\nto = \"{number}\"\nfailed = \"staff\"\n")
    };
    assert_eq!(doubts("fixed", &to("110")), ["no rule leads to `110`"]);
    assert_eq!(doubts("value", &to("{caller}")), Vec::<String>::new());
}
