//! Digest from both sides: the RFCs' own examples, and client against server.

use base::Time;
use sip::digest::{Algorithm, Authority, Challenge, Credentials, Verdict, answer, answer_counted, strongest, verify};
use sip::{Builder, Message, Method, Name};

/// Both, the stronger first.
const BOTH: [Algorithm; 2] = [Algorithm::Sha256, Algorithm::Md5];

fn at(seconds: u64) -> Time {
    Time::from_millis(1_000_000 + seconds * 1000)
}

fn register(authorization: Option<&str>) -> Message {
    let bytes = Builder::request(Method::Register, "sip:hotline.example")
        .header(Name::Via, "SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1")
        .header(Name::From, "<sip:1001@hotline.example>;tag=a")
        .header(Name::To, "<sip:1001@hotline.example>")
        .header(Name::CallId, "r1")
        .header(Name::Cseq, "1 REGISTER")
        .header_if(Name::Authorization, authorization)
        .finish();
    Message::parse(&bytes).unwrap()
}

fn unauthorized(challenges: impl IntoIterator<Item = String>) -> Message {
    let mut builder = Builder::reply(&register(None), 401, Some("b"), None);
    for challenge in challenges {
        builder.push(Name::WwwAuthenticate, challenge);
    }
    Message::parse(&builder.finish()).unwrap()
}

fn password_of(user: &str) -> Option<String> {
    (user == "1001").then(|| "example-1001".to_owned())
}

#[test]
fn responses_match_the_rfcs() {
    let rfc_7616 = |algorithm: &str| {
        format!(
            "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={algorithm}, \
             nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
        )
    };
    let rfc_2617 = "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", \
        nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"";
    let rfc_2069 = "Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"";
    let cnonce_7616 = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
    let cases = [
        (rfc_7616("MD5"), "Circle of Life", cnonce_7616, "8ca523f5e9506fed4657c9700eebdbec"),
        (
            rfc_7616("SHA-256"),
            "Circle of Life",
            cnonce_7616,
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        ),
        (rfc_2617.to_owned(), "Circle Of Life", "0a4f113b", "6629fae49393a05397450978507c4ef1"),
        (rfc_2069.to_owned(), "Circle Of Life", "unused", "670fd8c2df070c60b045671b8b24ff02"),
    ];
    for (challenge, password, cnonce, response) in cases {
        let challenge = Challenge::parse(&challenge).unwrap();
        let text = answer(&challenge, "Mufasa", password, "GET", "/dir/index.html", cnonce);
        let credentials = Credentials::parse(&text).unwrap();
        assert_eq!(credentials.response, response);
        assert_eq!(credentials.opaque, challenge.opaque);
        assert!(verify("GET", &credentials, password));
        assert!(!verify("GET", &credentials, "Circle of life"));
        assert!(!verify("PUT", &credentials, password));
    }
}

#[test]
fn a_client_takes_the_strongest_challenge_and_is_granted() {
    let mut authority = Authority::new("hotline.example", &BOTH, [3; 32]);
    assert_eq!(authority.judge(at(0), &register(None), password_of), Verdict::Missing);
    let challenges: Vec<_> = authority.challenges(at(0), false).iter().map(Challenge::to_string).collect();
    assert!(challenges[0].contains("SHA-256") && challenges[1].contains("MD5"));
    let (name, challenge) = strongest(&unauthorized(challenges)).unwrap();
    assert_eq!((name, challenge.algorithm), (Name::Authorization, Algorithm::Sha256));
    let text = answer(&challenge, "1001", "example-1001", "REGISTER", "sip:hotline.example", "c0");
    let granted = Verdict::Granted { user: "1001".to_owned() };
    assert_eq!(authority.judge(at(1), &register(Some(&text)), password_of), granted);
    assert_eq!(authority.judge(at(2), &register(Some(&text)), password_of), Verdict::Stale, "a replay");
    let login = ("1001", "example-1001");
    let again = answer_counted(&challenge, login.0, login.1, "REGISTER", "sip:hotline.example", ("c0", 2));
    assert_eq!(authority.judge(at(3), &register(Some(&again)), password_of), granted);
}

#[test]
fn wrong_answers_are_told_apart() {
    let mut authority = Authority::new("hotline.example", &BOTH, [3; 32]);
    let md5 = authority.challenges(at(0), false).remove(1);
    let with = |user: &str, password: &str, challenge: &Challenge| {
        answer(challenge, user, password, "REGISTER", "sip:hotline.example", "c0")
    };
    let denied = |user: &str| Verdict::Denied { user: user.to_owned() };
    let foreign = Challenge { realm: "elsewhere".to_owned(), ..md5.clone() };
    let forged = Challenge { nonce: "00".repeat(32), ..md5.clone() };
    let cases = [
        (with("1001", "wrong", &md5), at(1), denied("1001")),
        (with("1002", "example-1002", &md5), at(1), denied("1002")),
        (with("1002", "", &md5), at(1), denied("1002")),
        (with("1001", "example-1001", &foreign), at(1), Verdict::Missing),
        (with("1001", "example-1001", &forged), at(1), Verdict::Stale),
        (with("1001", "example-1001", &md5), at(601), Verdict::Stale),
        ("Digest realm=\"hotline.example\"".to_owned(), at(1), Verdict::Malformed),
        (with("1001", "example-1001", &md5).replace("MD5", "MD5-sess"), at(1), Verdict::Malformed),
        ("Bearer abc".to_owned(), at(1), Verdict::Missing),
        (with("1001", "example-1001", &md5), at(1), Verdict::Granted { user: "1001".to_owned() }),
    ];
    for (text, now, verdict) in cases {
        assert_eq!(authority.judge(now, &register(Some(&text)), password_of), verdict, "{text}");
    }
}

#[test]
fn one_of_several_credentials_may_be_ours() {
    let mut authority = Authority::new("hotline.example", &BOTH, [3; 32]);
    let sha = authority.challenges(at(0), false).remove(0);
    let foreign = Challenge { realm: "elsewhere".to_owned(), ..sha.clone() };
    let text = |challenge| answer(challenge, "1001", "example-1001", "REGISTER", "sip:hotline.example", "c0");
    let request = with_another(&register(Some(&text(&foreign))), &text(&sha));
    assert_eq!(authority.judge(at(1), &request, password_of), Verdict::Granted { user: "1001".to_owned() });
}

/// The request again with one more Authorization behind those it has.
fn with_another(request: &Message, authorization: &str) -> Message {
    let mut builder = Builder::request(Method::Register, request.request_uri_text());
    for (_, name, value) in request.lines().filter(|(name, ..)| *name != Name::ContentLength) {
        builder.push(name, value);
    }
    Message::parse(&builder.header(Name::Authorization, authorization).finish()).unwrap()
}

#[test]
fn what_a_client_cannot_answer_is_passed_over() {
    let challenge = |extra: &str| format!("Digest realm=\"r\", nonce=\"n\"{extra}");
    let cases: [(&[String], Option<Algorithm>); 6] = [
        (&[], None),
        (&["Basic realm=\"r\"".to_owned()], None),
        (&[challenge(", algorithm=SHA-512-256"), challenge("")], Some(Algorithm::Md5)),
        (&[challenge(", qop=\"auth-int\"")], None),
        (&[challenge(""), challenge(", algorithm=sha-256, qop=\"auth\"")], Some(Algorithm::Sha256)),
        (&["Digest nonce=\"n\"".to_owned()], None),
    ];
    for (challenges, expected) in cases {
        let found = strongest(&unauthorized(challenges.iter().cloned()));
        assert_eq!(found.map(|(_, challenge)| challenge.algorithm), expected, "{challenges:?}");
    }
}

#[test]
fn names_with_quotes_survive_the_way() {
    let challenge = Authority::new("a \"b\" \\ c", &BOTH, [3; 32]).challenges(at(0), true).remove(0);
    assert_eq!(Challenge::parse(&challenge.to_string()), Ok(challenge.clone()));
    let text = answer(&challenge, "u\\\"v", "p", "INVITE", "sip:x", "c");
    let credentials = Credentials::parse(&text).unwrap();
    assert_eq!((credentials.username.as_str(), credentials.realm.as_str()), ("u\\\"v", "a \"b\" \\ c"));
    assert!(verify("INVITE", &credentials, "p"));
}
