//! Texts that are known in the call alone, spoken by a service of the test, on real phones.

use std::io::{Cursor, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::kit::baresip::{Baresip, Options};
use crate::kit::engine::{Engine, replace};
use crate::kit::scene::{CITIZEN, STEP, agent, heard, menu_path, press, talk};
use crate::kit::tone::{self, Pair};
use crate::kit::{wait, web};

const AGENT: Pair = Pair(620.0, 1510.0);
/// What the service says to callers of the first number, to those of the second, and to all others.
const FIRST: Pair = Pair(700.0, 1660.0);
const SECOND: Pair = Pair(410.0, 970.0);
const THIRD: Pair = Pair(560.0, 1330.0);
/// In place of the prompt that is said instead.
const OTHERWISE: Pair = Pair(350.0, 830.0);
const NUMBERS: [&str; 2] = ["13800138001", "13800138002"];

/// What a service answers.
#[derive(Clone, Copy)]
enum Says {
    /// So many seconds of a tone.
    Tone(u32),
    /// The other tone, whatever it is asked.
    Third,
    NoSound,
}

/// A service that speaks, at which all questions are heard of.
fn service(says: Says) -> (SocketAddr, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    let (asked, questions) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let asked = asked.clone();
            // Nobody listens any more once the test is over.
            std::thread::spawn(move || drop(asked.send(serve(stream, says))));
        }
    });
    (address, questions)
}

fn serve(mut stream: TcpStream, says: Says) -> String {
    let (head, sent) = web::request(&stream);
    let sent = String::from_utf8(sent).expect("JSON");
    let pair = if sent.contains(NUMBERS[0]) {
        FIRST
    } else if sent.contains(NUMBERS[1]) {
        SECOND
    } else {
        THIRD
    };
    let body = match says {
        Says::Tone(seconds) => wav(pair, seconds),
        Says::Third => wav(THIRD, 3),
        Says::NoSound => b"{\"error\":\"busy\"}".to_vec(),
    };
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    // Whoever asked may have hung up.
    let _ = stream.write_all(&[answer.as_bytes(), &body].concat());
    format!("{head}{sent}")
}

/// As services speak: 24 kHz, quietly, with silence around.
fn wav(pair: Pair, seconds: u32) -> Vec<u8> {
    let (bits_per_sample, sample_format) = (16, hound::SampleFormat::Int);
    let spec = hound::WavSpec { channels: 1, sample_rate: 24_000, bits_per_sample, sample_format };
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec).expect("memory");
    let silence = std::iter::repeat_n(0.0, 12_000);
    let tone = (0..seconds * 24_000).map(|n| {
        let t = f64::from(n) / 24_000.0 * std::f64::consts::TAU;
        1000.0 * ((t * pair.0).sin() + (t * pair.1).sin())
    });
    for sample in silence.clone().chain(tone).chain(silence) {
        writer.write_sample(sample as i16).expect("memory");
    }
    writer.finalize().expect("memory");
    bytes.into_inner()
}

/// An engine whose menu begins with this text, and then leads to people.
fn engine(service: SocketAddr, text: &str, more: &str) -> Engine {
    Engine::start_with(|config: &Path| {
        tone::say(config, 2, &[("welcome", OTHERWISE), ("order-closed", OTHERWISE)]);
        let file = config.join("menu/12345.toml");
        replace(&file, "start = \"notice\"", "start = \"first\"");
        let menu = std::fs::read_to_string(&file).expect("the shipped menu");
        let node = format!(
            "[node.first]\nkind = \"speak\"\ntext = {{ zh-CN = \"{text}\", en = \"{text}\" }}\notherwise = \"welcome\"\n{more}\n\
             [node.choose]\nkind = \"menu\"\nprompt = \"order-closed\"\nkeys = {{ 1 = \"staff\" }}\n"
        );
        std::fs::write(&file, format!("{menu}\n{node}")).expect("written");
        let file = config.join("hotline.toml");
        let main = std::fs::read_to_string(&file).expect("the shipped server");
        std::fs::write(file, format!("{main}\n{}", speaks(service))).expect("written");
    })
}

fn speaks(service: SocketAddr) -> String {
    format!(
        "[speech.synthesis]\nurl = \"http://{service}/v1/audio/speech\"\nheaders = {{ Authorization = \"Bearer hidden\" }}\n\
         body = {{ model = \"m\", input = \"{{text}}\", voice = \"{{voice}}\", response_format = \"wav\" }}\n\
         voices = {{ zh-CN = \"li\", en = \"ann\" }}\n"
    )
}

fn calls(engine: &Engine, user: &str, codec: &str) -> Baresip {
    let (server, transport, voice) = (engine.sip, "udp", CITIZEN);
    let mut phone = Baresip::start(&Options { user, password: None, server, transport, codec, answers: false, voice });
    phone.command("dial", &format!("sip:12345@{}", engine.sip));
    phone.event("CALL_ESTABLISHED", STEP);
    phone
}

fn waits(engine: &Engine, count: f64) {
    wait::until("citizens in the queue", STEP, || {
        (engine.gauge("hotline_queue_waiting{group=\"consult\"}") == count).then_some(())
    });
}

/// How many texts were spoken, spoken again and not spoken.
fn texts(engine: &Engine) -> [f64; 3] {
    ["spoken", "again", "failed"]
        .map(|result| engine.gauge(&format!("hotline_speech_texts_total{{result=\"{result}\"}}")))
}

fn turns(phone: &Baresip) -> Vec<Pair> {
    tone::turns(&[FIRST, SECOND, THIRD, OTHERWISE], phone.recordings().first().expect("a recording"))
}

#[test]
fn two_callers_at_once_hear_their_own_texts_in_their_own_codecs() {
    let (address, questions) = service(Says::Tone(3));
    let engine = engine(address, "来电{caller}", "max_s = 6\nnext = \"staff\"");
    let mut phones = [(NUMBERS[0], "PCMA"), (NUMBERS[1], "PCMU")].map(|(user, codec)| calls(&engine, user, codec));
    waits(&engine, 2.0);
    let asked: Vec<String> = (0..2).map(|_| questions.recv_timeout(STEP).expect("asked")).collect();
    for asked in asked {
        let (head, body) = asked.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.starts_with("POST /v1/audio/speech HTTP/1.1\r\n"), "{head}");
        assert!(head.to_lowercase().contains("authorization: bearer hidden\r\n"), "{head}");
        let body: Value = serde_json::from_str(body).expect("JSON");
        let text = body["input"].as_str().expect("a text");
        assert!(NUMBERS.iter().any(|number| text == format!("来电{number}")), "{body}");
        assert_eq!(
            (&body["model"], &body["voice"], &body["response_format"]),
            (&json!("m"), &json!("li"), &json!("wav"))
        );
    }
    assert_eq!(texts(&engine), [2.0, 0.0, 0.0]);
    phones.iter_mut().for_each(|phone| phone.command("hangup", ""));
    let records = engine.ended_records(2);
    assert!(records.iter().all(|record| menu_path(record) == ["first", "staff"]), "{records:?}");
    assert!(!format!("{records:?}").contains("来电"), "what is said stands in no record");
    phones.iter_mut().for_each(Baresip::quit);
    assert_eq!((turns(&phones[0]), turns(&phones[1])), (vec![FIRST], vec![SECOND]));
    heard("the first", &[phones[0].heard(FIRST)], &[phones[0].heard(SECOND), phones[0].heard(OTHERWISE)]);
    heard("the second", &[phones[1].heard(SECOND)], &[phones[1].heard(FIRST), phones[1].heard(OTHERWISE)]);
    let log = engine.process.output();
    assert!(!log.contains("来电") && !log.contains("hidden") && !log.contains(NUMBERS[0]), "nor in the log");
}

#[test]
fn a_key_cuts_the_text_and_counts_at_what_follows() {
    let (address, _questions) = service(Says::Tone(12));
    let engine = engine(address, "来电{caller}", "max_s = 14\nnext = \"choose\"");
    let mut citizen = calls(&engine, NUMBERS[0], "PCMA");
    wait::until("the text", STEP, || (texts(&engine)[0] == 1.0).then_some(()));
    std::thread::park_timeout(Duration::from_secs(3));
    press(&mut citizen, "1");
    waits(&engine, 1.0);
    std::thread::park_timeout(Duration::from_secs(3));
    citizen.command("hangup", "");
    assert_eq!(menu_path(&engine.ended_records(1)[0]), ["first", "choose", "staff"]);
    citizen.quit();
    let (spoken, prompt) = (citizen.heard(FIRST), citizen.heard(OTHERWISE));
    assert!((2.0..8.0).contains(&spoken), "{spoken} s of twelve, and nothing of it later");
    assert!(prompt < 0.1, "the choice was made already: {prompt}");
}

#[test]
fn a_service_that_does_not_speak_keeps_nobody_from_people() {
    let gone = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address");
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let (no_sound, _questions) = service(Says::NoSound);
    std::thread::scope(|scope| {
        for address in [gone, silent.local_addr().expect("its address"), no_sound] {
            scope.spawn(move || {
                let engine = engine(address, "来电{caller}", "timeout_s = 2\nmax_s = 6\nnext = \"staff\"");
                let mut citizen = calls(&engine, NUMBERS[0], "PCMA");
                waits(&engine, 1.0);
                citizen.command("hangup", "");
                assert_eq!(menu_path(&engine.ended_records(1)[0]), ["first", "staff"], "{address}");
                assert_eq!(texts(&engine), [0.0, 0.0, 1.0], "{address}");
                citizen.quit();
                assert_eq!(turns(&citizen), [OTHERWISE], "{address}");
                let log = engine.process.output();
                assert!(log.contains("a text of a menu was not spoken") && !log.contains("来电"), "{log}");
            });
        }
    });
}

#[test]
fn zero_leads_to_a_person_while_the_service_is_asked() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("its address");
    let engine = engine(address, "来电{caller}", "timeout_s = 20\nmax_s = 6\nnext = \"staff\"");
    let mut desk_phone = agent(&engine, "1001", "udp", true, AGENT);
    let mut citizen = calls(&engine, NUMBERS[0], "PCMA");
    std::thread::park_timeout(Duration::from_secs(2));
    press(&mut citizen, "0");
    talk(&engine);
    citizen.command("hangup", "");
    let record = &engine.ended_records(1)[0];
    assert_eq!(menu_path(record), ["first", "staff"]);
    [&mut citizen, &mut desk_phone].into_iter().for_each(Baresip::quit);
    heard("the citizen", &[citizen.heard(AGENT)], &[citizen.heard(OTHERWISE), citizen.heard(FIRST)]);
    heard("the agent", &[desk_phone.heard(CITIZEN)], &[]);
}

#[test]
fn the_same_text_is_asked_for_once_until_another_service_is_named() {
    let [(address, questions), (other, others)] = [Says::Tone(3), Says::Third].map(service);
    let engine = engine(address, "拨打{called}，{caller}", "max_s = 6\nnext = \"staff\"");
    let mut phones = Vec::new();
    for count in 1..=3_u8 {
        if count == 3 {
            let file = engine.dir.path().join("config/hotline.toml");
            replace(&file, &format!("http://{address}/"), &format!("http://{other}/"));
            let (status, answer) = engine.api("POST", &engine.admin_token(), "/reload", "");
            assert_eq!((status, &answer["others"]), (200, &json!(["[speech.synthesis]"])), "{answer}");
            assert_eq!(answer["restart_needed"], json!([]), "{answer}");
        }
        phones.push(calls(&engine, NUMBERS[0], "PCMA"));
        waits(&engine, f64::from(count));
    }
    assert_eq!(texts(&engine), [2.0, 1.0, 0.0]);
    assert_eq!((questions.try_iter().count(), others.try_iter().count()), (1, 1));
    phones.iter_mut().for_each(|phone| phone.command("hangup", ""));
    engine.ended_records(3);
    phones.iter_mut().for_each(Baresip::quit);
    assert_eq!(phones.iter().map(turns).collect::<Vec<_>>(), [[FIRST], [FIRST], [THIRD]]);
}
