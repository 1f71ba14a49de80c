//! Questions from outside to the control thread, and the way back of their answers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base::Ticket;
use switch::{Answer, Ask};
use tokio::sync::{mpsc, oneshot};

use crate::stop::Stop;

/// Questions on their way: what a room of supervisors clicks in the two seconds that an answer may take.
const MAILBOX: usize = 256;
/// Questions put to the owners in one turn: each is as much work as a SIP message, and calls go first.
const ASKS_A_TURN: usize = 32;
/// Questions whose answer is still awaited from an owner; answers come in the turn of the question as a rule.
const AWAITED_MAX: usize = 1024;
/// The control thread turns in milliseconds: whoever waits longer is told so.
const DEADLINE: Duration = Duration::from_secs(2);
/// Tickets of the desk begin here, so that none is ever taken for one that a switch wrote.
const FIRST_TICKET: u64 = 1 << 63;

/// Why a question has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Busy {
    #[error("too many questions wait already; ask again in a second")]
    Full,
    #[error("no answer within two seconds; look whether the change was made before asking again")]
    Late,
    #[error("the engine has stopped")]
    Gone,
}

/// Asks the owners of calls, agents and queue; cloned freely.
#[derive(Clone, Debug)]
pub struct Desk {
    sender: mpsc::Sender<Question>,
    stop: Arc<Stop>,
}

#[derive(Debug)]
struct Question {
    by: String,
    ask: Ask,
    reply: oneshot::Sender<Answer>,
}

impl Desk {
    /// Asks in the name of `by` and waits for the answer.
    ///
    /// # Errors
    /// When the engine is too busy or gone; a question that nobody waits for any more is not put.
    pub async fn ask(&self, by: &str, ask: Ask) -> Result<Answer, Busy> {
        let (reply, answer) = oneshot::channel();
        let question = Question { by: by.to_owned(), ask, reply };
        self.sender.try_send(question).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Busy::Full,
            mpsc::error::TrySendError::Closed(_) => Busy::Gone,
        })?;
        self.stop.ring();
        match tokio::time::timeout(DEADLINE, answer).await {
            Ok(answer) => answer.map_err(|_| Busy::Gone),
            Err(_) => Err(Busy::Late),
        }
    }
}

/// The control thread's side.
#[derive(Debug)]
pub struct Counter {
    receiver: mpsc::Receiver<Question>,
    awaited: BTreeMap<u64, oneshot::Sender<Answer>>,
    next: u64,
}

/// A desk whose questions wake the control thread through `stop`, and the counter where they arrive.
pub fn open(stop: Arc<Stop>) -> (Desk, Counter) {
    let (sender, receiver) = mpsc::channel(MAILBOX);
    (Desk { sender, stop }, Counter { receiver, awaited: BTreeMap::new(), next: FIRST_TICKET })
}

impl Counter {
    /// Hands this turn's questions to `put`; true when more wait.
    pub fn take(&mut self, mut put: impl FnMut(Ticket, String, Ask)) -> bool {
        for _ in 0..ASKS_A_TURN {
            let Ok(Question { by, ask, reply }) = self.receiver.try_recv() else { return false };
            if reply.is_closed() {
                continue;
            }
            self.make_room();
            self.awaited.insert(self.next, reply);
            put(Ticket(self.next), by, ask);
            self.next += 1;
        }
        !self.receiver.is_empty()
    }

    pub fn answer(&mut self, ticket: Ticket, answer: Answer) {
        if let Some(reply) = self.awaited.remove(&ticket.0) {
            // Who asked may have left.
            let _ = reply.send(answer);
        }
    }

    /// Forgets those who left, and the oldest when that is not enough.
    fn make_room(&mut self) {
        if self.awaited.len() >= AWAITED_MAX {
            self.awaited.retain(|_, reply| !reply.is_closed());
        }
        if self.awaited.len() >= AWAITED_MAX {
            self.awaited.pop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use base::CallId;

    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime")
    }

    fn hang_up(serial: u32) -> Ask {
        Ask::HangUp { call: CallId { serial, ..CallId::default() } }
    }

    #[test]
    fn answers_find_their_question() {
        let (desk, mut counter) = open(Arc::new(Stop::new().expect("a descriptor")));
        runtime().block_on(async {
            let (first, second) = (desk.ask("a", hang_up(1)), desk.ask("b", hang_up(2)));
            let serve = async {
                tokio::task::yield_now().await;
                let mut tickets = Vec::new();
                let more = counter.take(|ticket, by, ask| tickets.push((ticket, by, ask)));
                assert!(!more);
                assert_eq!(tickets.iter().map(|(_, by, _)| by.as_str()).collect::<Vec<_>>(), ["a", "b"]);
                assert!(tickets.iter().all(|(ticket, ..)| ticket.0 >= FIRST_TICKET));
                counter.answer(tickets[1].0, Answer::NoSuchCall);
                counter.answer(tickets[0].0, Answer::Done);
                counter.answer(Ticket(7), Answer::Done);
            };
            let (first, second, ()) = tokio::join!(first, second, serve);
            assert_eq!((first, second), (Ok(Answer::Done), Ok(Answer::NoSuchCall)));
        });
        assert!(counter.awaited.is_empty());
    }

    #[test]
    fn a_question_without_an_answer_is_late_and_then_never_put() {
        let (desk, mut counter) = open(Arc::new(Stop::new().expect("a descriptor")));
        assert_eq!(runtime().block_on(desk.ask("a", hang_up(1))), Err(Busy::Late));
        counter.take(|_, _, ask| panic!("{ask:?} is put although nobody waits"));
    }

    #[test]
    fn a_turn_takes_so_many_and_a_full_mailbox_says_so() {
        let (desk, mut counter) = open(Arc::new(Stop::new().expect("a descriptor")));
        runtime().block_on(async {
            let asks: Vec<_> = (0..MAILBOX as u32 + 1).map(|n| tokio::spawn(ask(desk.clone(), n))).collect();
            while counter.receiver.len() < MAILBOX {
                tokio::task::yield_now().await;
            }
            tokio::task::yield_now().await;
            let mut taken = 0;
            assert!(counter.take(|_, _, _| taken += 1));
            assert_eq!(taken, ASKS_A_TURN);
            drop(counter);
            let mut outcomes = Vec::new();
            for ask in asks {
                outcomes.push(ask.await.expect("no panic"));
            }
            assert_eq!(outcomes.iter().filter(|o| **o == Err(Busy::Full)).count(), 1);
            assert_eq!(outcomes.iter().filter(|o| **o == Err(Busy::Gone)).count(), MAILBOX);
        });
    }

    async fn ask(desk: Desk, serial: u32) -> Result<Answer, Busy> {
        desk.ask("a", hang_up(serial)).await
    }
}
