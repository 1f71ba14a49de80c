//! The binary forms of facts and ledgers: what an earlier process wrote is read, and none ever changes.

use std::fmt::Write as _;

use base::pack::Packed;
use base::{AgentId, Time};
use roster::{Bound, Fact, Instance, Ledger, Phase, Serving, Standing, State};

use crate::kit::{A, B, id, udp};

const URI: &str = "sip:1001@10.0.0.1:5060";

/// Before proxies and instances were told.
const EARLIER: [&str; 7] = [
    "0000167369703a313030314031302e302e302e313a353036300000040a000001c42700e8078088aca3cf020361626307",
    "01000080ecc3f3e10208",
    "030002046d65616c01c08db701",
    "040002",
    "050001000000ac0200810101",
    "0001167369703a313030314031302e302e302e313a353036300000040a000001c42700e8078088aca3cf020361626307",
    "0201167369703a313030314031302e302e302e313a35303630",
];
/// What those came to in a snapshot.
const EARLIER_LEDGER: &str = "00010002046d65616c01c08db7010201167369703a313030314031302e302e302e313a353036300000040a000001c42700e80780ecc3f3e102036162630801000000ac0200810101";

fn plain() -> Bound {
    Bound {
        uri: URI.to_owned(),
        flow: udp(5060),
        q: 1000,
        until: Time::from_millis(90_000),
        call_id: "abc".to_owned(),
        cseq: 7,
        path: Vec::new(),
        proxied: false,
        instance: None,
    }
}

fn earlier() -> [Fact; 7] {
    let standing =
        Standing { state: State::Paused { reason: "meal".to_owned() }, by_hand: true, since: Time::from_millis(3) };
    let serves = Some(Serving { call: id(300), epoch: 129, phase: Phase::Talking });
    [
        Fact::Bound { agent: A, binding: plain() },
        Fact::Renewed { agent: A, place: 0, until: Time::from_millis(95_000), cseq: 8 },
        Fact::State { agent: A, standing },
        Fact::Unanswered { agent: A, count: 2 },
        Fact::Slot { agent: A, serves },
        Fact::Bound { agent: B, binding: plain() },
        unbound(B, None),
    ]
}

fn unbound(agent: AgentId, instance: Option<Instance>) -> Fact {
    Fact::Unbound { agent, uri: URI.to_owned(), instance }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal")).collect()
}

#[test]
fn an_earlier_journal_applies_and_what_it_could_say_is_still_said_so() {
    let mut ledger = Ledger::default();
    for (fact, written) in earlier().into_iter().zip(EARLIER) {
        assert_eq!(Fact::from_bytes(&unhex(written)).as_ref(), Ok(&fact));
        assert_eq!(hex(&fact.to_bytes()), written);
        ledger.apply(fact);
    }
    assert_eq!(Ledger::from_bytes(&unhex(EARLIER_LEDGER)), Ok(ledger.clone()), "an earlier snapshot");
    assert_eq!(Ledger::from_bytes(&ledger.to_bytes()), Ok(ledger));
}

#[test]
fn a_phone_that_says_more_has_forms_of_its_own() {
    let instance = Instance { id: "urn:uuid:1".to_owned(), reg_id: 2 };
    let path = vec!["<sip:edge;lr>".to_owned()];
    let said = |path: &[String], instance: &Option<Instance>| Fact::Bound {
        agent: A,
        binding: Bound { path: path.to_vec(), instance: instance.clone(), ..plain() },
    };
    let facts = [
        said(&path, &None),
        said(&[], &Some(instance.clone())),
        Fact::Bound { agent: A, binding: Bound { proxied: true, ..plain() } },
        said(&path, &Some(instance.clone())),
        unbound(A, Some(instance)),
    ];
    facts.iter().for_each(|fact| assert_eq!(Fact::from_bytes(&fact.to_bytes()).as_ref(), Ok(fact)));
    let forms: Vec<_> = facts.iter().map(|fact| hex(&fact.to_bytes())).collect();
    insta::assert_snapshot!(forms.join("\n"));
    assert!(Fact::from_bytes(&unhex("0800")).is_err(), "what a later process may write");
}
