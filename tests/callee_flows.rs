//! Phones of agents and lines of carriers that are called, played by SIPp from our scenarios: every flow of the called side, by an
//! implementation that shares nothing with ours.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::kit::baresip::{Baresip, Options};
use crate::kit::engine::{Engine, hotline, replace, root};
use crate::kit::ports;
use crate::kit::process::Process;
use crate::kit::puppet::Puppet;
use crate::kit::raw::{self, Dialog};
use crate::kit::scene::{STEP, agent, heard, talk};
use crate::kit::tone::{self, Pair};
use crate::kit::voice::{Voice, live};
use crate::kit::wait;
use crate::lines;

/// What `hotline call` and `hotline agent` say.
const CITIZEN: Pair = Pair(480.0, 1130.0);
const COLLEAGUE: Pair = Pair(620.0, 1510.0);
/// What SIPp plays.
const CALLED: Pair = Pair(560.0, 1330.0);
const NUMBER: &str = "13900139000";
const MOVED: &str = "13900139001";
/// 100 ms at 8 kHz.
const FRAME: usize = 800;

/// SIPp on the called side of one call.
struct Called {
    process: Process,
    dir: tempfile::TempDir,
    at: SocketAddr,
}

impl Called {
    /// A carrier's line that plays this scenario, with every word of `edit` replaced.
    fn line(scenario: &str, edit: &[(&str, &str)]) -> Called {
        Called::at(free(), scenario, "u1", edit)
    }

    /// The phone of 1001: it signs on first, from where it is called then.
    fn phone(engine: &Engine, scenario: &str, transport: &str, edit: &[(&str, &str)]) -> Called {
        let at = free();
        Called::registers(engine, at, "enrols.xml", transport).succeeds(STEP);
        wait::until("the phone to be free for calls", STEP, || (free_agents(engine) == 1.0).then_some(()));
        Called::at(at, scenario, transport, edit)
    }

    /// The phone of 1001 at this address, as far as its registration goes.
    fn registers(engine: &Engine, at: SocketAddr, scenario: &str, transport: &str) -> Called {
        let (mut command, dir) = sipp(at, scenario, transport, &[("AGENT", "1001")]);
        let process =
            Process::start("sipp", command.arg(engine.sip.to_string()).args(["-s", "1001"]), &log(dir.path()));
        Called { process, dir, at }
    }

    fn at(at: SocketAddr, scenario: &str, transport: &str, edit: &[(&str, &str)]) -> Called {
        let (mut command, dir) = sipp(at, scenario, transport, edit);
        let process = Process::start("sipp", &mut command, &log(dir.path()));
        // A call that comes before would find nobody, which the engine takes for an answer.
        let table = if transport == "t1" { "/proc/net/tcp" } else { "/proc/net/udp" };
        let open = format!(":{:04X} 00000000:0000 ", at.port());
        wait::until("SIPp's socket", STEP, || {
            std::fs::read_to_string(table).is_ok_and(|table| table.contains(&open)).then_some(())
        });
        Called { process, dir, at }
    }

    /// # Panics
    /// When the call went another way than the scenario; shows SIPp's own account of it.
    fn succeeds(&mut self, limit: Duration) {
        let status = self.process.wait(limit);
        let entries = std::fs::read_dir(self.dir.path()).into_iter().flatten().flatten();
        let errors = entries.filter(|entry| entry.file_name().to_string_lossy().ends_with("_errors.log"));
        let errors: String = errors.filter_map(|entry| std::fs::read_to_string(entry.path()).ok()).collect();
        assert!(status.success(), "sipp: {status}\n{errors}");
    }
}

/// Where nobody listens yet.
fn free() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], *ports::block(2).start()))
}

fn log(dir: &Path) -> PathBuf {
    dir.join("log")
}

/// SIPp for one call of this scenario at this address, not started yet, and its folder.
fn sipp(at: SocketAddr, scenario: &str, transport: &str, edit: &[(&str, &str)]) -> (Command, tempfile::TempDir) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let text = std::fs::read_to_string(root().join("tests/sipp").join(scenario)).expect("the scenario");
    let mut command = Command::new("sipp");
    let text = if text.contains("TONE") {
        let voice = dir.path().join("voice.al");
        tone::write_alaw(CALLED, 20, &voice);
        text.replace("TONE", &voice.to_string_lossy())
    } else {
        // Who does not play anything says again what it hears.
        command.arg("-rtp_echo");
        text
    };
    let text = edit.iter().fold(text, |text, (word, with)| text.replace(word, with));
    std::fs::write(dir.path().join("scenario.xml"), text).expect("written");
    let media = *ports::block(64).start();
    command
        .args(["-sf", "scenario.xml", "-t", transport, "-i", "127.0.0.1", "-mi", "127.0.0.1", "-nostdin", "-trace_err"])
        .args(["-p", &at.port().to_string(), "-mp", &media.to_string(), "-m", "1", "-timeout", "90s"])
        .current_dir(dir.path());
    (command, dir)
}

fn free_agents(engine: &Engine) -> f64 {
    engine.gauge("hotline_agents{state=\"free\"}")
}

/// `hotline call` or `hotline agent`, and what it heard.
struct Heard {
    process: Process,
    dir: tempfile::TempDir,
}

impl Heard {
    fn start(name: &str, args: &[&str]) -> Heard {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let mut command = Command::new(hotline());
        command.arg(name).args(args).arg("--record").arg(dir.path().join("heard.wav"));
        let process = Process::start(name, &mut command, &log(dir.path()));
        Heard { process, dir }
    }

    /// A citizen who asks for a person and hangs up so many seconds after the answer.
    fn citizen(engine: &Engine, seconds: u32) -> Heard {
        let (to, seconds) = (format!("sip:12345@{}", engine.sip), seconds.to_string());
        Heard::start("call", &[&to, "--press", "0", "--after", "1s", "--seconds", &seconds])
    }

    /// 1002, who is second in line and answers everything.
    fn colleague(engine: &Engine) -> Heard {
        let before = free_agents(engine);
        let colleague = Heard::start("agent", &["--id", "1002", "--server", &engine.sip.to_string()]);
        wait::until("the colleague to be free", STEP, || (free_agents(engine) > before).then_some(()));
        colleague
    }

    /// All of it, once it has ended by itself.
    fn all(&mut self, limit: Duration) -> Vec<f64> {
        self.process.wait(limit);
        let mut reader = hound::WavReader::open(self.dir.path().join("heard.wav")).expect("a recording");
        reader.samples::<i16>().map_while(Result::ok).map(f64::from).collect()
    }

    fn seconds_of(&mut self, pair: Pair) -> f64 {
        tone::seconds_in(pair, &self.all(STEP))
    }
}

#[test]
fn a_phone_registers_asks_and_takes_it_back_rfc3261() {
    let engine = Engine::start();
    for transport in ["u1", "t1"] {
        Called::registers(&engine, free(), "register.xml", transport).succeeds(STEP);
        assert_eq!(free_agents(&engine), 0.0, "no phone is left");
    }
}

#[test]
fn a_phone_answers_and_the_citizen_hears_through_it_rfc3261() {
    for transport in ["u1", "t1"] {
        let engine = Engine::start();
        let mut phone = Called::phone(&engine, "answers.xml", transport, &[]);
        let mut citizen = Heard::citizen(&engine, 11);
        phone.succeeds(STEP);
        let record = engine.ended_records(1).remove(0);
        assert_eq!((&record["agent"], &record["end_reason"]), (&"1001".into(), &"caller_hangup".into()), "{record}");
        // The phone says again what it hears.
        let own = citizen.seconds_of(CITIZEN);
        assert!(own >= 2.0, "{transport}: {own} s of its own voice");
    }
}

#[test]
fn a_phone_that_rings_reliably_is_answered_and_what_it_plays_is_kept_from_the_citizen_rfc3262() {
    let engine = Engine::start();
    let mut phone = Called::phone(&engine, "rings_reliably.xml", "u1", &[]);
    let mut citizen = Heard::citizen(&engine, 14);
    phone.succeeds(STEP);
    let record = engine.ended_records(1).remove(0);
    assert_eq!((&record["agent"], &record["end_reason"]), (&"1001".into(), &"caller_hangup".into()), "{record}");
    let early = citizen.seconds_of(CALLED);
    assert!(early < 0.1, "{early} s of what the phone played before its answer");
}

/// The phone of 1001 refuses; its colleague serves the citizen, who never left the queue.
fn passed_over(scenario: &str, status: &str) {
    let engine = Engine::start();
    let mut phone = Called::phone(&engine, scenario, "u1", &[("STATUS", status)]);
    let _colleague = Heard::colleague(&engine);
    let mut citizen = Heard::citizen(&engine, 11);
    phone.succeeds(STEP);
    let record = engine.ended_records(1).remove(0);
    assert_eq!((&record["agent"], &record["end_reason"]), (&"1002".into(), &"caller_hangup".into()), "{record}");
    let waits = record["waits"].as_array().expect("a list");
    assert_eq!((waits.len(), &waits[0]["outcome"]), (1, &"answered".into()), "{record}");
    let heard = citizen.seconds_of(COLLEAGUE);
    assert!(heard >= 2.0, "{heard} s of the colleague");
}

#[test]
fn a_phone_that_sends_the_call_elsewhere_is_passed_over_rfc3261() {
    passed_over("redirects.xml", "302 Moved Temporarily");
}

#[test]
fn a_busy_phone_is_passed_over_rfc3261() {
    passed_over("busy.xml", "");
}

#[test]
fn a_phone_that_declines_is_passed_over_rfc3261() {
    passed_over("declines.xml", "");
}

/// The citizen gives up while the phone of 1001 rings; the agent is free for the next one.
fn given_up(scenario: &str) {
    let engine = Engine::start();
    let mut phone = Called::phone(&engine, scenario, "u1", &[]);
    let _citizen = Heard::citizen(&engine, 3);
    phone.succeeds(STEP);
    let record = engine.ended_records(1).remove(0);
    assert_eq!((&record["agent"], &record["end_reason"]), (&serde_json::Value::Null, &"abandoned".into()), "{record}");
    wait::until("the agent to be free again", STEP, || (free_agents(&engine) == 1.0).then_some(()));
}

#[test]
fn a_phone_stops_to_ring_when_the_citizen_gives_up_rfc3261() {
    given_up("cancelled_ring.xml");
}

#[test]
fn a_phone_that_answers_too_late_is_hung_up_rfc3261() {
    given_up("late_200.xml");
}

#[test]
fn a_phone_holds_and_the_citizen_hears_music_instead_of_it_rfc3264() {
    for transport in ["u1", "t1"] {
        let engine = Engine::start();
        let mut phone = Called::phone(&engine, "hold_agent.xml", transport, &[]);
        let mut citizen = Heard::citizen(&engine, 22);
        phone.succeeds(STEP);
        let heard = citizen.all(STEP);
        let is_agent: Vec<bool> = heard.chunks_exact(FRAME).map(|f| tone::seconds_in(CALLED, f) > 0.0).collect();
        let first = is_agent.iter().position(|agent| *agent).expect("the agent is heard");
        // The hold is six seconds long: the longest time without the agent, who speaks all the while.
        let (mut hold, mut run) = (0..0, first..first);
        for (place, agent) in is_agent.iter().enumerate().skip(first) {
            run = if *agent { place + 1..place + 1 } else { run.start..place + 1 };
            hold = if run.len() > hold.len() { run.clone() } else { hold };
        }
        assert!((50..=75).contains(&hold.len()), "{transport}: a hold of {} × 100 ms", hold.len());
        let loud = |f: &&[f64]| f.iter().map(|s| s * s).sum::<f64>() / FRAME as f64 > 50.0 * 50.0;
        let music = heard.chunks_exact(FRAME).skip(hold.start).take(hold.len()).filter(loud).count();
        assert!(music * 10 >= hold.len() * 7, "{transport}: music for {music} of {} frames", hold.len());
        let talks = |frames: &[bool]| frames.iter().filter(|agent| **agent).count();
        let (before, after) = (talks(&is_agent[..hold.start]), talks(&is_agent[hold.end..]));
        assert!(before >= 20 && after >= 20, "{transport}: the agent {before} and {after} × 100 ms");
        assert_eq!(engine.ended_records(1)[0]["agent"], "1001");
    }
}

#[test]
fn a_phone_hands_its_citizen_on_and_is_told_how_that_goes_rfc3515() {
    for transport in ["u1", "t1"] {
        let engine = Engine::start();
        let target = format!("1002@{}", engine.sip);
        let mut phone = Called::phone(&engine, "refer.xml", transport, &[("TARGET", &target)]);
        let _colleague = Heard::colleague(&engine);
        let mut citizen = Heard::citizen(&engine, 19);
        phone.succeeds(STEP);
        let heard = citizen.seconds_of(COLLEAGUE);
        assert!(heard >= 2.0, "{transport}: {heard} s of the colleague");
        let record = engine.ended_records(1).remove(0);
        assert_eq!((&record["agent"], &record["end_reason"]), (&"1002".into(), &"caller_hangup".into()), "{record}");
    }
}

#[test]
fn a_phone_that_hands_on_to_nobody_goes_on_talking_rfc3515() {
    let engine = Engine::start();
    // A number of ours that nobody has, and an agent who is not there.
    let [nobody, target] = ["7777", "1009"].map(|user| format!("{user}@{}", engine.sip));
    let edit = [("NOBODY", nobody.as_str()), ("TARGET", target.as_str())];
    let mut phone = Called::phone(&engine, "refer_fails.xml", "u1", &edit);
    let mut citizen = Heard::citizen(&engine, 13);
    phone.succeeds(STEP);
    let record = engine.ended_records(1).remove(0);
    assert_eq!((&record["agent"], &record["end_reason"]), (&"1001".into(), &"caller_hangup".into()), "{record}");
    let own = citizen.seconds_of(CITIZEN);
    assert!(own >= 2.0, "{own} s through the phone");
}

#[test]
fn a_phone_that_leaves_the_refreshing_to_us_gets_it_in_time_rfc4028() {
    let engine = Engine::start_with(|config| {
        replace(&config.join("hotline.toml"), "session_expires_s = 1800", "session_expires_s = 90");
    });
    let mut phone = Called::phone(&engine, "refreshes_agent.xml", "u1", &[]);
    // Half of the shortest interval that there is, and some.
    let _citizen = Heard::citizen(&engine, 53);
    phone.succeeds(Duration::from_secs(80));
    let record = engine.ended_records(1).remove(0);
    assert_eq!((&record["agent"], &record["end_reason"]), (&"1001".into(), &"caller_hangup".into()), "{record}");
}

/// The phone of 1001 by hand, and its call to the line.
fn dials(engine: &Engine, voice: &Voice, call_id: &str, phone: &Puppet) -> Dialog {
    let mut dialog = Dialog::calling_to(engine.sip, ("1001", NUMBER), call_id, phone.address());
    phone.say(&dialog.request("INVITE", &voice.description()));
    dialog
}

fn signed_on(engine: &Engine) -> Puppet {
    let mut phone = Puppet::new(engine.sip);
    phone.sign_on(1001);
    phone
}

#[test]
fn a_line_that_moves_before_its_answer_is_heard_from_there_rfc3311() {
    let mut line = Called::line("line_early.xml", &[]);
    let engine = lines::engine(&[line.at], "");
    let (mut phone, mut voice) = (signed_on(&engine), Voice::new(COLLEAGUE));
    let mut dialog = dials(&engine, &voice, "moves", &phone);
    let progress = phone.hear("183");
    voice.speak_to(&progress);
    live(&mut [&mut voice], Duration::from_secs(4));
    let early = voice.heard(CALLED);
    assert!(early >= 2.0, "{early} s of the line before its answer");
    let answer = phone.hear("200");
    dialog.answered(&answer);
    phone.say(&dialog.request("ACK", ""));
    live(&mut [&mut voice], Duration::from_secs(3));
    let after = voice.heard(CALLED);
    assert!(after >= 2.0, "{after} s of the line after its answer");
    phone.say(&dialog.request("BYE", ""));
    phone.hear("200");
    line.succeeds(STEP);
    let record = engine.ended_records(1).remove(0);
    assert_eq!((&record["called"], &record["agent"]), (&NUMBER.into(), &"1001".into()), "{record}");
}

/// An engine whose calls to mobiles go to one trunk, and to another one when that has no room.
fn two_trunks(first: SocketAddr, second: SocketAddr) -> Engine {
    let rules = format!(
        "[[trunk]]\nname = \"other\"\ntargets = \"sip:{second}\"\noptions_s = 0\ncaller = \"02012345\"\n\
         [[dial]]\nname = \"mobile\"\nprefixes = [\"13\"]\ntrunks = [\"out\", \"other\"]\n"
    );
    lines::engine(&[first], &rules)
}

/// The calls that went out over this trunk.
fn calls_out(engine: &Engine, trunk: &str) -> Option<serde_json::Value> {
    let (_, body) = engine.api("GET", &engine.admin_token(), "/trunks", "");
    let all = body["trunks"].as_array()?;
    Some(all.iter().find(|entry| entry["trunk"] == trunk)?["calls_out"].clone())
}

/// How many went out over it.
fn placed(engine: &Engine, trunk: &str) -> Option<u64> {
    calls_out(engine, trunk)?["placed"].as_u64()
}

fn went_out(engine: &Engine, [first, second]: [u64; 2]) {
    wait::until("the trunks' calls in the figures", STEP, || {
        (placed(engine, "out") == Some(first) && placed(engine, "other") == Some(second)).then_some(())
    });
}

#[test]
fn a_busy_line_is_busy_over_every_trunk_rfc3261() {
    let mut line = Called::line("line_busy.xml", &[]);
    let mut other = Puppet::new(([127, 0, 0, 1], 9).into());
    let engine = two_trunks(line.at, other.address());
    let (mut phone, voice) = (signed_on(&engine), Voice::new(COLLEAGUE));
    let mut dialog = dials(&engine, &voice, "busy", &phone);
    let answer = phone.hear("486");
    assert!(raw::header(&answer, "CSeq").ends_with("INVITE"), "{answer}");
    dialog.answered(&format!("{answer}\r\nContact: <sip:{NUMBER}@{}>", engine.sip));
    phone.say(&dialog.request("ACK", ""));
    line.succeeds(STEP);
    assert_eq!(other.poll("INVITE"), None, "the line's own word is final");
    went_out(&engine, [1, 0]);
}

/// A real phone behind another address of the trunk, and a stranger whom the carrier would rather have called.
#[test]
fn a_line_that_moved_is_called_there_and_heard_rfc3261() {
    for status in ["300 Multiple Choices", "301 Moved Permanently", "302 Moved Temporarily"] {
        let mut stranger = Puppet::new(([127, 0, 0, 1], 9).into());
        let server = SocketAddr::from(([127, 0, 0, 1], 5060));
        let mut moved = Baresip::start_traced(&Options {
            user: MOVED,
            password: None,
            server,
            transport: "udp",
            codec: "PCMA",
            answers: true,
            voice: CALLED,
        });
        let contact =
            format!("<sip:{MOVED}@{}>, \"Li\" <sip:{MOVED}@{}?Subject=x>;q=0.7", stranger.address(), moved.at);
        let mut line = Called::line("line_moved.xml", &[("STATUS", status), ("CONTACT", &contact)]);
        let engine = lines::engine(&[line.at, moved.at], "");
        let mut phone = agent(&engine, "1001", "udp", true, COLLEAGUE);
        phone.command("dial", &format!("sip:{NUMBER}@{}", engine.sip));
        moved.event("CALL_ESTABLISHED", STEP);
        phone.event("CALL_ESTABLISHED", STEP);
        line.succeeds(STEP);
        talk(&engine);
        phone.command("hangup", "");
        moved.event("CALL_CLOSED", STEP);
        moved.says(&format!("INVITE sip:{MOVED}@{} SIP/2.0", moved.at));
        // Whom it was meant for stays (RFC 3261 §8.1.3.4).
        moved.says(&format!("To: <sip:{NUMBER}@127.0.0.1;user=phone>"));
        let record = engine.ended_records(1).remove(0);
        assert_eq!((&record["called"], &record["agent"]), (&NUMBER.into(), &"1001".into()), "{record}");
        assert_eq!(record["end_reason"], "agent_hangup", "{record}");
        assert_eq!(stranger.poll("INVITE"), None, "{status}");
        let out = calls_out(&engine, "out").expect("our trunk");
        // RFC 6076 §4.6: what was sent on is no attempt that failed.
        assert_eq!((&out["placed"], &out["ser"], &out["seer"]), (&2.into(), &1.0.into(), &1.0.into()), "{out}");
        phone.quit();
        moved.quit();
        heard("the line that moved", &[moved.heard(COLLEAGUE)], &[moved.heard(CALLED)]);
        heard("who called", &[phone.heard(CALLED)], &[phone.heard(COLLEAGUE)]);
    }
}

/// The first carrier names a place that is not followed; the second one is asked for the number as it was dialled.
fn goes_around(status: &str, to: impl Fn(SocketAddr, SocketAddr) -> String) {
    let mut stranger = Puppet::new(([127, 0, 0, 1], 9).into());
    let at = free();
    let mut line =
        Called::at(at, "line_moved.xml", "u1", &[("STATUS", status), ("CONTACT", &to(at, stranger.address()))]);
    let mut other = Puppet::new(([127, 0, 0, 1], 9).into());
    let engine = two_trunks(line.at, other.address());
    other = other.facing(engine.sip);
    let (mut phone, voice) = (signed_on(&engine), Voice::new(COLLEAGUE));
    let mut dialog = dials(&engine, &voice, "around", &phone);
    let invite = other.hear("INVITE");
    assert!(invite.starts_with(&format!("INVITE sip:{NUMBER}@")), "{invite}");
    line.succeeds(STEP);
    other.respond(&invite, (404, "nobody"), "");
    let answer = phone.hear("404");
    dialog.answered(&format!("{answer}\r\nContact: <sip:{NUMBER}@{}>", engine.sip));
    phone.say(&dialog.request("ACK", ""));
    assert_eq!(stranger.poll("INVITE"), None, "{status}");
    went_out(&engine, [1, 1]);
}

#[test]
fn a_stranger_whom_a_carrier_names_gets_nothing_rfc3261() {
    goes_around("302 Moved Temporarily", |_, stranger| format!("<sip:{MOVED}@{stranger}>"));
    goes_around("301 Moved Permanently", |here, stranger| format!("<sip:{MOVED}@{here};maddr={}>", stranger.ip()));
}

#[test]
fn neither_a_circle_nor_a_proxy_nor_another_service_is_followed_rfc3261() {
    goes_around("302 Moved Temporarily", |_, _| format!("<sip:{NUMBER}@127.0.0.1;user=phone>"));
    goes_around("305 Use Proxy", |here, _| format!("<sip:{MOVED}@{here}>"));
    goes_around("380 Alternative Service", |here, _| format!("<sip:{MOVED}@{here}>"));
}

/// A number that no rule lets the agent call; with no trunk left the phone is told that nobody is there.
#[test]
fn a_line_that_moved_to_where_the_agent_may_not_call_is_not_called_there_rfc3261() {
    let at = free();
    let contact = format!("<sip:+12125550100@{at}>, <tel:12345>");
    let mut line =
        Called::at(at, "line_moved.xml", "u1", &[("STATUS", "302 Moved Temporarily"), ("CONTACT", &contact)]);
    let engine = lines::engine(&[line.at], "");
    let (mut phone, voice) = (signed_on(&engine), Voice::new(COLLEAGUE));
    let mut dialog = dials(&engine, &voice, "forbidden", &phone);
    let answer = phone.hear("480");
    dialog.answered(&format!("{answer}\r\nContact: <sip:{NUMBER}@{}>", engine.sip));
    phone.say(&dialog.request("ACK", ""));
    line.succeeds(STEP);
    wait::until("the trunk's call in the figures", STEP, || (placed(&engine, "out") == Some(1)).then_some(()));
}

#[test]
fn a_trunk_without_room_is_left_alone_as_long_as_it_says_rfc3261() {
    let mut line = Called::line("line_503.xml", &[]);
    let mut other = Puppet::new(([127, 0, 0, 1], 9).into());
    let engine = two_trunks(line.at, other.address());
    other = other.facing(engine.sip);
    let (mut phone, voice) = (signed_on(&engine), Voice::new(COLLEAGUE));
    for call_id in ["first", "second"] {
        let mut dialog = dials(&engine, &voice, call_id, &phone);
        let invite = other.hear("INVITE");
        other.accept(&invite, call_id);
        let answer = phone.hear("200");
        dialog.answered(&answer);
        phone.say(&dialog.request("ACK", ""));
        other.hear("ACK");
        phone.say(&dialog.request("BYE", ""));
        let bye = other.hear("BYE");
        other.respond(&bye, (200, ""), "");
        phone.hear("200");
        line.succeeds(STEP);
    }
    // The first one has a minute.
    went_out(&engine, [1, 2]);
}
