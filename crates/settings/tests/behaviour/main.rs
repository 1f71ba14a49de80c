//! Whole configurations in, plans or messages out.

mod bad;
mod kit;
mod shipped;
mod walks;
