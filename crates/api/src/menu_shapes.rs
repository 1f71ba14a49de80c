//! The objects of publishing menus.

use crate::reload_shapes::RELOADED;
use crate::schema::{COUNT, Schema, Shape, field, optional};
use crate::shapes::TEXTS;

const TEXT_OR_NULL: Schema = Schema::Maybe(&Schema::Text);
const COUNT_OR_NULL: Schema = Schema::Maybe(&COUNT);

pub(crate) const PUBLISH: Shape = Shape {
    name: "Publish",
    about: "A wish to publish menus, or to roll back to an earlier release.",
    fields: &[
        field("why", Schema::Text, "For the history."),
        optional(
            "release",
            Schema::Text,
            "Publish: only if the files are still those of this release, as a dry run named it. Rollback: to this one; to the one before \
             unless told otherwise.",
        ),
        optional("dry_run", Schema::Bool, "Looks at everything and changes nothing."),
    ],
};

pub(crate) const PUBLISHED: Shape = Shape {
    name: "Published",
    about: "What was published, or would be.",
    fields: &[
        field("release", Schema::Text, "Twelve digits of the hash of its files."),
        field("before", TEXT_OR_NULL, "The release that held before; null where none did."),
        field("holds", Schema::Bool, "It holds now; false after a dry run."),
        field("stories", COUNT, "Stories of callers beside the menus that were played before; 0 for a rollback."),
        field("changes", Schema::Object(&RELOADED), "What it changed, with all that was changed in other files."),
    ],
};

const VERSION: Shape = Shape {
    name: "MenuVersion",
    about: "A menu of a release.",
    fields: &[
        field("menu", Schema::Text, "Its name."),
        field("version", Schema::Text, "As `menu_version` of the records of calls that ran it."),
    ],
};

const RELEASE: Shape = Shape {
    name: "Release",
    about: "A line of the history of menus.",
    fields: &[
        field("release", Schema::Text, "Its name."),
        field("action", Schema::Words(&["publish", "rollback"]), "How it came to hold."),
        field("at", Schema::Time, "When."),
        field("by", Schema::Text, "The name of the token."),
        field("why", Schema::Text, "In the words of whoever did it."),
        field("menus", Schema::List(&Schema::Object(&VERSION)), "Its menus."),
        field("holds", Schema::Bool, "It is what callers hear."),
        field("kept", Schema::Bool, "Its files are there, so that a rollback may bring it back."),
    ],
};

pub(crate) const HISTORY: Shape = Shape {
    name: "Releases",
    about: "What was published, newest first.",
    fields: &[field("releases", Schema::List(&Schema::Object(&RELEASE)), "A line for each time.")],
};

const DIFFERENCE: Shape = Shape {
    name: "Difference",
    about: "A file that differs between two releases.",
    fields: &[
        field("file", Schema::Text, "As menu/12345.toml."),
        field("change", Schema::Words(&["added", "removed", "changed"]), "What became of it."),
        field("lines", Schema::Maybe(&TEXTS), "The lines that differ, as `diff -u` shows them; null for sounds."),
        field("before_ms", COUNT_OR_NULL, "How long a sound was."),
        field("after_ms", COUNT_OR_NULL, "How long it is."),
    ],
};

pub(crate) const DIFFERENCES: Shape = Shape {
    name: "Differences",
    about: "What differs between two releases, or between one and the files.",
    fields: &[field("files", Schema::List(&Schema::Object(&DIFFERENCE)), "By name.")],
};

const SLOT: Shape = Shape {
    name: "Slot",
    about: "A place in menus that something may be on air in.",
    fields: &[
        field("slot", Schema::Text, "Its name, as `slot` of nodes of kind `on_air`."),
        field("prompts", TEXTS, "What callers hear there now, one after the other; empty for nothing."),
        field("by_hand", Schema::Bool, "It was put there by hand, over what on-air.toml says."),
        field("menus", TEXTS, "The menus that have it."),
    ],
};

pub(crate) const ON_AIR: Shape = Shape {
    name: "OnAir",
    about: "What is on air in menus.",
    fields: &[field("slots", Schema::List(&Schema::Object(&SLOT)), "By name.")],
};

pub(crate) const PUT_ON_AIR: Shape = Shape {
    name: "PutOnAir",
    about: "What is to be on air in a slot.",
    fields: &[field(
        "prompts",
        Schema::Maybe(&TEXTS),
        "Prompts by name, at most 15 s together; none for nothing; null for what on-air.toml says.",
    )],
};
