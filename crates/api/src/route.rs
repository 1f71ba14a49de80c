//! A route is declared once: the router, the checks of what comes in, and the document are made from it.

use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use base::Wall;
use serde_json::Value;

use crate::access::{Roles, Who};
use crate::problem::Problem;
use crate::schema::{Field, Schema, Shape};
use crate::serve::Shared;
use crate::time;

/// The method of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
}

/// One route.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) method: Method,
    /// Below `/api/v1`.
    pub(crate) path: &'static str,
    /// A name for programs that are made from the document.
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) access: Access,
    /// Of the path.
    pub(crate) places: &'static [Field],
    pub(crate) query: &'static [Field],
    pub(crate) body: Option<&'static Shape>,
    pub(crate) answer: Schema,
    /// Statuses that are this route's own, beside those that every route has.
    pub(crate) problems: &'static [(u16, &'static str)],
    pub(crate) handle: Handle,
}

#[derive(Debug)]
pub(crate) enum Access {
    Anyone,
    Token(Roles),
}

pub(crate) type Answered = Pin<Box<dyn Future<Output = Result<Value, Problem>> + Send>>;

pub(crate) enum Handle {
    Json(fn(Request) -> Answered),
    /// Becomes a WebSocket.
    Events,
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Handle")
    }
}

/// A request that was checked against its route.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) shared: Arc<Shared>,
    /// None on a route for anyone.
    pub(crate) who: Option<Who>,
    pub(crate) peer: SocketAddr,
    pub(crate) places: BTreeMap<&'static str, String>,
    pub(crate) query: BTreeMap<&'static str, String>,
    /// The body; null on a route that takes none.
    pub(crate) body: Value,
}

impl Request {
    /// # Errors
    /// 401 on a route for anyone; the dispatcher lets nobody else through.
    pub(crate) fn who(&self) -> Result<&Who, Problem> {
        self.who.as_ref().ok_or_else(crate::dispatch::no_token)
    }

    pub(crate) fn place(&self, name: &str) -> &str {
        self.places.get(name).map_or("", String::as_str)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    pub(crate) fn time(&self, name: &str) -> Option<Wall> {
        self.text(name).and_then(time::parse)
    }

    pub(crate) fn number(&self, name: &str, default: usize) -> usize {
        self.text(name).and_then(|text| text.parse().ok()).unwrap_or(default)
    }

    /// Writes the outcome of a change into the audit and passes it on.
    pub(crate) async fn audited(&self, what: Value, outcome: Result<Value, Problem>) -> Result<Value, Problem> {
        let word = outcome.as_ref().map_or_else(|problem| problem.code, |_| "done");
        self.shared.audit.note(self.who()?, self.peer, &what, word).await;
        outcome
    }
}
