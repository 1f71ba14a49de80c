//! The mirror folds facts into rows and events.

use acd::{Decline, Reservation};
use base::{AgentId, EndReason, GroupId, StartRecord, WaitOutcome};
use call::Fact as Told;

use super::*;

const ID: CallId =
    CallId { switch: base::SwitchId { node: base::NodeId(0), index: 0 }, epoch: base::Epoch(1), serial: 5, slot: 0 };

fn start() -> StartRecord {
    StartRecord {
        id: ID,
        caller: "13800138000".into(),
        called: "12345".into(),
        source: "local".into(),
        started: Wall(1000),
    }
}

fn order() -> base::OrderNumber {
    base::OrderNumber::parse("GD-1").expect("an order number")
}

fn record(confidential: bool) -> Box<Record> {
    Box::new(Record {
        start: start(),
        answered: Some(Wall(1000)),
        ended: Wall(9000),
        menu_path: vec!["start".into(), "staff".into()],
        menu_version: "v".into(),
        locale: "en".into(),
        skill_group: Some("consult".into()),
        queued_ms: 2500,
        waits: Vec::new(),
        agent: Some("1002".into()),
        talk_ms: 4000,
        end_reason: EndReason::AgentHangup,
        confidential,
        order: Some(order()),
        earlier: 2,
    })
}

fn mirror() -> Mirror {
    let mut mirror = Mirror::default();
    let agent = |number: &str| AgentPicture {
        number: number.into(),
        state: State::SignedOff,
        slot: Slot::Free,
        wraps_up: false,
        removed: false,
    };
    mirror.begin(
        Wall(0),
        Picture { calls: Vec::new(), agents: vec![agent("1001"), agent("1002")], groups: vec!["consult".into()] },
    );
    mirror
}

fn story() -> Vec<Told> {
    let offered = |agent, number: &str, epoch| Told::Offered {
        agent: AgentId(agent),
        number: number.into(),
        reservation: Reservation(epoch),
        waited_ms: 10,
    };
    let (agent, reservation) = (AgentId(1), Reservation(2));
    vec![
        Told::Started { start: start(), menu_version: "v".into(), locale: "zh-CN".into() },
        Told::Answered { at: Wall(1000) },
        Told::Visited { node: "start".into() },
        Told::Language { locale: "en".into() },
        Told::Visited { node: "staff".into() },
        Told::Waiting { group: "consult".into(), at: Wall(2000) },
        offered(0, "1001", 1),
        Told::Dialled { leg: 1, agent: AgentId(0), reservation: Reservation(1) },
        Told::Declined { agent: AgentId(0), reservation: Reservation(1), cause: Decline::Busy },
        Told::Released { agent: AgentId(0), reservation: Reservation(1) },
        offered(1, "1002", 2),
        Told::WaitEnded { outcome: WaitOutcome::Answered, waited_ms: 2500 },
        Told::Connected { agent, number: "1002".into(), reservation },
        Told::TalkBegan { at: Wall(5000) },
    ]
}

/// Events as `name phase group offered agent waited`.
fn tell(mirror: &mut Mirror, facts: Vec<Told>) -> Vec<String> {
    let events = facts.into_iter().filter_map(|fact| mirror.fact(Wall(1), Fact::Call { call: ID, fact }));
    events
        .map(|what| match what {
            What::Call { row, what } => {
                let or_dash = |text: &Option<Arc<str>>| text.as_deref().unwrap_or("-").to_owned();
                let [group, agent] = [&row.group, &row.agent].map(or_dash);
                let offered = row.offered.iter().map(|(_, number)| &**number).collect::<Vec<_>>().join("+");
                let offered = if offered.is_empty() { "-" } else { &offered };
                format!("{} {} {group} {offered} {agent} {}", what.name(), row.phase.name(), row.waited_ms)
            }
            other => format!("{other:?}"),
        })
        .collect()
}

#[test]
fn who_is_removed_is_listed_no_more_and_found_by_no_name() {
    let mut mirror = mirror();
    let agent = |number: &str, removed| AgentPicture {
        number: number.into(),
        state: State::SignedOff,
        slot: Slot::Free,
        wraps_up: false,
        removed,
    };
    let agents = vec![agent("1001", true), agent("1002", false), agent("1003", false)];
    let groups = vec![String::new(), "night".to_owned()];
    mirror.begin(Wall(1), Picture { calls: Vec::new(), agents, groups });
    assert_eq!(mirror.agents().map(|row| &*row.number).collect::<Vec<_>>(), ["1002", "1003"]);
    assert!(mirror.agent("1001").is_none());
    assert_eq!(mirror.agent("1003").map(|(id, _)| id), Some(AgentId(2)));
    assert_eq!(mirror.group("night"), Some(base::GroupId(1)));
    assert_eq!((mirror.group("consult"), mirror.group("")), (None, None));
}

#[test]
fn a_call_is_followed_from_its_start_to_its_end() {
    let mut mirror = mirror();
    let mut told = tell(&mut mirror, story());
    let row = Arc::clone(mirror.call(ID).expect("open"));
    assert_eq!(row.menu_path.iter().map(|n| &**n).collect::<Vec<_>>(), ["start", "staff"]);
    assert_eq!((&*row.language, row.talk_since, row.waiting_since), ("en", Some(Wall(5000)), None));
    told.extend(tell(&mut mirror, vec![Told::Ended { record: record(false) }, Told::Over]));
    assert_eq!(
        told,
        [
            "call.started arriving - - - 0",
            "call.answered arriving - - - 0",
            "call.menu menu - - - 0",
            "call.language menu - - - 0",
            "call.menu menu - - - 0",
            "call.waiting waiting consult - - 0",
            "call.offered offered consult 1001 - 0",
            "call.declined waiting consult - - 0",
            "call.offered offered consult 1002 - 0",
            "call.wait_ended offered consult 1002 - 2500",
            "call.connected connected consult - 1002 2500",
            "call.talking talking consult - 1002 2500",
            "call.ended ended consult - 1002 2500",
        ]
    );
    assert_eq!(mirror.calls().count(), 0);
}

#[test]
fn a_picture_leads_to_the_same_tables_as_the_facts() {
    let mut told = mirror();
    for cut in 1..=story().len() {
        let facts: Vec<Told> = story().into_iter().take(cut).collect();
        tell(&mut told, facts.clone());
        let mut shown = mirror();
        shown.begin(Wall(2), Picture { calls: vec![(ID, facts)], ..Picture::default() });
        let rows = |mirror: &Mirror| mirror.calls().map(|row| format!("{row:?}")).collect::<Vec<_>>();
        assert_eq!(rows(&told), rows(&shown), "after {cut} facts");
    }
}

#[test]
fn a_call_that_arrives_confidential_is_so_from_its_first_event() {
    let mut mirror = mirror();
    assert!(tell(&mut mirror, vec![Told::Confidential]).is_empty(), "there is nothing to tell of yet");
    assert_eq!(tell(&mut mirror, story()[..1].to_vec()).len(), 1);
    assert!(mirror.call(ID).expect("open").face.is_confidential());
    let other = CallId { serial: 6, ..ID };
    let started = Told::Started { start: start(), menu_version: "v".into(), locale: "en".into() };
    mirror.fact(Wall(1), Fact::Call { call: other, fact: started });
    assert!(!mirror.call(other).expect("open").face.is_confidential());
}

#[test]
fn a_call_that_becomes_confidential_is_so_in_events_of_the_past() {
    let mut mirror = mirror();
    let started = mirror.fact(Wall(1), Fact::Call { call: ID, fact: story().remove(0) });
    let Some(What::Call { row, .. }) = started else { panic!("a call starts") };
    assert!(!row.face.is_confidential());
    tell(&mut mirror, vec![Told::Confidential]);
    assert!(row.face.is_confidential());
}

#[test]
fn an_order_stands_in_the_row_from_then_on() {
    let mut mirror = mirror();
    tell(&mut mirror, story());
    assert_eq!(mirror.call(ID).expect("open").order, None);
    let told = tell(&mut mirror, vec![Told::Ordered { order: order() }]);
    assert_eq!(told, ["call.order talking consult - 1002 2500"]);
    assert_eq!(mirror.call(ID).expect("open").order.as_deref(), Some("GD-1"));
    let ended = mirror.fact(Wall(1), Fact::Call { call: ID, fact: Told::Ended { record: record(false) } });
    let Some(What::Call { row, .. }) = ended else { panic!("the call ends") };
    assert_eq!(row.order.as_deref(), Some("GD-1"));
}

#[test]
fn facts_of_unknown_calls_and_agents_are_no_news() {
    let mut mirror = mirror();
    let facts = story().into_iter().skip(1).chain([Told::Ended { record: record(true) }, Told::Over]).collect();
    assert_eq!(tell(&mut mirror, facts), [""; 0]);
    let state = roster::Fact::State { agent: AgentId(77), standing: roster::Standing::default() };
    assert!(mirror.fact(Wall(0), Fact::Roster(state)).is_none());
}

#[test]
fn an_agent_is_followed_through_the_day() {
    let mut mirror = mirror();
    let call = ID;
    let day = [
        (AgentHappening::SignedOn, "signed_on 10"),
        (AgentHappening::Ready, "ready 11"),
        (AgentHappening::Offered { call }, "offered 12"),
        (AgentHappening::OfferOver { call, outcome: "no_answer".into() }, "ready 13"),
        (AgentHappening::Offered { call }, "offered 14"),
        (AgentHappening::Talking { call }, "talking 15"),
        (AgentHappening::Paused { reason: "lunch".into() }, "talking 15"),
        (AgentHappening::TalkOver { call }, "paused 17"),
        (AgentHappening::WrapUp { until: Wall(90) }, "wrap_up 18"),
        (AgentHappening::WrapUp { until: Wall(99) }, "wrap_up 18"),
        (AgentHappening::WrapUpOver, "paused 20"),
        (AgentHappening::SignedOff, "signed_off 21"),
    ];
    for (at, (what, expected)) in (10..).zip(day) {
        let name = what.name();
        let event = AgentEvent { agent: AgentId(1), number: "1002".into(), at: Wall(at), what, by: "phone".into() };
        let Some(What::Agent { row, .. }) = mirror.happening(event) else { panic!("{name} is an event") };
        assert_eq!(format!("{} {}", row.state(), row.since.0), expected, "{name}");
    }
    assert_eq!(mirror.agent("1001").expect("known").1.since, Wall(0), "the other one is left alone");
}

#[test]
fn a_wait_counts_once_and_an_agents_own_call_not_at_all() {
    let mut mirror = mirror();
    tell(&mut mirror, story());
    let level = |mirror: &Mirror| mirror.level("consult", Wall(1)).answered;
    assert_eq!(level(&mirror), 1);
    // A picture tells what has been counted.
    let picture = Picture { calls: vec![(ID, story())], groups: vec!["consult".into()], ..Picture::default() };
    mirror.begin(Wall(2), picture);
    assert_eq!(level(&mirror), 1);
    let own = StartRecord { source: "agent 1001".into(), ..start() };
    let mut asks = story();
    asks[0] = Told::Started { start: own, menu_version: "v".into(), locale: "zh-CN".into() };
    tell(&mut mirror, asks);
    assert_eq!(level(&mirror), 1, "an agent who asks a group is no citizen");
}

#[test]
fn a_group_that_closes_or_opens_is_news() {
    let mut mirror = mirror();
    let mut told = |fact| match mirror.fact(Wall(1), Fact::Queue(fact)) {
        Some(What::Queue { group, open }) => Some((group.to_string(), open)),
        _ => None,
    };
    let (known, unknown) = (GroupId(0), GroupId(1));
    assert_eq!(told(acd::Fact::Closed { group: known }), Some(("consult".to_owned(), false)));
    assert_eq!(told(acd::Fact::Opened { group: known }), Some(("consult".to_owned(), true)));
    assert_eq!(told(acd::Fact::Closed { group: unknown }), None);
    assert_eq!((mirror.group("consult"), mirror.group("x")), (Some(known), None));
}

#[test]
fn a_row_knows_how_often_the_citizen_has_called_before() {
    let mut mirror = mirror();
    let id = start().id;
    let mut tell = |fact| mirror.fact(Wall(1), Fact::Call { call: id, fact });
    let (menu_version, locale) = ("v".to_owned(), "en".to_owned());
    tell(call::Fact::Started { start: start(), menu_version, locale });
    let told = match tell(call::Fact::Repeats { earlier: 3 }) {
        Some(What::Call { row, what }) => (what.name(), row.earlier),
        other => panic!("{other:?}"),
    };
    assert_eq!(told, ("call.repeats", 3));
    assert_eq!(mirror.call(id).map(|row| row.earlier), Some(3));
}
