//! Configuration files to typed plans; every error at once, with file, line and a caret.
//!
//! Invariants: [`load`] alone reads files, and it reads them all before it judges; what it returns is complete and
//! consistent, so that nobody after it checks again; an error names the thing, the reason and the next step.

mod agents;
mod areas;
mod assemble;
mod calendar;
mod calendars;
mod call_backs;
mod callers;
mod dial;
mod env;
mod finding;
mod groups;
mod keys;
mod load;
mod menu;
mod merge;
mod nearest;
mod needs;
mod network;
mod on_air;
mod outward;
mod plans;
mod problem;
mod profile;
mod reach;
mod reader;
mod recognition;
mod release;
mod reload;
mod report;
mod schema;
pub mod script;
mod service;
mod sounds;
mod source;
mod states;
mod surges;
mod synthesis;
mod texts;
mod token;
mod trunk;
mod uses;
mod value;
pub mod wav;
mod web;

pub use calendars::Calendars;
pub use call::area::Areas;
pub use call::number::LineKind;
pub use finding::{Finding, Place, Severity};
pub use ivr::Reach;
pub use keys::keys;
pub use load::{check_profiles, load, load_areas, load_profile};
pub use on_air::{on_air_by_hand, on_air_text, reload_on_air};
pub use plans::{Network, Plans, Recognition, Role, Server, SoundFile, Token};
pub use reach::MenuReach;
pub use release::{Folders, Reached, ReleaseFile, load_reached, release_files};
pub use reload::{Changes, Listed, Reloaded, reload};
pub use report::Report;
pub use schema::Schema;
pub use script::{Rehearsed, Script, rehearse, scripts};
pub use synthesis::Synthesis;
pub use texts::Texts;
pub use uses::{PromptUse, Voice, load_voice};
