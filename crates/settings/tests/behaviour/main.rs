//! Whole configurations in, plans or messages out.

mod areas;
mod bad;
mod broken;
mod callers;
mod guide;
mod kit;
mod profile;
mod reload;
mod routing;
mod shipped;
mod walks;
