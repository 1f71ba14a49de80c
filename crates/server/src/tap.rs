//! What goes over the wire, told to those who keep ladders: a bounded ring that the control thread never waits for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base::{Flow, LegId, Now};
use ladder::{Item, Way, Wire};
use rtrb::{Consumer, Producer, RingBuffer};
use switch::{Effects, Fact};

/// Four seconds of 200 calls a second with 14 messages and six words about them each; the reader comes five times a second.
pub(crate) const RING: usize = 16_384;
/// Bytes of messages in the ring: twice what it holds of usual ones, and no more however long they are.
const RING_BYTES_MAX: u64 = 32 << 20;

/// What both ends know.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// Bytes of messages that were taken out, since the start.
    pub(crate) taken: AtomicU64,
    /// Items that found no room, since the start.
    pub(crate) lost: AtomicU64,
}

/// The control thread's end; shut where nobody keeps ladders.
#[derive(Debug, Default)]
pub(crate) struct Tap {
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    ring: Producer<Item>,
    /// Bytes of messages that were put in, since the start.
    put: u64,
    shared: Arc<Shared>,
}

/// Both ends, and what they share.
pub(crate) fn open() -> (Tap, Consumer<Item>, Arc<Shared>) {
    open_of(RING)
}

fn open_of(capacity: usize) -> (Tap, Consumer<Item>, Arc<Shared>) {
    let (ring, taker) = RingBuffer::new(capacity);
    let shared = Arc::new(Shared::default());
    (Tap { open: Some(Open { ring, put: 0, shared: Arc::clone(&shared) }) }, taker, shared)
}

impl Tap {
    /// A message came in and is about to be handled. Registrations are of no call, and the most frequent of what is not.
    pub(crate) fn came(&mut self, now: Now, flow: Flow, bytes: &[u8]) {
        if let Some(open) = &mut self.open
            && !bytes.starts_with(b"REGISTER ")
        {
            open.wire(Wire { now, flow, way: Way::In, bytes: Arc::from(bytes) });
        }
    }

    /// What a turn made: whose messages are whose, then the messages that are about to leave.
    pub(crate) fn made(&mut self, now: Now, effects: &Effects, number: impl Fn(base::AgentId) -> Option<Box<str>>) {
        let Some(open) = &mut self.open else { return };
        for (leg, call_id) in &effects.legs {
            open.put(Item::Leg { leg: *leg, call_id: call_id.clone() });
        }
        for fact in &effects.facts {
            if let Fact::Call { call, fact: call::Fact::Dialled { leg, agent, .. } } = fact
                && let Some(number) = number(*agent)
            {
                open.put(Item::Agent { leg: LegId { call: *call, index: *leg }, number });
            }
        }
        for message in &effects.messages {
            let (flow, bytes) = (message.flow, Arc::clone(&message.bytes));
            open.wire(Wire { now, flow, way: Way::Out, bytes });
        }
        for fact in &effects.facts {
            if let Fact::Call { call, fact: call::Fact::Over } = fact {
                open.put(Item::Over { call: *call });
            }
        }
    }
}

impl Open {
    fn wire(&mut self, wire: Wire) {
        let bytes = wire.bytes.len() as u64;
        if self.put + bytes > self.shared.taken.load(Ordering::Acquire) + RING_BYTES_MAX {
            return self.lose();
        }
        if self.put(Item::Wire(wire)) {
            self.put += bytes;
        }
    }

    fn put(&mut self, item: Item) -> bool {
        let fits = self.ring.push(item).is_ok();
        if !fits {
            self.lose();
        }
        fits
    }

    fn lose(&self) {
        self.shared.lost.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use base::NetworkId;

    use super::*;

    fn flow() -> Flow {
        Flow::udp(NetworkId(0), "192.0.2.9:5060".parse().expect("an address"))
    }

    fn lost(shared: &Shared) -> u64 {
        shared.lost.load(Ordering::Relaxed)
    }

    #[test]
    fn a_full_ring_loses_and_counts() {
        let (mut tap, mut taker, shared) = open_of(4);
        for _ in 0..6 {
            tap.came(Now::default(), flow(), b"BYE sip:a SIP/2.0");
        }
        assert_eq!((taker.slots(), lost(&shared)), (4, 2));
        assert!(taker.pop().is_ok());
        tap.came(Now::default(), flow(), b"BYE sip:a SIP/2.0");
        assert_eq!((taker.slots(), lost(&shared)), (4, 2), "room again");
    }

    #[test]
    fn long_messages_take_no_more_than_their_bytes() {
        let (mut tap, mut taker, shared) = open_of(RING);
        let long = vec![b'x'; 65_000];
        for _ in 0..1000 {
            tap.came(Now::default(), flow(), &long);
        }
        let held = taker.slots() as u64 * long.len() as u64;
        assert!(held <= RING_BYTES_MAX && held > RING_BYTES_MAX - long.len() as u64, "{held}");
        assert_eq!(lost(&shared) as usize + taker.slots(), 1000);
        let before = taker.slots();
        assert!(taker.pop().is_ok());
        shared.taken.store(long.len() as u64, Ordering::Release);
        tap.came(Now::default(), flow(), &long);
        assert_eq!(taker.slots(), before);
    }

    #[test]
    fn nothing_is_told_of_registrations_or_where_nobody_listens() {
        let (mut tap, taker, _) = open_of(4);
        tap.came(Now::default(), flow(), b"REGISTER sip:a SIP/2.0");
        assert_eq!(taker.slots(), 0);
        Tap::default().came(Now::default(), flow(), b"BYE sip:a SIP/2.0");
    }
}
