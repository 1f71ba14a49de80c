//! Skill groups as they are now.

use base::GroupId;
use serde_json::{Value, json};

use crate::problem::Problem;
use crate::route::Request;

pub(crate) async fn list(request: Request) -> Result<Value, Problem> {
    let view = (request.shared.view)();
    let places: Vec<usize> = request
        .shared
        .board
        .read(|mirror, _| (0..).map(GroupId).zip(&view.groups).map(|(group, _)| mirror.places(group)).collect());
    let queues: Vec<Value> = view.groups.iter().zip(places).map(|(group, places)| queue(group, places)).collect();
    Ok(json!({"queues": queues}))
}

fn queue(group: &server::view::Group, places: usize) -> Value {
    json!({
        "group": group.name,
        "waiting": group.waiting,
        "longest_wait_ms": u64::try_from(group.longest_wait.as_millis()).unwrap_or(u64::MAX),
        "agents": {
            "ready": group.agents.ready,
            "offered": group.agents.offered,
            "talking": group.agents.talking,
            "wrap_up": group.agents.wrap_up,
            "back_off": group.agents.back_off,
        },
        "places_kept": places,
    })
}
