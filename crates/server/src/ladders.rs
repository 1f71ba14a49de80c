//! Where the rim keeps the messages of calls, for readers on any thread of it.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use base::CallId;
use ladder::{Book, Item, Kept, Limits};
use rtrb::Consumer;

use crate::tap::{self, RING, Shared, Tap};

/// Items taken in at once; then readers have their turn.
const BATCH: usize = 1024;

/// The messages of all calls, as far as they are kept. The control thread never touches it.
#[derive(Debug)]
pub struct Ladders {
    /// None where none are kept.
    inside: Option<Mutex<Inside>>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Inside {
    ring: Consumer<Item>,
    book: Book,
}

/// How much is kept, and what was lost on the way since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Counts {
    pub messages: usize,
    pub bytes: usize,
    pub lost: u64,
}

/// Ladders that keep so many bytes, none at 0; and the end that tells them.
pub(crate) fn keep(bytes: usize) -> (Tap, Ladders) {
    if bytes == 0 {
        return (Tap::default(), Ladders { inside: None, shared: Arc::default() });
    }
    let (tap, ring, shared) = tap::open();
    let inside = Inside { ring, book: Book::new(Limits { bytes }) };
    (tap, Ladders { inside: Some(Mutex::new(inside)), shared })
}

impl Ladders {
    /// Ladders that nobody but `tell` fills.
    pub fn new(bytes: usize) -> Ladders {
        keep(bytes).1
    }

    /// Whether any are kept.
    pub const fn is_on(&self) -> bool {
        self.inside.is_some()
    }

    /// Takes in what came over the ring; true when more may wait.
    pub fn take_in(&self) -> bool {
        self.with(|inside| inside.take_in(&self.shared)).unwrap_or_default()
    }

    /// Takes in what somebody else tells.
    pub fn tell(&self, items: impl IntoIterator<Item = Item>) {
        self.with(|inside| items.into_iter().for_each(|item| inside.book.take(item)));
    }

    /// What is kept of a call up to now.
    pub fn call(&self, id: CallId) -> Option<Kept> {
        self.with(|inside| {
            for _ in 0..RING / BATCH {
                if !inside.take_in(&self.shared) {
                    break;
                }
            }
            inside.book.call(id)
        })
        .flatten()
    }

    pub fn counts(&self) -> Counts {
        let lost = self.shared.lost.load(Ordering::Relaxed);
        let kept = self.with(|inside| (inside.book.messages(), inside.book.bytes()));
        let (messages, bytes) = kept.unwrap_or_default();
        Counts { messages, bytes, lost }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Inside) -> T) -> Option<T> {
        let inside = self.inside.as_ref()?;
        // A panic while a message was taken in cost that message.
        Some(act(&mut inside.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Inside {
    fn take_in(&mut self, shared: &Shared) -> bool {
        for _ in 0..BATCH {
            let Ok(item) = self.ring.pop() else { return false };
            if let Item::Wire(wire) = &item {
                // Nobody else writes it.
                shared.taken.fetch_add(wire.bytes.len() as u64, Ordering::AcqRel);
            }
            self.book.take(item);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use base::{Flow, LegId, NetworkId, Now};

    use super::*;

    #[test]
    fn a_reader_sees_what_was_told_a_moment_ago() {
        let (mut tap, ladders) = keep(1 << 20);
        let flow = Flow::udp(NetworkId(0), "192.0.2.9:5060".parse().expect("an address"));
        let call = CallId { serial: 7, ..CallId::default() };
        tap.came(Now::default(), flow, b"INVITE sip:a SIP/2.0\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n\r\n");
        let legs = vec![(LegId { call, index: 0 }, "x".into())];
        let messages = vec![sip::Outgoing {
            flow,
            direct: None,
            bytes: Arc::from(&b"SIP/2.0 200 OK\r\ni: x\r\nCSeq: 1 INVITE\r\n\r\n"[..]),
        }];
        tap.made(Now::default(), &switch::Effects { legs, messages, ..switch::Effects::default() }, |_| None);
        let kept = ladders.call(call).expect("it is kept");
        let ways: Vec<_> = kept.wires.iter().map(|(leg, wire)| (*leg, wire.way)).collect();
        assert_eq!(ways, [(0, ladder::Way::In), (0, ladder::Way::Out)]);
        assert_eq!((ladders.counts().messages, ladders.counts().lost), (2, 0));
    }

    #[test]
    fn nothing_is_kept_where_nothing_is_to_be() {
        let (_, ladders) = keep(0);
        ladders.tell([Item::Over { call: CallId::default() }]);
        assert!(!ladders.is_on() && !ladders.take_in() && ladders.call(CallId::default()).is_none());
        assert_eq!(ladders.counts(), Counts::default());
    }
}
