//! HTTP: the API for people with a token, and health, readiness and metrics for machines that watch the engine.
//!
//! Invariants: a request reads what the server published and asks no owner anything but through the desk; a route is declared once,
//! and what comes in and the document follow from that; strangers' connections are few, short and never keep each other out, readers'
//! are bounded too; a caller's number leaves only through `access::Who::caller`, and in
//! messages of a call only past a mask that `access::Who` lifts; a token is compared by its digest and printed nowhere.

mod access;
mod agents;
mod archive;
mod attempts;
mod audit;
mod calls;
mod desk;
mod dispatch;
mod guard;
mod ladder;
mod ladder_shapes;
mod menu_shapes;
mod menus;
mod metrics;
mod on_air;
mod openapi;
mod problem;
mod queue_shapes;
mod queues;
mod record_shapes;
mod records;
mod reload;
mod reload_shapes;
mod render;
mod route;
mod routes;
mod schema;
mod serve;
mod shapes;
mod stream;
mod time;
pub mod tokens;
mod trunks;
mod v1;

pub use serve::{Configuration, Error, Http, Setup, Source, serve};
