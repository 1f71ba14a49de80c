//! What went wrong in production goes wrong the same way in the simulator, and nobody without the key learns who called.

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use ::trace::{Content, Key, Reader};
use base::{Digit, Secret};
use load::phone::{Act, Answering, Config, Step};
use load::{PhoneId, Runner};

use crate::kit::engine::{Engine, hotline, replace, root};
use crate::kit::wait;

const CALLER: &str = "13823456789";
const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const STEP: Duration = Duration::from_secs(20);

/// An engine that traces, with these arguments besides.
fn traced(args: &[&str]) -> Engine {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let file = dir.path().join("traced").display().to_string();
    let args: Vec<String> = ["--trace", &file].iter().chain(args).map(|arg| (*arg).to_owned()).collect();
    Engine::start_in(dir, 20, args, |_| {})
}

fn file(engine: &Engine) -> PathBuf {
    engine.dir.path().join("traced")
}

/// An agent who is signed on, and a citizen who dials and asks for a person.
fn talk(engine: &Engine) -> (Runner, PhoneId, PhoneId) {
    let mut runner = Runner::new().expect("descriptors");
    let agent = runner.add(LOCAL, |sip, rtp| Config {
        password: Some(Secret("example-1001".to_owned())),
        answering: Answering::After(Duration::from_millis(200)),
        ..Config::new("1001", engine.sip, sip, rtp)
    });
    let agent = agent.expect("ports for an agent");
    runner.act(agent, |phone, now, out| phone.register(now, out));
    let is_on = |r: &mut Runner| r.phone(agent).is_registered();
    assert!(runner.run_until(STEP, is_on).expect("sockets work"), "the agent registers");
    let citizen = dial(&mut runner, engine);
    (runner, agent, citizen)
}

fn dial(runner: &mut Runner, engine: &Engine) -> PhoneId {
    let press = Step { after: Duration::from_secs(1), act: Act::Press(Digit::Number(0)) };
    let citizen =
        runner.add(LOCAL, |sip, rtp| Config { script: vec![press], ..Config::new(CALLER, engine.sip, sip, rtp) });
    let citizen = citizen.expect("ports for a citizen");
    runner.act(citizen, |phone, now, out| phone.dial(now, "12345", out));
    citizen
}

/// Turns the phones until `done`.
fn until(runner: &mut Runner, what: &str, mut done: impl FnMut() -> bool) {
    assert!(runner.run_until(STEP, |_| done()).expect("sockets work"), "waited in vain for {what}");
}

fn is_talking(engine: &Engine) -> bool {
    engine.metric("hotline_calls{phase=\"talking\"}").is_some_and(|calls| calls > 0.0)
}

fn hang_up(runner: &mut Runner, citizen: PhoneId, engine: &Engine, records: usize) {
    runner.act(citizen, |phone, now, out| phone.hang_up(now, out));
    until(runner, "the record", || engine.records().iter().filter(|r| !r["ended"].is_null()).count() == records);
}

/// `hotline simulate` with the engine's own configuration, and its words.
fn replay(engine: &Engine, file: &Path, args: &[&str]) -> (Option<i32>, String) {
    replay_from(engine, file, &[&engine.dir.path().join("config")], args)
}

/// The same with the configurations that held one after the other.
fn replay_from(engine: &Engine, file: &Path, configs: &[&Path], args: &[&str]) -> (Option<i32>, String) {
    let dir = engine.dir.path();
    let mut command = Command::new(hotline());
    command.args(["simulate", "--replay"]).arg(file);
    for config in configs {
        command.arg("--config").arg(config);
    }
    command.arg("--trace-key").arg(dir.join("data/trace.key"));
    command.args(args).env("HOTLINE__SIP__UDP", "127.0.0.1:0").env("HOTLINE__HTTP__LISTEN", "127.0.0.1:0");
    words(command.current_dir(root()).output().expect("the binary runs"))
}

fn words(out: Output) -> (Option<i32>, String) {
    let text = [out.stdout, out.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (out.status.code(), text.concat())
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn a_trace_over_a_reload_needs_both_configurations_in_order() {
    let engine = traced(&[]);
    let dir = engine.dir.path();
    let before = dir.join("before");
    let copied = Command::new("cp").arg("-r").arg(dir.join("config")).arg(&before).status();
    assert!(copied.is_ok_and(|status| status.success()));
    let (mut runner, _, citizen) = talk(&engine);
    until(&mut runner, "a talk", || is_talking(&engine));
    replace(&dir.join("config/queues.toml"), "name = \"order\"", "name = \"order\"\nstrategy = \"fewest_calls\"");
    assert_eq!(engine.api("POST", &engine.admin_token(), "/reload", "").0, 200);
    hang_up(&mut runner, citizen, &engine, 1);
    let both = |file: &Path| replay_from(&engine, file, &[&before, &dir.join("config")], &[]);
    wait::until("the trace holds the record", STEP, || {
        both(&file(&engine)).1.contains("1 caller_hangup").then_some(())
    });
    engine.process.signal("KILL");
    let (code, told) = both(&file(&engine));
    assert!(code == Some(0) && told.contains("same: every turn"), "{told}");
    let (code, told) = replay_from(&engine, &file(&engine), &[&before], &[]);
    assert!(code == Some(1) && told.contains("came to hold") && told.contains("none is named for it"), "{told}");
}

#[test]
fn a_call_is_replayed_after_a_kill_and_nothing_of_it_stands_in_clear() {
    let engine = traced(&[]);
    let (mut runner, _, citizen) = talk(&engine);
    until(&mut runner, "a talk", || is_talking(&engine));
    hang_up(&mut runner, citizen, &engine, 1);
    // A kill costs a trace what its writer has not taken yet.
    wait::until("the trace holds the record", STEP, || {
        replay(&engine, &file(&engine), &[]).1.contains("1 caller_hangup").then_some(())
    });
    engine.process.signal("KILL");
    let (code, told) = replay(&engine, &file(&engine), &[]);
    assert_eq!(code, Some(0), "{told}");
    for part in ["1 calls", "records: 1 caller_hangup", "0 panics contained", "same: every turn", "killed"] {
        assert!(told.contains(part), "{part} is missing: {told}");
    }
    let id = engine.records()[0]["id"].as_str().expect("an id").to_owned();
    let (_, story) = replay(&engine, &file(&engine), &["--call", &id]);
    for part in
        ["in   INVITE 138******89 → ****5", "to the queue: waits", "by the roster: ring", "record: call", "a key"]
    {
        assert!(story.contains(part), "{part} is missing: {story}");
    }
    assert!(!story.contains(CALLER), "{story}");
    let (code, told) = replay(&engine, &file(&engine), &["--records", "--until", "2999-01-01"]);
    assert!(
        code == Some(0) && told.contains(&format!("call {id} ended, 138******89 → ****5, caller_hangup")),
        "{told}"
    );
    let (code, told) = replay(&engine, &file(&engine), &["--until", "2000-01-01"]);
    assert!(code == Some(0) && told.contains("0 turns") && told.contains("stopped before"), "{told}");
    nothing_stands_in_clear(&engine);
    others_are_refused(&engine);
}

fn nothing_stands_in_clear(engine: &Engine) {
    let bytes = std::fs::read(file(engine)).expect("the trace");
    for secret in [CALLER, "example-1001", "m=audio", "v=0", "nonce", "telephone-event", "Digit"] {
        assert!(!holds(&bytes, secret), "{secret} stands in the file");
    }
    let shown = words(Command::new(hotline()).args(["trace", "show"]).arg(file(engine)).output().expect("it runs")).1;
    assert!(shown.contains("INVITE 138******89 → ****5") && shown.contains("a key"), "{shown}");
    // Not even for the key: what proves a password could be guessed at.
    let key = Key::load(&engine.dir.path().join("data/trace.key")).expect("the key");
    let mut reader = Reader::open(&file(engine), Some(&key)).expect("a trace");
    let mut proofs = 0;
    while let Some(record) = reader.next_record().expect("whole") {
        let Content::Entry(bytes) = record.content else { continue };
        assert!(!holds(&bytes, "example-1001"), "a password in {}", record.line);
        if holds(&bytes, "response=\"") {
            assert!(holds(&bytes, "response=\"00000000"), "a proof in {}", record.line);
            proofs += 1;
        }
    }
    assert!(proofs > 0, "nobody proved a password");
}

fn others_are_refused(engine: &Engine) {
    let other = engine.dir.path().join("other.key");
    std::fs::write(&other, "ab".repeat(32)).expect("written");
    let mut command = Command::new(hotline());
    command.args(["simulate", "--replay"]).arg(file(engine)).arg("--trace-key").arg(&other).current_dir(root());
    let (code, told) = words(command.output().expect("the binary runs"));
    assert!(code == Some(2) && told.contains("the key does not open"), "{told}");
    // One byte in the midst.
    let mut bytes = std::fs::read(file(engine)).expect("the trace");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let forged = engine.dir.path().join("forged");
    std::fs::write(&forged, bytes).expect("written");
    let (code, told) = replay(engine, &forged, &[]);
    assert!(code == Some(2) && told.contains("is damaged at byte"), "{told}");
    // Another configuration: the number is not ours.
    let main = engine.dir.path().join("config/hotline.toml");
    let text = std::fs::read_to_string(&main).expect("the configuration");
    std::fs::write(&main, text.replace("numbers = [\"12345\"", "numbers = [\"12346\"")).expect("written");
    let (code, told) = replay(engine, &file(engine), &[]);
    assert_eq!(code, Some(1), "{told}");
    for part in ["warning: the engine had the configuration", "differs: in turn", "recorded: ", "404 INVITE"] {
        assert!(told.contains(part), "{part} is missing: {told}");
    }
}

#[test]
fn a_fault_comes_again_at_its_turn() {
    let engine = traced(&["--drill", "call:9"]);
    let (mut runner, ..) = talk(&engine);
    let faults = || engine.records().iter().filter(|r| r["end_reason"] == "fault").count();
    until(&mut runner, "the fault", || faults() == 1);
    engine.process.signal("KILL");
    let (code, told) = replay(&engine, &file(&engine), &[]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("1 panics contained") && told.contains("records: 1 fault"), "{told}");
}

#[test]
fn the_panic_that_ends_the_process_is_the_last_of_the_trace() {
    let mut engine = traced(&["--drill", "queue:3"]);
    let (mut runner, ..) = talk(&engine);
    let process = &mut engine.process;
    until(&mut runner, "the end of the process", || !process.is_running());
    let (code, told) = replay(&engine, &file(&engine), &[]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("the process panicked here too: a drill"), "{told}");
}

#[test]
fn a_process_that_recovered_is_replayed_from_its_ledger() {
    let engine = traced(&[]);
    let (mut runner, agent, _) = talk(&engine);
    until(&mut runner, "a talk", || is_talking(&engine));
    engine.process.signal("KILL");
    let engine = engine.restart();
    until(&mut runner, "the record", || engine.records().iter().any(|r| r["end_reason"] == "restart"));
    let free = |r: &mut Runner| r.phone(agent).status() == phone::Status::Idle;
    assert!(runner.run_until(STEP, free).expect("sockets work"), "the agent's phone is hung up");
    let citizen = dial(&mut runner, &engine);
    until(&mut runner, "another talk", || is_talking(&engine));
    hang_up(&mut runner, citizen, &engine, 2);
    engine.process.signal("KILL");
    let second = engine.dir.path().join("traced.2");
    let (code, told) = replay(&engine, &second, &[]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("1 calls open from before") && told.contains("1 caller_hangup, 1 restart"), "{told}");
    let (code, told) = replay(&engine, &file(&engine), &[]);
    assert!(code == Some(0) && told.contains("records: none"), "{told}");
}

#[test]
fn a_full_trace_says_so_and_serving_goes_on() {
    let engine = traced(&["--trace-limit", "6KiB"]);
    let (mut runner, _, citizen) = talk(&engine);
    until(&mut runner, "a talk", || is_talking(&engine));
    hang_up(&mut runner, citizen, &engine, 1);
    assert!(std::fs::metadata(file(&engine)).expect("the trace").len() <= 6 * 1024);
    let (code, told) = replay(&engine, &file(&engine), &[]);
    assert!(code == Some(0) && told.contains("reached its limit"), "{told}");
}
