use proptest::prelude::*;

use super::*;

const CALLER: &str = "13800138000";

fn masked() -> Mask {
    Mask::of(CALLER, ["12345", "1001"].into_iter(), &[])
}

#[test]
fn addresses_keep_their_form_and_lose_people() {
    let cases = [
        (
            "\"Wang Fang\" <sip:13800138000@10.0.0.9:5060>;tag=1380013",
            "\"Wan****ng\" <sip:138******00@10.0.0.9:5060>;tag=1380013",
        ),
        ("<sip:12345@10.0.0.1>", "<sip:12345@10.0.0.1>"),
        ("sip:1001@10.0.0.7:6010;transport=tcp", "sip:1001@10.0.0.7:6010;transport=tcp"),
        ("13911112222 <tel:+8613911112222;phone-context=+86>", "139******22 <tel:+86*********22;phone-context=+86>"),
        ("<sip:%31%33911112222:secret@h>", "<sip:%31**********22@h>"),
        ("<sip:0571-88881234;isub=12@h;user=phone>;x=88881234", "<sip:057********34@h;user=phone>;x=888***34"),
        (
            "<sip:a@h>, \"B \\\" C <sip:x@y>\" <sips:13911112222@h>",
            "<sip:a@h>, \"B \\***********y>\" <sips:139******22@h>",
        ),
        ("<sip:13911112222>;reason=unknown", "<sip:139******22>;reason=unknown"),
        ("<sip:1001@h?Replaces=a%40b&P-Asserted-Identity=x>", "<sip:1001@h?(hidden)>"),
        ("<sip:12345@h?Subject=sip:13911112222@h>", "<sip:123**************ip@h>"),
        ("<urn:service:sos.13911112222>", "<urn:******e>"),
        ("*", "*"),
        ("\"unclosed 13911112222", "\"unc***************22\""),
        ("<sip:13911112222@h", "<sip:139******22@h>"),
    ];
    for (value, expected) in cases {
        assert_eq!(masked().header(Name::From, value), expected, "{value}");
    }
}

#[test]
fn what_is_known_of_people_is_hidden_wherever_it_stands() {
    let text = "INVITE sip:12345@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: \"Zhang San\" <sip:a@h>;tag=1\r\n\
                To: <sip:12345@h>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nP-Asserted-Identity: <tel:+8613911112222>\r\n\r\n";
    let message = Message::parse(text.as_bytes()).expect("a message");
    let mask = Mask::of(CALLER, ["12345"].into_iter(), &[&message]);
    assert_eq!(mask.header(Name::CallId, "13800138000-1@h"), "138******00-1@h");
    assert_eq!(
        mask.header(Name::Reason, "Q.850;text=\"13911112222 is Zhang San\""),
        "Q.850;text=\"139******22 is Zha****an\""
    );
    assert_eq!(mask.header(Name::UserAgent, "12345"), "12345", "our own number is no secret");
    assert_eq!(mask.header(Name::Other, "13700000000"), HIDDEN, "nobody knows what it holds");
    assert_eq!(
        mask.sdp("v=0\r\no=13800138000 1 1 IN IP4 h\r\ns=Li Si\r\ni=x\r\na=x:13800138000\r\n"),
        "v=0\r\no=138******00 1 1 IN IP4 h\r\ns=****i\r\ni=(hidden)\r\na=x:138******00\r\n"
    );
}

#[test]
fn who_sees_numbers_sees_no_proof_of_a_password() {
    let mask = Mask::clear();
    assert_eq!(mask.header(Name::From, "<sip:13800138000@h>"), "<sip:13800138000@h>");
    for name in [Name::Authorization, Name::ProxyAuthorization, Name::AuthenticationInfo] {
        assert_eq!(mask.header(name, "Digest response=\"0a\""), HIDDEN);
    }
}

proptest! {
    /// Whatever else stands around it.
    #[test]
    fn a_number_in_a_user_part_never_survives(before in "[ -~]{0,12}", after in "[ -~]{0,12}", name in "\\PC{0,8}") {
        let value = format!("{before}\"{name}\" <sip:{CALLER}@h>{after}");
        for name in [Name::From, Name::Contact, Name::Diversion, Name::Via, Name::Other] {
            let shown = masked().header(name, &value);
            prop_assert!(!shown.contains(CALLER), "{shown}");
        }
    }

    /// Also of one that nothing is known of beforehand.
    #[test]
    fn a_strangers_number_is_masked_where_addresses_stand(number in "1[3-9][0-9]{9}", name in "[ -!#-;=?-~]{0,8}") {
        for value in [format!("{name} <sip:{number}@h>"), format!("<tel:{number}>;x=y"), format!("sip:+86{number}@h")] {
            let shown = Mask::of("", std::iter::empty(), &[]).header(Name::PAssertedIdentity, &value);
            prop_assert!(!shown.contains(&number), "{shown}");
        }
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,64}") {
        let mask = Mask::of(&text, std::iter::once(text.as_str()), &[]);
        for name in [Name::From, Name::CallId, Name::Other] {
            mask.header(name, &text);
        }
        mask.uri(&text);
        mask.sdp(&text);
    }
}
