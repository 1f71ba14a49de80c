//! The objects that records are made of.

use crate::schema::{COUNT, Schema, Shape, field};
use crate::shapes::{
    AREA, COUNT_OR_NULL, COUNTY, END_REASON, LINE, ORDER_OR_NULL, TEXT, TEXT_OR_NULL, TEXTS, TIME_OR_NULL,
};

const WAIT: Shape = Shape {
    name: "Wait",
    about: "One wait in one skill group.",
    fields: &[
        field("group", TEXT, "Its name."),
        field("entered", Schema::Time, "When it began."),
        field("waited_ms", COUNT, "How long."),
        field(
            "outcome",
            Schema::Words(&["answered", "abandoned", "overflowed", "refused", "ended", "moved", "call_back"]),
            "How it ended.",
        ),
    ],
};

pub(crate) const RECORD: Shape = Shape {
    name: "Record",
    about: "A call as recorded; what is not known is null.",
    fields: &[
        field("id", Schema::CallId, "Of the call."),
        field("caller", TEXT, "The citizen's number; masked for most roles, and for everybody when `confidential`."),
        field("line", LINE, "What kind of line the caller has."),
        field("area", TEXT_OR_NULL, AREA),
        field("county", TEXT_OR_NULL, COUNTY),
        field("called", TEXT, "The number that was dialled."),
        field("source", TEXT, "The trunk, or `agent NUMBER`."),
        field("confidential", Schema::Bool, "The citizen asked that nobody learns the number."),
        field("started", Schema::Time, "The INVITE."),
        field("answered", TIME_OR_NULL, "Our answer."),
        field("ended", TIME_OR_NULL, "Null while the call is open."),
        field("menu_path", Schema::Maybe(&TEXTS), "The menu nodes entered."),
        field("menu_version", TEXT_OR_NULL, "The content hash of the menu."),
        field("language", TEXT_OR_NULL, "As zh-CN."),
        field("group", TEXT_OR_NULL, "The last skill group waited in."),
        field("waited_ms", COUNT_OR_NULL, "In all groups."),
        field("waits", Schema::Maybe(&Schema::List(&Schema::Object(&WAIT))), "One by one."),
        field("agent", TEXT_OR_NULL, "Who talked with the citizen."),
        field("talk_ms", COUNT_OR_NULL, "How long both heard each other."),
        field("end_reason", Schema::Maybe(&END_REASON), "Why it ended."),
        field("order", ORDER_OR_NULL, "The order that a desk has opened for it."),
        field("rating", COUNT_OR_NULL, "The citizen's verdict, 1 to 5; 0 where they were asked and said nothing."),
        field(
            "wrong_keys",
            Schema::Maybe(&TEXTS),
            "The menu nodes at which a key was pressed that leads nowhere, each as often as that was; null where none was.",
        ),
        field(
            "earlier_calls",
            COUNT_OR_NULL,
            "As in Call; null while it is open, and in records from before that was counted.",
        ),
    ],
};

pub(crate) const RECORDS: Shape = Shape {
    name: "Records",
    about: "A page of records, newest first.",
    fields: &[
        field("records", Schema::List(&Schema::Object(&RECORD)), "Newest first."),
        field("next", TEXT_OR_NULL, "The `cursor` of the next page; null at the end."),
    ],
};

pub(crate) const MISSED: Shape = Shape {
    name: "Missed",
    about: "Callers who called in vain and were not served since, each once with the last try; newest first.",
    fields: &[field("missed", Schema::List(&Schema::Object(&MISSED_CALLER)), "Newest first.")],
};

const MISSED_CALLER: Shape = Shape {
    name: "MissedCaller",
    about: "Somebody to call back.",
    fields: &[
        field("caller", TEXT, "The number, masked as in records."),
        field("line", LINE, "What kind of line the caller has."),
        field("area", TEXT_OR_NULL, AREA),
        field("county", TEXT_OR_NULL, COUNTY),
        field("confidential", Schema::Bool, "The citizen asked that nobody learns the number."),
        field("call", Schema::CallId, "The last try."),
        field("called", TEXT, "The number that was dialled."),
        field("group", TEXT_OR_NULL, "Where the caller waited last."),
        field("end_reason", END_REASON, "Why the last try ended."),
        field("last_try", Schema::Time, "When it began."),
        field("tries", COUNT, "Calls in vain since the last talk, within the time asked for."),
    ],
};
