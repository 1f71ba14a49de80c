//! What calls left behind, who is to be called back, and who changed what.

use axum::http::StatusCode;
use base::{OrderNumber, Wall};
use serde_json::{Value, json};
use settings::Areas;
use store::{CallRow, Cursor, Filter, MissedRow, WaitRow};

use crate::access::{Who, forbidden};
use crate::agents::PAGE;
use crate::archive;
use crate::problem::Problem;
use crate::route::Request;
use crate::time;

/// Who was not called back within a day calls again.
const MISSED_MS: i64 = 24 * 3_600_000;

pub(crate) async fn list(request: Request) -> Result<Value, Problem> {
    let who = request.who()?;
    let page = archive::records(&request.shared, filter(&request, who)?).await?;
    let records: Vec<Value> = page.rows.iter().map(|row| record(row, who, &request.shared.areas)).collect();
    Ok(json!({"records": records, "next": page.next.map(|cursor| cursor.to_string())}))
}

fn filter(request: &Request, who: &Who) -> Result<Filter, Problem> {
    let text = |name| request.text(name).map(str::to_owned);
    if request.text("caller").is_some() && (!who.sees_numbers() || who.agent().is_some()) {
        return Err(forbidden(who, "the role supervisor or admin to look for a number"));
    }
    let agent = text("agent");
    if let Some(number) = &agent {
        who.may_touch_agent(number)?;
    }
    Ok(Filter {
        from: request.time("from"),
        to: request.time("to"),
        agent: agent.or_else(|| who.agent().map(str::to_owned)),
        group: text("group"),
        order: request.text("order").and_then(OrderNumber::parse).map(|order| order.as_str().to_owned()),
        end_reason: text("end_reason"),
        caller: text("caller"),
        open: request.text("open").map(|text| text == "true"),
        after: request.text("cursor").map(cursor).transpose()?,
        limit: Some(archive::rows(request.number("limit", PAGE))),
        ..Filter::default()
    })
}

fn cursor(text: &str) -> Result<Cursor, Problem> {
    Cursor::parse(text).ok_or_else(|| Problem::bad("cursor is not the `next` of a page"))
}

pub(crate) async fn one(request: Request) -> Result<Value, Problem> {
    let who = request.who()?;
    let id = request.place("id").to_ascii_lowercase();
    let row = archive::record(&request.shared, id.clone()).await?;
    let seen = row.filter(|row| who.agent().is_none_or(|own| row.agent.as_deref() == Some(own)));
    let row = seen.ok_or_else(|| Problem::not_found(format!("no record {id}"), "look for it in /api/v1/records"))?;
    Ok(record(&row, who, &request.shared.areas))
}

fn record(row: &CallRow, who: &Who, areas: &Areas) -> Value {
    let confidential = row.confidential;
    let home = areas.home(&row.caller, confidential);
    let time = |at: Option<Wall>| at.map(|at| at.to_string());
    json!({
        "id": row.id,
        "caller": who.caller(&row.caller, confidential),
        "line": home.line.name(),
        "area": home.city,
        "county": home.county,
        "called": row.called,
        "source": row.source,
        "confidential": confidential,
        "started": row.started.to_string(),
        "answered": time(row.answered),
        "ended": time(row.ended),
        "menu_path": row.menu_path,
        "menu_version": row.menu_version,
        "language": row.locale,
        "group": row.skill_group,
        "waited_ms": row.queued_ms,
        "waits": row.waits.as_ref().map(|waits| waits.iter().map(wait).collect::<Vec<_>>()),
        "agent": row.agent,
        "talk_ms": row.talk_ms,
        "end_reason": row.end_reason,
        "order": row.order,
        "rating": row.rating,
        "wrong_keys": row.wrong_keys,
        "earlier_calls": row.earlier,
    })
}

fn wait(wait: &WaitRow) -> Value {
    let entered = wait.entered.to_string();
    json!({"group": wait.group, "entered": entered, "waited_ms": wait.waited_ms, "outcome": wait.outcome})
}

pub(crate) async fn missed(request: Request) -> Result<Value, Problem> {
    let who = request.who()?;
    let since = request.time("since").unwrap_or_else(|| Wall(time::now().0.saturating_sub(MISSED_MS)));
    let missed = archive::missed(&request.shared, since, request.number("limit", PAGE)).await?;
    Ok(json!({"missed": missed.iter().map(|one| missed_caller(one, who, &request.shared.areas)).collect::<Vec<_>>()}))
}

fn missed_caller(row: &MissedRow, who: &Who, areas: &Areas) -> Value {
    let home = areas.home(&row.number, row.confidential);
    json!({
        "caller": who.caller(&row.number, row.confidential),
        "line": home.line.name(),
        "area": home.city,
        "county": home.county,
        "confidential": row.confidential,
        "call": row.call,
        "called": row.called,
        "group": row.group,
        "end_reason": row.end_reason,
        "last_try": row.last_try.to_string(),
        "tries": row.tries,
    })
}

pub(crate) async fn audit(request: Request) -> Result<Value, Problem> {
    let (audit, limit) = (request.shared.audit.clone(), request.number("limit", PAGE));
    match tokio::task::spawn_blocking(move || audit.last(limit)).await {
        Ok(Ok(changes)) => Ok(json!({"changes": changes})),
        Ok(Err(_)) | Err(_) => {
            let (status, message) = (StatusCode::INTERNAL_SERVER_ERROR, "audit.log cannot be read");
            Err(Problem::new(status, "store_failed", message, "look at the disk of the data folder"))
        }
    }
}
