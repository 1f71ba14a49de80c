//! Trunks as they are now, and how they served since the start.

use serde_json::{Value, json};

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
    })
}
