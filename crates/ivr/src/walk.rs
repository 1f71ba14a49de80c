//! One caller's way through a menu.

use std::collections::VecDeque;

use base::{Digit, GroupId, Now, SoundId, Time};

use crate::menu::{Choice, Keys, Kind, Node, Target};
use crate::{LocaleId, Menu, NodeId};

/// Prompts begun in one call, after which the caller goes to a person: far beyond anyone who still chooses, and with
/// a few seconds each still inside an hour.
const ENTRIES_MAX: u16 = 100;
/// Nodes entered at one event, after which the caller goes to a person: no menu has so long a chain of branches.
const HOPS_MAX: u16 = 32;
/// Keys remembered ahead of the node that takes them: the deepest menu anyone knows by heart.
const TYPED_MAX: usize = 8;
/// Places that * can lead back to; the oldest is forgotten.
const TRAIL_MAX: usize = 16;

/// What happened to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    Start,
    Digit(Digit),
    /// The newest `Step::Play` was heard to its end.
    Played,
    /// The time of the newest `Step::Wait` has come.
    Deadline,
}

/// What the call must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The caller is at this node: the next word of the record's menu path.
    Enter(NodeId),
    /// The caller's language from now on.
    Locale(LocaleId),
    /// Replaces what plays.
    Play(Vec<SoundId>),
    /// Replaces the deadline.
    Wait {
        until: Time,
    },
    StopWaiting,
    /// The caller waits from now on and hears this first: the clock of "a person within 15 seconds" runs already.
    Queue {
        group: GroupId,
        priority: u8,
        said: Vec<SoundId>,
    },
    End,
}

/// Where the caller is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    /// The prompt of `node` plays.
    Playing,
    /// The prompt of `node` was heard; the silence runs.
    Waiting,
    Over,
}

/// The interpreter's state for one call.
#[derive(Clone, Debug)]
pub struct Walk {
    state: State,
    node: NodeId,
    locale: LocaleId,
    /// The choices passed on the way here, without `node`.
    trail: VecDeque<NodeId>,
    typed: VecDeque<Digit>,
    entries: u16,
    hops: u16,
    silences: u8,
    invalids: u8,
}

impl Walk {
    pub fn new(menu: &Menu) -> Walk {
        Walk::from(menu, menu.start)
    }

    /// The walk of a call that arrives while the group behind 0 is in surge.
    pub fn in_surge(menu: &Menu) -> Walk {
        Walk::from(menu, menu.surge_start)
    }

    fn from(menu: &Menu, start: NodeId) -> Walk {
        Walk {
            state: State::Idle,
            node: start,
            locale: menu.locale,
            trail: VecDeque::new(),
            typed: VecDeque::new(),
            entries: 0,
            hops: 0,
            silences: 0,
            invalids: 0,
        }
    }

    pub fn locale(&self) -> LocaleId {
        self.locale
    }

    /// Whether the caller left the menu, by `Step::Queue` or `Step::End`; every later event is ignored.
    pub fn is_over(&self) -> bool {
        self.state == State::Over
    }

    pub fn handle(&mut self, menu: &Menu, now: Now, event: Event, out: &mut Vec<Step>) {
        self.hops = 0;
        match (self.state, event) {
            (State::Idle, Event::Start) => self.enter(menu, now, self.node, out),
            (State::Playing | State::Waiting, Event::Digit(digit)) => self.on_digit(menu, now, digit, out),
            (State::Playing, Event::Played) => self.on_played(menu, now, out),
            (State::Waiting, Event::Deadline) => self.on_silence(menu, now, out),
            _ => {}
        }
    }

    fn on_digit(&mut self, menu: &Menu, now: Now, digit: Digit, out: &mut Vec<Step>) {
        if digit == Digit::Number(0) {
            return self.ask_for_person(menu, now, out);
        }
        let Some(node) = menu.node(self.node) else { return };
        if self.state == State::Playing && !node.interrupt {
            return self.remember(digit);
        }
        match (digit, &node.kind) {
            (Digit::Star, _) => self.go(menu, now, Target::Back, out),
            (Digit::Pound, _) => self.go(menu, now, Target::Repeat, out),
            (_, Kind::Menu(keys)) => self.choose(menu, now, keys, digit, out),
            _ => {
                self.remember(digit);
                self.on_played(menu, now, out);
            }
        }
    }

    fn remember(&mut self, digit: Digit) {
        if self.typed.len() < TYPED_MAX {
            self.typed.push_back(digit);
        }
    }

    /// The prompt is over, by its end or by a key.
    fn on_played(&mut self, menu: &Menu, now: Now, out: &mut Vec<Step>) {
        let Some(node) = menu.node(self.node) else { return };
        match &node.kind {
            Kind::Play { next } => self.pass(menu, now, *next, out),
            Kind::Menu(keys) => match self.typed.pop_front() {
                Some(digit) => self.on_typed(menu, now, digit, out),
                None => {
                    self.state = State::Waiting;
                    out.push(Step::Wait { until: now.time + keys.silence });
                }
            },
            Kind::End => self.leave(node, out),
            Kind::Queue { .. } | Kind::Hours { .. } => {}
        }
    }

    /// A remembered key at the first choice after it.
    fn on_typed(&mut self, menu: &Menu, now: Now, digit: Digit, out: &mut Vec<Step>) {
        self.state = State::Waiting;
        self.on_digit(menu, now, digit, out);
    }

    fn on_silence(&mut self, menu: &Menu, now: Now, out: &mut Vec<Step>) {
        let Some(Node { kind: Kind::Menu(keys), .. }) = menu.node(self.node) else { return };
        self.silences = self.silences.saturating_add(1);
        if self.silences < keys.silence_tries {
            self.again(menu, now, &[], out);
        } else {
            self.go(menu, now, keys.on_silence, out);
        }
    }

    fn choose(&mut self, menu: &Menu, now: Now, keys: &Keys, digit: Digit, out: &mut Vec<Step>) {
        match keys.keys.iter().find(|(key, _)| *key == digit) {
            Some((_, Choice { locale, next })) => {
                if let Some(locale) = *locale
                    && locale != self.locale
                {
                    self.locale = locale;
                    out.push(Step::Locale(locale));
                }
                self.go(menu, now, *next, out);
            }
            None => self.on_invalid(menu, now, keys, out),
        }
    }

    fn on_invalid(&mut self, menu: &Menu, now: Now, keys: &Keys, out: &mut Vec<Step>) {
        self.typed.clear();
        self.invalids = self.invalids.saturating_add(1);
        if self.invalids > keys.invalid_tries {
            return self.go(menu, now, keys.on_invalid, out);
        }
        let said = menu.invalid.get(usize::from(self.locale.0)).map_or(&[][..], Vec::as_slice);
        self.again(menu, now, said, out);
    }

    fn go(&mut self, menu: &Menu, now: Now, target: Target, out: &mut Vec<Step>) {
        match target {
            Target::Node(node) => {
                self.push_trail(menu);
                self.enter(menu, now, node, out);
            }
            Target::Back => match self.trail.pop_back() {
                Some(node) => self.enter(menu, now, node, out),
                None => self.again(menu, now, &[], out),
            },
            Target::Repeat => self.again(menu, now, &[], out),
        }
    }

    /// On from a node that asks for nothing; one that leads back leads to a person where there was no choice yet.
    fn pass(&mut self, menu: &Menu, now: Now, target: Target, out: &mut Vec<Step>) {
        match target {
            Target::Back if self.trail.is_empty() => self.go(menu, now, Target::Node(menu.person), out),
            _ => self.go(menu, now, target, out),
        }
    }

    fn push_trail(&mut self, menu: &Menu) {
        if !matches!(menu.node(self.node), Some(Node { kind: Kind::Menu(_), .. })) {
            return;
        }
        if self.trail.len() == TRAIL_MAX {
            self.trail.pop_front();
        }
        self.trail.push_back(self.node);
    }

    fn ask_for_person(&mut self, menu: &Menu, now: Now, out: &mut Vec<Step>) {
        self.typed.clear();
        self.go(menu, now, Target::Node(menu.person), out);
    }

    fn enter(&mut self, menu: &Menu, now: Now, id: NodeId, out: &mut Vec<Step>) {
        if self.is_exhausted() {
            return self.give_up(menu, out);
        }
        let Some(node) = menu.node(id) else { return };
        self.stop_waiting(out);
        (self.node, self.silences, self.invalids) = (id, 0, 0);
        out.push(Step::Enter(id));
        match &node.kind {
            Kind::Hours { hours, open, closed } => {
                let is_open = menu.hours.get(*hours).is_some_and(|h| h.is_open(now.wall));
                self.pass(menu, now, if is_open { *open } else { *closed }, out);
            }
            Kind::Queue { .. } => self.leave(node, out),
            _ => self.play(menu, now, node, &[], out),
        }
    }

    /// The same node again, with `first` before its prompt; its counts of silence and invalid keys stand.
    fn again(&mut self, menu: &Menu, now: Now, first: &[SoundId], out: &mut Vec<Step>) {
        if self.is_exhausted() {
            return self.give_up(menu, out);
        }
        let Some(node) = menu.node(self.node) else { return };
        self.stop_waiting(out);
        self.play(menu, now, node, first, out);
    }

    /// To a person at once.
    fn give_up(&mut self, menu: &Menu, out: &mut Vec<Step>) {
        out.push(Step::Enter(menu.person));
        if let Some(person) = menu.node(menu.person) {
            self.leave(person, out);
        }
    }

    fn is_exhausted(&mut self) -> bool {
        self.entries = self.entries.saturating_add(1);
        self.hops = self.hops.saturating_add(1);
        self.entries > ENTRIES_MAX || self.hops > HOPS_MAX
    }

    fn play(&mut self, menu: &Menu, now: Now, node: &Node, first: &[SoundId], out: &mut Vec<Step>) {
        let sounds = [first, node.prompt(self.locale)].concat();
        self.state = State::Playing;
        let skipped = !self.typed.is_empty() && node.interrupt;
        if sounds.is_empty() || skipped {
            return self.on_played(menu, now, out);
        }
        out.push(Step::Play(sounds));
    }

    fn leave(&mut self, node: &Node, out: &mut Vec<Step>) {
        self.stop_waiting(out);
        self.state = State::Over;
        out.push(match node.kind.queue(self.locale) {
            Some((group, priority)) => Step::Queue { group, priority, said: node.prompt(self.locale).to_vec() },
            None => Step::End,
        });
    }

    fn stop_waiting(&mut self, out: &mut Vec<Step>) {
        if self.state == State::Waiting {
            self.state = State::Idle;
            out.push(Step::StopWaiting);
        }
    }
}
