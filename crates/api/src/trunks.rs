//! Trunks as they are now, and how they served since the start.

use serde_json::{Value, json};
use server::view::{Attempts, RegistrationView, TargetView, TrunkView, shown};

use crate::problem::Problem;
use crate::route::Request;

pub(crate) async fn list(request: Request) -> Result<Value, Problem> {
    let view = (request.shared.view)();
    Ok(json!({"trunks": view.trunks.iter().map(trunk).collect::<Vec<_>>()}))
}

fn trunk(trunk: &server::view::Trunk) -> Value {
    let mut told = json!({
        "trunk": trunk.name,
        "calls": trunk.calls,
        "limit": trunk.limit,
        "seizures": trunk.came.count,
        "outward": trunk.outward.as_ref().map(outward),
        "calls_out": trunk.outward.as_ref().map(|_| calls_out(trunk)),
    });
    put_attempts(&trunk.came, &mut told);
    told
}

fn calls_out(trunk: &server::view::Trunk) -> Value {
    let millis = |place: usize| trunk.delays.map(|delays| delays[place].as_millis() as u64);
    let mut told = json!({
        "placed": trunk.went.count,
        "srd_ms": {"p50": millis(0), "p95": millis(1), "p99": millis(2)},
    });
    put_attempts(&trunk.went, &mut told);
    told
}

/// The answers, and the shares that carriers are measured by.
fn put_attempts(attempts: &Attempts, told: &mut Value) {
    let answer = |(status, count): &(u16, u64)| json!({"status": status, "count": count});
    told["answers"] = attempts.answers.iter().map(answer).collect();
    let shares = [
        ("asr", attempts.asr()),
        ("ner", attempts.ner()),
        ("ser", attempts.ser()),
        ("seer", attempts.seer()),
        ("isa", attempts.isa()),
    ];
    for (name, share) in shares {
        told[name] = json!(share);
    }
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
