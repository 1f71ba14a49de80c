//! The call engine for 12345 government hotlines.

fn main() {}
