//! Open calls: looked at, ended, made confidential.

use std::sync::Arc;

use base::CallId;
use serde_json::{Value, json};
use server::rows::CallRow;
use switch::{Answer, Ask};

use crate::access::Who;
use crate::desk;
use crate::problem::Problem;
use crate::route::Request;
use crate::{render, time};

pub(crate) async fn list(request: Request) -> Result<Value, Problem> {
    let who = request.who()?;
    let (position, rows) = request.shared.board.read(|mirror, position| {
        let rows: Vec<Arc<CallRow>> = mirror.calls().filter(|row| who.sees(row)).cloned().collect();
        (position, rows)
    });
    let now = time::now();
    let calls: Vec<Value> = rows.iter().map(|row| render::call(row, who, &request.shared.areas, now)).collect();
    Ok(json!({"epoch": position.epoch.0, "seq": position.seq, "calls": calls}))
}

pub(crate) async fn one(request: Request) -> Result<Value, Problem> {
    let who = request.who()?;
    let row = find(&request, who)?;
    Ok(render::call(&row, who, &request.shared.areas, time::now()))
}

pub(crate) async fn hang_up(request: Request) -> Result<Value, Problem> {
    let id = id(&request)?;
    change(&request, "call.hangup", id, Ask::HangUp { call: id }).await
}

/// An agent that does not see a call does not learn that there is one.
pub(crate) async fn confide(request: Request) -> Result<Value, Problem> {
    let id = id(&request)?;
    let who = request.who()?;
    if who.agent().is_some()
        && let Err(problem) = find(&request, who)
    {
        return request.audited(what("call.confidential", id), Err(problem)).await;
    }
    change(&request, "call.confidential", id, Ask::Confide { call: id }).await
}

async fn change(request: &Request, name: &str, id: CallId, ask: Ask) -> Result<Value, Problem> {
    let outcome = match desk::ask(request, ask).await {
        Ok(Answer::Done) => Ok(json!({"done": true})),
        Ok(Answer::NoSuchCall) => Err(no_such_call(id)),
        Ok(other) => Err(desk::unexpected(&other)),
        Err(problem) => Err(problem),
    };
    request.audited(what(name, id), outcome).await
}

fn what(name: &str, id: CallId) -> Value {
    json!({"change": name, "call": id.to_string()})
}

fn find(request: &Request, who: &Who) -> Result<Arc<CallRow>, Problem> {
    let id = id(request)?;
    let row = request.shared.board.read(|mirror, _| mirror.call(id).cloned());
    row.filter(|row| who.sees(row)).ok_or_else(|| no_such_call(id))
}

pub(crate) fn id(request: &Request) -> Result<CallId, Problem> {
    request.place("id").parse().map_err(|error: base::id::BadCallId| Problem::bad(error.to_string()))
}

fn no_such_call(id: CallId) -> Problem {
    Problem::not_found(format!("no open call {id}"), "look in /api/v1/records whether it ended")
}
