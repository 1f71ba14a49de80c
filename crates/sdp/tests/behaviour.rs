//! What real descriptions lead to, as tables.

use base::{Codec, Direction, MediaParams};
use sdp::{Local, Refusal, accept, answer, first_codecs, offer, offer_again};

fn local() -> Local {
    Local::new("192.0.2.1:40000".parse().unwrap(), 7, &Codec::ALL)
}

/// The body of a softphone with what a case says in place of its media part.
fn body(session: &str, media: &str) -> Vec<u8> {
    format!("v=0\r\no=- 1 1 IN IP4 198.51.100.9\r\ns=-\r\n{session}t=0 0\r\n{media}").into_bytes()
}

const HOST: &str = "c=IN IP4 198.51.100.9\r\n";

fn params(media: &str) -> Result<MediaParams, Refusal> {
    answer(&local(), &body(HOST, media)).map(|a| a.params)
}

#[test]
fn an_offer_reads_like_a_phones() {
    insta::assert_snapshot!(String::from_utf8(offer(&local())).unwrap().replace('\r', ""), @r"
    v=0
    o=- 7 0 IN IP4 192.0.2.1
    s=-
    c=IN IP4 192.0.2.1
    t=0 0
    m=audio 40000 RTP/AVP 8 0 101
    a=rtpmap:8 PCMA/8000
    a=rtpmap:0 PCMU/8000
    a=rtpmap:101 telephone-event/8000
    a=fmtp:101 0-15
    a=ptime:20
    a=sendrecv
    a=rtcp:40001
    ");
}

#[test]
fn every_stream_is_answered_in_its_place() {
    let offered = body(
        HOST,
        "m=video 5000 RTP/AVP 96 97\r\na=rtpmap:96 H264/90000\r\nm=audio 5002 RTP/SAVP 0\r\n\
         m=audio 5004/2 RTP/AVP 9 96 0 8 98\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:98 telephone-event/8000\r\n\
         a=ptime:30\r\na=sendonly\r\na=rtcp-mux\r\nm=application 9 UDP/BFCP *\r\n",
    );
    let answer = answer(&local(), &offered).unwrap();
    insta::assert_snapshot!(String::from_utf8(answer.body).unwrap().replace('\r', ""), @r"
    v=0
    o=- 7 0 IN IP4 192.0.2.1
    s=-
    c=IN IP4 192.0.2.1
    t=0 0
    m=video 0 RTP/AVP 96 97
    m=audio 0 RTP/SAVP 0
    m=audio 40000 RTP/AVP 0 98
    a=rtpmap:0 PCMU/8000
    a=rtpmap:98 telephone-event/8000
    a=fmtp:98 0-15
    a=ptime:30
    a=recvonly
    a=rtcp:40001
    m=application 0 UDP/BFCP *
    ");
    insta::assert_debug_snapshot!(answer.params, @r#"
    MediaParams {
        remote: 198.51.100.9:5004,
        remote_rtcp: 198.51.100.9:5005,
        codec: Pcmu,
        send_type: 0,
        receive_type: 0,
        dtmf_send_type: Some(
            98,
        ),
        dtmf_receive_type: Some(
            98,
        ),
        direction: RecvOnly,
        ptime_ms: 30,
    }
    "#);
}

#[test]
fn what_real_phones_write_is_understood() {
    let cases: [(&str, &[u8]); 6] = [
        ("no s=, o= or t=", b"v=0\r\nc=IN IP4 198.51.100.9\r\nm=audio 5000 RTP/AVP 8\r\n"),
        ("bare LF and no last line end", b"v=0\ns=x\nc=IN IP4 198.51.100.9\nm=audio 5000 RTP/AVP 8"),
        ("a session name in GBK", b"v=0\r\ns=\xb9\xab\xcb\xbe\r\nc=IN IP4 198.51.100.9\r\nm=audio 5000 RTP/AVP 8\r\n"),
        ("an origin of words", b"v=0\r\no=root x y\r\nc=IN IP4 198.51.100.9\r\nm=audio 5000 RTP/AVP 8\r\n"),
        ("the address under the m-line", b"v=0\r\nm=audio 5000 RTP/AVP 8\r\nc=IN IP4 198.51.100.9/127\r\n"),
        ("double spaces, blank lines", b"v=0\r\n\r\nc=IN  IP4  198.51.100.9\r\nm=audio  5000 RTP/AVP  8 \r\n\r\n"),
    ];
    for (what, offered) in cases {
        let params = answer(&local(), offered).unwrap_or_else(|e| panic!("{what}: {e}")).params;
        assert_eq!((params.codec, params.remote), (Codec::Pcma, "198.51.100.9:5000".parse().unwrap()), "{what}");
    }
}

#[test]
fn payload_types_are_the_callers() {
    let cases = [
        ("m=audio 5000 RTP/AVP 8 0\r\n", Ok((Codec::Pcma, 8, None))),
        ("m=audio 5000 RTP/AVP 0 8 101\r\na=rtpmap:101 Telephone-Event/8000\r\n", Ok((Codec::Pcmu, 0, Some(101)))),
        ("m=audio 5000 RTP/AVP 97\r\na=rtpmap:97 pcma/8000/1\r\n", Ok((Codec::Pcma, 97, None))),
        ("m=audio 5000 RTP/AVP 97 8\r\na=rtpmap:97 PCMA/16000\r\n", Ok((Codec::Pcma, 8, None))),
        ("m=audio 5000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/48000\r\n", Ok((Codec::Pcma, 8, None))),
        ("m=audio 5000 RTP/AVP 8\r\na=rtpmap:8 opus/48000/2\r\n", Err(Refusal::NoCommonCodec)),
        ("m=audio 5000 RTP/AVP 9 18 200 x\r\n", Err(Refusal::NoCommonCodec)),
        ("m=audio 0 RTP/AVP 8\r\n", Err(Refusal::NoAudio)),
        ("m=audio 5000 RTP/SAVPF 8\r\n", Err(Refusal::NoAudio)),
        ("m=audio 5000 UDP/TLS/RTP/SAVPF 8\r\nm=audio 5002 RTP/AVPF 8\r\n", Ok((Codec::Pcma, 8, None))),
        ("", Err(Refusal::NoAudio)),
    ];
    for (media, expected) in cases {
        let got = params(media).map(|p| (p.codec, p.send_type, p.dtmf_send_type));
        assert_eq!(got, expected, "{media}");
    }
}

#[test]
fn hold_and_back() {
    use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
    let zero = "c=IN IP4 0.0.0.0\r\n";
    let cases = [
        ("", "", SendRecv),
        ("", "a=sendrecv\r\n", SendRecv),
        ("", "a=sendonly\r\n", RecvOnly),
        ("", "a=recvonly\r\n", SendOnly),
        ("", "a=inactive\r\n", Inactive),
        ("a=sendonly\r\n", "", RecvOnly),
        ("a=sendonly\r\n", "a=sendrecv\r\n", SendRecv),
        ("", zero, RecvOnly),
        ("", "c=IN IP4 0.0.0.0\r\na=inactive\r\n", Inactive),
        ("", "c=IN IP4 0.0.0.0\r\na=recvonly\r\n", Inactive),
    ];
    for (session, media, expected) in cases {
        let offered = body(&format!("{HOST}{session}"), &format!("m=audio 5000 RTP/AVP 8\r\n{media}"));
        assert_eq!(answer(&local(), &offered).unwrap().params.direction, expected, "{session}{media}");
        let ours = Local { direction: SendOnly, ..local() };
        assert!(!answer(&ours, &offered).unwrap().params.direction.receives(), "{session}{media}");
    }
}

#[test]
fn packet_time_is_honoured_within_reason() {
    let cases = [
        ("", 20),
        ("a=ptime:30\r\n", 30),
        ("a=ptime:20.0\r\n", 20),
        ("a=ptime:25\r\n", 20),
        ("a=ptime:0\r\n", 20),
        ("a=ptime:5\r\n", 10),
        ("a=ptime:4294967295\r\n", 60),
        ("a=ptime:60\r\na=maxptime:40\r\n", 40),
        ("a=maxptime:150\r\n", 20),
        ("a=ptime:x\r\n", 20),
    ];
    for (lines, expected) in cases {
        assert_eq!(params(&format!("m=audio 5000 RTP/AVP 8\r\n{lines}")).unwrap().ptime_ms, expected, "{lines}");
    }
}

#[test]
fn media_goes_where_the_peer_says_or_nowhere() {
    let rtcp = |lines: &str| params(&format!("m=audio 5000 RTP/AVP 8\r\n{lines}")).map(|p| p.remote_rtcp.to_string());
    assert_eq!(rtcp("").unwrap(), "198.51.100.9:5001");
    assert_eq!(rtcp("a=rtcp:6000\r\n").unwrap(), "198.51.100.9:6000");
    assert_eq!(rtcp("a=rtcp:6000 IN IP4 203.0.113.4\r\n").unwrap(), "203.0.113.4:6000");
    assert_eq!(rtcp("a=rtcp:6000 IN IP6 ::1\r\n").unwrap(), "198.51.100.9:5001");
    assert_eq!(rtcp("a=rtcp:0\r\n").unwrap(), "198.51.100.9:5001");
    for bad in ["IN IP4 239.1.2.3", "IN IP4 255.255.255.255", "IN IP4 phone.example", "IN IP6 2001:db8::1", "IN"] {
        let refusal = rtcp(&format!("c={bad}\r\n")).unwrap_err();
        assert!(matches!(refusal, Refusal::Unreachable { .. }), "{bad}");
        assert_eq!(refusal.status(), 488);
    }
    let six = Local::new("[2001:db8::1]:40000".parse().unwrap(), 7, &[Codec::Pcma]);
    let offered = b"v=0\r\nc=IN IP6 2001:db8::9\r\nm=audio 5000 RTP/AVP 8\r\n";
    let answer = answer(&six, offered).unwrap();
    assert_eq!(answer.params.remote, "[2001:db8::9]:5000".parse().unwrap());
    assert!(String::from_utf8(answer.body).unwrap().contains("c=IN IP6 2001:db8::1\r\n"));
}

#[test]
fn what_cannot_be_read_is_a_bad_request() {
    let many = format!("v=0\r\n{HOST}{}", "m=audio 5000 RTP/AVP 8\r\n".repeat(17));
    let long = format!("v=0\r\n{HOST}m=audio 5000 RTP/AVP 8\r\na={}\r\n", "x".repeat(40_000));
    let cases = ["", "hello", "v=1\r\n", "v=0\r\nm=audio\r\n", "v=0\r\nm=audio 70000 RTP/AVP 8\r\n", &many, &long];
    for bad in cases {
        let refusal = answer(&local(), bad.as_bytes()).unwrap_err();
        assert!(matches!(refusal, Refusal::Malformed { .. }), "{bad:.40}: {refusal}");
        assert_eq!(refusal.status(), 400);
    }
    let control = b"v=0\r\nc=IN IP4 1.2.3.4\r\nm=audio 0 RTP\x01 8\r\nm=audio 5000 RTP/AVP 8\r\n";
    assert!(matches!(answer(&local(), control), Err(Refusal::Malformed { .. })));
}

#[test]
fn the_answer_to_our_offer() {
    let agreed = |media: &str| accept(&local(), &body(HOST, media));
    let ok = agreed("m=audio 5000 RTP/AVP 0 96\r\na=rtpmap:96 telephone-event/8000\r\na=recvonly\r\n").unwrap();
    assert_eq!((ok.codec, ok.send_type, ok.receive_type), (Codec::Pcmu, 0, 0));
    assert_eq!((ok.dtmf_send_type, ok.dtmf_receive_type), (Some(96), Some(101)));
    assert_eq!(ok.direction, Direction::SendOnly);
    assert_eq!(agreed("m=audio 0 RTP/AVP 0\r\n"), Err(Refusal::NoAudio));
    let mismatch = agreed("m=audio 5000 RTP/AVP 18\r\n").unwrap_err();
    assert!(matches!(mismatch, Refusal::AnswerMismatch { .. }));
}

#[test]
fn a_further_offer_keeps_every_place() {
    let offered = body(HOST, "m=video 5000 RTP/AVP 96\r\nm=audio 5002 RTP/AVP 0\r\n");
    let last = answer(&local(), &offered).unwrap().body;
    let held = Local { version: 1, direction: Direction::SendOnly, ..local() };
    let text = String::from_utf8(offer_again(&held, &last)).unwrap();
    assert!(text.contains("o=- 7 1 IN"));
    let places: Vec<&str> = text.lines().filter(|l| l.starts_with("m=")).collect();
    assert_eq!(places, ["m=video 0 RTP/AVP 96", "m=audio 40000 RTP/AVP 8 0 101"]);
    assert_eq!(offer_again(&held, b"v=0\r\n"), offer(&held));
}

#[test]
fn the_callers_codecs_in_its_order() {
    let cases: [(&str, &[Codec]); 4] = [
        ("m=audio 5000 RTP/AVP 9 0 8 0\r\n", &[Codec::Pcmu, Codec::Pcma]),
        ("m=audio 5000 RTP/AVP 97 8\r\na=rtpmap:97 PCMA/8000\r\n", &[Codec::Pcma]),
        ("m=audio 0 RTP/AVP 8\r\n", &[]),
        ("m=", &[]),
    ];
    for (media, expected) in cases {
        assert_eq!(first_codecs(&body(HOST, media)), expected, "{media}");
    }
}

#[test]
fn where_signalling_comes_from_stands_in_for_an_address_that_cannot_be_reached() {
    let peer = "198.51.100.7".parse().unwrap();
    let heard_from = |connection: &str, peer: std::net::IpAddr| {
        let local = Local { peer: Some(peer), ..local() };
        let offered = format!("v=0\r\nc={connection}\r\nm=audio 5000 RTP/AVP 8\r\na=rtcp:5003 IN IP6 2001:db8::9\r\n");
        answer(&local, offered.as_bytes()).map(|a| (a.params.remote.to_string(), a.params.remote_rtcp.to_string()))
    };
    let stand_in = || Ok(("198.51.100.7:5000".to_owned(), "198.51.100.7:5001".to_owned()));
    assert_eq!(heard_from("IN IP6 fd00::2", peer), stand_in(), "a phone on a host with both versions");
    assert_eq!(heard_from("IN IP4 phone.example", peer), stand_in());
    assert_eq!(heard_from("IN IP4 198.51.100.9", peer).unwrap().0, "198.51.100.9:5000", "its own word goes first");
    assert_eq!(heard_from("IN IP4 0.0.0.0", peer).unwrap().0, "0.0.0.0:5000", "hold is hold");
    assert!(heard_from("IN IP6 fd00::2", "2001:db8::7".parse().unwrap()).is_err(), "no address of ours reaches either");
    assert!(heard_from("IN IP4 239.1.2.3", peer).is_err());
}
