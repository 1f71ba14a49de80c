//! What went over the wire in one call.

use axum::http::StatusCode;
use base::CallId;
use ladder::{Kept, Ladder, Party, Rung, Sight, Stream, Way};
use serde_json::{Value, json};

use crate::access::Who;
use crate::archive;
use crate::calls;
use crate::problem::Problem;
use crate::route::Request;

/// What masking needs to know of the call.
struct About {
    caller: String,
    called: String,
    source: String,
    confidential: bool,
}

pub(crate) async fn one(request: Request) -> Result<Value, Problem> {
    let id = calls::id(&request)?;
    let kept = find(&request, id)?;
    let about = about(&request, id).await;
    let who = request.who()?.clone();
    let full = request.text("full") == Some("true");
    let agents = request.shared.board.read(|mirror, _| mirror.agents().map(|row| row.number.to_string()).collect());
    // Parsing some hundred messages takes some milliseconds, and streams of events wait on this thread.
    let answered = tokio::task::spawn_blocking(move || answer(id, &kept, about.as_ref(), &who, agents, full)).await;
    answered.map_err(|_| {
        let (status, message) = (StatusCode::INTERNAL_SERVER_ERROR, "reading the messages failed");
        Problem::new(status, "fault", message, "report this with the log")
    })
}

fn find(request: &Request, id: CallId) -> Result<Kept, Problem> {
    let ladders = &request.shared.ladders;
    if !ladders.is_on() {
        return Err(Problem::not_found("no messages are kept here", "set ladder.keep_mib above 0 and restart"));
    }
    let next =
        "look in /api/v1/records whether there was such a call; the oldest messages go, and none outlive a restart";
    ladders.call(id).ok_or_else(|| Problem::not_found(format!("no messages of call {id} are kept"), next))
}

/// Of an open call, else of its record. None where neither can be read: then nothing is known of whether it is confidential.
async fn about(request: &Request, id: CallId) -> Option<About> {
    if let Some(row) = request.shared.board.read(|mirror, _| mirror.call(id).cloned()) {
        let (caller, called, source) = (row.face.caller.clone(), row.face.called.clone(), row.face.source.clone());
        return Some(About { caller, called, source, confidential: row.face.is_confidential() });
    }
    let record = archive::record(&request.shared, id.to_string()).await.ok().flatten()?;
    let (caller, called, source) = (record.caller, record.called, record.source);
    Some(About { caller, called, source, confidential: record.confidential })
}

/// Whoever does not know that a call may be seen does not show it.
fn sight(about: Option<&About>, who: &Who, agents: Vec<String>) -> Sight {
    match about {
        Some(about) if who.sees_numbers() && !about.confidential => Sight::Numbers,
        Some(about) => {
            let open = agents.into_iter().chain([about.called.clone()]).collect();
            Sight::Masked { caller: about.caller.clone(), open }
        }
        None => Sight::Masked { caller: String::new(), open: agents },
    }
}

fn answer(id: CallId, kept: &Kept, about: Option<&About>, who: &Who, agents: Vec<String>, full: bool) -> Value {
    let sight = sight(about, who, agents);
    let masked = sight != Sight::Numbers;
    let Ladder { parties, rungs } = Ladder::read(kept, sight, full);
    let source = about.and_then(|about| about.source.strip_prefix("agent ")).map(str::to_owned);
    let name = |leg: u16| party(leg, &parties, source.as_deref());
    json!({
        "call": id.to_string(),
        "began": kept.began.wall.to_string(),
        "caller": about.map(|about| who.caller(&about.caller, about.confidential)),
        "called": about.map(|about| about.called.as_str()),
        "masked": masked,
        "gone": kept.gone,
        "legs": parties.iter().map(|leg| json!({
            "leg": leg.leg,
            "party": name(leg.leg),
            "call_id": leg.call_id,
        })).collect::<Vec<_>>(),
        "messages": rungs.into_iter().map(|rung| message(name(rung.leg), rung)).collect::<Vec<_>>(),
    })
}

/// `citizen`, or `agent 1001`; an agent's own call begins with the agent.
fn party(leg: u16, parties: &[Party], source: Option<&str>) -> String {
    let agent = parties.iter().find(|party| party.leg == leg).and_then(|party| party.agent.as_deref());
    match (leg, agent.or(source.filter(|_| leg == 0))) {
        (_, Some(number)) => format!("agent {number}"),
        (0, None) => "citizen".to_owned(),
        (leg, None) => format!("leg {leg}"),
    }
}

fn message(party: String, rung: Rung) -> Value {
    let Rung { at_ms, at, way, leg, peer, what, method, status, cseq, again, headers, streams, body, text } = rung;
    json!({
        "at_ms": at_ms,
        "at": at.to_string(),
        "direction": match way {
            Way::In => "in",
            Way::Out => "out",
        },
        "leg": leg,
        "party": party,
        "peer": format!("{} {}", peer.transport.via_name().to_ascii_lowercase(), peer.peer),
        "what": what,
        "method": method,
        "status": status,
        "cseq": cseq,
        "again": again,
        "headers": headers.into_iter().map(|(name, value)| json!({"name": name, "value": value})).collect::<Vec<_>>(),
        "sdp": streams.into_iter().map(stream).collect::<Vec<_>>(),
        "body": body.map(|body| json!({"type": body.kind, "bytes": body.bytes, "digits_hidden": body.digits})),
        "text": text,
    })
}

fn stream(stream: Stream) -> Value {
    let Stream { media, address, port, codecs, direction } = stream;
    json!({"media": media, "address": address, "port": port, "codecs": codecs, "direction": direction})
}
