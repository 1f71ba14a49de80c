//! The messages of RFC 4475 and RFC 5118 themselves, each accepted or refused as its RFC says.

#[path = "../corpus/reader.rs"]
mod reader;

use std::net::IpAddr;

use reader::{Case, Reader, rfc4475, rfc5118};
use sip::{Fault, Message, Method, Name, NameAddr, ParseError, Via};

#[test]
fn every_message_is_there_once() {
    let sections = |cases: &[Case]| cases.iter().map(|case| case.section.clone()).collect::<Vec<_>>();
    let of = |chapter: &'static str, last: u32| (1..=last).map(move |number| format!("{chapter}.{number}"));
    let chapters = [("3.1.1", 13), ("3.1.2", 19), ("3.2", 1), ("3.3", 15), ("3.4", 1)];
    let expected: Vec<String> = chapters.into_iter().flat_map(|(chapter, last)| of(chapter, last)).collect();
    assert_eq!(sections(&rfc4475()), expected);
    let mut ipv6 = sections(&rfc5118());
    assert_eq!(ipv6.len(), 12, "§4.5 and §4.10 have two");
    ipv6.dedup();
    assert_eq!(ipv6, of("4", 10).collect::<Vec<_>>());
}

#[test]
fn each_message_is_accepted_or_refused_as_its_rfc_says() {
    for case in rfc4475().into_iter().chain(rfc5118()) {
        let done = match Message::parse(&case.bytes) {
            Ok(_) => Reader::Accept,
            Err(ParseError::Answerable { fault, .. }) => Reader::Refuse(fault.status()),
            Err(ParseError::Garbage(_)) => Reader::Drop,
            Err(ParseError::KeepAlive) => panic!("{} is no keep-alive", case.name),
        };
        assert_eq!(done, case.reader, "§{} {}: {:?}", case.section, case.name, Message::parse(&case.bytes).err());
        match done {
            Reader::Accept => {}
            Reader::Refuse(status) => {
                assert_eq!(case.engine, Some(status), "{}: the reader's word is final", case.name)
            }
            Reader::Drop => assert_eq!(case.engine, None, "{}", case.name),
        }
    }
}

fn named(name: &str) -> Message {
    let case = rfc4475().into_iter().chain(rfc5118()).find(|case| case.name == name).expect("a message of that name");
    Message::parse(&case.bytes).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn fault_of(name: &str) -> Fault {
    let case = rfc4475().into_iter().find(|case| case.name == name).expect("a message of that name");
    match Message::parse(&case.bytes) {
        Err(ParseError::Answerable { fault, .. } | ParseError::Garbage(fault)) => fault,
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn what_is_refused_is_refused_for_what_is_wrong_with_it() {
    let cases = [
        ("badinv01", Fault::Malformed(Name::Via)),
        ("clerr", Fault::Truncated),
        ("ncl", Fault::Malformed(Name::ContentLength)),
        ("scalar02", Fault::Malformed(Name::Cseq)),
        ("scalarlg", Fault::Malformed(Name::Cseq)),
        ("quotbal", Fault::Malformed(Name::To)),
        ("ltgtruri", Fault::RequestUri),
        ("lwsruri", Fault::RequestUri),
        ("lwsstart", Fault::RequestUri),
        ("trws", Fault::StartLine),
        ("badvers", Fault::Version),
        ("mismatch01", Fault::CseqMethod),
        ("mismatch02", Fault::CseqMethod),
        ("bigcode", Fault::StartLine),
        ("insuf", Fault::Missing(Name::From)),
        ("multi01", Fault::Repeated(Name::Cseq)),
        ("mcl01", Fault::Repeated(Name::ContentLength)),
    ];
    for (name, fault) in cases {
        assert_eq!(fault_of(name), fault, "{name}");
    }
}

/// §3.1.1.2: `%` escapes nothing in a method, a quoted NUL is part of a name, and a Call-ID is no quoted string.
#[test]
fn unusual_characters_stay_what_they_are() {
    let message = named("intmeth");
    let method = "!interesting-Method0123456789_*+`.%indeed'~";
    assert_eq!((message.method(), message.method_name()), (Method::Other, method));
    let user = "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*";
    assert_eq!(message.request_uri().unwrap().user.as_deref(), Some(user));
    assert_eq!(message.request_uri().unwrap().password.as_deref(), Some("&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"));
    assert_eq!(message.to().unwrap().uri.user.as_deref(), Some(user));
    let from = message.from().unwrap();
    assert_eq!(from.display.as_deref(), Some("token1~` token2'+_ token3*%!.-"));
    assert_eq!((from.tag(), from.params.get("fromParam''~+*_!.-%")), (Some("_token~1'+`*%!-."), Some("работающий")));
    assert_eq!(message.call_id(), Some("intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{"));
    assert_eq!(message.top_via().unwrap().branch(), Some("z9hG4bK-.!%66*_+`'~"));
    assert_eq!(message.header_named("extensionHeader-!.%*+_`'~"), Some("\u{feff}大停電"));
    assert_eq!(named("esc02").method(), Method::Other);
    assert_eq!(named("esc02").contacts().unwrap().len(), 2, "an escaped name is another header");
}

/// §3.1.1.3, §3.1.1.4, §3.1.1.9: escapes and separators inside a user part.
#[test]
fn user_parts_are_read_as_they_are_meant() {
    let user = |message: &Message| message.request_uri().unwrap().user_text();
    assert_eq!(user(&named("esc01")).as_deref(), Some("sips:user@example.com"));
    assert_eq!(named("esc01").from().unwrap().uri.user_text().as_deref(), Some("I have spaces"));
    assert_eq!(named("esc01").to().unwrap().uri.user_text().as_deref(), Some("user"));
    assert_eq!(user(&named("semiuri")).as_deref(), Some("user;par=u@example.net"));
    assert!(named("semiuri").request_uri().unwrap().params.is_empty());
    let nulls: Vec<_> =
        named("escnull").contacts().unwrap().iter().map(|c| c.address().unwrap().uri.user_text()).collect();
    assert_eq!(nulls, [Some("\0".to_owned()), Some("\0\0".to_owned())], "a NUL ends nothing");
}

#[test]
fn bodies_lists_and_names_are_taken_apart_where_the_rfc_does() {
    assert_eq!(named("lwsdisp").from().unwrap().display.as_deref(), Some("caller"));
    assert_eq!(named("longreq").vias().count(), 34);
    assert_eq!(named("dblreq").body(), b"", "what follows Content-Length is no second message over UDP");
    let transports: Vec<_> = named("transports").vias().map(|via| Via::parse(via).unwrap().transport).collect();
    assert_eq!(transports, ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"]);
    assert_eq!(named("noreason").reason(), "");
    assert_eq!(named("bext01").require().count(), 2);
    assert_eq!(named("zeromf").max_forwards(), Some(0));
    assert_eq!(named("badaspec").to().unwrap().uri.host, "example.org");
    assert_eq!(named("baddn").from().unwrap().display.as_deref(), Some("Bell, Alexander"));
    assert_eq!(named("inv2543").from_tag(), "");
}

/// §3.1.2.13, §3.3.12 to §3.3.14: whose a parameter is, and which addresses need angle brackets.
#[test]
fn contacts_are_read_by_their_brackets() {
    assert!(named("regbadct").contacts().is_err(), "a ? outside brackets");
    let contact = |name: &str| -> NameAddr { named(name).contacts().unwrap()[0].address().cloned().unwrap() };
    assert!(contact("cparam01").params.has("unknownparam") && contact("cparam01").uri.params.is_empty());
    assert!(contact("cparam02").params.is_empty() && contact("cparam02").uri.params.has("unknownparam"));
    assert_eq!(contact("regescrt").uri.headers, [("Route".to_owned(), "%3Csip:sip.example.com%3E".to_owned())]);
}

/// RFC 5118 §4.1 to §4.5, §4.7, §4.9.
#[test]
fn ipv6_addresses_end_where_their_brackets_do() {
    let uri = |name: &str| named(name).request_uri().unwrap();
    let ip = |text: &str| Some(text.parse::<IpAddr>().unwrap());
    assert_eq!((uri("ipv6-good").host_ip(), uri("ipv6-good").port), (ip("2001:db8::10"), None));
    assert_eq!((uri("port-ambiguous").host_ip(), uri("port-ambiguous").port), (ip("2001:db8::10:5070"), None));
    assert_eq!((uri("port-unambiguous").host_ip(), uri("port-unambiguous").port), (ip("2001:db8::10"), Some(5070)));
    for name in ["via-received-param-with-delim", "via-received-param-no-delim"] {
        let via = named(name).top_via().unwrap();
        assert_eq!((via.received(), via.view().host_ip()), (ip("2001:db8::9:255"), ip("2001:db8::9:1")), "{name}");
    }
    let vias: Vec<Via> = named("mult-ip-in-header").vias().map(|via| Via::parse(via).unwrap()).collect();
    let ips: Vec<_> = vias.iter().map(|via| via.view().host_ip()).collect();
    assert_eq!(ips, [ip("2001:db8::9:1"), ip("192.0.2.1"), ip("2001:db8::9:255")]);
    assert_eq!((vias[0].port, vias[2].received()), (Some(6050), ip("192.0.2.200")));
    let mapped = named("ipv4-mapped-ipv6");
    assert_eq!(mapped.top_via().unwrap().view().host_ip(), ip("::ffff:192.0.2.10"));
    assert_eq!(mapped.contacts().unwrap()[0].address().unwrap().uri.host_ip(), ip("::ffff:192.0.2.2"));
}

/// RFC 5118 §4.10: the third colon comes from a mistake in the grammar of RFC 3261 and means nothing.
#[test]
fn three_colons_before_an_ipv4_address_are_two() {
    let meant: IpAddr = "2001:db8::192.0.2.1".parse().unwrap();
    for name in ["ipv6-bug-abnf-3-colons", "ipv6-correct-abnf-2-colons"] {
        let message = named(name);
        assert_eq!(message.request_uri().unwrap().host_ip(), Some(meant), "{name}");
        assert_eq!(message.to().unwrap().uri.host_ip(), Some(meant), "{name}");
    }
    for bad in
        ["sip:a@[2001:db8:::1]", "sip:a@[:::192.0.2.1:1]", "sip:a@[2001::db8:::192.0.2.1]", "sip:a@[1::::1.2.3.4]"]
    {
        assert!(sip::Uri::parse(bad).is_err(), "{bad}");
    }
}
