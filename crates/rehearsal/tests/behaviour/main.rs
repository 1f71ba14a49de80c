//! Whole configurations with their scripts in, verdicts out.

mod guide;
mod kit;
mod shipped;
mod stories;
