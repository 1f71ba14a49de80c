//! Whole configurations in, plans or messages out.

mod areas;
mod bad;
mod broken;
mod callers;
mod kit;
mod on_air;
mod profile;
mod reload;
mod routing;
mod shipped;
mod walks;
