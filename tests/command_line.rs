//! The commands, as a newcomer types them.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use crate::kit::engine::{Engine, hotline, replace, root};
use crate::kit::process::Process;
use crate::kit::wait;

fn run(args: &[&str]) -> Output {
    Command::new(hotline()).args(args).current_dir(root()).output().expect("the binary runs")
}

#[test]
fn the_shipped_configuration_checks_clean() {
    let out = run(&["check"]);
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
}

#[test]
fn an_error_is_shown_with_file_line_and_caret() {
    let dir = tempfile::tempdir().expect("a folder");
    let engine_config = root().join("config");
    copy(&engine_config, dir.path());
    replace(&dir.path().join("queues.toml"), "ring_s", "rings_s");
    let out = run(&["check", "--config", &dir.path().display().to_string()]);
    assert_eq!(out.status.code(), Some(2));
    let text = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert!(text.contains("queues.toml:"), "{text}");
    assert!(text.contains("rings_s") && text.contains('^'), "{text}");
}

fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-r").arg(from.join(".")).arg(to).status().expect("cp runs");
    assert!(status.success());
}

#[test]
fn it_refuses_to_listen_beyond_loopback_with_the_example_passwords() {
    let out = Command::new(hotline())
        .args(["serve", "--data"])
        .arg(tempfile::tempdir().expect("a folder").path())
        .current_dir(root())
        .env("HOTLINE__SIP__UDP", "0.0.0.0:0")
        .output()
        .expect("the binary runs");
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&out.stderr).contains("example"), "{}", String::from_utf8_lossy(&out.stderr));
}

#[test]
fn a_citizen_and_an_agent_without_phones_talk() {
    let engine = Engine::start();
    let server = engine.sip.to_string();
    let heard = engine.dir.path().join("heard.wav");
    let mut agent = Command::new(hotline());
    agent.args(["agent", "--id", "1001", "--server", &server, "--answer-after", "1s"]);
    let agent = Process::start("hotline agent", &mut agent, &engine.dir.path().join("agent.log"));
    wait::until("the registration", Duration::from_secs(10), || agent.output().contains("registered").then_some(()));
    let out = Command::new(hotline())
        .args(["call", &format!("sip:12345@{server}"), "--press", "0", "--after", "2s", "--seconds", "15", "--record"])
        .arg(&heard)
        .output()
        .expect("the binary runs");
    let timeline = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success(), "{timeline}{}", String::from_utf8_lossy(&out.stderr));
    assert!(timeline.contains("answered"), "{timeline}");
    assert!(heard.metadata().expect("a recording").len() > 8000 * 2 * 5, "several seconds of sound");
    let record = engine.ended_records(1).remove(0);
    assert_eq!(record["agent"], "1001", "{record}\n{}", agent.output());
}
