//! Threads, sockets, rings and the clock around switch, acd, roster, media and store.
//!
//! Invariants: the control thread owns everything that decides about calls and waits for nobody; it reads the clock once
//! a turn; what other threads see of it is a view published at least every 100 ms, and the news that it tells over a bounded ring
//! without ever waiting: what finds no room is counted and healed with a picture; the messages that pass it go another such way, where
//! what finds no room is counted; questions reach it through a bounded mailbox;
//! a dead media worker ends the process.

mod airing;
mod alarms;
mod arrivals;
mod bell;
mod board;
mod books;
mod control;
mod datagrams;
pub mod desk;
mod dns;
pub mod events;
mod ladders;
pub mod levels;
mod listen;
mod mirror;
mod news;
mod picture;
mod publish;
mod releasing;
mod reload;
pub mod rows;
mod sockets;
mod start;
mod stop;
mod streams;
mod tap;
mod tape;
pub mod view;
mod web;

pub use airing::Slot;
pub use board::Board;
pub use control::Outcome;
pub use desk::{Busy, Desk};
pub use ladders::Ladders;
pub use media::wall;
pub use mirror::Mirror;
pub use news::{Inbox, News};
pub use picture::{AgentPicture, Picture};
pub use releasing::{Configurable, History, Order, Published};
pub use reload::{Refused, Reloaded, Reloader};
pub use start::{Error, Options, Running, start};
pub use stop::Stop;
pub use switch::Drill;
pub use tape::Trace;
