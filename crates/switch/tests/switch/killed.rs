//! The process is killed between writing and sending at each step of agents' own calls, and the next one too.

use std::time::Duration;

use base::EndReason;
use base::pack::Packed;
use switch::Ledger;

use crate::table::Table;

const FIRST: usize = 1;
const SECOND: usize = 2;

type Story = fn(&mut Table);

/// What happens to a call of one agent to a colleague or a group; each takes what a kill left of it.
const STORIES: [(&str, Story); 6] = [
    ("the colleague is busy", |table| {
        table.dials(FIRST, "1002");
        table.refuses(SECOND, 486);
    }),
    ("the colleague declines", |table| {
        table.dials(FIRST, "1002");
        if let Some(asked) = table.rings(SECOND) {
            table.declines(SECOND, asked, 603);
        }
    }),
    ("the colleague is not there", |table| {
        table.falls_silent(SECOND);
        table.dials(FIRST, "1002");
        table.pass(40);
    }),
    ("the agent gives up", |table| {
        let asks = table.dials(FIRST, "1002");
        table.rings(SECOND);
        table.hangs_up(FIRST, asks);
    }),
    ("they talk", |table| {
        table.dials(FIRST, "1002");
        if let Some(asked) = table.picks_up(SECOND) {
            table.hangs_up(SECOND, asked);
        }
    }),
    ("somebody of the group talks", |table| {
        table.dials(FIRST, "8001");
        if let Some(asked) = table.picks_up(SECOND) {
            table.hangs_up(SECOND, asked);
        }
    }),
];

/// Plays a story with kills after these turns; how many turns there were.
fn play(what: &str, story: Story, kills: &[usize]) -> usize {
    let mut table = Table::with_wait(2, Duration::from_secs(20));
    let signed_on = table.bench.turns;
    table.bench.kills = kills.iter().map(|turn| signed_on + turn).collect();
    story(&mut table);
    let turns = table.bench.turns - signed_on;
    table.bench.kills.clear();
    // Longer than anybody rings, waits in line, and than a response waits for its ACK.
    table.pass(100);
    // Nobody here plays the last words of a call that was answered.
    table.callers_leave();
    table.pass(40);
    let what = format!("{what}, killed after {kills:?}");
    assert!(table.are_idle(), "{what}: a phone waits");
    assert!(!table.own().contains(&true), "{what}: an agent is in a call");
    table.is_clean(&what);
    turns
}

#[test]
fn whenever_the_process_is_killed_between_writing_and_sending_no_phone_waits() {
    for (what, story) in STORIES {
        let turns = play(what, story, &[]);
        assert!(turns >= 3, "{what}: {turns}");
        for turn in 1..=turns {
            play(what, story, &[turn]);
        }
    }
}

#[test]
fn nor_when_the_next_process_is_killed_as_well() {
    for (what, story) in STORIES {
        for turn in 1..=play(what, story, &[]) {
            for next in 1..=3 {
                play(what, story, &[turn, turn + next]);
            }
        }
    }
}

#[test]
fn an_agent_whose_refusal_is_not_acknowledged_is_free_and_it_is_said_again_from_the_bytes_of_a_snapshot() {
    let mut table = Table::new(2, |_| {});
    let asks = table.dials(FIRST, "1002");
    // The refusal is written, and lost on its way.
    table.falls_silent(FIRST);
    assert!(table.refuses(SECOND, 486));
    assert_eq!((table.own(), table.refused(FIRST)), (vec![false, false], None));
    assert_eq!(table.ends(), [EndReason::Unanswered], "nor does the record wait");
    table.bench.exchange.is_known_to(&table.bench.ledger).unwrap_or_else(|why| panic!("{why}"));
    let ledger = Ledger::from_bytes(&table.bench.ledger.to_bytes()).expect("its own form");
    assert_eq!((&ledger, ledger.open_calls()), (&table.bench.ledger, 0), "the call is over");
    table.listens(FIRST);
    table.restart(&ledger, 2);
    table.settle();
    assert_eq!((table.refused(FIRST), table.is_over(FIRST, asks)), (Some(486), true));
    assert_eq!(table.own(), [false, false]);
    table.pass(40);
    table.is_clean("after the ACK");
}
