//! End to end: the binary as its users run it, with real phones, on loopback; audio is checked both ways.
//!
//! Tests run in parallel; each has its own engine, ports and folder. Nothing sleeps to synchronise: a test waits for an
//! event or a state, with a limit that says what did not come.

mod answering;
mod api;
mod asking;
mod callee_flows;
mod caller_flows;
mod callers;
mod calling_back;
mod carrier;
mod command_line;
mod consulting;
mod crowd;
mod disks;
mod drills;
mod early;
mod endings;
mod hammer;
mod handing_on;
mod ims;
mod kit;
mod ladder;
mod life;
mod lines;
mod menus;
mod offers;
mod on_air;
mod orders;
mod outward;
mod overload;
mod parting;
mod prompts;
mod publishing;
mod reach;
mod rehearsing;
mod reload;
mod repeats;
mod restart;
mod routing;
mod sessions;
mod speech_in;
mod speech_out;
mod star_codes;
mod steering;
mod storm;
mod surges;
mod taking;
mod talking;
mod trace;
mod transports;
mod waits;
