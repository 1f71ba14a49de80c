//! Trunks as they are now, and how they served since the start.

use serde_json::{Value, json};
use server::view::{RegistrationView, TargetView, TrunkView, shown};

use crate::problem::Problem;
use crate::route::Request;

pub(crate) async fn list(request: Request) -> Result<Value, Problem> {
    let view = (request.shared.view)();
    Ok(json!({"trunks": view.trunks.iter().map(trunk).collect::<Vec<_>>()}))
}

fn trunk(trunk: &server::view::Trunk) -> Value {
    let answer = |(status, count): &(u16, u64)| json!({"status": status, "count": count});
    let answers: Vec<Value> = trunk.answers.iter().map(answer).collect();
    json!({
        "trunk": trunk.name,
        "calls": trunk.calls,
        "limit": trunk.limit,
        "seizures": trunk.seizures,
        "answers": answers,
        "asr": trunk.asr(),
        "ner": trunk.ner(),
        "ser": trunk.ser(),
        "seer": trunk.seer(),
        "isa": trunk.isa(),
        "outward": trunk.outward.as_ref().map(outward),
    })
}

fn outward(trunk: &TrunkView) -> Value {
    json!({
        "open": trunk.open,
        "registration": trunk.registration.as_ref().map(registration),
        "targets": trunk.targets.iter().map(target).collect::<Vec<_>>(),
    })
}

fn registration(registration: &RegistrationView) -> Value {
    json!({
        "state": registration.state.name(),
        "since": registration.since.to_string(),
        "at": registration.at.map(|at| at.to_string()),
        "until": registration.until.map(|until| until.to_string()),
        "trouble": registration.trouble.map(|trouble| trouble.to_string()),
    })
}

fn target(target: &TargetView) -> Value {
    json!({
        "uri": target.uri,
        "address": target.address.map(|(transport, peer)| shown(transport, peer)),
        "state": target.state.name(),
        "since": target.since.to_string(),
    })
}
