//! The user agent core (RFC 3261 §8, §9, §12–§15): bytes in, events by leg out.

mod config;
mod event;

use base::{Flow, LegId, Now, Rng, Ticket, Time};

pub use crate::transaction::Timers;
pub use config::{Config, Identity, Limits};
pub use event::{Body, Cause, Event, Invite, Outgoing, Output, Party, Reply, Request, ServerTx};

/// Every transaction and dialog of one owner.
pub struct Endpoint {
    config: Config,
    rng: Rng,
}

impl Endpoint {
    pub fn new(config: Config, now: Time, rng: Rng) -> Endpoint {
        let _ = now;
        Endpoint { config, rng }
    }

    /// Takes one datagram or frame in.
    pub fn receive(&mut self, now: Now, flow: Flow, bytes: &[u8], out: &mut Output) {
        let _ = (now, flow, bytes, out, &self.config, &self.rng);
    }

    /// The network says that what went to this flow could not be delivered.
    pub fn unreachable(&mut self, now: Now, flow: Flow, out: &mut Output) {
        let _ = (now, flow, out);
    }

    /// A connection is gone.
    pub fn flow_closed(&mut self, now: Now, flow: Flow, out: &mut Output) {
        let _ = (now, flow, out);
    }

    pub fn handle_timeout(&mut self, now: Now, out: &mut Output) {
        let _ = (now, out);
    }

    pub fn next_timeout(&self) -> Option<Time> {
        None
    }

    /// The INVITE's dialog belongs to `leg` from now on.
    pub fn adopt(&mut self, tx: ServerTx, leg: LegId) {
        let _ = (tx, leg);
    }

    /// Sends a 1xx to the leg's INVITE.
    pub fn provisional(&mut self, now: Now, leg: LegId, status: u16, reply: &Reply, out: &mut Output) {
        let _ = (now, leg, status, reply, out);
    }

    /// Sends 200 to the leg's INVITE and repeats it until its ACK.
    pub fn answer(&mut self, now: Now, leg: LegId, reply: &Reply, out: &mut Output) {
        let _ = (now, leg, reply, out);
    }

    /// Responds to any open server transaction.
    pub fn reply(&mut self, now: Now, tx: ServerTx, status: u16, reply: &Reply, out: &mut Output) {
        let _ = (now, tx, status, reply, out);
    }

    /// Calls.
    pub fn invite(&mut self, now: Now, leg: LegId, invite: Invite, out: &mut Output) {
        let _ = (now, leg, invite, out);
    }

    /// Sends a request outside any dialog; ends with `Event::Response`.
    pub fn request(&mut self, now: Now, ticket: Ticket, request: Request, out: &mut Output) {
        let _ = (now, ticket, request, out);
    }

    /// Offers new terms, or asks for the peer's offer when `body` is `None`; waits its turn, retries after 491.
    pub fn reinvite(&mut self, now: Now, leg: LegId, body: Option<Body>, out: &mut Output) {
        let _ = (now, leg, body, out);
    }

    /// UPDATE (RFC 3311) in a confirmed dialog; ends with `Event::ReinviteDone`.
    pub fn update(&mut self, now: Now, leg: LegId, body: Option<Body>, out: &mut Output) {
        let _ = (now, leg, body, out);
    }

    /// Sends the ACK that carries our answer when our INVITE had no offer.
    pub fn acknowledge(&mut self, now: Now, leg: LegId, body: Option<Body>, out: &mut Output) {
        let _ = (now, leg, body, out);
    }

    pub fn info(&mut self, now: Now, leg: LegId, body: Body, out: &mut Output) {
        let _ = (now, leg, body, out);
    }

    /// Ends the leg by whatever is right now: final response, CANCEL, BYE or nothing. `reason` is the value of a
    /// Reason header (RFC 3326).
    pub fn hang_up(&mut self, now: Now, leg: LegId, status_if_early: u16, reason: Option<&str>, out: &mut Output) {
        let _ = (now, leg, status_if_early, reason, out);
    }

    /// Whether no transaction, leg or deadline is left.
    pub fn is_idle(&self) -> bool {
        true
    }
}
