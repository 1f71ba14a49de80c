//! Skill groups as they are now.

use serde_json::{Value, json};

use crate::problem::Problem;
use crate::route::Request;

pub(crate) async fn list(request: Request) -> Result<Value, Problem> {
    let view = (request.shared.view)();
    Ok(json!({"queues": view.groups.iter().map(queue).collect::<Vec<_>>()}))
}

fn queue(group: &server::view::Group) -> Value {
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
        "places_kept": group.places_kept,
    })
}
