//! From a route to what answers it: token, role, parameters, body, each checked against the declaration.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, FromRequestParts as _, WebSocketUpgrade};
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, SEC_WEBSOCKET_PROTOCOL};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use serde_json::{Map, Value};

use crate::access::Who;
use crate::guard::Peer;
use crate::openapi::BASE;
use crate::problem::{self, Problem};
use crate::route::{Access, Handle, Method, Request, Route};
use crate::schema::{Field, Schema};
use crate::serve::Shared;
use crate::{stream, v1};

/// Every body that a route takes is far shorter.
pub(crate) const BODY_BYTES: usize = 64 * 1024;
/// A body of a few hundred bytes, over a slow line.
const BODY_TIME: Duration = Duration::from_secs(5);
/// Reading records of a large database.
const ANSWER_TIME: Duration = Duration::from_secs(20);
/// How a browser shows a token while it opens a WebSocket.
pub(crate) const PROTOCOL: &str = "bearer";

/// The routes, and JSON for what is none.
pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    let mut paths: BTreeMap<&str, MethodRouter> = BTreeMap::new();
    for route in v1::ROUTES {
        let shared = Arc::clone(shared);
        let handler = move |peer: ConnectInfo<Peer>, request: axum::extract::Request| {
            let shared = Arc::clone(&shared);
            async move { answer(shared, route, peer.0, request).await }
        };
        let filter = match route.method {
            Method::Get => MethodFilter::GET,
            Method::Post => MethodFilter::POST,
        };
        let before = paths.remove(route.path).unwrap_or_default();
        paths.insert(route.path, before.merge(on(filter, handler)));
    }
    let mut router = Router::new();
    for (path, methods) in paths {
        router = router.route(&format!("{BASE}{path}"), methods.fallback(wrong_method));
    }
    let router =
        router.route("/api", on(MethodFilter::GET, no_route)).route("/api/{*rest}", axum::routing::any(no_route));
    router.layer(from_fn(whole))
}

/// An empty part of a path stands for no agent and no call: there is no such path, whoever asks.
async fn whole(request: axum::extract::Request, next: Next) -> Response {
    let mut parts = request.uri().path().split('/').skip(1);
    if parts.any(str::is_empty) {
        return no_route().await.into_response();
    }
    next.run(request).await
}

async fn wrong_method() -> Problem {
    let next = "GET reads, POST changes: see /api/v1/openapi.json";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", "this path takes another method", next)
}

async fn no_route() -> Problem {
    Problem::not_found("no such path", "see /api/v1/openapi.json for every path")
}

pub(crate) fn no_token() -> Problem {
    let next = "send `Authorization: Bearer TOKEN`; `hotline token` makes one";
    Problem::new(StatusCode::UNAUTHORIZED, "no_token", "no token, or none that is known", next)
}

async fn answer(shared: Arc<Shared>, route: &'static Route, peer: Peer, request: axum::extract::Request) -> Response {
    shared.counts.requests.fetch_add(1, Ordering::Relaxed);
    let (parts, body) = request.into_parts();
    let answered = match checked(&shared, route, &peer, parts, body).await {
        Ok(Checked::Request(request, handle)) => tokio::time::timeout(ANSWER_TIME, handle(request))
            .await
            .unwrap_or_else(|_| Err(late()))
            .map(|value| problem::body(&value).into_response()),
        Ok(Checked::Events(request, upgrade)) => stream::open(request, peer, upgrade),
        Err(problem) => Err(problem),
    };
    answered.unwrap_or_else(|problem| problem.into_response())
}

fn late() -> Problem {
    let next = "ask for less: fewer records, a shorter time";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "late", "the answer took too long to make", next)
}

enum Checked {
    Request(Request, fn(Request) -> crate::route::Answered),
    Events(Request, WebSocketUpgrade),
}

async fn checked(
    shared: &Arc<Shared>,
    route: &'static Route,
    peer: &Peer,
    mut parts: Parts,
    body: Body,
) -> Result<Checked, Problem> {
    let who = match route.access {
        Access::Anyone => None,
        Access::Token(roles) => {
            let who = authenticate(shared, peer, &parts.headers, matches!(route.handle, Handle::Events)).await?;
            if !peer.lease.renew() {
                return Err(Problem::busy("too many connections of readers are open"));
            }
            who.needs(roles)?;
            Some(who)
        }
    };
    let places = places(route, parts.uri.path())?;
    let query = query(route, parts.uri.query().unwrap_or_default())?;
    let body = read_body(route, &parts.headers, body).await?;
    let request = Request { shared: Arc::clone(shared), who, peer: peer.address, places, query, body };
    match route.handle {
        Handle::Json(handle) => Ok(Checked::Request(request, handle)),
        Handle::Events => {
            let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &()).await;
            upgrade.map(|upgrade| Checked::Events(request, upgrade)).map_err(|_| no_upgrade())
        }
    }
}

fn no_upgrade() -> Problem {
    let next = "open it as a WebSocket: `new WebSocket(\"wss://…/api/v1/events\", [\"bearer\", token])`";
    Problem::new(StatusCode::UPGRADE_REQUIRED, "no_upgrade", "events are told over a WebSocket", next)
}

/// Who shows a known token; whoever shows another one waits for the answer, longer each time.
async fn authenticate(shared: &Shared, peer: &Peer, headers: &HeaderMap, socket: bool) -> Result<Who, Problem> {
    let Some(shown) = bearer(headers, socket) else { return Err(no_token()) };
    if let Some(who) = shared.tokens.find(shown) {
        return Ok(who.clone());
    }
    shared.counts.auth_failed.fetch_add(1, Ordering::Relaxed);
    let address = peer.address.ip();
    let Some(delay) = shared.attempts.failed(address, std::time::Instant::now()) else {
        let message = "too many failed tries from this address";
        return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_tries", message, "look at the token"));
    };
    // Given back also when the connection ends first.
    let _held = Held { shared, address };
    tokio::time::sleep(delay).await;
    Err(no_token())
}

struct Held<'a> {
    shared: &'a Shared,
    address: std::net::IpAddr,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.shared.attempts.done(self.address);
    }
}

fn bearer(headers: &HeaderMap, socket: bool) -> Option<&str> {
    if let Some(value) = headers.get(AUTHORIZATION) {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then_some(token.trim());
    }
    if !socket {
        return None;
    }
    let mut offered = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|v| v.to_str().ok());
    let mut words = offered.by_ref().flat_map(|text| text.split(',')).map(str::trim);
    words.find(|word| *word == PROTOCOL)?;
    words.next()
}

fn places(route: &Route, path: &str) -> Result<BTreeMap<&'static str, String>, Problem> {
    let path = path.strip_prefix(BASE).unwrap_or(path);
    let mut found = BTreeMap::new();
    for (wanted, text) in route.path.split('/').zip(path.split('/')) {
        let name = wanted.strip_prefix('{').and_then(|w| w.strip_suffix('}'));
        let Some(field) = name.and_then(|name| route.places.iter().find(|f| f.name == name)) else { continue };
        found.insert(field.name, plain(field, text)?);
    }
    Ok(found)
}

fn query(route: &Route, query: &str) -> Result<BTreeMap<&'static str, String>, Problem> {
    let mut found = BTreeMap::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, text) = pair.split_once('=').unwrap_or((pair, ""));
        let name = unescape(name).ok_or_else(|| Problem::bad("the query is not readable"))?;
        let Some(field) = route.query.iter().find(|f| f.name == name) else {
            let known: Vec<&str> = route.query.iter().map(|f| f.name).collect();
            let name: String = name.chars().take(crate::schema::TEXT_MAX).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(Problem::bad(format!("no parameter \"{}\" here; there is {known}", name.escape_debug())));
        };
        if found.insert(field.name, plain(field, text)?).is_some() {
            return Err(Problem::bad(format!("{} is given twice", field.name)));
        }
    }
    match route.query.iter().find(|f| f.required && !found.contains_key(f.name)) {
        Some(missing) => Err(Problem::bad(format!("the parameter {} is missing", missing.name))),
        None => Ok(found),
    }
}

fn plain(field: &Field, text: &str) -> Result<String, Problem> {
    let text = unescape(text).ok_or_else(|| Problem::bad(format!("{} is not readable", field.name)))?;
    field.schema.check_plain(&text, field.name).map_err(Problem::bad)?;
    Ok(text)
}

/// `%41+b` as `A b` (URL Standard, application/x-www-form-urlencoded); none when it is no UTF-8 or half an escape.
fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next()?, rest.next()?].map(|d| char::from(d).to_digit(16));
                let [Some(high), Some(low)] = digits else { return None };
                (high * 16 + low) as u8
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

/// The JSON of the body; an empty one is an object without fields.
async fn read_body(route: &Route, headers: &HeaderMap, body: Body) -> Result<Value, Problem> {
    if route.method == Method::Get {
        return Ok(Value::Null);
    }
    let length = headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<usize>().ok());
    if length.is_some_and(|length| length > BODY_BYTES) {
        return Err(too_long());
    }
    let bytes = match tokio::time::timeout(BODY_TIME, to_bytes(body, BODY_BYTES)).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(_)) => return Err(too_long()),
        Err(_) => {
            let next = "send the body at once";
            return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "slow", "the body did not come in time", next));
        }
    };
    let value = if bytes.is_empty() {
        Value::Object(Map::new())
    } else {
        refuse_other_types(headers)?;
        serde_json::from_slice(&bytes).map_err(|error| Problem::bad(format!("the body is no JSON: {error}")))?
    };
    match (route.body, &value) {
        (Some(shape), value) => Schema::Object(shape).check(value, "the body").map_err(Problem::bad)?,
        (None, Value::Object(fields)) if fields.is_empty() => {}
        (None, _) => return Err(Problem::bad("this path takes no body")),
    }
    Ok(value)
}

fn too_long() -> Problem {
    let message = format!("the body is longer than {BODY_BYTES} bytes, or broke off");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_long", message, "send what /api/v1/openapi.json describes")
}

fn refuse_other_types(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let kind = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let next = "send it as `Content-Type: application/json`";
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "no_json", "the body is no application/json", next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_read_or_refused() {
        let cases = [
            ("a%20b+c", Some("a b c")),
            ("%E5%92%A8", Some("咨")),
            ("", Some("")),
            ("%", None),
            ("%4", None),
            ("%zz", None),
            ("%ff", None),
            ("%+1", None),
        ];
        for (text, expected) in cases {
            assert_eq!(unescape(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn tokens_come_in_a_header_or_with_a_socket() {
        let header = |name, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().expect("a header value"));
            headers
        };
        let cases = [
            (header(AUTHORIZATION, "Bearer abc"), false, Some("abc")),
            (header(AUTHORIZATION, "bearer  abc"), true, Some("abc")),
            (header(AUTHORIZATION, "Basic abc"), false, None),
            (header(AUTHORIZATION, "abc"), false, None),
            (header(SEC_WEBSOCKET_PROTOCOL, "bearer, abc"), true, Some("abc")),
            (header(SEC_WEBSOCKET_PROTOCOL, "x, bearer,abc"), true, Some("abc")),
            (header(SEC_WEBSOCKET_PROTOCOL, "bearer"), true, None),
            (header(SEC_WEBSOCKET_PROTOCOL, "bearer, abc"), false, None),
            (HeaderMap::new(), true, None),
        ];
        for (headers, socket, expected) in cases {
            assert_eq!(bearer(&headers, socket), expected, "{headers:?}");
        }
    }
}
