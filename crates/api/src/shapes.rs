//! The objects that answers are made of.

use server::rows::{AgentRow, CallPhase};
use server::view::TargetState;
use settings::LineKind;

use crate::queues::SURGE_MODES;
use crate::schema::{COUNT, Schema, Shape, field, optional};

pub(crate) const TEXT: Schema = Schema::Text;
pub(crate) const TEXT_OR_NULL: Schema = Schema::Maybe(&Schema::Text);
pub(crate) const ORDER_OR_NULL: Schema = Schema::Maybe(&Schema::OrderNumber);
pub(crate) const TIME_OR_NULL: Schema = Schema::Maybe(&Schema::Time);
const NUMBER_OR_NULL: Schema = Schema::Maybe(&Schema::Number);
const NUMBERS: Schema = Schema::List(&Schema::Number);
pub(crate) const COUNT_OR_NULL: Schema = Schema::Maybe(&COUNT);
pub(crate) const SHARE_OR_NULL: Schema = Schema::Maybe(&Schema::Share);
/// What is said of a caller's `area`.
pub(crate) const AREA: &str =
    "The city of the caller's number, as 深圳; null where it is not known, and when `confidential`.";
/// What is said of a caller's `county`.
pub(crate) const COUNTY: &str =
    "The county of a fixed line, as the configuration names it; null where it names none, and when `confidential`.";
pub(crate) const TEXTS: Schema = Schema::List(&Schema::Text);
const PHASES: [&str; CallPhase::ALL.len()] = {
    let mut names = [""; CallPhase::ALL.len()];
    let mut place = 0;
    while place < names.len() {
        names[place] = CallPhase::ALL[place].name();
        place += 1;
    }
    names
};
const LINES: [&str; LineKind::ALL.len()] = {
    let mut names = [""; LineKind::ALL.len()];
    let mut place = 0;
    while place < names.len() {
        names[place] = LineKind::ALL[place].name();
        place += 1;
    }
    names
};
pub(crate) const LINE: Schema = Schema::Words(&LINES);
const REASONS: [&str; base::EndReason::ALL.len()] = {
    let mut names = [""; base::EndReason::ALL.len()];
    let mut place = 0;
    while place < names.len() {
        names[place] = base::EndReason::ALL[place].name();
        place += 1;
    }
    names
};
pub(crate) const END_REASON: Schema = Schema::Words(&REASONS);

pub(crate) const DONE: Shape =
    Shape { name: "Done", about: "The change was made.", fields: &[field("done", Schema::Bool, "True.")] };

pub(crate) const CALL: Shape = Shape {
    name: "Call",
    about: "An open call.",
    fields: &[
        field("id", Schema::CallId, "Unique for ever."),
        field("caller", TEXT, "The citizen's number; masked for most roles, and for everybody when `confidential`."),
        field("line", LINE, "What kind of line the caller has."),
        field("area", TEXT_OR_NULL, AREA),
        field("county", TEXT_OR_NULL, COUNTY),
        field("called", TEXT, "The number that was dialled."),
        field("source", TEXT, "The trunk that the call came from, or `agent NUMBER`."),
        field("confidential", Schema::Bool, "The citizen asked that nobody learns the number."),
        field("phase", Schema::Words(&PHASES), "Where the citizen is."),
        field("started", Schema::Time, "When we answered."),
        field("menu_path", TEXTS, "The menu nodes entered, in order."),
        field("language", TEXT, "As zh-CN."),
        field("group", TEXT_OR_NULL, "The last skill group waited in."),
        field("waiting_since", TIME_OR_NULL, "While the citizen waits."),
        field("waited_ms", COUNT, "The wait in all groups so far."),
        field("offered_agents", NUMBERS, "The agents whose phones are asked to ring, the newest last."),
        field("agent", NUMBER_OR_NULL, "The agent who serves the citizen."),
        field("talk_since", TIME_OR_NULL, "When both heard each other."),
        field("order", ORDER_OR_NULL, "The order that a desk has opened for the call."),
        field("earlier_calls", COUNT, "Calls of the same number within `queue.repeat_s` before it; 9 is 9 or more."),
    ],
};

pub(crate) const ORDER: Shape = Shape {
    name: "Order",
    about: "The order (工单) that a desk has opened for a call.",
    fields: &[field(
        "order",
        Schema::OrderNumber,
        "Its number: 1 to 64 characters that all show; blanks around it go.",
    )],
};

pub(crate) const CALLS: Shape = Shape {
    name: "Calls",
    about: "Every open call that the reader may see, as it stands after event `seq`.",
    fields: &[
        field("epoch", COUNT, "Raised at every start of the engine."),
        field("seq", COUNT, "The last event that is part of this picture: go on with `/events?from=EPOCH:SEQ`."),
        field("calls", Schema::List(&Schema::Object(&CALL)), "By id."),
    ],
};

pub(crate) const AGENT: Shape = Shape {
    name: "Agent",
    about: "An agent.",
    fields: &[
        field("number", Schema::Number, "The job number."),
        field("state", Schema::Words(&AgentRow::STATES), "What the agent does, else whether the agent is at work."),
        field(
            "presence",
            Schema::Words(&["signed_off", "signed_on", "ready", "paused"]),
            "Whether the agent is at work, also during a call.",
        ),
        field("reason", TEXT_OR_NULL, "Of the pause."),
        field("since", Schema::Time, "Since when `state` is so."),
        field("call", Schema::Maybe(&Schema::CallId), "The call that is offered or talked in."),
        field("wrap_up_until", TIME_OR_NULL, "When wrap-up ends."),
    ],
};

pub(crate) const AGENTS: Shape = Shape {
    name: "Agents",
    about: "Every agent that the reader may see, as it stands after event `seq`.",
    fields: &[
        field("epoch", COUNT, "Raised at every start of the engine."),
        field("seq", COUNT, "The last event that is part of this picture."),
        field("agents", Schema::List(&Schema::Object(&AGENT)), "In the order of the configuration."),
    ],
};

pub(crate) const STATE_CHANGE: Shape = Shape {
    name: "StateChange",
    about: "A change of an agent's state.",
    fields: &[
        field(
            "state",
            Schema::Words(&["ready", "paused", "signed_on", "signed_off"]),
            "The state wanted. `ready` ends a wrap-up. `signed_on` is ready as soon as a phone is registered.",
        ),
        optional("reason", TEXT, "Of a pause; required for one."),
    ],
};

pub(crate) const STATE: Shape = Shape {
    name: "AgentState",
    about: "The state after the change; during a call a pause counts from its end.",
    fields: &[
        field("number", Schema::Number, "The job number."),
        field("state", Schema::Words(&["signed_off", "signed_on", "ready", "paused"]), "From now on."),
        field("reason", TEXT_OR_NULL, "Of the pause."),
    ],
};

pub(crate) const CALL_BACK: Shape = Shape {
    name: "CallBack",
    about: "Whom to call for the agent.",
    fields: &[field(
        "to",
        TEXT,
        "The number, in any form that agents dial; a rule of `[[dial]]` has to let the agent call it.",
    )],
};

pub(crate) const CALLS_BACK: Shape = Shape {
    name: "CallBackBegins",
    about: "The agent's phone rings; the line is called when it has answered.",
    fields: &[
        field("number", Schema::Number, "The job number."),
        field("call", Schema::CallId, "The call, for `/calls/{id}` and events."),
    ],
};

pub(crate) const WRAP_UP: Shape = Shape {
    name: "WrapUp",
    about: "Wrap-up goes on for so long from now.",
    fields: &[field("seconds", Schema::Integer { min: 0, max: 3600 }, "0 ends it; a length that the queue allows.")],
};

pub(crate) const WRAPS_UP: Shape = Shape {
    name: "WrapUpUntil",
    about: "The wrap-up as it is now.",
    fields: &[
        field("number", Schema::Number, "The job number."),
        field(
            "seconds",
            COUNT,
            "As asked for; the queue may allow less: `wrap_up_until` of the agent says until when.",
        ),
        field("from", Schema::Words(&["now", "end_of_talk"]), "When they begin."),
    ],
};

const HAPPENING: Shape = Shape {
    name: "AgentHappening",
    about: "One thing that happened to an agent.",
    fields: &[
        field("at", Schema::Time, "When."),
        field("type", TEXT, "As in events, without `agent.`."),
        field("by", TEXT, "Who brought it about: `phone`, `star code`, `rule`, `queue`, or the name of a token."),
        field("reason", TEXT_OR_NULL, "Of a pause."),
        field("call", Schema::Maybe(&Schema::CallId), "The call it concerns."),
        field("outcome", TEXT_OR_NULL, "What became of an offer."),
        field("until", TIME_OR_NULL, "When wrap-up ends."),
    ],
};

pub(crate) const HAPPENINGS: Shape = Shape {
    name: "AgentHappenings",
    about: "What happened to an agent, newest first.",
    fields: &[field("events", Schema::List(&Schema::Object(&HAPPENING)), "Newest first.")],
};

const ANSWERS: Shape = Shape {
    name: "TrunkAnswers",
    about: "How many calls of a trunk got one final answer.",
    fields: &[
        field("status", Schema::Integer { min: 200, max: 699 }, "Of SIP."),
        field("count", COUNT, "Since the start."),
    ],
};

const REGISTRATION: Shape = Shape {
    name: "TrunkRegistration",
    about: "Our place at the carrier's registrar.",
    fields: &[
        field("state", Schema::Words(&["trying", "registered", "failed"]), "No call goes out unless it is registered."),
        field("since", Schema::Time, "Since when it is so."),
        field("at", TEXT_OR_NULL, "The address asked last; null before the first one."),
        field("until", TIME_OR_NULL, "When it ends unless it is refreshed; null while there is none."),
        field("trouble", TEXT_OR_NULL, "Why the last try came to nothing; null when it did not."),
    ],
};

const TARGET: Shape = Shape {
    name: "TrunkTarget",
    about: "An address of a target, or a target without one.",
    fields: &[
        field("uri", TEXT, "As it is configured."),
        field("address", TEXT_OR_NULL, "As `udp:192.0.2.1:5060`; null where the name has none."),
        field("state", Schema::Words(&TARGET_STATES), "`avoided`: a call could not reach it a moment ago."),
        field("since", Schema::Time, "Since when it is so."),
    ],
};

const TARGET_STATES: [&str; TargetState::ALL.len()] = {
    let mut names = [""; TargetState::ALL.len()];
    let mut place = 0;
    while place < names.len() {
        names[place] = TargetState::ALL[place].name();
        place += 1;
    }
    names
};

const OUTWARD: Shape = Shape {
    name: "TrunkOutward",
    about: "How calls go out through a trunk.",
    fields: &[
        field("open", Schema::Bool, "Whether a call has a way now."),
        field("registration", Schema::Maybe(&Schema::Object(&REGISTRATION)), "Null where the trunk does not register."),
        field("targets", Schema::List(&Schema::Object(&TARGET)), "In the order of the configuration."),
    ],
};

const DELAYS: Shape = Shape {
    name: "TrunkDelays",
    about: "What so many calls did not exceed, in milliseconds, rounded up by an eighth at most; null before the first.",
    fields: &[
        field("p50", COUNT_OR_NULL, "Half of them."),
        field("p95", COUNT_OR_NULL, "95 in a hundred."),
        field("p99", COUNT_OR_NULL, "99 in a hundred."),
    ],
};

const CALLS_OUT: Shape = Shape {
    name: "TrunkCallsOut",
    about: "Calls that went out through a trunk since the start; a call that was tried by two ways counts twice.",
    fields: &[
        field("placed", COUNT, "INVITEs of ours."),
        field(
            "answers",
            Schema::List(&Schema::Object(&ANSWERS)),
            "Them by the carrier's final answer; 408 where there was none.",
        ),
        field("asr", SHARE_OR_NULL, "Answer-seizure ratio (ITU-T E.411)."),
        field("ner", SHARE_OR_NULL, "Network effectiveness ratio (ITU-T E.411)."),
        field("ser", SHARE_OR_NULL, "Session establishment ratio (RFC 6076 §4.6)."),
        field("seer", SHARE_OR_NULL, "Session establishment effectiveness ratio (RFC 6076 §4.7)."),
        field("isa", SHARE_OR_NULL, "Ineffective session attempts (RFC 6076 §4.8)."),
        field(
            "srd_ms",
            Schema::Object(&DELAYS),
            "Session request delay (RFC 6076 §4.3): to the first word that says more than 100.",
        ),
    ],
};

const TRUNK: Shape = Shape {
    name: "Trunk",
    about: "A carrier's trunk, since the start; the shares are null before its first call.",
    fields: &[
        field("trunk", TEXT, "Its name."),
        field("calls", COUNT, "Calls now, both ways."),
        field("limit", COUNT_OR_NULL, "How many there may be at once; null where the trunk has no limit of its own."),
        field("seizures", COUNT, "First INVITEs."),
        field("answers", Schema::List(&Schema::Object(&ANSWERS)), "Them by our final answer."),
        field("asr", SHARE_OR_NULL, "Answer-seizure ratio (ITU-T E.411)."),
        field("ner", SHARE_OR_NULL, "Network effectiveness ratio (ITU-T E.411)."),
        field("ser", SHARE_OR_NULL, "Session establishment ratio (RFC 6076 §4.6)."),
        field("seer", SHARE_OR_NULL, "Session establishment effectiveness ratio (RFC 6076 §4.7)."),
        field("isa", SHARE_OR_NULL, "Ineffective session attempts (RFC 6076 §4.8)."),
        field("outward", Schema::Maybe(&Schema::Object(&OUTWARD)), "How calls go out; null where none do."),
        field("calls_out", Schema::Maybe(&Schema::Object(&CALLS_OUT)), "Calls that went out; null where none do."),
    ],
};

pub(crate) const TRUNKS: Shape = Shape {
    name: "Trunks",
    about: "Every trunk; at most 100 ms old.",
    fields: &[field("trunks", Schema::List(&Schema::Object(&TRUNK)), "In the order of the configuration.")],
};

const CHANGE: Shape = Shape {
    name: "Change",
    about: "One change that somebody made or tried.",
    fields: &[
        field("at", Schema::Time, "When."),
        field("by", TEXT, "The name of the token."),
        field("role", TEXT, "Its role."),
        field("peer", TEXT, "The address it came from."),
        field("what", Schema::Any, "What was asked."),
        field("outcome", TEXT, "`done`, or the code of the error."),
    ],
};

pub(crate) const AUDIT: Shape = Shape {
    name: "Audit",
    about: "Changes, newest first.",
    fields: &[field("changes", Schema::List(&Schema::Object(&CHANGE)), "Newest first.")],
};

pub(crate) const EVENT: Shape = Shape {
    name: "Event",
    about: "One message of the event stream. `hello` comes first, `gap` when the tables are to be read anew, then what happens to \
            calls and agents. Fields that do not belong to the type are left out.",
    fields: &[
        field("epoch", COUNT, "Raised at every start of the engine."),
        field("seq", COUNT, "Counts up; a reader who may not see all sees holes."),
        field("at", Schema::Time, "When."),
        field("type", TEXT, "As `call.offered`: see docs/api.md."),
        optional("call", Schema::Maybe(&Schema::CallId), "The call."),
        optional("caller", TEXT, "As in Call."),
        optional("line", LINE, "As in Call."),
        optional("area", TEXT_OR_NULL, "As in Call."),
        optional("county", TEXT_OR_NULL, "As in Call."),
        optional("confidential", Schema::Bool, "As in Call."),
        optional("called", TEXT, "As in Call."),
        optional("source", TEXT, "As in Call."),
        optional("phase", Schema::Words(&PHASES), "As in Call."),
        optional("started", Schema::Time, "As in Call."),
        optional("menu_path", TEXTS, "As in Call."),
        optional("language", TEXT, "As in Call."),
        optional("group", TEXT_OR_NULL, "As in Call."),
        optional("waited_ms", COUNT, "The wait until this event."),
        optional(
            "agent",
            NUMBER_OR_NULL,
            "The agent that the event is about: offered, connected, or the agent itself.",
        ),
        optional("order", ORDER_OR_NULL, "As in Call."),
        optional("earlier_calls", COUNT, "As in Call."),
        optional("node", TEXT, "The menu node entered."),
        optional("outcome", TEXT, "How a wait or an offer ended."),
        optional("to", TEXT, "The number of the agent, or the name of the group, that the citizen is handed on to."),
        optional("end_reason", END_REASON, "Why the call ended."),
        optional("talk_ms", COUNT, "How long both heard each other."),
        optional("rating", COUNT, "The citizen's verdict, 1 to 5."),
        optional("state", Schema::Words(&AgentRow::STATES), "As in Agent."),
        optional("reason", TEXT_OR_NULL, "Of a pause; of a gap: restarted, too_old, ahead or lost."),
        optional("until", Schema::Time, "When wrap-up ends."),
        optional("by", TEXT, "Who brought it about."),
        optional("on", Schema::Bool, "Whether the group is in surge."),
        optional("mode", Schema::Words(&SURGE_MODES), "As `surge_mode` in Queue."),
        optional("lost", COUNT, "News that was lost before this gap."),
    ],
};
