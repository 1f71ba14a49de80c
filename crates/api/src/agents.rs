//! Agents: looked at, and their states changed.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use base::AgentId;
use roster::{State, StateChange, StateRefusal};
use serde_json::{Value, json};
use server::rows::AgentRow;
use switch::{Answer, Ask};

use crate::problem::Problem;
use crate::route::Request;
use crate::{archive, desk, render};

/// Of a list, unless told otherwise.
pub(crate) const PAGE: usize = 100;

pub(crate) async fn list(request: Request) -> Result<Value, Problem> {
    let who = request.who()?;
    let (position, rows) = request.shared.board.read(|mirror, position| {
        let seen = |row: &&Arc<AgentRow>| who.agent().is_none_or(|own| own == &*row.number);
        (position, mirror.agents().filter(seen).cloned().collect::<Vec<_>>())
    });
    let agents: Vec<Value> = rows.iter().map(|row| render::agent(row)).collect();
    Ok(json!({"epoch": position.epoch.0, "seq": position.seq, "agents": agents}))
}

pub(crate) async fn one(request: Request) -> Result<Value, Problem> {
    Ok(render::agent(&find(&request)?.1))
}

pub(crate) async fn events(request: Request) -> Result<Value, Problem> {
    let (_, row) = find(&request)?;
    let rows = archive::agent_events(&request.shared, &row.number, request.number("limit", PAGE)).await?;
    Ok(json!({"events": rows.iter().map(happening).collect::<Vec<_>>()}))
}

fn happening(row: &store::AgentRow) -> Value {
    json!({
        "at": row.at.to_string(),
        "type": row.what,
        "by": row.by,
        "reason": row.reason,
        "call": row.call,
        "outcome": row.outcome,
        "until": row.until.map(|at| at.to_string()),
    })
}

pub(crate) async fn set_state(request: Request) -> Result<Value, Problem> {
    let number = request.place("number");
    let (state, reason) = (request.body["state"].as_str().unwrap_or_default(), request.body["reason"].as_str());
    let what = json!({"change": "agent.state", "agent": number, "state": state, "reason": reason});
    let outcome = change_state(&request, state, reason).await;
    request.audited(what, outcome).await
}

async fn change_state(request: &Request, state: &str, reason: Option<&str>) -> Result<Value, Problem> {
    let change = match (state, reason.map(str::trim)) {
        ("paused", Some(reason)) if !reason.is_empty() => StateChange::Pause { reason: reason.to_owned() },
        ("paused", _) => return Err(Problem::bad("a pause needs a reason")),
        (_, Some(_)) => return Err(Problem::bad(format!("reason belongs to a pause, not to {state}"))),
        ("ready", None) => StateChange::Ready,
        ("signed_on", None) => StateChange::SignOn,
        ("signed_off", None) => StateChange::SignOff,
        _ => return Err(Problem::bad("no such state")),
    };
    let (agent, row) = find(request)?;
    match desk::ask(request, Ask::SetAgent { agent, change }).await? {
        Answer::State(state) => Ok(shown(&row.number, &state)),
        Answer::NoSuchAgent => Err(no_such_agent(&row.number)),
        Answer::Refused(refusal) => Err(refused(&refusal)),
        other => Err(desk::unexpected(&other)),
    }
}

fn shown(number: &str, state: &State) -> Value {
    let (state, reason) = match state {
        State::SignedOff => ("signed_off", None),
        State::Ready => ("ready", None),
        State::Paused { reason } => ("paused", Some(reason)),
    };
    json!({"number": number, "state": state, "reason": reason})
}

fn refused(refusal: &StateRefusal) -> Problem {
    let (code, message, next) = match refusal {
        StateRefusal::UnknownAgent => ("unknown_agent", "no such agent", "see /api/v1/agents".to_owned()),
        StateRefusal::NoPhone => ("no_phone", "the agent has no registered phone", "register a phone first".to_owned()),
        StateRefusal::SignedOff => ("signed_off", "the agent is signed off", "sign the agent on first".to_owned()),
        StateRefusal::UnknownReason { known } => {
            ("unknown_reason", "the reason is none of those configured", format!("use one of {}", known.join(", ")))
        }
    };
    Problem::new(StatusCode::CONFLICT, code, message, next)
}

pub(crate) async fn wrap_up(request: Request) -> Result<Value, Problem> {
    let seconds = request.body["seconds"].as_u64().unwrap_or_default();
    let what = json!({"change": "agent.wrap_up", "agent": request.place("number"), "seconds": seconds});
    let outcome = change_wrap_up(&request, seconds).await;
    request.audited(what, outcome).await
}

async fn change_wrap_up(request: &Request, seconds: u64) -> Result<Value, Problem> {
    let (agent, row) = find(request)?;
    match desk::ask(request, Ask::WrapUp { agent, length: Duration::from_secs(seconds) }).await? {
        Answer::WrapUp { .. } => Ok(json!({"number": &*row.number, "seconds": seconds, "from": "now"})),
        Answer::WrapUpAfterTalk { length } => {
            Ok(json!({"number": &*row.number, "seconds": length.as_secs(), "from": "end_of_talk"}))
        }
        Answer::NoSuchAgent => Err(no_such_agent(&row.number)),
        Answer::NotInWrapUp => {
            let next = "wrap-up begins when a talk is over";
            Err(Problem::new(StatusCode::CONFLICT, "no_wrap_up", "the agent is in no wrap-up", next))
        }
        other => Err(desk::unexpected(&other)),
    }
}

pub(crate) async fn call(request: Request) -> Result<Value, Problem> {
    let to = request.body["to"].as_str().unwrap_or_default().to_owned();
    // Whom an agent calls is a citizen's number: the audit has the call, whose record shows it to those who may see it.
    let what = json!({"change": "agent.call", "agent": request.place("number")});
    let outcome = place_call(&request, to).await;
    request.audited(what, outcome).await
}

async fn place_call(request: &Request, to: String) -> Result<Value, Problem> {
    let (agent, row) = find(request)?;
    let (status, code, message, next) = match desk::ask(request, Ask::Call { agent, to }).await? {
        Answer::Rings { call } => return Ok(json!({"number": &*row.number, "call": call.to_string()})),
        Answer::NoSuchAgent => return Err(no_such_agent(&row.number)),
        Answer::MayNotCall => {
            let next = "add a rule to `[[dial]]`, or call a number that one leads to";
            (StatusCode::FORBIDDEN, "may_not_call", "no rule lets the agent call that number now", next)
        }
        Answer::NoPhoneFree => {
            let next = "register a phone, or wait until its call is over";
            (StatusCode::CONFLICT, "no_phone_free", "the agent's phone is in use, or there is none", next)
        }
        Answer::NoRoom => {
            (StatusCode::SERVICE_UNAVAILABLE, "no_room", "the engine takes no more calls now", "try again")
        }
        other => return Err(desk::unexpected(&other)),
    };
    Err(Problem::new(status, code, message, next))
}

/// The agent of the path, if the token may look at it.
fn find(request: &Request) -> Result<(AgentId, Arc<AgentRow>), Problem> {
    let number = request.place("number");
    request.who()?.may_touch_agent(number)?;
    let found = request.shared.board.read(|mirror, _| mirror.agent(number).map(|(id, row)| (id, Arc::clone(row))));
    found.ok_or_else(|| no_such_agent(number))
}

fn no_such_agent(number: &str) -> Problem {
    Problem::not_found(format!("no agent has the number {number}"), "see /api/v1/agents for every agent")
}
