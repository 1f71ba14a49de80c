//! Workers on real sockets of the loopback.

mod direct;
mod life;
mod rig;
