//! Another configuration for the running engine.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Value, json};
use server::{Configurable, Refused, Reloaded};
use settings::{Changes, Listed};

use crate::problem::Problem;
use crate::route::Request;

pub(crate) async fn reload(request: Request) -> Result<Value, Problem> {
    let outcome = apart(&request, |configuration| configuration.reload()).await;
    request.audited(json!({"change": "reload"}), outcome.map(|reloaded| answer(&reloaded))).await
}

/// On a thread of its own: it reads every file, and nobody else's request waits for that.
pub(crate) async fn apart<T: Send + 'static>(
    request: &Request,
    work: impl FnOnce(&dyn Configurable) -> Result<T, Refused> + Send + 'static,
) -> Result<T, Problem> {
    let configuration = Arc::clone(&request.shared.configuration);
    match tokio::task::spawn_blocking(move || work(&*configuration)).await {
        Ok(outcome) => outcome.map_err(|refused| problem(&refused)),
        Err(_) => Err(fault()),
    }
}

pub(crate) fn answer(Reloaded { changes, warnings, release, unpublished }: &Reloaded) -> Value {
    let Changes { groups, agents, menus, prompts, others, restart } = changes;
    json!({
        "groups": listed(groups),
        "agents": listed(agents),
        "menus": listed(menus),
        "prompts": listed(prompts),
        "others": others,
        "restart_needed": restart,
        "warnings": warnings,
        "release": release.as_ref().map(|release| release.as_str()),
        "unpublished": unpublished,
    })
}

fn listed(Listed { added, removed, changed }: &Listed) -> Value {
    json!({"added": added, "removed": removed, "changed": changed})
}

fn problem(refused: &Refused) -> Problem {
    let message = refused.to_string();
    let (status, code, next) = match refused {
        Refused::Wrong { .. } => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "wrong_configuration",
            "nothing has changed: correct the files, look with `hotline check`, and ask again",
        ),
        Refused::Rehearsal { .. } => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "rehearsal_failed",
            "nothing has changed: correct the menu or the story, look with `hotline check --scripts`, and ask again",
        ),
        Refused::Busy => (StatusCode::CONFLICT, "busy", "wait for the other one, then look what it changed"),
        Refused::Changed(_) => {
            (StatusCode::CONFLICT, "files_changed", "look at the differences again, and ask for what they are now")
        }
        Refused::Late => (StatusCode::GATEWAY_TIMEOUT, "no_answer", "look whether the change was made, then ask again"),
        Refused::Gone => (StatusCode::SERVICE_UNAVAILABLE, "stopped", "ask after the restart"),
        Refused::NoSlot(_) => {
            (StatusCode::NOT_FOUND, "not_found", "look at /api/v1/menu/on-air, which says what there is")
        }
        missing if missing.is_missing() => {
            (StatusCode::NOT_FOUND, "not_found", "look at /api/v1/menu/releases, which says what there is")
        }
        Refused::NoRelease(_) | Refused::Releases(_) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "disk_failing",
            "nothing has changed: look after the data folder, and ask again",
        ),
    };
    Problem::new(status, code, message, next)
}

fn fault() -> Problem {
    let message = "reading the configuration failed by a fault of ours; nothing has changed";
    let next = "report this with the log, which has the panic, and with the files";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "fault", message, next)
}
