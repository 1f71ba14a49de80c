//! Services that are slow, wrong, huge or gone, and what they are sent.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};

use base::{Codec, Secret};

use super::*;
use crate::web::client;

/// Answers one request with these bytes, then gives back all of it.
fn service(answer: impl Into<Vec<u8>>) -> (SocketAddr, std::thread::JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    let answer = answer.into();
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody asks");
        let mut asked = Vec::new();
        while !is_whole(&asked) {
            let mut some = [0; 4096];
            match stream.read(&mut some) {
                Ok(count @ 1..) => asked.extend_from_slice(&some[..count]),
                _ => break,
            }
        }
        // Whoever asked may have gone.
        let _ = stream.write_all(&answer);
        asked
    });
    (address, served)
}

fn split(asked: &[u8]) -> Option<(String, &[u8])> {
    let at = asked.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some((String::from_utf8_lossy(&asked[..at]).to_lowercase(), &asked[at + 4..]))
}

fn is_whole(asked: &[u8]) -> bool {
    let Some((head, body)) = split(asked) else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    length.is_some_and(|length: usize| body.len() >= length)
}

fn ok(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()).into_bytes()
}

fn recognition(address: SocketAddr) -> Recognition {
    Recognition {
        url: format!("http://{address}/v1/audio/transcriptions?key=secret"),
        headers: vec![("Authorization".to_owned(), Secret("Bearer secret".to_owned()))],
        form: None,
        text_at: "/result/text".to_owned(),
        timeout: Duration::from_secs(2),
    }
}

fn speech() -> Utterance {
    let codes: Vec<u8> = (0..=255).cycle().take(1_600).collect();
    Utterance { voice: Voice { codec: Codec::Pcma, codes: codes.into() }, locale: "zh-CN".to_owned() }
}

fn understood(service: &Recognition, gone: Duration) -> Result<String, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(understand(&client().expect("a client"), service, &speech(), gone))
}

/// What a reader of WAV makes of it.
fn is_speech(sound: &[u8]) {
    let number = |at: usize| u32::from_le_bytes(sound[at..at + 4].try_into().expect("four bytes"));
    assert_eq!((&sound[..4], &sound[8..16]), (&b"RIFF"[..], &b"WAVEfmt "[..]));
    assert_eq!((number(4) as usize, number(40)), (sound.len() - 8, 3_200));
    assert_eq!((number(24), number(28)), (8_000, 16_000));
    assert_eq!(sound[20..24], [1, 0, 1, 0], "PCM, one channel");
    assert_eq!(sound[32..36], [2, 0, 16, 0], "two bytes a sample");
    let samples: Vec<i16> = sound[44..].chunks(2).map(|two| i16::from_le_bytes([two[0], two[1]])).collect();
    let expected: Vec<i16> = speech().voice.codes.iter().map(|code| rtp::g711::decode(Codec::Pcma, *code)).collect();
    assert_eq!(samples, expected);
}

#[test]
fn the_sound_is_the_whole_body_where_no_form_is_wanted() {
    let (address, served) = service(ok(r#"{"result":{"text":"我要投诉"}}"#));
    assert_eq!(understood(&recognition(address), Duration::ZERO), Ok("我要投诉".to_owned()));
    let asked = served.join().expect("served");
    let (head, body) = split(&asked).expect("a request");
    assert!(head.starts_with("post /v1/audio/transcriptions?key=secret http/1.1"), "{head}");
    for line in ["authorization: bearer secret", "content-type: audio/wav", "content-language: zh-cn"] {
        assert!(head.lines().any(|known| known == line), "{line}: {head}");
    }
    is_speech(body);
}

#[test]
fn a_form_holds_the_fields_and_a_file() {
    let (address, served) = service(ok(r#"{"text":"complaint"}"#));
    let fields = [("model", "sense-voice"), ("language", "{language}"), ("hint \"x\"", "{locale}: 投诉")];
    let form = fields.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec();
    let wanted = Recognition { form: Some(form), text_at: "/text".to_owned(), ..recognition(address) };
    assert_eq!(understood(&wanted, Duration::ZERO), Ok("complaint".to_owned()));
    let asked = served.join().expect("served");
    let (head, body) = split(&asked).expect("a request");
    let boundary = head.split("boundary=").nth(1).and_then(|rest| rest.lines().next()).expect("a boundary");
    assert!(head.contains("content-type: multipart/form-data; boundary="), "{head}");
    let text = String::from_utf8_lossy(body);
    for (name, value) in [("model", "sense-voice"), ("language", "zh"), ("hint %22x%22", "zh-CN: 投诉")] {
        let part = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        assert!(text.contains(&part), "{name}: {text:.400}");
    }
    let head = b"Content-Type: audio/wav\r\n\r\n";
    let at = body.windows(head.len()).position(|window| window == head).expect("a file") + head.len();
    let end = format!("\r\n--{boundary}--\r\n");
    assert!(body.ends_with(end.as_bytes()));
    is_speech(&body[at..body.len() - end.len()]);
}

#[test]
fn a_boundary_stands_in_no_part() {
    let sound = b"..hotline-speech--..";
    assert_eq!(boundary(&[], sound), "hotline-speech---");
    assert_eq!(boundary(&[("a", "hotline-speech-".to_owned())], b""), "hotline-speech--");
}

#[test]
fn no_good_answers() {
    let huge = format!("{{\"result\":{{\"text\":\"{}\"}}}}", "x".repeat(ANSWER_BYTES_MAX));
    let long = format!("{{\"result\":{{\"text\":\"{}\"}}}}", "x".repeat(TEXT_BYTES_MAX + 1));
    let cases: [(Vec<u8>, &str); 8] = [
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n".to_vec(), "status 503"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n".to_vec(), "status 302"),
        (ok("我要投诉"), "no JSON"),
        (ok(r#"{"text":"我要投诉"}"#), "no text at /result/text"),
        (ok(r#"{"result":{"text":["我要投诉"]}}"#), "no text at /result/text"),
        (ok(&huge), "more than 262144 bytes"),
        (ok(&long), "more than 4096 bytes at /result/text"),
        (Vec::new(), ""),
    ];
    for (answer, reason) in cases {
        let (address, _served) = service(answer);
        let told = understood(&recognition(address), Duration::ZERO).expect_err(reason);
        assert!(told.contains(reason), "{reason}: {told}");
        assert!(!told.contains("secret") && !told.contains("投诉"), "{told}");
    }
}

#[test]
fn nobody_there_and_nobody_in_time() {
    let gone = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address");
    assert!(understood(&recognition(gone), Duration::ZERO).expect_err("nobody").to_lowercase().contains("refused"));
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("its address");
    let late = Err("no answer in time".to_owned());
    let hasty = Recognition { timeout: Duration::from_millis(50), ..recognition(address) };
    assert_eq!(understood(&hasty, Duration::ZERO), late);
    // It waited for its turn for longer than the caller does.
    assert_eq!(understood(&recognition(address), Duration::from_secs(3)), late);
}

#[test]
fn whoever_finds_no_service_or_no_room_hears_at_once() {
    let stop = Arc::new(Stop::new().expect("an event"));
    let mut web = crate::web::start(stop, &Arc::new(crate::web::Speaker::new(None)), Arc::default()).expect("a thread");
    assert!(web.recognizer.ask((CallId::default(), 7, Box::new(speech()))));
    let since = Instant::now();
    let mut told = Vec::new();
    while told.is_empty() && since.elapsed() < Duration::from_secs(5) {
        web.recognizer.take(|understood| told.push(understood));
        std::thread::yield_now();
    }
    assert_eq!(told, [(CallId::default(), 7, None)]);
    assert_eq!((web.speech().understood, web.speech().missed), (0, 1));
    // Nobody takes them from this one.
    let (recognizer, _room) = open(Arc::default());
    let taken = (0..WAITING + 1).filter(|_| recognizer.ask((CallId::default(), 1, Box::new(speech())))).count();
    assert_eq!(taken, WAITING);
    assert_eq!(recognizer.counts(), (0, 1), "one found no room");
}
