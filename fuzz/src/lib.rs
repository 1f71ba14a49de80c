//! What the fuzz targets share: a meter of allocations, and a way to cut an input into steps.
//!
//! A target says what must hold and panics when it does not; what it may cost is measured here.

mod ends;
mod meter;
mod steps;

pub use ends::Ends;
pub use meter::{Meter, bounded};
pub use steps::Steps;
