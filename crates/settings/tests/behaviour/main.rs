//! Whole configurations in, plans or messages out.

mod areas;
mod bad;
mod broken;
mod callers;
mod guide;
mod kit;
mod on_air;
mod profile;
mod rehearsals;
mod reload;
mod routing;
mod shipped;
mod stories;
mod walks;
