//! Every route of `/api/v1`, each declared once.

use serde_json::Value;

use crate::access::{ADMINS, DESKS, ENGINEERS, EVERYBODY, OPERATORS, OVERSEERS, SUPERVISORS};
use crate::ladder_shapes::LADDER;
use crate::menu_shapes::{DIFFERENCES, HISTORY, ON_AIR, PUBLISH, PUBLISHED, PUT_ON_AIR};
use crate::problem::Problem;
use crate::queue_shapes::{MOVE, QUEUE_CALLERS, QUEUES, SURGE};
use crate::record_shapes::{MISSED, RECORD, RECORDS};
use crate::reload_shapes::RELOADED;
use crate::route::{Access, Answered, Handle, Method, Request, Route};
use crate::schema::{Field, Schema, field, optional};
use crate::shapes::{
    AGENT, AGENTS, AUDIT, CALL, CALL_BACK, CALLS, CALLS_BACK, DONE, END_REASON, EVENT, HAPPENINGS, ORDER, STATE,
    STATE_CHANGE, TRUNKS, WRAP_UP, WRAPS_UP,
};
use crate::{agents, calls, ladder, menus, on_air, openapi, queues, records, reload, trunks};

const CALL_ID: &[Field] = &[field("id", Schema::CallId, "The call's id.")];
const NUMBER: &[Field] = &[field("number", Schema::Number, "The agent's number.")];
/// A page that a browser shows without stuttering.
const LENGTH: Field =
    optional("limit", Schema::Integer { min: 1, max: 500 }, "How many at most; 100 unless told otherwise.");
const NO_CALL: (u16, &str) = (404, "No such call, or none that the token may see.");
const GROUP: &[Field] = &[field("group", Schema::Text, "The name of a skill group.")];
const NO_GROUP: (u16, &str) = (404, "No such group.");
const NOT_NOW: (u16, &str) = (409, "The call waits in no queue, or the group takes nobody: the error says which.");
const NO_AGENT: (u16, &str) = (404, "No such agent.");
const NO_RELEASE: (u16, &str) = (404, "No such release, or its files are gone.");
const WRONG_FILES: (u16, &str) = (
    422,
    "The configuration is wrong, or a story of a caller leads elsewhere: the message has every error, with file and line.",
);
const DISK_FAILS: (u16, &str) = (500, "The data folder cannot be read or written.");
const STORE_FAILS: (u16, &str) = (500, "The records cannot be read.");

/// Where a route begins; the rest is said where it differs.
const GET: Route = Route {
    method: Method::Get,
    path: "",
    name: "",
    about: "",
    access: Access::Token(EVERYBODY),
    places: &[],
    query: &[],
    body: None,
    answer: Schema::Object(&DONE),
    problems: &[],
    handle: Handle::Events,
};
const POST: Route = Route { method: Method::Post, ..GET };

pub(crate) static ROUTES: &[Route] = &[
    Route {
        path: "/openapi.json",
        name: "document",
        about: "This document.",
        access: Access::Anyone,
        answer: Schema::Any,
        handle: Handle::Json(|_| Box::pin(async { Ok::<Value, Problem>(openapi::document(ROUTES)) }) as Answered),
        ..GET
    },
    Route {
        path: "/calls",
        name: "listCalls",
        about: "Every open call; an agent sees its own.",
        answer: Schema::Object(&CALLS),
        handle: Handle::Json(|r: Request| Box::pin(calls::list(r))),
        ..GET
    },
    Route {
        path: "/calls/{id}",
        name: "getCall",
        about: "One open call.",
        places: CALL_ID,
        answer: Schema::Object(&CALL),
        problems: &[NO_CALL],
        handle: Handle::Json(|r: Request| Box::pin(calls::one(r))),
        ..GET
    },
    Route {
        path: "/calls/{id}/ladder",
        name: "getLadder",
        about: "Every SIP message of a call that is open or has ended, as long as they are kept.",
        access: Access::Token(ENGINEERS),
        places: CALL_ID,
        query: &[optional("full", Schema::Bool, "With the messages themselves.")],
        answer: Schema::Object(&LADDER),
        problems: &[(404, "No message of such a call is kept."), (500, "The messages cannot be read.")],
        handle: Handle::Json(|r: Request| Box::pin(ladder::one(r))),
        ..GET
    },
    Route {
        path: "/calls/{id}/hangup",
        name: "hangUpCall",
        about: "Ends a call; its record says `forced`.",
        access: Access::Token(SUPERVISORS),
        places: CALL_ID,
        problems: &[NO_CALL],
        handle: Handle::Json(|r: Request| Box::pin(calls::hang_up(r))),
        ..POST
    },
    Route {
        path: "/calls/{id}/confidential",
        name: "confideCall",
        about: "Masks the caller's number for everybody, for ever; an agent may do so for its own call.",
        access: Access::Token(DESKS),
        places: CALL_ID,
        problems: &[NO_CALL],
        handle: Handle::Json(|r: Request| Box::pin(calls::confide(r))),
        ..POST
    },
    Route {
        path: "/calls/{id}/order",
        name: "orderCall",
        about: "Names the order that a desk has opened for a call, instead of the one before; an agent may do so for its own call.",
        access: Access::Token(DESKS),
        places: CALL_ID,
        body: Some(&ORDER),
        problems: &[NO_CALL],
        handle: Handle::Json(|r: Request| Box::pin(calls::order(r))),
        ..POST
    },
    Route {
        path: "/calls/{id}/front",
        name: "frontCall",
        about: "Pulls a caller forward: served next by whoever serves the group, after those alone who were pulled forward earlier.",
        access: Access::Token(SUPERVISORS),
        places: CALL_ID,
        problems: &[NO_CALL, NOT_NOW],
        handle: Handle::Json(|r: Request| Box::pin(queues::front(r))),
        ..POST
    },
    Route {
        path: "/calls/{id}/move",
        name: "moveCall",
        about: "Has a caller wait on in another group, since the same time and at the same priority; the wait before ends as `moved`.",
        access: Access::Token(SUPERVISORS),
        places: CALL_ID,
        body: Some(&MOVE),
        problems: &[(404, "No such call, or no such group."), NOT_NOW],
        handle: Handle::Json(|r: Request| Box::pin(queues::move_to(r))),
        ..POST
    },
    Route {
        path: "/calls/{id}/release",
        name: "releaseCall",
        about: "Tells a caller who waits that nobody can answer, and ends the call; its record says `queue_refused`.",
        access: Access::Token(SUPERVISORS),
        places: CALL_ID,
        problems: &[NO_CALL, NOT_NOW],
        handle: Handle::Json(|r: Request| Box::pin(queues::release(r))),
        ..POST
    },
    Route {
        path: "/agents",
        name: "listAgents",
        about: "Every agent; an agent sees itself.",
        answer: Schema::Object(&AGENTS),
        handle: Handle::Json(|r: Request| Box::pin(agents::list(r))),
        ..GET
    },
    Route {
        path: "/agents/{number}",
        name: "getAgent",
        about: "One agent.",
        places: NUMBER,
        answer: Schema::Object(&AGENT),
        problems: &[NO_AGENT],
        handle: Handle::Json(|r: Request| Box::pin(agents::one(r))),
        ..GET
    },
    Route {
        path: "/agents/{number}/state",
        name: "setAgentState",
        about: "Changes an agent's state; an agent its own, a supervisor every agent's.",
        access: Access::Token(DESKS),
        places: NUMBER,
        body: Some(&STATE_CHANGE),
        answer: Schema::Object(&STATE),
        problems: &[NO_AGENT, (409, "The agent cannot be in that state now: the error says why.")],
        handle: Handle::Json(|r: Request| Box::pin(agents::set_state(r))),
        ..POST
    },
    Route {
        path: "/agents/{number}/call",
        name: "callForAgent",
        about: "Rings the agent's phone, and calls a number when it has answered; an agent for itself, a supervisor for every agent.",
        access: Access::Token(DESKS),
        places: NUMBER,
        body: Some(&CALL_BACK),
        answer: Schema::Object(&CALLS_BACK),
        problems: &[
            NO_AGENT,
            (403, "No rule lets the agent call that number now."),
            (409, "The agent's phone is in use, or there is none."),
        ],
        handle: Handle::Json(|r: Request| Box::pin(agents::call(r))),
        ..POST
    },
    Route {
        path: "/agents/{number}/wrap-up",
        name: "setWrapUp",
        about: "Prolongs, shortens or ends an agent's wrap-up.",
        access: Access::Token(DESKS),
        places: NUMBER,
        body: Some(&WRAP_UP),
        answer: Schema::Object(&WRAPS_UP),
        problems: &[NO_AGENT, (409, "The agent is in no wrap-up.")],
        handle: Handle::Json(|r: Request| Box::pin(agents::wrap_up(r))),
        ..POST
    },
    Route {
        path: "/agents/{number}/events",
        name: "listAgentEvents",
        about: "What happened to an agent.",
        places: NUMBER,
        query: &[LENGTH],
        answer: Schema::Object(&HAPPENINGS),
        problems: &[NO_AGENT, STORE_FAILS],
        handle: Handle::Json(|r: Request| Box::pin(agents::events(r))),
        ..GET
    },
    Route {
        path: "/queues",
        name: "listQueues",
        about: "Every skill group: who waits, how long, for whom.",
        answer: Schema::Object(&QUEUES),
        handle: Handle::Json(|r: Request| Box::pin(queues::list(r))),
        ..GET
    },
    Route {
        path: "/queues/{group}/callers",
        name: "listCallers",
        about: "Who waits in a group, in order of turn.",
        access: Access::Token(OVERSEERS),
        places: GROUP,
        query: &[LENGTH],
        answer: Schema::Object(&QUEUE_CALLERS),
        problems: &[NO_GROUP],
        handle: Handle::Json(|r: Request| Box::pin(queues::callers(r))),
        ..GET
    },
    Route {
        path: "/queues/{group}/open",
        name: "openQueue",
        about: "Lets callers into a group again.",
        access: Access::Token(SUPERVISORS),
        places: GROUP,
        problems: &[NO_GROUP],
        handle: Handle::Json(|r: Request| Box::pin(queues::open(r))),
        ..POST
    },
    Route {
        path: "/queues/{group}/close",
        name: "closeQueue",
        about: "Lets nobody new into a group: whoever asks for it overflows as from a full one. Who waits goes where it overflows to, \
                or is served.",
        access: Access::Token(SUPERVISORS),
        places: GROUP,
        problems: &[NO_GROUP],
        handle: Handle::Json(|r: Request| Box::pin(queues::close(r))),
        ..POST
    },
    Route {
        path: "/queues/{group}/surge",
        name: "surgeQueue",
        about: "Says by hand whether a group is in surge, or leaves it to its rule again.",
        access: Access::Token(SUPERVISORS),
        places: GROUP,
        body: Some(&SURGE),
        problems: &[NO_GROUP],
        handle: Handle::Json(|r: Request| Box::pin(queues::surge(r))),
        ..POST
    },
    Route {
        path: "/trunks",
        name: "listTrunks",
        about: "Every trunk: its calls, and how they were answered.",
        answer: Schema::Object(&TRUNKS),
        handle: Handle::Json(|r: Request| Box::pin(trunks::list(r))),
        ..GET
    },
    Route {
        path: "/records",
        name: "listRecords",
        about: "Calls as recorded, newest first; an agent sees its own.",
        query: &[
            optional("from", Schema::Time, "Started then or later."),
            optional("to", Schema::Time, "Started before."),
            optional("agent", Schema::Number, "Served by this agent."),
            optional("group", Schema::Text, "Waited in this skill group last."),
            optional("order", Schema::OrderNumber, "The call of this order."),
            optional("end_reason", END_REASON, "Ended for this reason."),
            optional(
                "caller",
                Schema::Text,
                "Exactly this number; for roles that see numbers. Confidential calls are never found so.",
            ),
            optional("open", Schema::Bool, "Only calls that are open, or only those that ended."),
            optional("cursor", Schema::Text, "`next` of the page before."),
            LENGTH,
        ],
        answer: Schema::Object(&RECORDS),
        problems: &[STORE_FAILS],
        handle: Handle::Json(|r: Request| Box::pin(records::list(r))),
        ..GET
    },
    Route {
        path: "/records/{id}",
        name: "getRecord",
        about: "One call as recorded.",
        places: CALL_ID,
        answer: Schema::Object(&RECORD),
        problems: &[NO_CALL, STORE_FAILS],
        handle: Handle::Json(|r: Request| Box::pin(records::one(r))),
        ..GET
    },
    Route {
        path: "/missed",
        name: "listMissed",
        about: "Callers who called in vain and were not served since.",
        access: Access::Token(OVERSEERS),
        query: &[
            optional("since", Schema::Time, "Calls started then or later; the last 24 hours unless told otherwise."),
            LENGTH,
        ],
        answer: Schema::Object(&MISSED),
        problems: &[STORE_FAILS],
        handle: Handle::Json(|r: Request| Box::pin(records::missed(r))),
        ..GET
    },
    Route {
        path: "/events",
        name: "events",
        about: "What happens, as it happens, over a WebSocket.",
        query: &[optional("from", Schema::Text, "EPOCH:SEQ of the last event seen: what came after is told first.")],
        answer: Schema::Object(&EVENT),
        problems: &[(426, "Events are told over a WebSocket.")],
        handle: Handle::Events,
        ..GET
    },
    Route {
        path: "/reload",
        name: "reload",
        about: "Reads the configuration anew and has it hold, without ending a call or losing a place; where anything in it is wrong, \
                nothing changes.",
        access: Access::Token(OPERATORS),
        answer: Schema::Object(&RELOADED),
        problems: &[(409, "Another reload is under way."), WRONG_FILES],
        handle: Handle::Json(|r: Request| Box::pin(reload::reload(r))),
        ..POST
    },
    Route {
        path: "/menu/releases",
        name: "listReleases",
        about: "What was published, newest first.",
        access: Access::Token(OVERSEERS),
        query: &[LENGTH],
        answer: Schema::Object(&HISTORY),
        problems: &[DISK_FAILS],
        handle: Handle::Json(|r: Request| Box::pin(menus::history(r))),
        ..GET
    },
    Route {
        path: "/menu/differences",
        name: "listDifferences",
        about: "What differs between two releases, or between one and the files of the configuration's folder.",
        access: Access::Token(OPERATORS),
        query: &[
            optional("from", Schema::Text, "A release, or `files`; what holds unless told otherwise."),
            optional("to", Schema::Text, "A release, or `files`, as unless told otherwise."),
        ],
        answer: Schema::Object(&DIFFERENCES),
        problems: &[NO_RELEASE, WRONG_FILES, DISK_FAILS],
        handle: Handle::Json(|r: Request| Box::pin(menus::differences(r))),
        ..GET
    },
    Route {
        path: "/menu/publish",
        name: "publish",
        about: "Checks menus, calendars and prompts, keeps them as a release, and has calls that come from then on run it; where anything \
                is wrong, nothing changes.",
        access: Access::Token(OPERATORS),
        body: Some(&PUBLISH),
        answer: Schema::Object(&PUBLISHED),
        problems: &[
            (409, "Another change is under way, or the files are no more what was asked for."),
            WRONG_FILES,
            DISK_FAILS,
        ],
        handle: Handle::Json(|r: Request| Box::pin(menus::publish(r))),
        ..POST
    },
    Route {
        path: "/menu/rollback",
        name: "rollBack",
        about: "Has calls that come from then on run an earlier release; where it does not fit the groups of today, nothing changes.",
        access: Access::Token(OPERATORS),
        body: Some(&PUBLISH),
        answer: Schema::Object(&PUBLISHED),
        problems: &[NO_RELEASE, (409, "Another change is under way."), WRONG_FILES, DISK_FAILS],
        handle: Handle::Json(|r: Request| Box::pin(menus::roll_back(r))),
        ..POST
    },
    Route {
        path: "/menu/on-air",
        name: "listOnAir",
        about: "What is on air in menus.",
        access: Access::Token(OVERSEERS),
        answer: Schema::Object(&ON_AIR),
        problems: &[WRONG_FILES],
        handle: Handle::Json(|r: Request| Box::pin(on_air::list(r))),
        ..GET
    },
    Route {
        path: "/menu/on-air/{slot}",
        name: "putOnAir",
        about: "Puts prompts on air at once, without a publication and whatever else is half edited; also calls that run hear them.",
        access: Access::Token(OPERATORS),
        places: &[field("slot", Schema::Text, "The name of a slot.")],
        body: Some(&PUT_ON_AIR),
        answer: Schema::Object(&RELOADED),
        problems: &[(404, "No menu has such a slot."), (409, "Another change is under way."), WRONG_FILES, DISK_FAILS],
        handle: Handle::Json(|r: Request| Box::pin(on_air::put(r))),
        ..POST
    },
    Route {
        path: "/audit",
        name: "listAudit",
        about: "Who changed what.",
        access: Access::Token(ADMINS),
        query: &[LENGTH],
        answer: Schema::Object(&AUDIT),
        problems: &[STORE_FAILS],
        handle: Handle::Json(|r: Request| Box::pin(records::audit(r))),
        ..GET
    },
];
