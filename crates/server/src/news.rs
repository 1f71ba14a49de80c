//! What the control thread tells the rim as it happens: a bounded ring that it never waits for.

use std::io::{self, Write as _};
use std::os::unix::net::UnixStream;

use base::{AgentEvent, Now, RecordEntry, Wall};
use rtrb::{Consumer, Producer, PushError, RingBuffer};
use switch::{Exchange, Fact};

use crate::picture::{self, Picture};

/// Four seconds of the busiest hour that LIMITS plan for: 200 calls a second with 20 pieces of news each.
const RING: usize = 16_384;

/// One thing that readers may want to know.
#[derive(Debug)]
pub enum News {
    Fact {
        at: Wall,
        fact: Fact,
    },
    Agent(AgentEvent),
    /// So many pieces were lost; this is how things stand now.
    Anew {
        at: Wall,
        lost: u64,
        picture: Box<Picture>,
    },
}

/// The control thread's end.
#[derive(Debug)]
pub(crate) struct Herald {
    ring: Producer<News>,
    bell: UnixStream,
    lost: u64,
    told: bool,
    /// The first picture is still to be told.
    new: bool,
    /// Names have changed: a picture is due behind what was told.
    renew: bool,
}

/// The rim's end.
#[derive(Debug)]
pub struct Inbox {
    pub(crate) ring: Consumer<News>,
    bell: Option<UnixStream>,
}

/// Both ends of a ring.
///
/// # Errors
/// When the system gives no file descriptor.
pub(crate) fn ring() -> io::Result<(Herald, Inbox)> {
    ring_of(RING)
}

fn ring_of(capacity: usize) -> io::Result<(Herald, Inbox)> {
    let (bell, heard) = UnixStream::pair()?;
    bell.set_nonblocking(true)?;
    heard.set_nonblocking(true)?;
    let (producer, consumer) = RingBuffer::new(capacity);
    let herald = Herald { ring: producer, bell, lost: 0, told: false, new: true, renew: false };
    Ok((herald, Inbox { ring: consumer, bell: Some(heard) }))
}

impl Herald {
    /// Tells a fact that readers want to know; drops the others.
    pub(crate) fn fact(&mut self, at: Wall, fact: Fact) {
        let wanted = match &fact {
            Fact::Call { .. } => true,
            Fact::Roster(fact) => matches!(fact, roster::Fact::State { .. }),
            Fact::Queue(fact) => {
                matches!(fact, acd::Fact::Closed { .. } | acd::Fact::Opened { .. } | acd::Fact::Surges { .. })
            }
            _ => false,
        };
        if wanted {
            self.tell(News::Fact { at, fact });
        }
    }

    /// Groups and agents are others from now on.
    pub(crate) fn renew(&mut self) {
        self.renew = true;
    }

    pub(crate) fn record(&mut self, entry: &RecordEntry) {
        if let RecordEntry::Agent(event) = entry {
            self.tell(News::Agent(event.clone()));
        }
    }

    /// After the last piece of a turn: heals a gap once the ring has room again, and wakes the rim.
    pub(crate) fn end_turn(&mut self, now: Now, exchange: &Exchange) {
        self.heal(now.wall, || picture::of(now, exchange));
        if std::mem::take(&mut self.told) {
            // A full socket wakes as well; without a listener the ring fills up and the loss is counted.
            let _ = self.bell.write(&[0]);
        }
    }

    /// What follows a loss is lost too: the picture will hold it.
    fn tell(&mut self, news: News) {
        let lost = self.lost > 0 || self.new || matches!(self.ring.push(news), Err(PushError::Full(_)));
        self.lost += u64::from(lost);
        self.told = true;
    }

    /// Half a ring of room, so that the rim is not overrun again at once.
    fn heal(&mut self, at: Wall, picture: impl FnOnce() -> Picture) {
        let due = self.new
            || (self.renew && self.lost == 0)
            || (self.lost > 0 && self.ring.slots() >= self.ring.buffer().capacity() / 2);
        if !due {
            return;
        }
        let lost = if self.new { 0 } else { self.lost };
        let picture = Box::new(picture());
        if self.ring.push(News::Anew { at, lost, picture }).is_ok() {
            (self.lost, self.new, self.renew, self.told) = (0, false, false, true);
        }
    }
}

impl Inbox {
    /// A socket on which bytes arrive when there is something to take in; read them before taking in. Only once.
    pub fn bell(&mut self) -> Option<UnixStream> {
        self.bell.take()
    }
}

#[cfg(test)]
mod tests {
    use base::{CallId, GroupId, Time};

    use super::*;

    fn over(serial: u32) -> Fact {
        Fact::Call { call: CallId { serial, ..CallId::default() }, fact: call::Fact::Over }
    }

    fn heard(inbox: &mut Inbox) -> Vec<String> {
        std::iter::from_fn(|| inbox.ring.pop().ok())
            .map(|news| match news {
                News::Fact { fact: Fact::Call { call, .. }, .. } => format!("fact {}", call.serial),
                News::Anew { lost, .. } => format!("anew after {lost}"),
                other => format!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn a_full_ring_loses_counts_and_heals_with_a_picture() {
        let (mut herald, mut inbox) = ring_of(4).expect("a descriptor");
        herald.heal(Wall(0), Picture::default);
        for serial in 0..10 {
            herald.fact(Wall(0), over(serial));
        }
        herald.heal(Wall(0), Picture::default);
        assert_eq!(heard(&mut inbox), ["anew after 0", "fact 0", "fact 1", "fact 2"]);
        herald.fact(Wall(0), over(10));
        assert_eq!(heard(&mut inbox), [""; 0], "what follows a loss waits for the picture");
        herald.heal(Wall(0), Picture::default);
        herald.fact(Wall(0), over(11));
        assert_eq!(heard(&mut inbox), ["anew after 8", "fact 11"]);
    }

    #[test]
    fn other_names_are_a_picture_behind_what_was_told_and_nothing_is_lost() {
        let (mut herald, mut inbox) = ring_of(4).expect("a descriptor");
        herald.heal(Wall(0), Picture::default);
        herald.renew();
        herald.fact(Wall(0), over(1));
        herald.heal(Wall(0), Picture::default);
        herald.fact(Wall(0), over(2));
        herald.heal(Wall(0), Picture::default);
        assert_eq!(heard(&mut inbox), ["anew after 0", "fact 1", "anew after 0", "fact 2"]);
    }

    #[test]
    fn what_nobody_reads_is_not_told() {
        let (mut herald, mut inbox) = ring_of(4).expect("a descriptor");
        herald.heal(Wall(0), Picture::default);
        let since = Time::ZERO;
        let waits = acd::Fact::Waits { call: CallId::default(), caller: None, group: GroupId(0), priority: 0, since };
        herald.fact(Wall(0), Fact::Queue(waits));
        assert_eq!(heard(&mut inbox), ["anew after 0"]);
    }
}
