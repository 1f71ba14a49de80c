//! Where the rim keeps the mirror and the ring of events, for readers on any thread of it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use base::Epoch;
use tokio::sync::watch;

use crate::events::{EVENTS, Event, Log, Missed, Position, What};
use crate::mirror::Mirror;
use crate::news::{Inbox, News};

/// News taken in at once; then readers have their turn.
const BATCH: usize = 1024;

/// The mirror, the events, and the bell of those who wait for events. The control thread never touches it.
#[derive(Debug)]
pub struct Board {
    inside: Mutex<Inside>,
    newest: watch::Sender<u64>,
}

#[derive(Debug)]
struct Inside {
    mirror: Mirror,
    log: Log,
    lost: u64,
}

impl Board {
    pub fn new(epoch: Epoch) -> Board {
        Board::with_capacity(epoch, EVENTS)
    }

    /// A board whose ring holds `events`.
    pub fn with_capacity(epoch: Epoch, events: usize) -> Board {
        let inside = Inside { mirror: Mirror::default(), log: Log::new(epoch, events), lost: 0 };
        Board { inside: Mutex::new(inside), newest: watch::Sender::new(0) }
    }

    /// Folds what came in; true when more may wait.
    pub fn take_in(&self, inbox: &mut Inbox) -> bool {
        let batch: Vec<News> = std::iter::from_fn(|| inbox.ring.pop().ok()).take(BATCH).collect();
        let more = batch.len() == BATCH;
        self.tell(batch);
        more
    }

    /// Folds news, in order.
    pub fn tell(&self, news: impl IntoIterator<Item = News>) {
        let mut inside = self.inside();
        news.into_iter().for_each(|news| inside.take_in(news));
        let seq = inside.log.position().seq;
        drop(inside);
        self.newest.send_if_modified(|newest| std::mem::replace(newest, seq) != seq);
    }

    /// Reads the tables as they stand after the event at that position.
    pub fn read<T>(&self, read: impl FnOnce(&Mirror, Position) -> T) -> T {
        let inside = self.inside();
        read(&inside.mirror, inside.log.position())
    }

    /// At most `max` events after `from`.
    ///
    /// # Errors
    /// When the reader has to read the tables anew.
    pub fn after(&self, from: Position, max: usize) -> Result<Vec<Event>, Missed> {
        self.inside().log.after(from, max)
    }

    /// Tells of each newer event; compare with `after`.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// News that the ring to the rim had no room for, since the start.
    pub fn lost(&self) -> u64 {
        self.inside().lost
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        // Rows are replaced whole: a reader's panic leaves them as they were.
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    fn take_in(&mut self, news: News) {
        let (at, what) = match news {
            News::Fact { at, fact } => (at, self.mirror.fact(at, fact)),
            News::Agent(event) => (event.at, self.mirror.happening(event)),
            News::Anew { at, lost, picture } => {
                self.mirror.begin(at, *picture);
                self.lost += lost;
                (at, (lost > 0).then_some(What::Gap { lost }))
            }
        };
        if let Some(what) = what {
            self.log.push(at, what);
        }
    }
}
