//! More calls than are let in: the others are told so, those that are up feel nothing, and nothing is left behind.

use std::collections::BTreeMap;
use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::time::{Duration, Instant};

use load::PhoneId;
use load::phone::{Side, Why};

use crate::kit::engine::{self, Engine, replace};
use crate::kit::sipp::Sipp;
use crate::kit::town::{STEP, Town};
use crate::kit::wait;

const PER_S: u32 = 20;
/// Three times what is let in, for seven seconds.
const OFFERED_PER_S: u32 = 60;
const OFFERED: u32 = 420;
/// Who hangs up in the flood waits no longer.
const HANGS_UP_WITHIN: Duration = Duration::from_millis(200);
/// What goes before new calls: a registration, a request inside a dialog.
const GOES_FIRST_WITHIN: Duration = Duration::from_millis(500);

fn limits(config: &Path, pairs: &[(&str, &str)]) {
    for (from, to) in pairs {
        replace(&config.join("hotline.toml"), from, to);
    }
}

/// A call of SIPp's that is answered and hung up after two seconds, or refused with a status and a Retry-After.
fn scenario(dir: &Path, status: u16, retry_after: u32) -> String {
    let request = |method: &str, branch: &str, cseq: &str, more: &str| {
        format!(
            "<send{more}><![CDATA[\n{method} sip:12345@[remote_ip]:[remote_port] SIP/2.0\nVia: SIP/2.0/UDP [local_ip]:[local_port];branch={branch}\n\
             From: <sip:139[call_number]@[local_ip]:[local_port]>;tag=[pid]c[call_number]\nTo: <sip:12345@[remote_ip]:[remote_port]>[peer_tag_param]\n\
             Call-ID: [call_id]\nCSeq: {cseq} {method}\nContact: <sip:139@[local_ip]:[local_port]>\nMax-Forwards: 70\n"
        )
    };
    let end = "Content-Length: 0\n\n]]></send>";
    let invite = request("INVITE", "[branch]", "1", " retrans=\"500\"");
    let sdp = "Content-Type: application/sdp\nContent-Length: [len]\n\nv=0\no=- 1 1 IN IP4 [local_ip]\ns=-\nc=IN IP4 [media_ip]\nt=0 0\n\
               m=audio [media_port] RTP/AVP 8\na=rtpmap:8 PCMA/8000\n]]></send>";
    let ack = request("ACK", "[branch]", "1", "");
    let refused_ack = request("ACK", "[branch-6]", "1", "");
    let bye = request("BYE", "[branch]", "2", " retrans=\"500\"");
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\" ?>\n<scenario name=\"flood\">\n{invite}{sdp}\n<recv response=\"100\" optional=\"true\"/>\n\
         <recv response=\"180\" optional=\"true\"/>\n<recv response=\"{status}\" optional=\"true\" next=\"refused\">\
         <action><ereg regexp=\"^ *{retry_after} *$\" search_in=\"hdr\" header=\"Retry-After:\" check_it=\"true\" assign_to=\"retry\"/></action></recv>\n\
         <recv response=\"200\"/>\n{ack}{end}\n<pause milliseconds=\"2000\"/>\n{bye}{end}\n<recv response=\"200\" next=\"done\"/>\n\
         <label id=\"refused\"/>\n{refused_ack}{end}\n<label id=\"done\"/>\n<Reference variables=\"retry\"/>\n</scenario>\n"
    );
    let file = dir.join("flood.xml");
    fs::write(&file, text).expect("written");
    file.display().to_string()
}

fn refused(engine: &Engine, status: u16) -> f64 {
    engine.metric(&format!("hotline_calls_refused_total{{status=\"{status}\"}}")).unwrap_or(0.0)
}

/// A flood of three times the limit beside calls that are up.
fn flood(status: u16, retry_after: u32) {
    let engine = Engine::start_for(160, |config| {
        limits(
            config,
            &[
                ("calls_per_s = 0", &format!("calls_per_s = {PER_S}")),
                ("refusal = 503", &format!("refusal = {status}")),
                ("retry_after_s = 10", &format!("retry_after_s = {retry_after}")),
            ],
        );
    });
    let mut town = Town::speaking(engine.sip, 3, 2);
    let steady = [town.citizens[0], town.talks(0)];
    town.talks(1);
    // To come back in the flood.
    let spare = *town.agents.iter().find(|id| !town.in_call(**id)).expect("a third agent");
    town.runner.act(spare, |phone, now, out| phone.unregister(now, out));
    town.until("a phone has left", STEP, |_| engine.gauge(r#"hotline_agents{state="signed_off"}"#) == 8.0);
    let (from, began) = (town.runner.now(), Instant::now());
    let file = scenario(engine.dir.path(), status, retry_after);
    let rate = OFFERED_PER_S.to_string();
    let mut sipp = Sipp::start(&["-sf", &file, "-r", &rate, "-l", "1000"], engine.sip, OFFERED);
    let started = || engine.gauge("hotline_calls_started_total") - 2.0;
    town.until("the flood", STEP, |_| started() + refused(&engine, status) >= 100.0);
    goes_first(&mut town);
    town.until("all are answered", STEP, |_| started() + refused(&engine, status) >= f64::from(OFFERED));
    let seconds = began.elapsed().as_secs_f64();
    // A second's worth may come at once at the beginning.
    let (least, most) =
        (f64::from(PER_S) * 0.8 * f64::from(OFFERED) / f64::from(OFFERED_PER_S), f64::from(PER_S) * (seconds + 1.5));
    println!("{} of {OFFERED} answered in {seconds:.1} s, limit {PER_S}/s", started());
    assert!((least..=most).contains(&started()), "{} in {seconds} s", started());
    for id in steady {
        town.listened(id, from).was_whole();
    }
    sipp.succeeds(Duration::from_secs(30));
}

/// In the flood a phone registers and another hangs up.
fn goes_first(town: &mut Town) {
    let spare = *town.agents.iter().find(|id| !town.in_call(**id)).expect("a third agent");
    let before = town.runner.now();
    town.runner.act(spare, |phone, now, out| phone.register(now, out));
    town.until("the phone is back", STEP, |town| town.runner.phone(spare).is_registered());
    let took = town.runner.now().since(before);
    println!("registered in {took:?}");
    assert!(took < GOES_FIRST_WITHIN, "{took:?}");
    let (citizen, talking) = (town.citizens[1], town.talking());
    let before = town.runner.now();
    town.hang_up(citizen);
    town.until("the agent is hung up", STEP, |town| talking.iter().any(|id| !town.in_call(*id)));
    let took = town.runner.now().since(before);
    println!("hung up in {took:?}");
    assert!(took < HANGS_UP_WITHIN, "{took:?}");
    // And a new call of the same two goes on being heard as one of those let in.
    town.dial(1);
    let let_in = |town: &Town| !town.in_call(citizen) || town.answer_took(citizen).is_some();
    town.until("an answer of some kind", STEP, let_in);
}

#[test]
fn three_times_the_rate_is_refused_and_not_felt() {
    flood(503, 10);
}

#[test]
fn the_refusal_is_what_the_operator_wants() {
    for (status, retry_after) in [(486, 7), (600, 120)] {
        let engine = Engine::start_with(|config| {
            let (status, retry) = (format!("refusal = {status}"), format!("retry_after_s = {retry_after}"));
            limits(
                config,
                &[("calls = 2000", "calls = 1"), ("refusal = 503", &status), ("retry_after_s = 10", &retry)],
            );
        });
        let mut town = Town::new(engine.sip, 0, 1);
        town.dial(0);
        town.until("an answer", STEP, |town| town.answer_took(town.citizens[0]).is_some());
        let answers = burst(engine.sip, 1, "refusal").answers;
        let answer = answers.values().next().expect("one");
        assert!(answer.starts_with(&format!("SIP/2.0 {status} ")), "{answer}");
        assert!(answer.contains(&format!("Retry-After: {retry_after}\r\n")), "{answer}");
    }
}

#[test]
fn at_the_limit_of_calls_the_next_is_refused_until_one_ends() {
    let engine = Engine::start_with(|config| limits(config, &[("calls = 2000", "calls = 3")]));
    let mut town = Town::new(engine.sip, 0, 5);
    let answered = |id: PhoneId| move |town: &Town| town.answer_took(id).is_some();
    for place in 0..3 {
        town.dial(place);
        town.until("an answer", STEP, answered(town.citizens[place]));
    }
    let late = town.citizens[3];
    town.dial(3);
    town.until("the refusal", STEP, |town| town.hung_up.contains_key(&late));
    assert_eq!(town.hung_up[&late], (Side::Peer, Why::Status(503)));
    town.hang_up(town.citizens[0]);
    town.until("a call is over", STEP, |_| {
        let phases = ["menu", "waiting", "talking", "ending"];
        let now = |phase: &str| engine.metric(&format!("hotline_calls{{phase=\"{phase}\"}}")).unwrap_or(0.0);
        phases.into_iter().map(now).sum::<f64>() <= 2.0
    });
    town.dial(3);
    town.until("it is let in", STEP, answered(late));
    let last = town.citizens[4];
    town.dial(4);
    town.until("the refusal", STEP, |town| town.hung_up.contains_key(&last));
    wait::until("both refusals in the metrics", STEP, || (refused(&engine, 503) == 2.0).then_some(()));
}

/// What many INVITEs at once came to.
struct Burst {
    /// The final answer of each.
    answers: BTreeMap<usize, String>,
    took: Duration,
}

fn request(method: &str, place: usize, tag: &str, here: SocketAddr, to: &str, body: &str) -> String {
    let (branch, cseq) = match method {
        "BYE" => ("bye", 2),
        "ACK-2xx" => ("ack", 1),
        _ => ("inv", 1),
    };
    let method = method.trim_end_matches("-2xx");
    let content = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    format!(
        "{method} sip:12345@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{tag}{place}{branch}\r\nMax-Forwards: 70\r\n\
         From: <sip:137{place:08}@127.0.0.1>;tag=f{place}\r\nTo: {to}\r\nCall-ID: {tag}{place}\r\nCSeq: {cseq} {method}\r\n\
         Contact: <sip:{here}>\r\n{content}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A place and what follows a header's name.
fn header<'a>(text: &'a str, name: &str) -> &'a str {
    let line = text.split("\r\n").find(|l| l.starts_with(name)).unwrap_or_default();
    line[name.len().min(line.len())..].trim()
}

/// Sends so many INVITEs at once, again after 500 ms those without an answer, and ends every call.
fn burst(server: SocketAddr, count: usize, tag: &str) -> Burst {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.connect(server).expect("a route");
    socket.set_read_timeout(Some(Duration::from_millis(20))).expect("a time-out");
    let here = socket.local_addr().expect("bound");
    let sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n";
    let to = "<sip:12345@127.0.0.1>";
    let mut answers = BTreeMap::new();
    let mut heard = vec![false; count];
    let mut ended = 0;
    let began = Instant::now();
    let mut repeat = began;
    let mut buffer = [0; 4096];
    let mut took = Duration::ZERO;
    while answers.len() < count || ended < answers.len() {
        assert!(began.elapsed() < STEP, "{} of {count} are answered, {ended} of them ended", answers.len());
        if Instant::now() >= repeat {
            repeat = Instant::now() + Duration::from_millis(500);
            for place in (0..count).filter(|p| !heard[*p]) {
                let _ = socket.send(request("INVITE", place, tag, here, to, sdp).as_bytes());
            }
            for (place, answer) in answers.iter().filter(|(_, a): &(_, &String)| a.starts_with("SIP/2.0 200 ")) {
                let _ = socket.send(request("BYE", *place, tag, here, header(answer, "To:"), "").as_bytes());
            }
        }
        let Ok(length) = socket.recv(&mut buffer) else { continue };
        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
        let Some(place) = header(&text, "Call-ID:").strip_prefix(tag).and_then(|p| p.parse::<usize>().ok()) else {
            continue;
        };
        heard[place] = true;
        let status: u16 = text.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
        if header(&text, "CSeq:").ends_with("BYE") && status == 200 {
            answers.insert(place, "SIP/2.0 ended".to_owned());
            ended = answers.values().filter(|a| !a.starts_with("SIP/2.0 200 ")).count();
        } else if header(&text, "CSeq:").ends_with("INVITE") && status >= 200 {
            let peer = header(&text, "To:").to_owned();
            let ack = if status == 200 { "ACK-2xx" } else { "ACK" };
            let _ = socket.send(request(ack, place, tag, here, &peer, "").as_bytes());
            if status == 200 && !answers.contains_key(&place) {
                let _ = socket.send(request("BYE", place, tag, here, &peer, "").as_bytes());
            }
            answers.entry(place).or_insert(text);
            took = began.elapsed();
            ended = answers.values().filter(|a| !a.starts_with("SIP/2.0 200 ")).count();
        }
    }
    Burst { answers, took }
}

fn resident_kb(engine: &Engine) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", engine.process.id())).expect("it runs");
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).expect("a line");
    line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number")
}

const BURST: usize = 3_000;
/// What a burst may leave: arenas of the allocator, and transactions that live for 32 s more.
const LEFT_KB_MAX: u64 = 24 * 1024;

#[test]
fn three_thousand_invites_at_once_are_all_answered() {
    // An address of its own, and so a port range of its own.
    let here = SocketAddr::from(([127, 0, 0, 9], 0));
    let dir = engine::folder(|config| limits(config, &[("calls = 2000", "calls = 5000")]));
    let engine = Engine::start_as(dir, 12_000..=31_999, |command| {
        command.env("HOTLINE__SIP__UDP", here.to_string());
    });
    let mut town = Town::speaking(engine.sip, 1, 1);
    let steady = [town.citizens[0], town.talks(0)];
    let (from, starved) = (town.runner.now(), engine.starved());
    let server = engine.sip;
    let mut after = Vec::new();
    for tag in ["first", "second", "third"] {
        let storm = std::thread::spawn(move || burst(server, BURST, tag));
        while !storm.is_finished() {
            town.live(Duration::from_millis(20));
        }
        let Burst { answers, took } = storm.join().expect("all are answered");
        assert_eq!(answers.len(), BURST);
        let calls = answers.values().filter(|a| a.starts_with("SIP/2.0 ended")).count();
        after.push(resident_kb(&engine));
        println!(
            "{calls} of {BURST} answered with 200, all within {took:?}, shed {}, {} KB",
            engine.gauge("hotline_sip_shed_total"),
            after.last().expect("one")
        );
    }
    let (starved, lasted) = (engine.starved() - starved, town.runner.now().since(from));
    println!("in {lasted:?} the media thread had no processor for {starved:?}");
    for id in steady {
        // The storm's sender takes a core of its own.
        town.listened(id, from).had_gaps_at_most_but_for(10, (starved, lasted));
    }
    assert!(after[2] < after[1] + LEFT_KB_MAX, "memory grows with each burst: {after:?}");
    town.until("every call is over", STEP, |_| engine.gauge(r#"hotline_calls{phase="talking"}"#) == 1.0);
    assert!(!engine.process.output().contains("panicked"));
}
