//! A menu walked in the terminal and drawn, as an operator does it before callers come.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use crate::kit::engine::{Engine, folder, hotline, replace, root};

const MAIN_LISTENS: &str = r#"[node.main.words]
0 = ["人工"]
2 = ["投诉", "举报"]

[node.main.keys]"#;

/// `hotline rehearse` with lines piped to it.
fn rehearse(args: &[&str], lines: &str) -> Output {
    let mut command = Command::new(hotline());
    command
        .arg("rehearse")
        .args(args)
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary runs");
    // It may have left before the last line.
    let _ = child.stdin.take().expect("a pipe").write_all(lines.as_bytes());
    child.wait_with_output().expect("it ends")
}

fn text(out: &Output) -> String {
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).into_owned()
}

/// What is printed behind `Story: ` last.
fn story(text: &str) -> &str {
    text.lines().rev().find_map(|line| line.split("Story: ").nth(1)).unwrap_or_else(|| panic!("no story in {text}"))
}

#[test]
fn an_operator_walks_the_menu_and_gets_the_line_of_a_script() {
    let walk = text(&rehearse(&["--from", "+8613900139000"], "\n9\nback one step\n4\n"));
    for shown in
        ["- main (menu)", "咨询请按一", "main asks for a key: 1 consult, 2 complaint", "| 26.7 s of announcements"]
    {
        assert!(walk.contains(shown), "no {shown} in {walk}");
    }
    let lines = [
        "\n\n",
        "at 02:00\n4\n\n",
        "9\n7\n\n\n2\n",
        "on 2026-10-01 at 09:30\nfrom 057188001122\ncalled before 2 times\n9*3\n\n",
        "prss 2\n*\n#\n9\nrestart\nlisten\n777\n",
        "surge in consult\n1\nwait\n",
    ];
    let walks: Vec<String> = lines.iter().map(|lines| text(&rehearse(&[], lines))).collect();
    let mut stories: Vec<&str> = walks.iter().map(|walk| story(walk)).collect();
    stories.push(story(&walk));
    assert_eq!(
        stories[1],
        "at 02:00, press 4, listen -> queue consult through notice, welcome, main, order-hours, order-closed, consult"
    );
    assert!(walks[1].contains("notice plays to its end; what was pressed counts afterwards"), "{}", walks[1]);
    assert!(walks[4].contains("did you mean `press`?"), "{}", walks[4]);
    let unknown = text(&rehearse(&[], "surge in consul\non air news=storm\n1\nlisten\n"));
    for told in ["no group is named `consul`", "no slot is named `news`"] {
        assert!(unknown.contains(told), "{unknown}");
    }
    let dir = folder(|config| std::fs::write(config.join("menu/12345.script"), stories.join("\n")).expect("written"));
    let config = dir.path().join("config").display().to_string();
    let out = Command::new(hotline())
        .args(["check", "--scripts", "--config", &config])
        .current_dir(root())
        .output()
        .expect("it runs");
    assert!(text(&out).contains("7 stories, all true"), "{}", String::from_utf8_lossy(&out.stdout));
}

#[test]
fn a_choice_that_listens_says_what_may_be_said() {
    let dir = folder(|config| {
        replace(&config.join("menu/12345.toml"), "[node.main.keys]", MAIN_LISTENS);
        replace(
            &config.join("hotline.toml"),
            "[drain]",
            "[speech.recognition]\nurl = \"http://127.0.0.1:9/\"\n\n[drain]",
        );
    });
    let walk =
        text(&rehearse(&["--config", &dir.path().join("config").display().to_string()], "listen\nsay 我要投诉\n"));
    let asks = "main asks for a key: 1 consult, 2 complaint (or say 投诉, 举报), 3 suggestion";
    assert!(walk.contains(asks) && walk.contains("0 a person (or say 人工)"), "{walk}");
    assert!(story(&walk).starts_with("listen, say 我要投诉 -> queue complaint"), "{walk}");
}

#[test]
fn each_prompt_is_played_once_by_a_command_that_is_named() {
    let dir = tempfile::tempdir().expect("a folder");
    let heard = dir.path().join("heard").display().to_string();
    let player = format!("cp --backup=numbered {{file}} {heard}");
    text(&rehearse(&["--player", &player], "\n"));
    // Notice, welcome and the choice.
    let files: Vec<_> = std::fs::read_dir(dir.path()).expect("the folder").flatten().collect();
    assert_eq!(files.len(), 3, "{files:?}");
    let out = rehearse(&["--player", "no-such-player"], "\n\n");
    assert!(text(&out).contains("= queue consult"), "it goes on without sound");
    let told = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(told.matches("no-such-player").count(), 1, "told once: {told}");
}

#[test]
fn wrong_words_and_closed_pipes_are_no_panic() {
    for (args, advice) in [
        (["--menu", "1234"], "one of `12345`"),
        (["--at", "noon"], "2026-10-01T02:00"),
        (["--from", "nobody"], "from 057188001122"),
        (["--called", "110"], "--menu"),
        (["--config", "no/such"], "no/such"),
    ] {
        let out = rehearse(&args, "");
        let told = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.code() == Some(2) && told.contains(advice), "{args:?}: {told}");
    }
    let mut command = Command::new(hotline());
    command.arg("rehearse").current_dir(root()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary runs");
    drop(child.stdout.take());
    let _ = child.stdin.take().expect("a pipe").write_all("restart\n".repeat(2000).as_bytes());
    let out = child.wait_with_output().expect("it ends");
    assert_eq!((out.status.code(), String::from_utf8_lossy(&out.stderr).as_ref()), (Some(0), ""));
    // Bytes that are no text, and a line without an end.
    let long = "9".repeat(10_000);
    assert!(text(&rehearse(&[], &format!("\u{1b}[31m\n{long}"))).contains('?'));
}

/// `hotline menu graph`.
fn graph(args: &[&str]) -> Output {
    Command::new(hotline()).args(["menu", "graph"]).args(args).current_dir(root()).output().expect("the binary runs")
}

#[test]
fn a_menu_is_drawn_with_the_calls_of_a_day() {
    let engine = Engine::start();
    let server = format!("sip:12345@{}", engine.sip);
    let call = |args: &[&str]| {
        let mut command = Command::new(hotline());
        command.args(["call", &server]).args(args).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("the binary runs")
    };
    let mut calls = [
        call(&["--press", "2", "--after", "1s", "--seconds", "7"]),
        call(&["--seconds", "2"]),
        // Nothing is behind 7: it counts once the notice is over.
        call(&["--press", "7", "--after", "1s", "--seconds", "8"]),
    ];
    calls.iter_mut().for_each(|call| assert!(call.wait().expect("it ends").success()));
    let records = engine.ended_records(3);
    let wrong: Vec<_> = records.iter().filter(|record| !record["wrong_keys"].is_null()).collect();
    assert!(matches!(wrong[..], [one] if one["wrong_keys"] == serde_json::json!(["main"])), "{records:?}");
    let (data, out) = (engine.dir.path().join("data").display().to_string(), engine.dir.path().join("menu.svg"));
    let today = ["--traffic", "--since", "2026-01-01", "--data", &data];
    text(&graph(&[&today[..], &["--out", &out.display().to_string()]].concat()));
    let svg = std::fs::read_to_string(&out).expect("a picture");
    for shown in [
        "<svg ",
        "3 calls; 2 hung up in the menu; 1 wrong keys",
        ">3 calls · 1 hung up<",
        ">2 calls · 1 hung up · 1 wrong keys<",
        "2 · 0 s · 1 call",
        "order-hours",
    ] {
        assert!(svg.contains(shown), "no {shown} in {svg}");
    }
    let drawn = text(&graph(&[&today[..], &["--format", "mermaid"]].concat()));
    assert!(drawn.contains("flowchart LR") && drawn.contains("|\"2 · 0 s · 1 call\"|"), "{drawn}");
    let before = text(&graph(&["--traffic", "--day", "2020-02-29", "--data", &data]));
    assert!(before.contains("0 calls; 0 hung up"), "{before}");
    for (args, code, advice) in [
        (&["--menu", "1234"][..], 1, "one of `12345`"),
        (&["--traffic", "--day", "2026-02-30"], 2, "2026-10-01"),
        (&["--day", "2026-02-28"], 2, "--traffic"),
        (&["--traffic", "--data", "no/such"], 1, "no/such"),
    ] {
        let out = graph(args);
        let told = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.code() == Some(code) && told.contains(advice), "{args:?}: {told}");
    }
}
