//! What goes wrong, as one shape of JSON.

use axum::http::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::schema::{Schema, Shape, field};

/// An answer that is no success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    /// A word for programs.
    pub(crate) code: &'static str,
    /// What happened, for people.
    pub(crate) message: String,
    /// What to do.
    pub(crate) next: String,
}

pub(crate) const ERROR: Shape = Shape {
    name: "Error",
    about: "What went wrong, and what to do.",
    fields: &[field("error", Schema::Object(&DETAIL), "The error.")],
};

const DETAIL: Shape = Shape {
    name: "ErrorDetail",
    about: "One error.",
    fields: &[
        field("code", Schema::Text, "A word for programs."),
        field("message", Schema::Text, "What happened."),
        field("next", Schema::Text, "What to do next."),
    ],
};

impl Problem {
    pub(crate) fn new(
        status: StatusCode,
        code: &'static str,
        message: impl Into<String>,
        next: impl Into<String>,
    ) -> Problem {
        Problem { status, code, message: message.into(), next: next.into() }
    }

    pub(crate) fn bad(message: impl Into<String>) -> Problem {
        let next = "compare the request with /api/v1/openapi.json";
        Problem::new(StatusCode::BAD_REQUEST, "bad_request", message, next)
    }

    pub(crate) fn not_found(message: impl Into<String>, next: &str) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "not_found", message, next)
    }

    pub(crate) fn busy(message: impl Into<String>) -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message, "ask again in a second")
    }

    /// The body of the answer.
    pub(crate) fn body(&self) -> serde_json::Value {
        json!({"error": {"code": self.code, "message": self.message, "next": self.next}})
    }

    fn header(&self) -> Option<(HeaderName, &'static str)> {
        match self.status {
            StatusCode::UNAUTHORIZED => Some((WWW_AUTHENTICATE, "Bearer realm=\"hotline\"")),
            StatusCode::TOO_MANY_REQUESTS => Some((RETRY_AFTER, "2")),
            StatusCode::SERVICE_UNAVAILABLE => Some((RETRY_AFTER, "1")),
            _ => None,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, body(&self.body())).into_response();
        if let Some((name, value)) = self.header() {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        // Whoever shows no token, or more than we read, has no call on a connection.
        if matches!(self.status.as_u16(), 401 | 408 | 413 | 429 | 503) {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// A JSON body that nobody keeps.
pub(crate) fn body(value: &serde_json::Value) -> impl IntoResponse + use<> {
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("x-content-type-options"), "nosniff"),
    ];
    (headers, value.to_string())
}
