//! What is answered.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;
use server::view::{Readiness, View};

use crate::serve::Shared;
use crate::{dispatch, metrics};

/// The control loop publishes every 100 ms; fifty times that is no hiccup but a loop that stands.
const HEARTBEAT: Duration = Duration::from_secs(5);

pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    let probes = Router::new()
        .route("/healthz", get(health))
        .route("/readyz", get(ready))
        .route("/metrics", get(all_metrics))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(map_response(close))
        .with_state(Arc::clone(shared));
    dispatch::router(shared).merge(probes)
}

/// Every answer outside the API, also a 404, is a connection's last.
async fn close(mut response: Response) -> Response {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

async fn health(State(shared): State<Arc<Shared>>) -> Response {
    let view = (shared.view)();
    lines(heartbeat_problem(&view, Instant::now()).into_iter().collect())
}

async fn ready(State(shared): State<Arc<Shared>>) -> Response {
    let view = (shared.view)();
    lines(problems(&view, Instant::now()))
}

async fn all_metrics(State(shared): State<Arc<Shared>>) -> Response {
    let text = metrics::text(&shared, Instant::now());
    answer(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", text)
}

/// Why no call would be taken now.
fn problems(view: &View, now: Instant) -> Vec<serde_json::Value> {
    let mut problems = Vec::new();
    match view.readiness {
        Readiness::Ready => {}
        Readiness::Starting => problems.push(json!({ "reason": "starting" })),
        Readiness::Draining => problems.push(json!({ "reason": "draining" })),
    }
    problems.extend(heartbeat_problem(view, now));
    if !view.store.ok {
        problems.push(json!({
            "reason": "store_failing",
            "detail": view.store.problem,
            "waiting": view.store.waiting,
        }));
    }
    if !view.journal.ok {
        problems.push(json!({
            "reason": "journal_failing",
            "detail": view.journal.problem,
            "facts_not_written": view.journal.facts_not_written,
        }));
    }
    problems
}

fn heartbeat_problem(view: &View, now: Instant) -> Option<serde_json::Value> {
    let age = now.saturating_duration_since(view.published);
    (age > HEARTBEAT).then(|| json!({ "reason": "heartbeat_stale", "age_ms": age.as_millis() as u64 }))
}

/// 200 without problems; else 503 with one JSON object a line.
fn lines(problems: Vec<serde_json::Value>) -> Response {
    if problems.is_empty() {
        return answer(StatusCode::OK, "text/plain; charset=utf-8", "ok\n".to_owned());
    }
    let text = problems.iter().map(|problem| format!("{problem}\n")).collect();
    answer(StatusCode::SERVICE_UNAVAILABLE, "application/x-ndjson", text)
}

fn answer(status: StatusCode, content_type: &'static str, body: String) -> Response {
    (status, [(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-store")], body).into_response()
}
