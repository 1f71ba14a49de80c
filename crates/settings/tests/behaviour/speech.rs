//! Texts that are spoken in the call: who speaks them, what is wrong with that, and stories of them.

use std::fs;
use std::path::PathBuf;

use settings::{Plans, Report};

use crate::kit::load_with;
use crate::rehearsals::{folder, rehearse};

const SERVICE: &str = "\n[speech.synthesis]\nurl = \"http://tts.example/speech\"\n";

/// The first node speaks, and leads to a choice.
const TELL: &str = r#"
[node.subject]
kind = "set"
values = { subject = "路灯" }
next = "tell"

[node.tell]
kind = "speak"
prompt = "please-wait"
text = { zh-CN = "您反映的“{subject}”", en = "Your {subject}" }
otherwise = "please-wait"
max_s = 4
next = "main"
"#;

/// The shipped configuration with this service, and a menu that begins with these nodes.
fn speaks(case: &str, service: &str, start: &str, nodes: &str) -> PathBuf {
    let dir = folder(&format!("speech-{case}"));
    let menu = fs::read_to_string(dir.join("menu/12345.toml")).expect("the shipped menu");
    let menu = menu.replace("start = \"notice\"", &format!("start = \"{start}\"")) + nodes;
    fs::write(dir.join("menu/12345.toml"), menu).expect("a writable folder");
    let main = fs::read_to_string(dir.join("hotline.toml")).expect("the shipped file");
    fs::write(dir.join("hotline.toml"), main + service).expect("a writable folder");
    dir
}

fn load(case: &str, service: &str, env: &[(&str, &str)]) -> Result<Plans, Report> {
    load_with(&speaks(case, service, "subject", TELL), env)
}

#[test]
fn a_service_speaks_unless_a_story_says_that_it_does_not() {
    let dir = speaks("stories", SERVICE, "subject", TELL);
    let stories = "-> at tell\nlisten -> at main through subject, tell, main\npress 2 -> queue complaint through tell, main\n\
                   answer -> at tell\nno answer -> at tell\nno answer, press 2 -> queue complaint\npress 0 -> queue consult\n\
                   listen, press 2 -> queue complaint\nno answer, listen -> at main\nwait -> queue consult\n";
    let rehearsed = rehearse(&dir, stories);
    assert!(rehearsed.failed.is_empty(), "{:?}", rehearsed.failed);
    let left = rehearse(&dir, "answer status=done -> at main\n");
    assert!(left.failed[0].title.contains("no other system is asked here"), "{left:?}");
}

#[test]
fn a_text_without_anybody_who_speaks_it_is_an_error() {
    let told = load("nobody", "", &[]).expect_err("nobody speaks").to_string();
    assert!(told.contains("nobody speaks the texts of menus") && told.contains("kind = \"speak\""), "{told}");
    assert!(told.contains("^^^^^^^") && told.contains("help: add `[speech.synthesis]`"), "{told}");
    assert_eq!(told.matches("error: ").count(), 1, "{told}");
    let by_env = load("env", "", &[("HOTLINE__SPEECH__SYNTHESIS__URL", "http://tts.example/")]).expect("a service");
    assert_eq!(by_env.synthesis.expect("a service").url, "http://tts.example/");
}

#[test]
fn secrets_come_from_the_environment_and_are_shown_nowhere() {
    let service = SERVICE.to_owned()
        + "headers = { Authorization = \"Bearer file\" }\nbody = { key = \"hidden\", input = \"{text}\" }\n";
    let headers = ("HOTLINE__SPEECH__SYNTHESIS__HEADERS", "Authorization: Bearer env\nX-Key: 1:2");
    let plans = load("secrets", &service, &[headers]).expect("a service");
    let asked = plans.synthesis.as_deref().expect("a service");
    let headers: Vec<_> = asked.headers.iter().map(|(name, text)| (name.as_str(), text.0.as_str())).collect();
    assert_eq!(headers, [("Authorization", "Bearer env"), ("X-Key", "1:2")]);
    assert_eq!(asked.body("好", "zh-CN"), r#"{"input":"好","key":"hidden"}"#);
    let shown = format!("{plans:?}");
    assert!(!shown.contains("hidden") && !shown.contains("Bearer"), "no secret is printed");
}

#[test]
fn what_is_wrong_with_a_service_is_told_at_its_line() {
    let headers = |text: &str| SERVICE.to_owned() + &format!("headers = {{ {text} }}\n");
    let body = |text: &str| SERVICE.to_owned() + text + "\n";
    for (case, service, told) in [
        ("url", "\n[speech.synthesis]\nurl = \"tts.example?key=hidden\"\n".to_owned(), "this is no address of the web"),
        ("missing", "\n[speech.synthesis]\n".to_owned(), "`url` is missing"),
        ("key", body("voice = \"x\""), "unknown key `voice`"),
        ("name", headers("\"A B\" = \"hidden\""), "a header has a name that no header of HTTP can have"),
        ("value", headers("A = \"hidden\\n\""), "the header `A` holds what no header of HTTP can"),
        ("text", body("body = { input = \"x\" }"), "the text to be spoken stands nowhere in `body`"),
        ("brace", body("body = { input = \"{texts}\" }"), "nothing is filled in for `{texts}`"),
        ("no-table", body("body = \"{text}\""), "expected a table"),
        ("date", body("body = { input = \"{text}\", at = 2026-10-01 }"), "JSON knows no dates"),
        ("voices", body("voices = { fr = \"x\" }"), "no language is named `fr`"),
        ("voice", body("body = { t = \"{text}\", v = \"{voice}\" }\nvoices = { zh-CN = \"x\" }"), "none speaks `en`"),
    ] {
        let report = load(case, &service, &[]).expect_err(case).to_string();
        assert!(
            report.contains(told) && report.contains("hotline.toml:") && report.contains("help: "),
            "{case}: {report}"
        );
        assert!(!report.contains("nobody speaks"), "{case}: one mistake is told once: {report}");
    }
    let unused = load("unused", &body("voices = { zh-CN = \"x\", en = \"y\" }"), &[]).expect("works");
    let told: Vec<_> = unused.warnings.iter().map(|warning| warning.title.as_str()).collect();
    assert!(told.contains(&"the voices stand nowhere in `body`"), "{told:?}");
}

#[test]
fn a_reload_takes_up_another_service() {
    let prompts = ("HOTLINE__PROMPTS__DIR".to_owned(), crate::kit::root().join("prompts").display().to_string());
    let dir = speaks("reload", SERVICE, "subject", TELL);
    let running = settings::load(dir.as_path(), [prompts.clone()]).expect("right");
    let main = fs::read_to_string(dir.join("hotline.toml")).expect("ours");
    fs::write(dir.join("hotline.toml"), main + "body = { input = \"{text}\" }\n").expect("a writable folder");
    let reloaded = settings::reload(dir.as_path(), [prompts], &running).expect("right");
    assert_eq!(
        (reloaded.changes.others, reloaded.changes.restart),
        (vec!["[speech.synthesis]".to_owned()], Vec::new())
    );
    assert_eq!(reloaded.plans.synthesis.expect("a service").body("a", "en"), r#"{"input":"a"}"#);
}

#[test]
fn another_text_is_another_version_of_the_menu() {
    let version = |case: &str, from: &str, to: &str| {
        let dir = speaks(case, SERVICE, "subject", &TELL.replace(from, to));
        load_with(&dir, &[]).expect("right").call.menus[0].version.clone()
    };
    assert_ne!(version("version-one", "", ""), version("version-two", "Your", "The"));
}
