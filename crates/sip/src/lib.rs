//! SIP messages, transactions, dialogs and digest (RFC 3261 and friends), without sockets or clocks.
//!
//! Invariants: bytes from the wire never panic and never grow a collection without a limit; a parsed `Message` has
//! its start line, Via, From, To, Call-ID and CSeq, and its header values hold no CR or LF; nothing that `Builder`
//! writes can smuggle in a header; time and randomness are arguments.

pub mod builder;
pub mod contact;
pub mod dialog;
pub mod digest;
pub mod endpoint;
pub mod framing;
pub mod image;
pub mod limits;
pub mod message;
pub mod method;
pub mod name;
pub mod name_addr;
pub mod params;
pub mod reason;
pub mod replaces;
pub mod stun;
mod text;
pub mod transaction;
pub mod uri;
pub mod via;

pub use builder::Builder;
pub use contact::ContactHeader;
pub use dialog::{Dialog, Head};
pub use endpoint::{
    Body, Cause, Config, Endpoint, Event, Identity, Invite, Limits, Outgoing, Output, Party, Reply, Request, ServerTx,
    Session, Timers,
};
pub use framing::{Frame, Framer};
pub use image::{Fact, FirstInvite, HeardInvite, Image, SentInvite};
pub use message::{Fault, HeaderError, Message, ParseError, Refresher};
pub use method::Method;
pub use name::Name;
pub use name_addr::{NameAddr, NameAddrRef};
pub use params::{Params, ParamsRef};
pub use reason::reason_phrase;
pub use replaces::Replaces;
pub use uri::{Scheme, Uri, UriError, UriRef};
pub use via::{Via, ViaRef};
