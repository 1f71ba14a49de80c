//! The objects that answers about skill groups are made of.

use crate::queues::SURGE_MODES;
use crate::schema::{COUNT, Schema, Shape, field};
use crate::shapes::{COUNT_OR_NULL, SHARE_OR_NULL, TEXT};

const GROUP_AGENTS: Shape = Shape {
    name: "QueueAgents",
    about: "Agents by what they do, as the queue sees them; an agent counts in each group it serves.",
    fields: &[
        field("signed_on", COUNT, "Signed on, whatever they do, also paused; nobody is with 0."),
        field("ready", COUNT, "May be offered a call."),
        field("offered", COUNT, "Whose phone is asked to ring."),
        field("talking", COUNT, "In a call."),
        field("wrap_up", COUNT, "After a call."),
        field("back_off", COUNT, "Rest after an offer that came to nothing."),
    ],
};

const QUEUE: Shape = Shape {
    name: "Queue",
    about: "A skill group.",
    fields: &[
        field("group", TEXT, "Its name."),
        field("open", Schema::Bool, "False while it takes nobody new."),
        field("surge", Schema::Bool, "More callers than it can serve soon: they hear so, and begin at a shorter menu."),
        field(
            "surge_mode",
            Schema::Words(&SURGE_MODES),
            "What was said by hand; `auto` where the group's rule decides.",
        ),
        field("waiting", COUNT, "Callers who wait now."),
        field("longest_wait_ms", COUNT, "The longest wait among them."),
        field(
            "expected_wait_low_ms",
            COUNT_OR_NULL,
            "How long a caller will wait who comes now: eight of ten wait between this and the next. Both are 0 where an agent is free, \
             and null where nobody is at work who serves the group, or it is closed.",
        ),
        field("expected_wait_high_ms", COUNT_OR_NULL, "Null also where it may be more than 66 minutes."),
        field("agents", Schema::Object(&GROUP_AGENTS), "Now."),
        field("places_kept", COUNT, "Places of callers whose call was cut short and who may come back."),
        field("call_backs", COUNT, "Citizens who are called back when their turn has come."),
        field("answered", COUNT, "Waits that ended with an answer, since the start."),
        field("abandoned", COUNT, "Waits that ended because the caller hung up, since the start."),
        field(
            "service_level",
            SHARE_OR_NULL,
            "A(15) / (A + B) of the last 15 minutes: of the waits that ended with an answer (A) or because the caller hung up (B), \
             the share that was answered within 15 s; null where there was none.",
        ),
        field("service_level_calls", COUNT, "A + B of the last 15 minutes."),
    ],
};

pub(crate) const QUEUES: Shape = Shape {
    name: "Queues",
    about: "Every skill group; at most 100 ms old.",
    fields: &[field("queues", Schema::List(&Schema::Object(&QUEUE)), "In the order of the configuration.")],
};

const CALLER: Shape = Shape {
    name: "QueueCaller",
    about: "A caller who waits in a group.",
    fields: &[
        field("position", Schema::Integer { min: 1, max: 500 }, "By turn; 1 is next."),
        field("call", Schema::CallId, "The call."),
        field("caller", TEXT, "As in Call."),
        field("confidential", Schema::Bool, "As in Call."),
        field("since", Schema::Time, "Since when the caller waits; before the call where a place was taken up again."),
        field("waited_ms", COUNT, "Until now."),
        field("priority", COUNT, "Of the menu, or of an agent who handed the citizen on."),
        field("pulled", Schema::Bool, "Somebody pulled the caller forward."),
        field("offered", Schema::Bool, "A phone is asked to ring for the caller."),
        field(
            "expected_wait_low_ms",
            COUNT_OR_NULL,
            "How long the caller will wait from now on, as in Queue; null also while a phone rings for it.",
        ),
        field("expected_wait_high_ms", COUNT_OR_NULL, "As in Queue."),
        field("earlier_calls", COUNT, "As in Call; 0 for who is called back."),
        field(
            "called_back",
            Schema::Bool,
            "Is called back when the turn has come, and is not on the line; `release` takes that back.",
        ),
        field("rests_ms", COUNT_OR_NULL, "Was called and did not answer: stands in no line for so long."),
    ],
};

pub(crate) const QUEUE_CALLERS: Shape = Shape {
    name: "QueueCallers",
    about: "Who waits in a group, in order of turn.",
    fields: &[
        field("group", TEXT, "Its name."),
        field("callers", Schema::List(&Schema::Object(&CALLER)), "The first is served next."),
    ],
};

pub(crate) const SURGE: Shape = Shape {
    name: "Surge",
    about: "Whether a group is in surge.",
    fields: &[field("surge", Schema::Words(&SURGE_MODES), "`auto` leaves it to the group's rule again.")],
};

pub(crate) const MOVE: Shape = Shape {
    name: "Move",
    about: "Where a caller waits on.",
    fields: &[field("group", TEXT, "The name of a group that is open and has room.")],
};
