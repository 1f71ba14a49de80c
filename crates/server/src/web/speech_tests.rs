//! Services that speak, and such that are slow, wrong, huge or gone.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use base::Codec;

use super::*;

/// A WAV of so many seconds of a tone, in 16 bits.
fn wav(rate: u32, seconds: f32, size: f32) -> Vec<u8> {
    let count = (seconds * rate as f32) as u32;
    let mut bytes = [b"RIFF".as_slice(), &(36 + 2 * count).to_le_bytes(), b"WAVEfmt \x10\0\0\0\x01\0\x01\0"].concat();
    bytes.extend([rate.to_le_bytes(), (2 * rate).to_le_bytes()].concat());
    bytes.extend([b"\x02\0\x10\0data".as_slice(), &(2 * count).to_le_bytes()].concat());
    let sample = |n: u32| (n as f32 * 440.0 * std::f32::consts::TAU / rate as f32).sin() * size * 32_000.0;
    bytes.extend((0..count).flat_map(|n| (sample(n) as i16).to_le_bytes()));
    bytes
}

fn answer(status: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// A service that answers each question with these bytes, and tells what it was asked.
fn service(bytes: Vec<u8>) -> (SocketAddr, std::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    let (asked, questions) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let heard = read(&mut stream);
            // Whoever asked may have gone.
            let _ = stream.write_all(&bytes);
            let _ = asked.send(heard);
        }
    });
    (address, questions)
}

/// A request with all of its body.
fn read(stream: &mut TcpStream) -> String {
    let (mut heard, mut some) = (String::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut some).unwrap_or_default();
        heard += &String::from_utf8_lossy(&some[..count]);
        let length = heard.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse::<usize>().ok());
        let body = heard.split_once("\r\n\r\n").map_or(0, |(_, body)| body.len());
        if count == 0 || length.is_some_and(|length| body >= length) {
            return heard;
        }
    }
}

fn speaker(address: SocketAddr) -> Speaker {
    Speaker::new(Some(Arc::new(Synthesis::at(format!("http://{address}/speech?key=secret")))))
}

fn text(text: &str) -> SpeechRequest {
    let (timeout, max) = (Duration::from_secs(10), Duration::from_secs(20));
    SpeechRequest { text: text.to_owned(), locale: "zh-CN".to_owned(), timeout, max }
}

fn spoken(speaker: &Speaker, asked: &SpeechRequest) -> Result<Clip, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let service = speaker.service.load_full().expect("a service");
    runtime.block_on(speaker.speak(&super::super::client().expect("a client"), &service, asked))
}

fn within(speaker: &Speaker, asked: &SpeechRequest, time: Duration) -> Option<Clip> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let client = super::super::client().expect("a client");
    runtime.block_on(speaker.answer(&client, CallId::default(), asked, Instant::now() + time))
}

#[test]
fn a_text_becomes_a_sound_in_each_codec_and_is_not_asked_for_again() {
    let (address, questions) = service(answer("200 OK", &wav(24_000, 1.0, 0.1)));
    let speaker = speaker(address);
    let clip = spoken(&speaker, &text("您好\"")).expect("spoken");
    assert!(clip.len().abs_diff(8_000) < 200, "{clip:?}");
    assert!(clip.encoded(Codec::Pcma) != clip.encoded(Codec::Pcmu));
    let asked = questions.recv().expect("asked");
    assert!(asked.starts_with("POST /speech?key=secret HTTP/1.1\r\n"), "{asked}");
    assert!(asked.ends_with(r#"{"locale":"zh-CN","text":"您好\""}"#), "{asked}");
    assert_eq!(spoken(&speaker, &text("您好\"")), Ok(clip));
    assert!(questions.try_recv().is_err(), "nobody was asked");
    assert!(spoken(&speaker, &SpeechRequest { locale: "en".to_owned(), ..text("您好\"") }).is_ok());
    assert!(questions.recv().expect("asked").contains("\"en\""));
    assert_eq!(speaker.counts(), view::Speech { spoken: 2, again: 1, ..view::Speech::default() });
}

#[test]
fn another_service_has_said_nothing_yet() {
    let [(first, asked), (second, again)] =
        [1.0, 2.0].map(|seconds| service(answer("200 OK", &wav(8_000, seconds, 0.1))));
    let speaker = speaker(first);
    let one = spoken(&speaker, &text("a")).expect("spoken");
    // A reload that leaves it as it is forgets nothing.
    speaker.set(Some(Arc::new(Synthesis::at(format!("http://{first}/speech?key=secret")))));
    assert_eq!(spoken(&speaker, &text("a")), Ok(one.clone()));
    speaker.set(Some(Arc::new(Synthesis::at(format!("http://{second}/")))));
    assert_ne!(spoken(&speaker, &text("a")).expect("spoken").len(), one.len());
    assert!(asked.recv().is_ok() && asked.try_recv().is_err() && again.recv().is_ok());
    speaker.set(None);
    assert_eq!(within(&speaker, &text("a"), Duration::from_secs(1)), None);
    assert_eq!(speaker.counts().failed, 1);
}

#[test]
fn headers_are_sent_and_stand_in_no_error() {
    let (address, questions) = service(answer("401 Unauthorized", b""));
    let mut asks = Synthesis::at(format!("http://{address}/speech"));
    asks.headers = vec![("Authorization".to_owned(), base::Secret("Bearer hidden".to_owned()))];
    let speaker = Speaker::new(Some(Arc::new(asks)));
    assert_eq!(spoken(&speaker, &text("a")), Err("status 401".to_owned()));
    assert!(questions.recv().expect("asked").contains("authorization: Bearer hidden\r\n"));
}

#[test]
fn no_sounds() {
    let huge = vec![b'x'; SPEECH_BYTES_MAX + 1];
    let moved = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n".to_owned();
    for (bytes, reason) in [
        (answer("500 Broken", &wav(8_000, 1.0, 0.1)), "status 500"),
        (moved.into_bytes(), "status 302"),
        (answer("200 OK", b"{\"error\":\"busy\"}"), "no WAV"),
        (answer("200 OK", b"ID3 an mp3"), "no WAV"),
        (answer("200 OK", b""), "no WAV"),
        (answer("200 OK", &wav(8_000, 0.0, 0.1)), "silent"),
        (answer("200 OK", &wav(8_000, 1.0, 0.0)), "silent"),
        (answer("200 OK", &wav(4_000, 1.0, 0.1)), "4000 Hz"),
        (answer("200 OK", &wav(8_000, 1.0, 0.1)[..9_000]), "cut off"),
        (answer("200 OK", &huge), "more than 4194304 bytes"),
        (b"garbage\r\n\r\n".to_vec(), ""),
        (Vec::new(), ""),
    ] {
        let (address, _questions) = service(bytes);
        let told = spoken(&speaker(address), &text("您反映的路灯")).expect_err(reason);
        assert!(told.contains(reason) && !told.contains("路灯") && !told.contains("secret"), "{reason}: {told}");
    }
}

#[test]
fn three_minutes_are_cut() {
    let (address, _questions) = service(answer("200 OK", &wav(8_000, 180.0, 0.1)));
    let clip = spoken(&speaker(address), &SpeechRequest { max: Duration::from_secs(2), ..text("a") }).expect("spoken");
    assert_eq!(clip.duration(), Duration::from_secs(2));
}

#[test]
fn nobody_there_and_nobody_in_time() {
    let gone = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address");
    assert!(spoken(&speaker(gone), &text("a")).expect_err("nobody listens").to_lowercase().contains("refused"));
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let speaker = speaker(silent.local_addr().expect("its address"));
    let began = Instant::now();
    assert_eq!(within(&speaker, &text("a"), Duration::from_millis(50)), None);
    // Whose time is over when the turn comes is not asked for at all.
    assert_eq!(within(&speaker, &text("a"), Duration::ZERO), None);
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(speaker.counts(), view::Speech { failed: 2, ..view::Speech::default() });
}

#[test]
fn two_that_ask_the_same_at_once_may_both_ask() {
    let (address, questions) = service(answer("200 OK", &wav(16_000, 1.0, 0.1)));
    let speaker = speaker(address);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (client, until) = (super::super::client().expect("a client"), Instant::now() + Duration::from_secs(20));
    let asked = text("a");
    let ask = || speaker.answer(&client, CallId::default(), &asked, until);
    let (one, other) = runtime.block_on(async { tokio::join!(ask(), ask()) });
    assert!(one.is_some() && one == other);
    (0..speaker.counts().spoken).for_each(|_| drop(questions.recv().expect("asked")));
    assert!(questions.try_recv().is_err());
    assert_eq!(
        speaker.kept().find(&Words { text: "a".into(), locale: "zh-CN".to_owned(), max: asked.max }, Instant::now()),
        one
    );
}
