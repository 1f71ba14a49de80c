//! The transition tables as text: every state reached by a path, every event in it.

use std::fmt::Write as _;
use std::time::Duration;

use super::*;

const CLIENT: [ClientEvent; 13] = [
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
    ClientEvent::Abandon,
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

/// A machine in its last state hears nothing more: what comes for it belongs to nobody.
#[test]
fn terminated_is_the_end_rfc3261_17() {
    use ClientEvent::{Start, Success as Answered, Unreachable};
    use ServerEvent::{Failure, Success};
    let invite = table!(ClientInvite, false, CLIENT, "Terminated" by [Start, Unreachable]);
    let other = table!(ClientNonInvite, true, CLIENT, "Terminated" by [Start, Answered]);
    let served = table!(ServerInvite, false, SERVER, "Terminated" by [Failure, ServerEvent::Fired(Timer::H)]);
    let answered = table!(ServerNonInvite, true, SERVER, "Terminated" by [Success]);
    assert_eq!([invite, other, served, answered], [""; 4]);
}

/// What a restart brings back goes on as what was never lost.
#[test]
fn a_restored_client_goes_on_from_where_it_was_rfc3261_17_1_1_and_rfc6026_7_2() {
    use ClientEvent::{Provisional, Start, Success};
    let handle = |m: &mut ClientInvite, e, out: &mut Vec<Action>| {
        m.handle(e, out);
        m.state_name()
    };
    for reliable in [false, true] {
        let restored = [
            rows("Proceeding", ClientInvite::proceeding_before(pace(reliable)), &[], &CLIENT, handle),
            rows("Accepted", ClientInvite::accepted_before(pace(reliable)), &[], &CLIENT, handle),
        ];
        let fresh = [
            table!(ClientInvite, reliable, CLIENT, "Proceeding" by [Start, Provisional]),
            table!(ClientInvite, reliable, CLIENT, "Accepted" by [Start, Success]),
        ];
        assert_eq!(restored, fresh);
    }
}

/// Each timer as it is armed first, on base values of a slow network: a multiple of T1, or T4, and nothing of its own but Timer D.
#[test]
fn timers_are_made_of_the_base_values_rfc3261_table_4_and_rfc6026_7() {
    use ClientEvent::{Failure, Start, Success};
    let timers = Timers { t1: Duration::from_millis(100), t2: Duration::from_secs(1), t4: Duration::from_secs(2) };
    let pace = Pace { timers, reliable: false };
    let mut out = Vec::new();
    let mut client = |events: &[ClientEvent]| {
        let (mut invite, mut other) = (ClientInvite::new(pace), ClientNonInvite::new(pace));
        events.iter().for_each(|event| {
            invite.handle(*event, &mut out);
            other.handle(*event, &mut out);
        });
    };
    client(&[Start, Failure]);
    client(&[Start, Success]);
    let (mut invite, mut other) = (ServerInvite::new(pace), ServerNonInvite::new(pace));
    invite.handle(ServerEvent::Failure, &mut out);
    invite.handle(ServerEvent::Ack, &mut out);
    other.handle(ServerEvent::Success, &mut out);
    ServerInvite::new(pace).handle(ServerEvent::Success, &mut out);
    let first = |wanted: Timer| {
        out.iter().find_map(|action| match action {
            Action::Arm(timer, after) if *timer == wanted => Some(after.as_millis()),
            _ => None,
        })
    };
    let (t1, t4, patience) = (Some(100), Some(2000), Some(6400));
    use Timer::{A, B, D, E, F, G, H, I, J, K, L, M};
    let expected = [(A, t1), (B, patience), (D, Some(32_000)), (E, t1), (F, patience), (G, t1), (H, patience)];
    for (timer, after) in expected.into_iter().chain([(I, t4), (J, patience), (K, t4), (L, patience), (M, patience)]) {
        assert_eq!(first(timer), after, "{timer:?}");
    }
}
