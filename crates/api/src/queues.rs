//! Skill groups as they are now, who waits in them, and supervisors who close and open them.

use std::time::Duration;

use axum::http::StatusCode;
use base::{CallId, GroupId, Wall};
use serde_json::{Value, json};
use server::rows::CallRow;
use switch::{Answer, Ask, InLine};

use crate::access::Who;
use crate::problem::Problem;
use crate::route::Request;
use crate::{desk, time};

/// Callers that are listed where nobody says how many.
const LISTED: usize = 100;

pub(crate) async fn list(request: Request) -> Result<Value, Problem> {
    let (view, now) = ((request.shared.view)(), time::now());
    let queues: Vec<Value> = request.shared.board.read(|mirror, _| {
        let level = |group: &server::view::Group| mirror.level(&group.name, now);
        view.groups.iter().map(|group| queue(group, level(group))).collect()
    });
    Ok(json!({"queues": queues}))
}

fn queue(group: &server::view::Group, level: server::levels::Level) -> Value {
    json!({
        "group": group.name,
        "open": !group.closed,
        "surge": group.surging.on,
        "surge_mode": surge_mode(group.surging.by_hand),
        "waiting": group.waiting,
        "longest_wait_ms": millis(group.longest_wait),
        "expected_wait_low_ms": group.expected_wait.map(|wait| millis(wait.low())),
        "expected_wait_high_ms": group.expected_wait.and_then(|wait| wait.high()).map(millis),
        "agents": {
            "signed_on": group.agents.signed_on,
            "ready": group.agents.ready,
            "offered": group.agents.offered,
            "talking": group.agents.talking,
            "wrap_up": group.agents.wrap_up,
            "back_off": group.agents.back_off,
        },
        "places_kept": group.places_kept,
        "call_backs": group.call_backs,
        "answered": level.answered,
        "abandoned": level.abandoned,
        "service_level": level.share(),
        "service_level_calls": level.of_late,
    })
}

pub(crate) async fn callers(request: Request) -> Result<Value, Problem> {
    let group = find(&request, request.place("group"))?;
    let most = u16::try_from(request.number("limit", LISTED)).unwrap_or(u16::MAX);
    let waiting = match desk::ask(&request, Ask::Callers { group, most }).await? {
        Answer::Callers(callers) => callers,
        other => return Err(desk::unexpected(&other)),
    };
    let (who, now) = (request.who()?, time::now());
    let callers: Vec<Value> = request.shared.board.read(|mirror, _| {
        // A call that ended a moment ago is in no table any more; who is called back has none yet.
        let shown =
            waiting.iter().filter_map(|waits| Some((waits, known(waits, mirror.call(waits.call).map(|row| &**row))?)));
        (1..).zip(shown).map(|(position, (waits, known))| caller(position, waits, known, who, now)).collect()
    });
    Ok(json!({"group": request.place("group"), "callers": callers}))
}

fn millis(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}

/// The number of a caller, whether nobody may learn it, and its earlier calls.
fn known<'a>(waits: &'a InLine, row: Option<&'a CallRow>) -> Option<(&'a str, bool, u8)> {
    match &waits.called_back {
        Some(citizen) => Some((citizen.number.as_str(), false, 0)),
        None => row.map(|row| (&*row.face.caller, row.face.is_confidential(), row.earlier)),
    }
}

fn caller(
    position: u32,
    waits: &InLine,
    (number, confidential, earlier): (&str, bool, u8),
    who: &Who,
    now: Wall,
) -> Value {
    let waited_ms = millis(waits.waited);
    let since = Wall(now.0.saturating_sub_unsigned(waited_ms));
    json!({
        "position": position,
        "call": waits.call.to_string(),
        "caller": who.caller(number, confidential),
        "confidential": confidential,
        "since": since.to_string(),
        "waited_ms": waited_ms,
        "priority": waits.priority,
        "pulled": waits.pulled,
        "offered": waits.offered,
        "expected_wait_low_ms": waits.expected.map(|wait| millis(wait.low())),
        "expected_wait_high_ms": waits.expected.and_then(|wait| wait.high()).map(millis),
        "earlier_calls": earlier,
        "called_back": waits.called_back.is_some(),
        "rests_ms": waits.rests.map(millis),
    })
}

pub(crate) async fn open(request: Request) -> Result<Value, Problem> {
    let outcome = let_in(&request, true).await;
    request.audited(json!({"change": "queue.open", "group": request.place("group")}), outcome).await
}

pub(crate) async fn close(request: Request) -> Result<Value, Problem> {
    let outcome = let_in(&request, false).await;
    request.audited(json!({"change": "queue.close", "group": request.place("group")}), outcome).await
}

async fn let_in(request: &Request, open: bool) -> Result<Value, Problem> {
    let group = find(request, request.place("group"))?;
    change(request, Ask::Open { group, open }).await
}

/// What is asked of the group that the path names.
async fn change(request: &Request, ask: Ask) -> Result<Value, Problem> {
    match desk::ask(request, ask).await? {
        Answer::Done => Ok(json!({"done": true})),
        Answer::NoSuchGroup => Err(no_such_group(request.place("group"))),
        other => Err(desk::unexpected(&other)),
    }
}

/// What is said of a group's surge by hand.
pub(crate) const SURGE_MODES: [&str; 3] = ["on", "off", "auto"];

pub(crate) fn surge_mode(by_hand: Option<bool>) -> &'static str {
    by_hand.map_or(SURGE_MODES[2], |on| SURGE_MODES[usize::from(!on)])
}

pub(crate) async fn surge(request: Request) -> Result<Value, Problem> {
    let mode = request.body["surge"].as_str().unwrap_or_default();
    let by_hand = [Some(true), Some(false), None].into_iter().find(|by_hand| surge_mode(*by_hand) == mode);
    let outcome = match (find(&request, request.place("group")), by_hand) {
        (Ok(group), Some(by_hand)) => change(&request, Ask::Surge { group, by_hand }).await,
        (Err(problem), _) => Err(problem),
        // The shape of the body lets no other word through.
        (Ok(_), None) => Err(desk::unexpected(&Answer::NoSuchGroup)),
    };
    request.audited(json!({"change": "queue.surge", "group": request.place("group"), "surge": mode}), outcome).await
}

pub(crate) async fn front(request: Request) -> Result<Value, Problem> {
    let call = crate::calls::id(&request)?;
    let outcome = steer(&request, call, Ask::Raise { call }).await;
    request.audited(json!({"change": "call.front", "call": call.to_string()}), outcome).await
}

pub(crate) async fn release(request: Request) -> Result<Value, Problem> {
    let call = crate::calls::id(&request)?;
    let outcome = steer(&request, call, Ask::Release { call }).await;
    request.audited(json!({"change": "call.release", "call": call.to_string()}), outcome).await
}

pub(crate) async fn move_to(request: Request) -> Result<Value, Problem> {
    let call = crate::calls::id(&request)?;
    let group = request.body["group"].as_str().unwrap_or_default();
    let outcome = match find(&request, group) {
        Ok(group) => steer(&request, call, Ask::Move { call, group }).await,
        Err(problem) => Err(problem),
    };
    request.audited(json!({"change": "call.move", "call": call.to_string(), "group": group}), outcome).await
}

async fn steer(request: &Request, call: CallId, ask: Ask) -> Result<Value, Problem> {
    let (code, message, next) = match desk::ask(request, ask).await? {
        Answer::Done => return Ok(json!({"done": true})),
        Answer::NoSuchCall => return Err(crate::calls::no_such_call(call)),
        Answer::NoSuchGroup => return Err(no_such_group(request.body["group"].as_str().unwrap_or_default())),
        Answer::NotWaiting => {
            ("not_waiting", "the call waits in no queue", "look at the call: it may talk already, or be in the menu")
        }
        Answer::GroupFull => ("full", "the group has no room", "name another group, or raise its limit"),
        Answer::GroupClosed => ("closed", "the group is closed", "open it first, or name another group"),
        Answer::GroupUnstaffed => {
            let next = "name another group, or wait until somebody signs on";
            ("unstaffed", "nobody is signed on for the group, and it does not let callers wait for that", next)
        }
        other => return Err(desk::unexpected(&other)),
    };
    Err(Problem::new(StatusCode::CONFLICT, code, message, next))
}

fn find(request: &Request, name: &str) -> Result<GroupId, Problem> {
    let found = request.shared.board.read(|mirror, _| mirror.group(name));
    found.ok_or_else(|| no_such_group(name))
}

fn no_such_group(name: &str) -> Problem {
    let name: String = name.chars().take(crate::schema::TEXT_MAX).collect();
    Problem::not_found(format!("no group is called \"{}\"", name.escape_debug()), "see /api/v1/queues for every group")
}
