//! The document of the API, OpenAPI 3.1, made from the routes.

use serde_json::{Map, Value, json};

use crate::access::Roles;
use crate::problem::ERROR;
use crate::route::{Access, Handle, Method, Route};
use crate::schema::{Field, Schema, Shape};

pub(crate) const BASE: &str = "/api/v1";

/// The whole document.
pub(crate) fn document(routes: &[Route]) -> Value {
    let mut paths = Map::new();
    for route in routes {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[method(route)] = operation(route);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "hotline",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Calls, agents, queues, records and events of a 12345 call engine.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": BASE}],
        "paths": paths,
        "components": {
            "schemas": schemas(routes),
            "securitySchemes": {"bearer": {
                "type": "http",
                "scheme": "bearer",
                "description": "A token; `hotline token` makes one. The scopes of an operation are the roles that may use it.",
            }},
        },
    })
}

fn method(route: &Route) -> &'static str {
    match route.method {
        Method::Get => "get",
        Method::Post => "post",
    }
}

fn operation(route: &Route) -> Value {
    let places = route.places.iter().map(|field| parameter(field, "path"));
    let query = route.query.iter().map(|field| parameter(field, "query"));
    let mut operation = json!({
        "operationId": route.name,
        "summary": route.about,
        "parameters": places.chain(query).collect::<Vec<_>>(),
        "responses": responses(route),
        "security": match route.access {
            Access::Anyone => json!([]),
            Access::Token(roles) => json!([{"bearer": names(roles)}]),
        },
    });
    if let Some(shape) = route.body {
        let content = json!({"application/json": {"schema": Schema::Object(shape).document()}});
        operation["requestBody"] = json!({"required": true, "content": content});
    }
    operation
}

fn names(roles: Roles) -> Vec<&'static str> {
    roles.iter().map(|word| word.name()).collect()
}

fn parameter(field: &Field, place: &'static str) -> Value {
    json!({
        "name": field.name,
        "in": place,
        "required": field.required,
        "description": field.about,
        "schema": field.schema.document(),
    })
}

fn responses(route: &Route) -> Map<String, Value> {
    let mut responses = Map::new();
    let success = match route.handle {
        Handle::Json(_) => {
            let content = json!({"application/json": {"schema": route.answer.document()}});
            ("200", json!({"description": "Done.", "content": content}))
        }
        Handle::Events => {
            let shape = route.answer.document()["$ref"].clone();
            let about =
                format!("A WebSocket; each text message is one object of {}.", shape.as_str().unwrap_or("events"));
            ("101", json!({"description": about}))
        }
    };
    responses.insert(success.0.to_owned(), success.1);
    for (status, about) in problems(route) {
        let content = json!({"application/json": {"schema": Schema::Object(&ERROR).document()}});
        responses.insert(status.to_string(), json!({"description": about, "content": content}));
    }
    responses
}

/// Every status that is no success.
pub(crate) fn problems(route: &Route) -> Vec<(u16, &'static str)> {
    let mut all = vec![(405, "Another method is wanted."), (400, "The request is not as this document says.")];
    if let Access::Token(roles) = route.access {
        all.push((401, "No token, or none that is known."));
        all.push((403, "The token's role may not do this."));
        all.push((429, "Too many failed tries from this address."));
        all.push((503, "Too much is going on; ask again."));
        debug_assert!(!roles.is_empty(), "{} is for nobody", route.path);
    }
    if route.method == Method::Post {
        all.push((408, "The body did not come in time."));
        all.push((413, "The body is longer than 64 KiB."));
        all.push((415, "The body is no application/json."));
        all.push((504, "The engine did not answer in time."));
    }
    all.extend(route.problems);
    all
}

fn schemas(routes: &[Route]) -> Map<String, Value> {
    let mut shapes: Vec<&'static Shape> = Vec::new();
    ERROR.gather(&mut shapes);
    for route in routes {
        route.answer.shapes(&mut shapes);
        route.body.iter().for_each(|shape| shape.gather(&mut shapes));
    }
    shapes.sort_by_key(|shape| shape.name);
    shapes.iter().map(|shape| (shape.name.to_owned(), shape.document())).collect()
}
