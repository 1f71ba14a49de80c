//! Messages at the edge of the grammar, of the kinds that RFC 4475 lists.

use sip::{Fault, Message, Method, Name, ParseError};

const HEAD: [&str; 6] = [
    "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKk",
    "From: <sip:a@h>;tag=1",
    "To: <sip:b@h>",
    "Call-ID: c",
    "CSeq: 1 OPTIONS",
    "Max-Forwards: 70",
];

/// A request with the usual headers, those of the same name replaced, others added.
fn with(changes: &[&str]) -> String {
    let name = |line: &str| line.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let mut lines = vec!["OPTIONS sip:h SIP/2.0".to_owned()];
    for line in HEAD {
        if !changes.iter().any(|change| name(change) == name(line)) {
            lines.push(line.to_owned());
        }
    }
    lines.extend(changes.iter().map(|&change| change.to_owned()));
    lines.join("\r\n") + "\r\n\r\n"
}

/// The same request without the headers of that name.
fn without(name: &str) -> String {
    with(&[]).lines().filter(|line| !line.starts_with(name)).map(|line| format!("{line}\r\n")).collect()
}

fn starting(line: &str) -> String {
    with(&[]).replacen("OPTIONS sip:h SIP/2.0", line, 1)
}

fn read(text: &str) -> Message {
    Message::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[derive(Debug, PartialEq)]
enum Refusal {
    KeepAlive,
    Garbage(Fault),
    Answerable(Fault),
}

fn refusal(bytes: &[u8]) -> Refusal {
    match Message::parse(bytes) {
        Err(ParseError::KeepAlive) => Refusal::KeepAlive,
        Err(ParseError::Garbage(fault)) => Refusal::Garbage(fault),
        Err(ParseError::Answerable { fault, request }) => {
            assert!(request.is_request() && request.cseq().is_ok() | (fault == Fault::Malformed(Name::Cseq)));
            Refusal::Answerable(fault)
        }
        Ok(message) => panic!("accepted: {message:?}"),
    }
}

#[test]
fn a_short_tortuous_invite_is_understood() {
    let text = "INVITE sip:vip%2Dline@example.com;unknownparam SIP/2.0\r\n\
        TO :\r\n sip:vip@example.com ;   tag    = 1918181833n\r\n\
        from   : \"C Sharp \\\\\\\"\"       <sip:caller@example.com>\r\n  ;\r\n  tag = 98asjd8\r\n\
        MaX-fOrWaRdS: 0068\r\n\
        Call-ID: wsinv.ndaksdj@192.0.2.1\r\n\
        Content-Length   : 3\r\n\
        cseq: 0009\r\n  INVITE\r\n\
        Via  : SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw\r\n\
        s :\r\n\
        NewFangledHeader:   newfangled value\r\n continued newfangled value\r\n\
        UnknownHeaderWithUnusualValue: ;;,,;;,;\r\n\
        Content-Type: application/sdp\r\n\
        Route:\r\n <sip:services.example.com;lr;unknownwith=value;unknown-no-value>\r\n\
        v:  SIP  / 2.0  / TCP     spindle.example.com   ;\r\n  branch  =   z9hG4bK9ikj8  ,\r\n SIP  /    2.0   / UDP  192.168.255.111   ; branch=\r\n z9hG4bK30239\r\n\
        m:\"Quoted string \\\"\\\"\" <sip:jdrosen@example.com> ; newparam =\r\n newvalue ;\r\n  secondparam ; q = 0.33\r\n\
        \r\nv=0";
    let message = read(text);
    assert_eq!(message.request_uri().unwrap().user.as_deref(), Some("vip-line"));
    assert_eq!(message.to().unwrap().tag(), Some("1918181833n"));
    let from = message.from().unwrap();
    assert_eq!((from.display.as_deref(), from.tag()), (Some("C Sharp \\\""), Some("98asjd8")));
    assert_eq!(message.max_forwards(), Some(68));
    assert_eq!(message.cseq(), Ok((9, Method::Invite)));
    let branches: Vec<_> =
        message.vias().map(|via| sip::Via::parse(via).unwrap().branch().map(str::to_owned)).collect();
    assert_eq!(branches, ["390skdjuw", "z9hG4bK9ikj8", "z9hG4bK30239"].map(|branch| Some(branch.to_owned())));
    assert_eq!(message.header(Name::Subject), Some(""));
    assert_eq!(message.header_named("newfangledheader"), Some("newfangled value   continued newfangled value"));
    assert_eq!(message.header_named("UnknownHeaderWithUnusualValue"), Some(";;,,;;,;"));
    assert!(message.routes()[0].uri.params.has("lr"));
    let contact = message.contacts().unwrap()[0].address().cloned().unwrap();
    assert_eq!((contact.q_milli(), contact.params.get("newparam")), (330, Some("newvalue")));
    assert_eq!(message.body(), b"v=0");
}

#[test]
fn unusual_but_valid_requests_are_accepted() {
    let token = "!interesting-Method0123456789_*+`.%indeed'~";
    let text = with(&[&format!("CSeq: 1 {token}")]).replacen("OPTIONS", token, 1);
    let message = read(&text);
    assert_eq!((message.method(), message.method_name()), (Method::Other, token));
    let cases = [
        ("escaped in the user", starting("OPTIONS sip:sips%3Auser%40example.com@example.net SIP/2.0")),
        ("a tel: URI", starting("OPTIONS tel:+86-21-12345 SIP/2.0")),
        ("an unknown scheme", starting("OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0")),
        ("a version in lower case", starting("OPTIONS sip:h sip/2.0")),
        ("an empty line in front", format!("\r\n\r\n{}", with(&[]))),
        ("no Max-Forwards", without("Max-Forwards")),
        ("no Content-Length", with(&[])),
        ("the same Call-ID twice", with(&["Call-ID: c", "i: c"])),
        (
            "a broken header that nobody asks for",
            with(&["Date: the 32nd", "Expires: soon", "Contact: <", "Warning: \"open"]),
        ),
        ("a non-ASCII name", with(&["From: \"王先生\" <sip:a@h>;tag=1"])),
        ("a name with a comma without quotes", with(&["From: Bell, Alexander <sip:a@h>;tag=1"])),
        ("an unknown transport", with(&["Via: SIP/2.0/UNKNOWN h;branch=z9hG4bK1"])),
        ("an empty branch", with(&["Via: SIP/2.0/UDP h;branch="])),
    ];
    for (what, text) in cases {
        assert!(Message::parse(text.as_bytes()).is_ok(), "{what}: {:?}", Message::parse(text.as_bytes()));
    }
}

#[test]
fn broken_requests_are_answerable() {
    let cases = [
        ("two spaces in the start line", starting("OPTIONS  sip:h SIP/2.0"), Fault::RequestUri),
        ("a space in the URI", starting("OPTIONS sip:h; lr SIP/2.0"), Fault::RequestUri),
        ("a URI in angle brackets", starting("OPTIONS <sip:h> SIP/2.0"), Fault::RequestUri),
        ("a space behind the version", starting("OPTIONS sip:h SIP/2.0  "), Fault::StartLine),
        ("another version", starting("OPTIONS sip:h SIP/7.0"), Fault::Version),
        (
            "a URI without end",
            starting(&format!("OPTIONS sip:{}@h SIP/2.0", "a".repeat(3000))),
            Fault::RequestUriTooLong,
        ),
        ("CSeq beyond 32 bits", with(&["CSeq: 36893488147419103232 OPTIONS"]), Fault::Malformed(Name::Cseq)),
        ("CSeq of 2^31", with(&["CSeq: 2147483648 OPTIONS"]), Fault::Malformed(Name::Cseq)),
        ("CSeq without a method", with(&["CSeq: 1"]), Fault::Malformed(Name::Cseq)),
        ("CSeq of another method", with(&["CSeq: 1 INVITE"]), Fault::CseqMethod),
        ("Max-Forwards beyond 255", with(&["Max-Forwards: 300"]), Fault::Malformed(Name::MaxForwards)),
        ("a negative Content-Length", with(&["Content-Length: -999"]), Fault::Malformed(Name::ContentLength)),
        ("a Content-Length too large", with(&["Content-Length: 9999"]), Fault::Truncated),
        ("two From", with(&["From: <sip:a@h>;tag=1", "f: <sip:x@h>;tag=1"]), Fault::Repeated(Name::From)),
        ("two Content-Length", with(&["Content-Length: 0", "l: 1"]), Fault::Repeated(Name::ContentLength)),
        ("an open quote in To", with(&["To: \"Mr. J. User <sip:b@h>"]), Fault::Malformed(Name::To)),
        ("a name that holds a quote", with(&["From: Bell, \"Alex <sip:a@h>;tag=1"]), Fault::Malformed(Name::From)),
        ("two addresses in From", with(&["From: <sip:a@h>;tag=1, <sip:b@h>"]), Fault::Malformed(Name::From)),
        ("a Via of another protocol", with(&["Via: HTTP/1.1/TCP h;branch=1"]), Fault::Malformed(Name::Via)),
        ("a line without a colon", with(&["This is no header"]), Fault::HeaderLine),
        ("a header without a name", with(&[": value"]), Fault::HeaderLine),
        ("a name with a space", with(&["Sub ject: x"]), Fault::HeaderLine),
        ("a stray CR", with(&["Subject: a\rVia: b"]), Fault::HeaderLine),
        ("a NUL", with(&["Subject: a\0b"]), Fault::HeaderLine),
        ("no empty line at the end", with(&[]).trim_end().to_owned(), Fault::HeaderLine),
        ("a header too long", with(&[&format!("Subject: {}", "x".repeat(9000))]), Fault::HeaderTooLong),
        ("a fold too long", with(&[&format!("Subject: {}", "x\r\n ".repeat(3000))]), Fault::HeaderTooLong),
        ("headers without end", with(&["A: b"; 200]), Fault::TooManyHeaders),
        (
            "parameters without end",
            with(&[&format!("From: <sip:a@h>{}", ";a=b".repeat(100))]),
            Fault::Malformed(Name::From),
        ),
    ];
    for (what, text, fault) in cases {
        assert_eq!(refusal(text.as_bytes()), Refusal::Answerable(fault), "{what}");
        assert!((400..600).contains(&fault.status()));
    }
}

#[test]
fn what_cannot_be_answered_is_dropped() {
    let start = Refusal::Garbage(Fault::StartLine);
    let cases = [
        ("no Via", without("Via"), Refusal::Garbage(Fault::Missing(Name::Via))),
        ("no From", without("From"), Refusal::Garbage(Fault::Missing(Name::From))),
        ("no Call-ID", without("Call-ID"), Refusal::Garbage(Fault::Missing(Name::CallId))),
        ("an empty Call-ID", with(&["Call-ID:"]), Refusal::Garbage(Fault::Missing(Name::CallId))),
        (
            "a broken ACK",
            with(&["CSeq: x ACK"]).replacen("OPTIONS", "ACK", 1),
            Refusal::Garbage(Fault::Malformed(Name::Cseq)),
        ),
        (
            "a broken response",
            starting("SIP/2.0 200 OK").replace("CSeq: 1", "CSeq: x"),
            Refusal::Garbage(Fault::Malformed(Name::Cseq)),
        ),
        ("HTTP", "GET / HTTP/1.1\r\nHost: h\r\n\r\n".to_owned(), start),
        ("a status beyond 699", starting("SIP/2.0 4294967301 better"), Refusal::Garbage(Fault::StartLine)),
        ("a status below 100", starting("SIP/2.0 099 low"), Refusal::Garbage(Fault::StartLine)),
        ("a status line of another version", starting("SIP/3.0 200 OK"), Refusal::Garbage(Fault::Version)),
        ("a method that is no token", starting("OP<>TIONS sip:h SIP/2.0"), Refusal::Garbage(Fault::StartLine)),
        ("words", "hello world, this is not SIP".to_owned(), Refusal::Garbage(Fault::StartLine)),
        ("too much", "x".repeat(70_000), Refusal::Garbage(Fault::TooLarge)),
    ];
    for (what, text, expected) in cases {
        assert_eq!(refusal(text.as_bytes()), expected, "{what}");
    }
}

#[test]
fn keep_alives_are_told_from_garbage() {
    let stun = [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    let cases: [&[u8]; 6] = [b"", b"\r\n\r\n", b"\r\n", b"\0\0\0\0\0\0\0\0", b"jaK", &stun];
    for bytes in cases {
        assert_eq!(refusal(bytes), Refusal::KeepAlive, "{bytes:?}");
    }
}

#[test]
fn responses_with_odd_phrases_are_read() {
    let cases = [
        ("SIP/2.0 200 = 2**3 * 5**2 но сто девяносто девять", 200, "= 2**3 * 5**2 но сто девяносто девять"),
        ("SIP/2.0 100 ", 100, ""),
        ("SIP/2.0 100", 100, ""),
        ("SIP/2.0 699 x", 699, "x"),
    ];
    for (line, status, reason) in cases {
        let message = read(&starting(line));
        assert_eq!((message.status(), message.reason(), message.method()), (Some(status), reason, Method::Options));
        assert_eq!((message.request_uri(), message.request_uri_text(), message.method_name()), (None, "", "OPTIONS"));
    }
}

#[test]
fn invalid_utf8_spoils_its_header_alone() {
    let mut bytes = with(&["Subject: a\u{1}b", "X-After: 1"]).into_bytes();
    let at = bytes.iter().position(|&byte| byte == 1).unwrap();
    bytes[at] = 0xe7;
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(message.header(Name::Subject), Some("a?b"));
    assert_eq!(message.header_named("x-after"), Some("1"));
    assert_eq!(read(&with(&["Subject: \u{c} 王 \u{c}"])).header(Name::Subject), Some("王"));
}

#[test]
fn content_length_cuts_the_datagram() {
    let cut = with(&["Content-Length: 3"]) + "abcdef";
    assert_eq!(read(&cut).body(), b"abc");
    assert_eq!(read(&(with(&["Content-Length: 0"]) + "abcdef")).body(), b"");
    assert_eq!(read(&(with(&[]) + "abcdef")).body(), b"abcdef");
}

#[test]
fn lists_are_taken_apart_outside_quotes_and_brackets() {
    let text = with(&[
        "Contact: \"a, b\" <sip:x@h;p=1,2>;q=0.1, <sip:y@h>",
        "m: *",
        "Require: timer ,, 100rel",
        "Require: replaces",
        "Record-Route: <sip:p1;lr>, <sip:p2;lr>",
        "Record-Route: <sip:p3;lr>",
        "Allow: INVITE,ACK , BYE",
        "Route: <sip:ok;lr>, nonsense",
    ]);
    let message = read(&text);
    assert_eq!(message.contacts().unwrap().len(), 3);
    assert_eq!(message.require().collect::<Vec<_>>(), ["timer", "100rel", "replaces"]);
    assert_eq!(message.allow().collect::<Vec<_>>(), ["INVITE", "ACK", "BYE"]);
    let hosts: Vec<_> = message.record_routes().into_iter().map(|route| route.uri.host).collect();
    assert_eq!(hosts, ["p1", "p2", "p3"]);
    assert!(message.routes().is_empty(), "half a route leads astray");
    let endless = with(&[&format!("Require: {}", "a,".repeat(1000))]);
    assert_eq!(read(&endless).require().count(), sip::limits::VALUES_MAX);
}

#[test]
fn session_timers_are_read() {
    let cases = [
        ("x: 1800;refresher=uas", Some((1800, Some(sip::Refresher::Uas)))),
        ("Session-Expires: 90 ; Refresher = UAC", Some((90, Some(sip::Refresher::Uac)))),
        ("Session-Expires: 90;refresher=nobody", Some((90, None))),
        ("Session-Expires: soon", None),
    ];
    for (line, expected) in cases {
        assert_eq!(read(&with(&[line])).session_expires(), expected, "{line}");
    }
    assert_eq!(read(&with(&["Min-SE: 120;x=y"])).min_se(), Some(120));
}
