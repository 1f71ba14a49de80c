//! The exchange as the control thread drives it: with `--trace`, every input stands in the file's queue before it is handled; and
//! whoever keeps ladders hears of each message that goes in or comes out.

use std::ops::Deref;
use std::path::{Path, PathBuf};

use base::Now;
use base::pack::Packed;
use switch::trace::{Entry, Head, Turn};
use switch::{Effects, Exchange, Input};
use trace::{Key, Limits, Recorder};

use crate::tap::Tap;

/// What `serve` is told about a trace.
#[derive(Clone, Debug)]
pub struct Trace {
    pub file: PathBuf,
    /// The longest file, in bytes.
    pub limit: u64,
    /// The operator's key, made when it is not there; none for `trace.key` beside the records.
    pub key: Option<PathBuf>,
}

/// One entry on its way to the file.
#[derive(Debug)]
pub(crate) enum Item {
    Entry(Entry),
    /// Put into words by the thread that writes.
    Turn(Turn),
}

/// An exchange, and who is told what goes into it and what comes out.
pub(crate) struct Taped {
    exchange: Exchange,
    tap: Tap,
    tape: Option<Recorder<Item>>,
    /// Entries are still taken.
    is_on: bool,
    /// Something was handled in this turn.
    turned: bool,
}

/// Makes the file. None, and a warning, when too many traces of crashes lie there: taking calls goes first.
///
/// # Errors
/// The file or the key cannot be used.
pub(crate) fn open(trace: &Trace, data: &Path, head: &Head) -> Result<Option<Recorder<Item>>, trace::Error> {
    let key = trace.key.clone().unwrap_or_else(|| data.join("trace.key"));
    let key = Key::load_or_make(&key)?;
    let limits = Limits { file: trace.limit, ..Limits::default() };
    match Recorder::start(&trace.file, &key, limits, (&head.line(), &head.to_bytes()), render) {
        Ok(recorder) => {
            tracing::info!(trace = %recorder.path().display(), "inputs are traced");
            Ok(Some(recorder))
        }
        Err(error @ trace::Error::Taken { .. }) => {
            tracing::error!("no trace is written: {error}");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn render(item: &Item, line: &mut String, bytes: &mut Vec<u8>) {
    let mut write = |entry: &Entry| {
        line.push_str(&entry.line());
        entry.pack(bytes);
    };
    match item {
        Item::Entry(entry) => write(entry),
        Item::Turn(turn) => write(&turn.entry()),
    }
}

impl Taped {
    /// `exchange` was made a moment ago; what it said at its start belongs to the first turn.
    pub(crate) fn new(mut exchange: Exchange, tap: Tap, tape: Option<Recorder<Item>>) -> Taped {
        let is_on = tape.is_some();
        exchange.switch.keep_verdicts(is_on);
        Taped { exchange, tap, tape, is_on, turned: is_on }
    }

    pub(crate) fn handle(&mut self, now: Now, input: Input<'_>, out: &mut Effects) {
        if let Input::Message { flow, bytes } = &input {
            self.tap.came(now, *flow, bytes);
        }
        // The one branch that it costs without a trace.
        if !self.is_on {
            return self.exchange.handle(now, input, out);
        }
        self.put(Entry::given(now, &input));
        self.turned = true;
        self.exchange.handle(now, input, out);
        self.put_verdicts();
        self.is_on = self.tape.as_ref().is_some_and(Recorder::is_on);
        if !self.is_on {
            // Nobody takes them any more.
            self.exchange.switch.keep_verdicts(false);
        }
    }

    /// All of a turn has been handled and nothing of it has left.
    pub(crate) fn end_turn(&mut self, now: Now, effects: &Effects) {
        let agents = &self.exchange.plan().agents;
        let number = |agent: base::AgentId| agents.get(agent.0 as usize).map(|agent| agent.number.as_str().into());
        self.tap.made(now, effects, number);
        if !std::mem::take(&mut self.turned) {
            return;
        }
        if let Some(tape) = self.tape.as_mut().filter(|_| self.is_on) {
            let turn = Turn::of(now, effects);
            let cost = turn.cost();
            tape.put(Item::Turn(turn), cost);
        }
    }

    fn put_verdicts(&mut self) {
        for verdict in self.exchange.switch.take_verdicts() {
            self.put(Some(Entry::Judged(verdict)));
        }
    }

    fn put(&mut self, entry: Option<Entry>) {
        if let Some((tape, entry)) = self.tape.as_mut().zip(entry) {
            let cost = entry.cost();
            tape.put(Item::Entry(entry), cost);
        }
    }
}

impl Deref for Taped {
    type Target = Exchange;

    fn deref(&self) -> &Exchange {
        &self.exchange
    }
}

impl Drop for Taped {
    /// Also when an input panics: what was judged before belongs to it.
    fn drop(&mut self) {
        self.put_verdicts();
    }
}
