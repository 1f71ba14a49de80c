//! The object that a reload answers with.

use crate::schema::{Schema, Shape, field};
use crate::shapes::TEXTS;

const LISTED: Shape = Shape {
    name: "Listed",
    about: "Names of one kind.",
    fields: &[
        field("added", TEXTS, "New."),
        field("removed", TEXTS, "No more there."),
        field("changed", TEXTS, "Other than before."),
    ],
};

pub(crate) const RELOADED: Shape = Shape {
    name: "Reloaded",
    about: "What the configuration that holds now changed.",
    fields: &[
        field("groups", Schema::Object(&LISTED), "Skill groups by name. Callers of a removed one overflowed."),
        field("agents", Schema::Object(&LISTED), "Agents by number. A removed one who talks is heard to the end."),
        field("menus", Schema::Object(&LISTED), "Menus by name. Calls keep the one that they began with."),
        field("prompts", Schema::Object(&LISTED), "Files of prompts, as zh-CN/please-wait.wav."),
        field("others", TEXTS, "Further tables that are other than before, as [queue]."),
        field("restart_needed", TEXTS, "Tables of which nothing holds before the engine starts again."),
        field("warnings", TEXTS, "What works, but probably not as meant."),
        field(
            "release",
            Schema::Maybe(&Schema::Text),
            "The release whose menus, calendars and prompts hold; null where nothing was ever published, and after a publication, which \
             names it itself.",
        ),
        field("unpublished", TEXTS, "Files of menus, calendars and prompts that are not as they were published."),
    ],
};
