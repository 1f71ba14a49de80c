//! How a challenge to a call is answered.

use base::{Now, Rng, Time};
use carrier::{Carriers, Plan};
use sip::digest::{Credentials, verify};
use sip::{Message, Name};

use crate::kit::{PASSWORD, registering, target, trunk};

fn challenge(status: u16, header: &str) -> Message {
    let text = format!(
        "SIP/2.0 {status} X\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\n\
         Call-ID: 1\r\nCSeq: 1 INVITE\r\n{header}\r\nContent-Length: 0\r\n\r\n"
    );
    Message::parse(text.as_bytes()).expect("a response")
}

#[test]
fn either_challenge_is_answered_in_its_own_header() {
    let targets = || vec![target("sip:192.0.2.1", 1)];
    let trunks = vec![registering(targets(), PASSWORD), trunk(targets())];
    let now = Now { time: Time::ZERO, ..Now::default() };
    let mut carriers = Carriers::new(Plan { trunks }, Vec::new(), now, Rng::from_number(1));
    let uri = "sip:02083322110@ims.example.org;user=phone";
    for (status, asked, answered, algorithm) in [
        (401, "WWW-Authenticate", Name::Authorization, "MD5"),
        (407, "Proxy-Authenticate", Name::ProxyAuthorization, "SHA-256"),
    ] {
        let header =
            format!("{asked}: Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm={algorithm}, opaque=\"o\"");
        let response = challenge(status, &header);
        let (name, value) = carriers.authorize(0, &response, "INVITE", uri).expect("an answer");
        assert_eq!(name, answered.as_str());
        let credentials = Credentials::parse(&value).expect("credentials");
        assert!(verify("INVITE", &credentials, PASSWORD));
        assert_eq!(credentials.uri, uri);
        assert!(!value.contains(PASSWORD));
        assert_eq!(carriers.authorize(1, &response, "INVITE", uri), None, "no password");
        assert_eq!(carriers.authorize(2, &response, "INVITE", uri), None, "no trunk");
    }
    let basic = challenge(401, "WWW-Authenticate: Basic realm=\"r\"");
    assert_eq!(carriers.authorize(0, &basic, "INVITE", uri), None, "a password in clear is never sent");
    assert!(!format!("{carriers:?}").contains(PASSWORD));
}
