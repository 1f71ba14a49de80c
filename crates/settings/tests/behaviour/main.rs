//! Whole configurations in, plans or messages out.

mod areas;
mod asked;
mod bad;
mod broken;
mod callers;
mod doubts;
mod guide;
mod kit;
mod messages;
mod on_air;
mod profile;
mod rehearsals;
mod reload;
mod routing;
mod schema;
mod shipped;
mod speech;
mod stories;
mod walks;
