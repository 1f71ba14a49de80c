//! Rows and events as the reader may see them.

use base::{AgentHappening, Wall};
use serde_json::{Map, Value, json};
use server::events::{CallEvent, Event, Position, What};
use server::rows::{AgentRow, CallRow, Doing};
use settings::Areas;

use crate::access::Who;

/// An open call.
pub(crate) fn call(row: &CallRow, who: &Who, areas: &Areas, now: Wall) -> Value {
    let confidential = row.face.is_confidential();
    let home = areas.home(&row.face.caller, confidential);
    json!({
        "id": row.id.to_string(),
        "caller": who.caller(&row.face.caller, confidential),
        "line": home.line.name(),
        "area": home.city,
        "county": home.county,
        "called": row.face.called,
        "source": row.face.source,
        "confidential": confidential,
        "phase": row.phase.name(),
        "started": row.face.started.to_string(),
        "menu_path": path(row),
        "language": &*row.language,
        "group": row.group.as_deref(),
        "waiting_since": row.waiting_since.map(|at| at.to_string()),
        "waited_ms": waited(row, now),
        "offered_agents": row.offered.iter().map(|(_, number)| &**number).collect::<Vec<_>>(),
        "agent": row.agent.as_deref(),
        "talk_since": row.talk_since.map(|at| at.to_string()),
        "order": row.order.as_deref(),
        "earlier_calls": row.earlier,
    })
}

fn path(row: &CallRow) -> Vec<&str> {
    row.menu_path.iter().map(|node| &**node).collect()
}

/// With the wait that goes on.
fn waited(row: &CallRow, at: Wall) -> u64 {
    let running = row.waiting_since.map_or(0, |since| at.0.saturating_sub(since.0));
    row.waited_ms.saturating_add(u64::try_from(running).unwrap_or(0))
}

pub(crate) fn agent(row: &AgentRow) -> Value {
    json!({
        "number": &*row.number,
        "state": row.state(),
        "presence": row.presence.name(),
        "reason": row.reason.as_deref(),
        "since": row.since.to_string(),
        "call": row.call().map(|call| call.to_string()),
        "wrap_up_until": match row.doing {
            Doing::WrapUp(until) => until.map(|at| at.to_string()),
            _ => None,
        },
    })
}

fn reason(what: &AgentHappening) -> Option<&str> {
    match what {
        AgentHappening::Paused { reason } => Some(reason),
        _ => None,
    }
}

fn outcome(what: &AgentHappening) -> Option<&str> {
    match what {
        AgentHappening::OfferOver { outcome, .. } => Some(outcome),
        _ => None,
    }
}

fn until(what: &AgentHappening) -> Option<String> {
    match what {
        AgentHappening::WrapUp { until } => Some(until.to_string()),
        _ => None,
    }
}

/// The first message of a stream, and the one that tells of a gap.
pub(crate) fn hello(position: Position, at: Wall) -> Value {
    Value::Object(head(position, at, "hello"))
}

pub(crate) fn gap(position: Position, at: Wall, reason: &str) -> Value {
    let mut message = head(position, at, "gap");
    message.insert("reason".to_owned(), json!(reason));
    Value::Object(message)
}

fn head(position: Position, at: Wall, kind: &str) -> Map<String, Value> {
    let head = json!({"epoch": position.epoch.0, "seq": position.seq, "at": at.to_string(), "type": kind});
    match head {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// The event as this reader may see it; none when it is not for this reader.
pub(crate) fn event(event: &Event, position: Position, who: &Who, areas: &Areas) -> Option<Value> {
    let position = Position { seq: event.seq, ..position };
    let message = match &event.what {
        What::Call { row, what } => call_event(row, what, (position, event.at), who, areas)?,
        What::Agent { row, what, by } => agent_event(row, what, by, position, event.at, who)?,
        What::Queue { group, open } => {
            let mut message = head(position, event.at, if *open { "queue.opened" } else { "queue.closed" });
            message.insert("group".to_owned(), json!(&**group));
            message
        }
        What::Surge { group, surging } => {
            let mut message = head(position, event.at, "group.surge");
            let (on, by) = (json!(surging.on), json!(crate::queues::surge_mode(surging.by_hand)));
            message.extend([("group".to_owned(), json!(&**group)), ("on".to_owned(), on), ("mode".to_owned(), by)]);
            message
        }
        What::Gap { lost } => {
            let mut message = head(position, event.at, "gap");
            message.extend([("reason".to_owned(), json!("lost")), ("lost".to_owned(), json!(lost))]);
            message
        }
    };
    Some(Value::Object(message))
}

fn call_event(
    row: &CallRow,
    what: &CallEvent,
    (position, at): (Position, Wall),
    who: &Who,
    areas: &Areas,
) -> Option<Map<String, Value>> {
    let about = match what {
        CallEvent::Declined { agent, .. }
        | CallEvent::AgentLost { agent }
        | CallEvent::HandedOn { agent }
        | CallEvent::Surveyed { agent } => Some(&**agent),
        CallEvent::Connected => row.agent.as_deref(),
        _ => row.offered.last().map(|(_, number)| &**number).or(row.agent.as_deref()),
    };
    if !who.sees(row) && (about.is_none() || about != who.agent()) {
        return None;
    }
    let confidential = row.face.is_confidential();
    let home = areas.home(&row.face.caller, confidential);
    let mut message = head(position, at, what.name());
    let mut put = |name: &str, value: Value| drop(message.insert(name.to_owned(), value));
    put("call", json!(row.id.to_string()));
    put("caller", json!(who.caller(&row.face.caller, confidential)));
    put("line", json!(home.line.name()));
    put("area", json!(home.city));
    put("county", json!(home.county));
    put("confidential", json!(confidential));
    put("called", json!(row.face.called));
    put("source", json!(row.face.source));
    put("phase", json!(row.phase.name()));
    put("started", json!(row.face.started.to_string()));
    put("menu_path", json!(path(row)));
    put("language", json!(&*row.language));
    put("group", json!(row.group.as_deref()));
    put("waited_ms", json!(waited(row, at)));
    put("agent", json!(about));
    put("order", json!(row.order.as_deref()));
    put("earlier_calls", json!(row.earlier));
    match what {
        CallEvent::Menu { node } => put("node", json!(&**node)),
        CallEvent::WaitEnded { outcome } => put("outcome", json!(outcome)),
        CallEvent::Declined { cause, .. } => put("outcome", json!(cause)),
        CallEvent::Handing { to } | CallEvent::Calling { to } => put("to", json!(&**to)),
        CallEvent::Rated { grade } => put("rating", json!(grade)),
        CallEvent::Ended { record } => {
            put("end_reason", json!(record.reason));
            put("talk_ms", json!(record.talk_ms));
        }
        _ => {}
    }
    Some(message)
}

fn agent_event(
    row: &AgentRow,
    what: &AgentHappening,
    by: &str,
    position: Position,
    at: Wall,
    who: &Who,
) -> Option<Map<String, Value>> {
    if who.agent().is_some_and(|own| own != &*row.number) {
        return None;
    }
    let mut message = head(position, at, &format!("agent.{}", what.name()));
    let mut put = |name: &str, value: Value| drop(message.insert(name.to_owned(), value));
    put("agent", json!(&*row.number));
    put("state", json!(row.state()));
    put("reason", json!(reason(what)));
    put("call", json!(what.call().map(|call| call.to_string())));
    put("by", json!(by));
    if let Some(outcome) = outcome(what) {
        put("outcome", json!(outcome));
    }
    if let Some(until) = until(what) {
        put("until", json!(until));
    }
    Some(message)
}
