//! Open calls: looked at, ended, made confidential, given the order that a desk has opened for them.

use std::sync::Arc;

use base::{CallId, OrderNumber};
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
    let outcome = change(&request, id, Ask::HangUp { call: id }).await;
    request.audited(json!({"change": "call.hangup", "call": id.to_string()}), outcome).await
}

pub(crate) async fn confide(request: Request) -> Result<Value, Problem> {
    let id = id(&request)?;
    let outcome = change_own(&request, id, Ask::Confide { call: id }).await;
    request.audited(json!({"change": "call.confidential", "call": id.to_string()}), outcome).await
}

pub(crate) async fn order(request: Request) -> Result<Value, Problem> {
    let id = id(&request)?;
    let order = request.body["order"].as_str().and_then(OrderNumber::parse);
    let order = order.ok_or_else(|| Problem::bad("order is no order number"))?;
    let what = json!({"change": "call.order", "call": id.to_string(), "order": order.as_str()});
    let outcome = change_own(&request, id, Ask::Order { call: id, order }).await;
    request.audited(what, outcome).await
}

/// An agent that does not see a call does not learn that there is one.
async fn change_own(request: &Request, id: CallId, ask: Ask) -> Result<Value, Problem> {
    let who = request.who()?;
    if who.agent().is_some() {
        find(request, who)?;
    }
    change(request, id, ask).await
}

async fn change(request: &Request, id: CallId, ask: Ask) -> Result<Value, Problem> {
    match desk::ask(request, ask).await? {
        Answer::Done => Ok(json!({"done": true})),
        Answer::NoSuchCall => Err(no_such_call(id)),
        other => Err(desk::unexpected(&other)),
    }
}

fn find(request: &Request, who: &Who) -> Result<Arc<CallRow>, Problem> {
    let id = id(request)?;
    let row = request.shared.board.read(|mirror, _| mirror.call(id).cloned());
    row.filter(|row| who.sees(row)).ok_or_else(|| no_such_call(id))
}

pub(crate) fn id(request: &Request) -> Result<CallId, Problem> {
    request.place("id").parse().map_err(|error: base::id::BadCallId| Problem::bad(error.to_string()))
}

pub(crate) fn no_such_call(id: CallId) -> Problem {
    Problem::not_found(format!("no open call {id}"), "look in /api/v1/records whether it ended")
}
