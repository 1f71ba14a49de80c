//! Several ways to one phone (RFC 5626 §7).

use base::AgentId;
use call::{Event, Phase, Signal, Timer};

use crate::kit::Bench;

/// A caller who waits while the contacts of these phones are offered.
fn offered(phones: &[usize]) -> Bench {
    let mut bench = Bench::waiting();
    bench.offer_ways(AgentId(0), phones, None);
    bench
}

fn dialled(bench: &Bench) -> Vec<String> {
    bench.lines().lines().filter(|line| line.starts_with("dial")).map(str::to_owned).collect()
}

fn closed(bench: &Bench) -> Vec<String> {
    bench.lines().lines().filter(|line| line.starts_with("close")).map(str::to_owned).collect()
}

fn leg(number: u16, port: u16) -> String {
    format!("dial leg {number} at sip:1001@127.0.0.1:{port} as \"13800138000 consult 0s\"")
}

#[test]
fn the_next_way_is_rung_when_the_one_before_led_nowhere_and_never_both() {
    for status in [None, Some(408), Some(430)] {
        let mut bench = offered(&[0, 0, 0]);
        assert_eq!(dialled(&bench), [leg(1, 7000)], "one of them");
        bench.signal(1, Signal::Rejected { status });
        assert_eq!((dialled(&bench), closed(&bench)), (vec![leg(2, 7001)], vec!["close end 2".to_owned()]));
        bench.signal(1, Signal::Closed);
        assert!(bench.lines().is_empty(), "the slot stays held: {}", bench.lines());
        bench.signal(2, Signal::Rejected { status });
        assert_eq!(dialled(&bench), [leg(3, 7002)]);
        bench.signal(3, Signal::Rejected { status });
        assert_eq!(dialled(&bench), [""; 0]);
        assert!(bench.lines().contains("queue Declined"), "{}", bench.lines());
        assert_eq!(bench.call.phase(), Phase::Waiting);
    }
}

#[test]
fn a_phone_that_has_answered_has_answered_for_all_its_ways() {
    for status in [486, 603, 480, 404, 503] {
        let mut bench = offered(&[0, 0]);
        bench.signal(1, Signal::Rejected { status: Some(status) });
        assert_eq!(
            (dialled(&bench), closed(&bench)),
            (vec![], vec!["close end 2".to_owned(), "close end 3".to_owned()])
        );
        assert!(bench.lines().contains("queue Declined"), "{status}: {}", bench.lines());
    }
    let mut bench = offered(&[0, 0]);
    bench.agent_answers(1);
    assert_eq!(closed(&bench), ["close end 3"], "the end of the way that nobody needs");
}

#[test]
fn a_way_on_which_nothing_is_heard_is_left_for_the_next_and_one_that_rings_is_not() {
    let mut bench = offered(&[0, 1, 0, 0]);
    assert_eq!(dialled(&bench), [leg(1, 7000), leg(2, 7001)]);
    assert!(bench.lines().contains("arm SilentWay"), "{}", bench.lines());
    bench.tell(Event::Timer(Timer::SilentWay));
    assert_eq!(dialled(&bench), [leg(3, 7002)], "the second phone has no other way and rings on");
    assert!(
        bench.lines().contains("HangUp { leg: 1,") && !bench.lines().contains("HangUp { leg: 2,"),
        "{}",
        bench.lines()
    );
    assert_eq!(closed(&bench), ["close end 2"]);
    assert!(bench.lines().contains("arm SilentWay"), "one is left: {}", bench.lines());
    bench.signal(3, Signal::Progress { status: 100, body: None });
    bench.tell(Event::Timer(Timer::SilentWay));
    assert_eq!((dialled(&bench), closed(&bench)), (vec![], vec![]), "whoever answers is there");
    bench.signal(1, Signal::Closed);
    assert_eq!(bench.call.phase(), Phase::Waiting);
    bench.agent_answers(3);
    assert_eq!(
        (bench.call.phase(), closed(&bench)),
        (Phase::Talking, vec!["close end 5".into(), "close end 3".into()])
    );
}

#[test]
fn a_phone_of_one_way_has_the_whole_time_of_the_offer() {
    assert!(!offered(&[0]).lines().contains("SilentWay"));
    let mut bench = offered(&[0, 0]);
    bench.signal(1, Signal::Rejected { status: None });
    bench.tell(Event::Timer(Timer::SilentWay));
    assert_eq!((dialled(&bench), closed(&bench)), (vec![], vec![]));
    bench.agent_answers(2);
    assert_eq!(bench.call.phase(), Phase::Talking);
}

#[test]
fn each_phone_rings_by_its_own_ways() {
    let mut bench = offered(&[0, 1, 0]);
    assert_eq!(dialled(&bench), [leg(1, 7000), leg(2, 7001)], "two phones at once");
    bench.signal(2, Signal::Rejected { status: None });
    assert_eq!(dialled(&bench), [""; 0], "the second one has no other");
    bench.signal(1, Signal::Rejected { status: None });
    assert_eq!(dialled(&bench), [leg(3, 7002)]);
    bench.agent_answers(3);
    assert_eq!(bench.call.phase(), Phase::Talking);
}

#[test]
fn an_offer_that_ends_gives_every_end_back() {
    let mut bench = Bench::waiting();
    let reservation = bench.offer_ways(AgentId(0), &[0, 0, 1], None);
    let call = base::CallId::default();
    bench.tell(Event::Queue(acd::Action::Withdraw { agent: AgentId(0), call, reservation }));
    assert_eq!(closed(&bench), ["close end 3", "close end 2", "close end 4"]);
    bench.signal(1, Signal::Rejected { status: None });
    assert_eq!(dialled(&bench), [""; 0], "too late");
    let mut bench = offered(&[0, 0]);
    bench.signal(0, Signal::Bye);
    assert!(closed(&bench).contains(&"close end 3".to_owned()), "{}", bench.lines());
}
