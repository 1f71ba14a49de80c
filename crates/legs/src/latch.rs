//! Whom an end listens to, and where it sends.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use base::Time;

/// The one remote address of a socket: signalled at first, then learnt from the first packet that may be the peer's.
///
/// Before it has learnt one it hears the signalled address, and any port of the address that the signalling came from: a
/// phone behind NAT signals an address that nobody can see. Afterwards it hears that source alone (RTP bleed).
#[derive(Clone, Debug)]
#[repr(C)]
pub(crate) struct Latch {
    held: Option<SocketAddr>,
    heard: Time,
    signalled: SocketAddr,
    signalled_from: IpAddr,
    /// The source of the agreement before this one, and until when its packets may still be on the way.
    left: Option<(SocketAddr, Time)>,
}

/// The first bytes of a latch, all that a packet of the source it holds needs.
#[cfg(test)]
pub(crate) const HOT: usize = std::mem::offset_of!(Latch, signalled);

impl Latch {
    pub(crate) const fn new(now: Time, signalled: SocketAddr, signalled_from: IpAddr) -> Latch {
        Latch { signalled, signalled_from, held: None, heard: now, left: None }
    }

    /// A new agreement. The same address leaves everything as it is: a session refresh must not lose a phone behind NAT.
    pub(crate) fn change(&mut self, now: Time, signalled: SocketAddr, relatch: Duration) {
        if signalled != self.signalled {
            self.left = self.held.take().map(|source| (source, now + relatch));
            self.signalled = signalled;
        }
    }

    /// Whether a packet from there is the peer's.
    pub(crate) fn accept(&mut self, now: Time, from: SocketAddr, relatch: Duration) -> bool {
        let accepted = match self.held {
            Some(held) => held == from || held.ip() == from.ip() && now.since(self.heard) >= relatch,
            None => from == self.signalled || from.ip() == self.signalled_from && !self.has_left(now, from),
        };
        if accepted {
            (self.held, self.heard) = (Some(from), now);
        }
        accepted
    }

    /// Where to send (symmetric RTP, RFC 4961); none when the peer named no place.
    pub(crate) fn target(&self) -> Option<SocketAddr> {
        let to = self.held.unwrap_or(self.signalled);
        (to.port() != 0 && !to.ip().is_unspecified()).then_some(to)
    }

    fn has_left(&self, now: Time, from: SocketAddr) -> bool {
        self.left.is_some_and(|(source, until)| source == from && now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn hears_one_source_at_a_time() {
        let mut latch = Latch::new(Time::ZERO, address("192.168.1.9:4000"), address("203.0.113.7:1").ip());
        let steps = [
            (0, "198.51.100.1:4000", false, "192.168.1.9:4000"),
            (1, "192.168.1.9:4002", false, "192.168.1.9:4000"),
            (2, "203.0.113.7:61000", true, "203.0.113.7:61000"),
            (3, "192.168.1.9:4000", false, "203.0.113.7:61000"),
            (4, "203.0.113.7:61001", false, "203.0.113.7:61000"),
            (5, "203.0.113.7:61000", true, "203.0.113.7:61000"),
            (1_004, "203.0.113.7:61001", false, "203.0.113.7:61000"),
            (1_005, "198.51.100.1:61000", false, "203.0.113.7:61000"),
            (1_006, "203.0.113.7:61001", true, "203.0.113.7:61001"),
            (1_007, "203.0.113.7:61000", false, "203.0.113.7:61001"),
        ];
        for (ms, from, accepted, target) in steps {
            assert_eq!(latch.accept(Time::from_millis(ms), address(from), SECOND), accepted, "{ms}: {from}");
            assert_eq!(latch.target(), Some(address(target)), "{ms}: {from}");
        }
    }

    #[test]
    fn a_new_agreement_moves_on_and_leaves_the_old_source_behind() {
        let gateway = address("203.0.113.7:5000");
        let mut latch = Latch::new(Time::ZERO, gateway, gateway.ip());
        assert!(latch.accept(Time::ZERO, gateway, SECOND));
        latch.change(Time::ZERO, gateway, SECOND);
        assert!(!latch.accept(Time::ZERO, address("203.0.113.7:6000"), SECOND), "a refresh opens nothing");
        latch.change(Time::from_millis(10), address("203.0.113.7:6000"), SECOND);
        assert_eq!(latch.target(), Some(address("203.0.113.7:6000")));
        assert!(!latch.accept(Time::from_millis(20), gateway, SECOND), "still on the way from before");
        assert!(latch.accept(Time::from_millis(30), address("203.0.113.7:6000"), SECOND));
        assert!(!latch.accept(Time::from_millis(40), gateway, SECOND));
    }

    #[test]
    fn no_place_is_no_target() {
        for nowhere in ["0.0.0.0:4000", "203.0.113.7:0"] {
            let latch = Latch::new(Time::ZERO, address(nowhere), address("203.0.113.7:1").ip());
            assert_eq!(latch.target(), None, "{nowhere}");
        }
    }
}
