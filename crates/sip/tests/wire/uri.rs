//! URIs, addresses and Via values: what is read, printed, refused and held equal.

use sip::{ContactHeader, NameAddr, Scheme, Uri, Via, ViaRef};

#[test]
fn uris_read_and_print() {
    let cases = [
        // text, printed, user, host, port
        ("sip:example.org", "sip:example.org", None, "example.org", None),
        ("SIP:Alice@Example.org:5070", "sip:Alice@Example.org:5070", Some("Alice"), "Example.org", Some(5070)),
        (
            "sips:a:secret@[2001:db8::1]:5061;lr",
            "sips:a:secret@[2001:db8::1]:5061;lr",
            Some("a"),
            "[2001:db8::1]",
            Some(5061),
        ),
        ("sip:%31%30%30%31@h", "sip:1001@h", Some("1001"), "h", None),
        ("sip:a%40b%3a@h", "sip:a%40b%3A@h", Some("a%40b%3A"), "h", None),
        ("sip:*72#@h", "sip:*72%23@h", Some("*72%23"), "h", None),
        ("sip:王@h", "sip:%E7%8E%8B@h", Some("%E7%8E%8B"), "h", None),
        ("sip:a;b=c?d/e@h", "sip:a;b=c?d/e@h", Some("a;b=c?d/e"), "h", None),
        ("sip:h;transport=tcp;lr?Subject=x&Priority=", "sip:h;transport=tcp;lr?Subject=x&Priority=", None, "h", None),
        ("sip:12345@10.0.0.1;;user=phone", "sip:12345@10.0.0.1;user=phone", Some("12345"), "10.0.0.1", None),
        ("tel:+86-21-1234;ext=5", "tel:+86-21-1234;ext=5", Some("+86-21-1234"), "", None),
        ("http://example.org/a?b", "http://example.org/a?b", None, "", None),
    ];
    for (text, printed, user, host, port) in cases {
        let uri = Uri::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!((uri.user.as_deref(), uri.host.as_str(), uri.port), (user, host, port), "{text}");
        assert_eq!(uri.to_string(), printed);
        assert_eq!(Uri::parse(printed).as_ref(), Ok(&uri), "{text} again");
    }
}

#[test]
fn what_is_no_uri_is_refused() {
    let long = format!("sip:{}@h", "a".repeat(3000));
    let cases = [
        "",
        "sip",
        "sip:",
        "sip:@h",
        ":x",
        "1sip:x",
        "sip:a@",
        "sip:a@h:",
        "sip:a@h:65536",
        "sip:a@h:5x",
        "sip:a@h b",
        "sip:a@[::1",
        "sip:a@[nothex]",
        "sip:a@[::1]x",
        "sip:a%4@h",
        "sip:a%zz@h",
        "sip:a@b@c",
        "<sip:a@h>",
        "sip:a@h?x",
        "sip:a@h?=x",
        "sip:a@h;=x",
        "sip:a@ho\u{f6}",
        "sip:a@h\r\n",
        "tel:",
        "tel:alice",
        "tel:+",
        "tel:-",
        "tel:1+2",
        "*",
        long.as_str(),
    ];
    for text in cases {
        assert!(Uri::parse(text).is_err(), "{text}");
    }
}

#[test]
fn numbers_are_what_was_dialled() {
    let cases = [
        ("tel:+86-(21)-12.345", Some("+862112345")),
        ("tel:12345;phone-context=+8621", Some("12345")),
        ("tel:*72#", Some("*72#")),
        ("sip:12345@h", Some("12345")),
        ("sip:+8613800138000;phone-context=x@h;user=phone", Some("+8613800138000")),
        ("sip:%2312-34@h", Some("#1234")),
        ("sip:alice@h", None),
        ("sip:abc@h", None),
        ("sip:h", None),
        ("urn:service:sos", None),
    ];
    for (text, number) in cases {
        assert_eq!(Uri::parse(text).unwrap().number().as_deref(), number, "{text}");
    }
}

#[test]
fn equivalence_follows_rfc_3261_and_rfc_3966() {
    let equal = [
        ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtlanTa.CoM;Transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5"),
        (
            "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
            "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
        ),
        (
            "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
            "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
        ),
        ("sip:a@[2001:DB8::1]", "sip:a@[2001:db8::1]"),
        ("tel:+1-201-555-0123", "tel:+12015550123"),
        ("tel:123;phone-context=+86-21;ext=1-2", "tel:123;ext=12;phone-context=+8621"),
        ("tel:7042;phone-context=Example.com", "tel:7042;phone-context=example.com"),
    ];
    for (a, b) in equal {
        let (a, b) = (Uri::parse(a).unwrap(), Uri::parse(b).unwrap());
        assert!(a.equivalent(&b) && b.equivalent(&a), "{a} {b}");
    }
    let different = [
        ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
        ("sip:bob@biloxi.com", "sips:bob@biloxi.com"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
        ("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;newparam=6"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
        ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
        ("sip:a@h;maddr=1.2.3.4", "sip:a@h"),
        ("sip:a%3Bb@h", "sip:a;b@h"),
        ("tel:+123", "tel:123"),
        ("tel:123;phone-context=+86", "tel:123"),
        ("tel:123;phone-context=a.b", "tel:123;phone-context=ab"),
        ("tel:123", "sip:123@h"),
    ];
    for (a, b) in different {
        let (a, b) = (Uri::parse(a).unwrap(), Uri::parse(b).unwrap());
        assert!(!a.equivalent(&b) && !b.equivalent(&a), "{a} {b}");
    }
}

#[test]
fn a_uri_of_any_user_is_well_formed() {
    for user in ["1001", "a b", "x@y:z", "\"<>\r\n%", "市民"] {
        let uri = Uri::sip(Some(user), "h", Some(5060));
        let again = Uri::parse(&uri.to_string()).unwrap();
        assert_eq!(again.user_text().as_deref(), Some(user));
        assert_eq!(again.scheme, Scheme::Sip);
    }
}

#[test]
fn addresses_read_and_print() {
    let cases = [
        // text, display, uri, tag, printed
        ("<sip:a@h>", None, "sip:a@h", None, "<sip:a@h>"),
        ("sip:a@h;tag=1", None, "sip:a@h", Some("1"), "<sip:a@h>;tag=1"),
        ("<sip:a@h;tag=1>", None, "sip:a@h;tag=1", None, "<sip:a@h;tag=1>"),
        (
            "\"A \\\"b\\\" <c>\" <sip:a@h> ; tag = 2",
            Some("A \"b\" <c>"),
            "sip:a@h",
            Some("2"),
            "\"A \\\"b\\\" <c>\" <sip:a@h>;tag=2",
        ),
        ("Bob  Smith <sip:b@h>", Some("Bob  Smith"), "sip:b@h", None, "\"Bob  Smith\" <sip:b@h>"),
        ("\"\"<sip:b@h>", Some(""), "sip:b@h", None, "\"\" <sip:b@h>"),
        ("市民 <tel:12345>;tag=x", Some("市民"), "tel:12345", Some("x"), "\"市民\" <tel:12345>;tag=x"),
        ("<http://x/y>", None, "http://x/y", None, "<http://x/y>"),
    ];
    for (text, display, uri, tag, printed) in cases {
        let address = NameAddr::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!((address.display.as_deref(), address.tag()), (display, tag), "{text}");
        assert_eq!((address.uri.to_string().as_str(), address.to_string().as_str()), (uri, printed));
        assert_eq!(NameAddr::parse(printed), Ok(address), "{text} again");
    }
    for bad in [
        "",
        "<sip:a@h",
        "sip:a@h>",
        "\"a <sip:a@h>",
        "a\"b <sip:a@h>",
        "\"a\"b <sip:a@h>",
        "<sip:a@h>x",
        "sip:a@h?x=y",
        "<>",
        "\"a\"",
    ] {
        assert!(NameAddr::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn contacts_carry_expiry_and_weight() {
    let contact = |text: &str| ContactHeader::parse(text).unwrap().address().cloned().unwrap();
    assert_eq!(ContactHeader::parse("*"), Ok(ContactHeader::Star));
    assert_eq!(contact("<sip:a@h>;expires=60;q=0.35").expires(), Some(60));
    assert_eq!(contact("<sip:a@h>;expires=60;q=0.5").q_milli(), 500);
    assert_eq!(contact("<sip:a@h>;expires=99999999999999999999").expires(), Some(u32::MAX));
    assert_eq!(contact("<sip:a@h>;expires=soon;q=NaN").expires(), None);
    for (q, milli) in [("7", 1000), ("-1", 0), ("x", 1000), ("inf", 1000)] {
        assert_eq!(contact(&format!("<sip:a@h>;q={q}")).q_milli(), milli, "{q}");
    }
}

#[test]
fn vias_read_and_print() {
    let cases = [
        ("SIP/2.0/UDP h", "SIP/2.0/UDP h"),
        ("SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport"),
        ("sip / 2.0 / TCP  [2001:db8::9] : 5070 ; branch = z9hG4bK2", "SIP/2.0/TCP [2001:db8::9]:5070;branch=z9hG4bK2"),
        ("SIP/2.0/UDP h;received=2001:db8::1;x=\"a;b\"", "SIP/2.0/UDP h;received=2001:db8::1;x=\"a;b\""),
    ];
    for (text, printed) in cases {
        let via = Via::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(via.to_string(), printed);
        assert_eq!(Via::parse(printed), Ok(via));
    }
    for bad in [
        "",
        "SIP/2.0/UDP",
        "SIP/2.0 UDP h",
        "SIP/two/UDP h",
        "HTTP/2.0/UDP h",
        "SIP/2.0/U@P h",
        "SIP/2.0/UDP h:",
        "SIP/2.0/UDP ;branch=1",
    ] {
        assert!(Via::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn the_source_of_a_request_is_noted() {
    let cases = [
        ("SIP/2.0/UDP 192.0.2.1;branch=b", "192.0.2.1:5060", "SIP/2.0/UDP 192.0.2.1;branch=b"),
        ("SIP/2.0/UDP 192.0.2.1;branch=b", "192.0.2.9:5060", "SIP/2.0/UDP 192.0.2.1;branch=b;received=192.0.2.9"),
        ("SIP/2.0/UDP h;branch=b", "192.0.2.9:7", "SIP/2.0/UDP h;branch=b;received=192.0.2.9"),
        (
            "SIP/2.0/UDP 192.0.2.1;rport;branch=b",
            "192.0.2.1:7",
            "SIP/2.0/UDP 192.0.2.1;rport=7;branch=b;received=192.0.2.1",
        ),
        ("SIP/2.0/UDP h;received=6.6.6.6;rport=9", "192.0.2.1:7", "SIP/2.0/UDP h;rport=7;received=192.0.2.1"),
        ("SIP/2.0/UDP [2001:db8::1];branch=b", "[2001:db8::1]:5060", "SIP/2.0/UDP [2001:db8::1];branch=b"),
    ];
    for (text, source, noted) in cases {
        assert_eq!(ViaRef::parse(text).unwrap().noted(source.parse().unwrap()), noted);
    }
    let via = Via::parse("SIP/2.0/UDP h;received=[2001:db8::1];rport=9;branch=Z9HG4BKx").unwrap();
    assert_eq!((via.received(), via.rport()), (Some("2001:db8::1".parse().unwrap()), Some(9)));
    assert!(via.has_magic_cookie());
}

#[test]
fn a_uri_with_a_parameter_twice_is_equivalent_to_itself() {
    for text in ["sip:a@h;transport=tcp;transport=udp", "tel:1;ext=2;ext=3", "sip:a@h;x=1;x=2?s=1&s=2"] {
        let uri = Uri::parse(text).unwrap();
        assert!(uri.equivalent(&uri), "{text}");
    }
    let (twice, other) = (Uri::parse("sip:a@h;x=1;x=2").unwrap(), Uri::parse("sip:a@h;x=3").unwrap());
    assert!(!twice.equivalent(&other) && !other.equivalent(&twice));
}
