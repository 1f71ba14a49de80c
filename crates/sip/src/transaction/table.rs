//! The transition tables as text: every state reached by a path, every event in it.

use std::fmt::Write as _;
use std::time::Duration;

use super::*;

const CLIENT: [ClientEvent; 12] = [
    ClientEvent::Start,
    ClientEvent::Provisional,
    ClientEvent::Success,
    ClientEvent::Failure,
    ClientEvent::Fired(Timer::A),
    ClientEvent::Fired(Timer::B),
    ClientEvent::Fired(Timer::D),
    ClientEvent::Fired(Timer::E),
    ClientEvent::Fired(Timer::F),
    ClientEvent::Fired(Timer::K),
    ClientEvent::Fired(Timer::M),
    ClientEvent::Unreachable,
];

const SERVER: [ServerEvent; 10] = [
    ServerEvent::Repeat,
    ServerEvent::Ack,
    ServerEvent::Provisional,
    ServerEvent::Success,
    ServerEvent::Failure,
    ServerEvent::Fired(Timer::G),
    ServerEvent::Fired(Timer::H),
    ServerEvent::Fired(Timer::I),
    ServerEvent::Fired(Timer::J),
    ServerEvent::Fired(Timer::L),
];

fn pace(reliable: bool) -> Pace {
    Pace { timers: Timers::default(), reliable }
}

/// One line for each event that does something in the state that `path` leads to.
fn rows<M: Clone, E: Copy + std::fmt::Debug>(
    name: &str,
    fresh: M,
    path: &[E],
    events: &[E],
    handle: impl Fn(&mut M, E, &mut Vec<Action>) -> String,
) -> String {
    let mut machine = fresh;
    for event in path {
        handle(&mut machine, *event, &mut Vec::new());
    }
    let mut text = String::new();
    for event in events {
        let mut actions = Vec::new();
        let next = handle(&mut machine.clone(), *event, &mut actions);
        if !actions.is_empty() || next != name {
            let actions: Vec<String> = actions.iter().map(|a| format!("{a:?}")).collect();
            let _ = writeln!(text, "{name} + {event:?} -> {next}: {}", actions.join(", "));
        }
    }
    text
}

macro_rules! table {
    ($machine:ident, $reliable:expr, $events:expr, $($name:literal by [$($path:expr),*]),+ $(,)?) => {{
        let mut text = String::new();
        $(text += &rows($name, $machine::new(pace($reliable)), &[$($path),*], &$events, |m, e, out| {
            m.handle(e, out);
            m.state_name()
        });)+
        text
    }};
}

trait StateName {
    fn state_name(&self) -> String;
}

macro_rules! state_name {
    ($($machine:ident),+) => {
        $(impl StateName for $machine {
            fn state_name(&self) -> String {
                let debug = format!("{self:?}");
                let state = debug.split("state: ").nth(1).unwrap_or_default();
                state.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
            }
        })+
    };
}

state_name!(ClientInvite, ClientNonInvite, ServerInvite, ServerNonInvite);

#[test]
fn client_invite_over_udp_rfc3261_17_1_1_and_rfc6026_7_2() {
    use ClientEvent::{Failure, Provisional, Start, Success};
    insta::assert_snapshot!(table!(ClientInvite, false, CLIENT,
        "Calling" by [],
        "Proceeding" by [Start, Provisional],
        "Accepted" by [Start, Success],
        "Completed" by [Start, Failure],
        "Terminated" by [Start, Success, ClientEvent::Fired(Timer::M)],
    ));
}

#[test]
fn client_invite_over_tcp_rfc3261_17_1_1() {
    use ClientEvent::{Provisional, Start, Success};
    insta::assert_snapshot!(table!(ClientInvite, true, CLIENT,
        "Calling" by [],
        "Proceeding" by [Start, Provisional],
        "Accepted" by [Start, Success],
    ));
}

#[test]
fn client_non_invite_rfc3261_17_1_2() {
    use ClientEvent::{Failure, Provisional, Start};
    let udp = table!(ClientNonInvite, false, CLIENT,
        "Trying" by [],
        "Proceeding" by [Start, Provisional],
        "Completed" by [Start, Failure],
    );
    let tcp = table!(ClientNonInvite, true, CLIENT,
        "Trying" by [],
        "Proceeding" by [Start, Provisional],
    );
    insta::assert_snapshot!(format!("udp\n{udp}tcp\n{tcp}"));
}

#[test]
fn server_invite_rfc3261_17_2_1_and_rfc6026_7_1() {
    use ServerEvent::{Ack, Failure, Success};
    let udp = table!(ServerInvite, false, SERVER,
        "Proceeding" by [],
        "Completed" by [Failure],
        "Confirmed" by [Failure, Ack],
        "Accepted" by [Success],
    );
    let tcp = table!(ServerInvite, true, SERVER,
        "Proceeding" by [],
        "Completed" by [Failure],
        "Accepted" by [Success],
    );
    insta::assert_snapshot!(format!("udp\n{udp}tcp\n{tcp}"));
}

#[test]
fn server_non_invite_rfc3261_17_2_2() {
    use ServerEvent::{Provisional, Success};
    let udp = table!(ServerNonInvite, false, SERVER,
        "Trying" by [],
        "Proceeding" by [Provisional],
        "Completed" by [Success],
    );
    let tcp = table!(ServerNonInvite, true, SERVER,
        "Trying" by [],
        "Proceeding" by [Provisional],
    );
    insta::assert_snapshot!(format!("udp\n{udp}tcp\n{tcp}"));
}

/// The waits of one timer, as the machine arms it again and again.
fn waits(timer: Timer, mut step: impl FnMut(&mut Vec<Action>)) -> Vec<u64> {
    let mut waits = Vec::new();
    for _ in 0..6 {
        let mut actions = Vec::new();
        step(&mut actions);
        waits.extend(actions.iter().filter_map(|a| match a {
            Action::Arm(t, after) if *t == timer => Some(Duration::as_millis(after) as u64),
            _ => None,
        }));
    }
    waits
}

#[test]
fn timer_a_doubles_without_end_rfc3261_17_1_1_2() {
    let mut machine = ClientInvite::new(pace(false));
    let waits = waits(Timer::A, |out| machine.handle(ClientEvent::Fired(Timer::A), out));
    assert_eq!(waits, [1000, 2000, 4000, 8000, 16_000, 32_000]);
}

#[test]
fn timer_e_doubles_up_to_t2_and_stays_there_after_a_provisional_rfc3261_17_1_2_2() {
    let mut machine = ClientNonInvite::new(pace(false));
    let trying = waits(Timer::E, |out| machine.handle(ClientEvent::Fired(Timer::E), out));
    assert_eq!(trying, [1000, 2000, 4000, 4000, 4000, 4000]);
    let mut machine = ClientNonInvite::new(pace(false));
    machine.handle(ClientEvent::Provisional, &mut Vec::new());
    let proceeding = waits(Timer::E, |out| machine.handle(ClientEvent::Fired(Timer::E), out));
    assert_eq!(proceeding, [4000; 6]);
}

#[test]
fn timer_g_doubles_up_to_t2_rfc3261_17_2_1() {
    let mut machine = ServerInvite::new(pace(false));
    machine.handle(ServerEvent::Failure, &mut Vec::new());
    let waits = waits(Timer::G, |out| machine.handle(ServerEvent::Fired(Timer::G), out));
    assert_eq!(waits, [1000, 2000, 4000, 4000, 4000, 4000]);
}
