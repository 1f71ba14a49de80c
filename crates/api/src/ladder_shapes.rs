//! The objects of a ladder.

use crate::schema::{COUNT, Schema, Shape, field};

const TEXT: Schema = Schema::Text;
const TEXT_OR_NULL: Schema = Schema::Maybe(&Schema::Text);
const TEXTS: Schema = Schema::List(&Schema::Text);
const COUNT_OR_NULL: Schema = Schema::Maybe(&COUNT);

pub(crate) const LADDER: Shape = Shape {
    name: "Ladder",
    about: "The SIP messages of a call, in the order in which they were handled and sent. Proofs of passwords, keys of media and \
            pressed keys are never in it.",
    fields: &[
        field("call", Schema::CallId, "The call."),
        field("began", Schema::Time, "Its first message."),
        field("caller", TEXT_OR_NULL, "As in Call; null where nothing else is known of the call."),
        field("called", TEXT_OR_NULL, "As in Call."),
        field("masked", Schema::Bool, "Numbers and names of people are masked, because of the role or of the call."),
        field("gone", COUNT, "Messages before these that are not kept any more."),
        field("legs", Schema::List(&Schema::Object(&LADDER_LEG)), "The dialogs of the call."),
        field("messages", Schema::List(&Schema::Object(&LADDER_MESSAGE)), "In order."),
    ],
};

const LADDER_LEG: Shape = Shape {
    name: "LadderLeg",
    about: "One dialog of a call.",
    fields: &[
        field("leg", COUNT, "0 is the citizen's."),
        field("party", TEXT, "`citizen` or `agent NUMBER`."),
        field("call_id", TEXT, "The Call-ID of its messages."),
    ],
};

const LADDER_MESSAGE: Shape = Shape {
    name: "LadderMessage",
    about: "One SIP message.",
    fields: &[
        field("at_ms", COUNT, "Milliseconds since the call began."),
        field("at", Schema::Time, "On the clock."),
        field("direction", Schema::Words(&["in", "out"]), "As the engine stands to it."),
        field("leg", COUNT, "Its dialog."),
        field("party", TEXT, "Whose dialog that is."),
        field("peer", TEXT, "Transport and address, as `udp 192.0.2.9:5060`."),
        field("what", TEXT, "The method, or status and reason; empty for a message that cannot be read."),
        field("method", TEXT, "The method; of a response that of its request."),
        field("status", COUNT_OR_NULL, "Of a response."),
        field("cseq", TEXT, "CSeq."),
        field("again", Schema::Bool, "The same bytes went the same way before: a repetition."),
        field(
            "headers",
            Schema::List(&Schema::Object(&LADDER_HEADER)),
            "Those that tell why: Reason, Require, Session-Expires …",
        ),
        field("sdp", Schema::List(&Schema::Object(&LADDER_STREAM)), "The streams of a session description."),
        field("body", Schema::Maybe(&Schema::Object(&LADDER_BODY)), "Any other body, which is not shown."),
        field("text", TEXT_OR_NULL, "The message itself, where `full` asks for it."),
    ],
};

const LADDER_HEADER: Shape = Shape {
    name: "LadderHeader",
    about: "One header of a message.",
    fields: &[field("name", TEXT, "Its name."), field("value", TEXT, "Its value.")],
};

const LADDER_STREAM: Shape = Shape {
    name: "LadderStream",
    about: "One stream of a session description.",
    fields: &[
        field("media", TEXT, "`audio`, `video` …"),
        field("address", TEXT, "Where it is wanted."),
        field("port", COUNT, "0 for one that is refused."),
        field("codecs", TEXTS, "In order of preference."),
        field("direction", Schema::Words(&["sendrecv", "sendonly", "recvonly", "inactive"]), "As it stands there."),
    ],
};

const LADDER_BODY: Shape = Shape {
    name: "LadderBody",
    about: "A body that is not shown.",
    fields: &[
        field("type", TEXT, "The media type."),
        field("bytes", COUNT, "Its length."),
        field("digits_hidden", Schema::Bool, "It may hold keys that the citizen pressed."),
    ],
};
