//! The proxies between a carrier's caller and us (RFC 3261 §16): what they put into requests and take out of what comes back.

use std::net::SocketAddr;

use sip::{Message, Method, Name};

use super::HOME;
use crate::config::host;

/// The proxies of one caller; the last one is at the caller's own address, so that answers arrive.
#[derive(Debug)]
pub(crate) struct Path {
    /// The sent-by of each, the nearest to the caller first.
    names: Vec<String>,
    astray: u64,
}

impl Path {
    pub(crate) fn new(proxies: u8, address: SocketAddr) -> Path {
        let inner = ["pcscf", "scscf", "bgcf", "ibcf"].iter().map(|role| format!("{role}.{HOME}")).cycle();
        let mut names: Vec<String> = inner.take(usize::from(proxies.saturating_sub(1))).collect();
        if proxies > 0 {
            names.push(format!("{}:{}", host(address), address.port()));
        }
        Path { names, astray: 0 }
    }

    pub(crate) fn astray(&self) -> u64 {
        self.astray
    }

    /// A message of the caller as it leaves the last proxy: a Via of each, its route in what begins a dialog, and no Route, which
    /// was theirs.
    pub(crate) fn outward(&self, bytes: &[u8]) -> Vec<u8> {
        let Ok(message) = Message::parse(bytes) else { return bytes.to_vec() };
        if !message.is_request() {
            return bytes.to_vec();
        }
        let via = message.top_via();
        let branch = via.as_ref().ok().and_then(|via| via.branch()).unwrap_or_default();
        let mut lines = Vec::new();
        for (place, name) in self.names.iter().enumerate().rev() {
            lines.push(format!("Via: SIP/2.0/UDP {name};branch={};rport", self.branch(place, branch)));
        }
        if message.method() == Method::Invite {
            lines.extend(self.names.iter().rev().map(|name| format!("Record-Route: <sip:{name};lr>")));
        }
        for (name, text, value) in message.lines().filter(|(name, ..)| *name != Name::Route) {
            let hops = u8::try_from(self.names.len()).unwrap_or(u8::MAX);
            match message.max_forwards().filter(|_| name == Name::MaxForwards) {
                Some(left) => lines.push(format!("{text}: {}", left.saturating_sub(hops))),
                None => lines.push(format!("{text}: {value}")),
            }
        }
        written(bytes, &lines, message.body())
    }

    /// The branch that a proxy makes of the caller's: a CANCEL and the ACK of a refusal have their INVITE's.
    fn branch(&self, place: usize, branch: &str) -> String {
        format!("z9hG4bK{place}-{branch}")
    }

    /// A message to the caller as it leaves the first proxy; `None` for one that does not come back the way it went.
    pub(crate) fn inward(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let Ok(message) = Message::parse(bytes) else { return Some(bytes.to_vec()) };
        if self.is_for_last_proxy(&message) {
            return None;
        }
        let is_right = if message.is_request() { self.is_routed(&message) } else { self.went_this_way(&message) };
        if !is_right {
            self.astray += 1;
            return None;
        }
        let kept = message.vias().skip(if message.is_request() { 0 } else { self.names.len() });
        let vias = kept.map(|via| format!("Via: {via}"));
        let others = message.lines().filter(|(name, ..)| !matches!(name, Name::Via | Name::Route));
        let lines: Vec<String> = vias.chain(others.map(|(_, text, value)| format!("{text}: {value}"))).collect();
        Some(written(bytes, &lines, message.body()))
    }

    /// A CANCEL goes from hop to hop: the last proxy's own has no Via but its own (RFC 3261 §9.2).
    fn is_for_last_proxy(&self, message: &Message) -> bool {
        !message.is_request() && message.method() == Method::Cancel && message.vias().nth(1).is_none()
    }

    /// A response has a Via of each proxy on top of the caller's, in order.
    fn went_this_way(&self, response: &Message) -> bool {
        let vias: Vec<&str> = response.vias().collect();
        let theirs = self.names.iter().enumerate().rev().zip(&vias);
        let right = |((place, name), via): ((usize, &String), &&str)| {
            via.contains(&format!(" {name};")) && via.contains(&format!("branch=z9hG4bK{place}-"))
        };
        vias.len() == self.names.len() + 1 && theirs.into_iter().all(right)
    }

    /// A request inside a dialog comes by the recorded routes: the last proxy's first.
    fn is_routed(&self, request: &Message) -> bool {
        let routes = request.routes();
        let named = |(name, route): (&String, &sip::NameAddr)| route.uri.to_string().contains(name.as_str());
        let theirs = routes.len() == self.names.len() && self.names.iter().rev().zip(&routes).all(named);
        request.to_tag().is_empty() || theirs
    }
}

/// The start line of `bytes` with other headers.
fn written(bytes: &[u8], lines: &[String], body: &[u8]) -> Vec<u8> {
    let start = bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let mut out = start.to_vec();
    out.extend_from_slice(b"\r\n");
    for line in lines {
        out.extend_from_slice(line.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(body);
    out
}
