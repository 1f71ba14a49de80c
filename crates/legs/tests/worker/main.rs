//! What phones hear of a worker, on virtual time.

mod bridge;
mod continuity;
mod digits;
mod lab;
mod life;
mod listening;
mod playout;
mod reports;
mod strangers;
