//! Questions to the engine, and answers that are no success.

use axum::http::StatusCode;
use server::Busy;
use switch::{Answer, Ask};

use crate::problem::Problem;
use crate::route::Request;

/// Asks in the name of the token.
pub(crate) async fn ask(request: &Request, ask: Ask) -> Result<Answer, Problem> {
    let by = request.who()?.name.to_string();
    request.shared.desk.ask(&by, ask).await.map_err(busy)
}

fn busy(busy: Busy) -> Problem {
    let message = busy.to_string();
    match busy {
        Busy::Full => Problem::busy(message),
        Busy::Late => {
            let next = "look whether the change was made, then ask again";
            Problem::new(StatusCode::GATEWAY_TIMEOUT, "no_answer", message, next)
        }
        Busy::Gone => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "stopped", message, "ask after the restart"),
    }
}

/// An answer to another question: a fault of ours.
pub(crate) fn unexpected(answer: &Answer) -> Problem {
    tracing::error!(?answer, "an answer that fits no question; report this");
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    Problem::new(status, "fault", "the engine gave an answer that fits no question", "report this with the log")
}
