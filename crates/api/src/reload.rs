//! Another configuration for the running engine.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Value, json};
use server::{Refused, Reloaded};
use settings::{Changes, Listed};

use crate::problem::Problem;
use crate::route::Request;

pub(crate) async fn reload(request: Request) -> Result<Value, Problem> {
    let reload = Arc::clone(&request.shared.reload);
    // It reads every file: nobody else's request waits for that.
    let outcome = tokio::task::spawn_blocking(move || reload()).await;
    let outcome = match outcome {
        Ok(outcome) => outcome.map(|reloaded| answer(&reloaded)).map_err(|refused| problem(&refused)),
        Err(_) => Err(fault()),
    };
    request.audited(json!({"change": "reload"}), outcome).await
}

fn answer(Reloaded { changes, warnings }: &Reloaded) -> Value {
    let Changes { groups, agents, menus, prompts, others, restart } = changes;
    json!({
        "groups": listed(groups),
        "agents": listed(agents),
        "menus": listed(menus),
        "prompts": listed(prompts),
        "others": others,
        "restart_needed": restart,
        "warnings": warnings,
    })
}

fn listed(Listed { added, removed, changed }: &Listed) -> Value {
    json!({"added": added, "removed": removed, "changed": changed})
}

fn problem(refused: &Refused) -> Problem {
    let message = refused.to_string();
    match refused {
        Refused::Wrong { .. } => {
            let next = "nothing has changed: correct the files, look with `hotline check`, and reload again";
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "wrong_configuration", message, next)
        }
        Refused::Busy => {
            Problem::new(StatusCode::CONFLICT, "busy", message, "wait for the other one, then look what it changed")
        }
        Refused::Late => {
            let next = "look whether the change was made, then ask again";
            Problem::new(StatusCode::GATEWAY_TIMEOUT, "no_answer", message, next)
        }
        Refused::Gone => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "stopped", message, "ask after the restart"),
    }
}

fn fault() -> Problem {
    let message = "reading the configuration failed by a fault of ours; nothing has changed";
    let next = "report this with the log, which has the panic, and with the files";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "fault", message, next)
}
