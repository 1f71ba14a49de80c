//! One caller's way through a menu.

use std::collections::VecDeque;
use std::time::Duration;

use base::{Clip, Digit, GroupId, Now, SoundId, Time};

use crate::entry::Entry;
use crate::menu::{Kind, Node, Target};
use crate::say::{self, Say};
use crate::value::Values;
use crate::ways::Way;
use crate::when::{Around, Judge};
use crate::{LocaleId, Menu, NodeId};

mod collect;
mod keys;
mod listening;
mod outside;
mod sets;
mod speech;
mod state;
mod watch;

pub use outside::Request;
pub use speech::Speech;
pub use watch::Heard;

use listening::Listening;
use state::State;
use watch::Watch;

/// Prompts begun in one call, after which the caller goes to a person: far beyond anyone who still chooses, and with
/// a few seconds each still inside an hour.
const ENTRIES_MAX: u16 = 100;
/// Nodes entered at one event, after which the caller goes to a person: no menu has so long a chain of branches.
const HOPS_MAX: u16 = 32;
/// Keys remembered ahead of the node that takes them: an identity number and the deepest menu anyone knows by heart.
const TYPED_MAX: usize = 32;
/// Places that * can lead back to; the oldest is forgotten.
const TRAIL_MAX: usize = 16;
/// Sounds of one prompt that take no memory: a sentence with a long number in it.
const SAID_ROOM: usize = 32;

/// What happened to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    Start,
    Digit(Digit),
    /// The newest `Step::Play` or `Step::PlayClip` was heard to its end.
    Played,
    /// The time of the newest `Step::Wait` has come.
    Deadline,
    /// The answer to the newest `Step::Fetch`: a text for each place that was asked for; none where there was no good answer.
    Fetched(Option<&'a [String]>),
    /// What came of the newest `Step::Synthesize`: the text as a sound; none where nobody speaks it.
    Synthesized(Option<&'a Clip>),
    /// Nobody could be reached on the line of `Step::Transfer`.
    Refused,
    /// The caller who is listened to has begun to speak.
    Speaking,
    /// And has ended.
    Spoken,
    /// What the service of `Step::Recognize` understood; none where it gave no good answer.
    Understood(Option<&'a str>),
}

/// What the call must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The caller is at this node: the next word of the record's menu path.
    Enter(NodeId),
    /// The caller's language from now on.
    Locale(LocaleId),
    /// Replaces what plays by [`Walk::said`].
    Play,
    /// Replaces what plays by this sound.
    PlayClip(Clip),
    /// What plays stops: the caller types.
    Hush,
    /// Replaces the deadline.
    Wait {
        until: Time,
    },
    StopWaiting,
    /// Another system is asked; an older question is forgotten.
    Fetch(Box<Request>),
    /// A text is to be spoken; an older question is forgotten.
    Synthesize(Box<Speech>),
    /// Nobody waits for an answer any more.
    StopFetching,
    /// The caller may speak: from now on it is told when an utterance begins, and when it ends, once.
    Listen,
    /// What the caller says, or has said, does not count any more.
    StopListening,
    /// What was said is to be understood.
    Recognize,
    /// The caller waits from now on and hears [`Walk::said`] first: the clock of "a person within 15 seconds" runs already.
    Queue {
        group: GroupId,
        priority: u8,
        /// The caller is promised to be called back and need not stay.
        call_back: bool,
    },
    /// The caller is brought to a line outside and hears [`Walk::said`] first; `Event::Refused` when that comes to nothing.
    Transfer {
        to: String,
        ring: Duration,
        talk_max: Option<Duration>,
    },
    /// How satisfied the citizen is, 1 to 5.
    Rated(u8),
    /// A key was pressed at the node that leads nowhere there.
    WrongKey,
    /// What was said is no word of the node.
    NotUnderstood,
    End,
}

/// The interpreter's state for one call.
#[derive(Clone, Debug)]
pub struct Walk {
    state: State,
    node: NodeId,
    start: NodeId,
    locale: LocaleId,
    /// The choices passed on the way here, without `node`.
    trail: VecDeque<NodeId>,
    typed: VecDeque<Digit>,
    entry: Entry,
    listening: Option<Listening>,
    values: Values,
    said: Vec<SoundId>,
    /// None in a call: nobody looks.
    watch: Option<Box<Watch>>,
    /// At least this, in whatever group the caller comes to.
    priority: u8,
    entries: u16,
    hops: u16,
    silences: u8,
    invalids: u8,
}

/// One event, and everything that it is judged by.
struct Turn<'a> {
    menu: &'a Menu,
    around: &'a Around<'a>,
    now: Now,
    out: &'a mut Vec<Step>,
}

impl Walk {
    pub fn new(menu: &Menu) -> Walk {
        Walk::from(menu.start, menu.locale)
    }

    /// The walk of a call that arrives while the group behind 0 is in surge.
    pub fn in_surge(menu: &Menu) -> Walk {
        Walk::from(menu.surge_start, menu.locale)
    }

    /// The citizen whose agent has hung up, where the menu asks how satisfied they are.
    pub fn survey(menu: &Menu, locale: LocaleId) -> Option<Walk> {
        menu.survey.map(|survey| Walk::from(survey.start, locale))
    }

    fn from(start: NodeId, locale: LocaleId) -> Walk {
        Walk {
            state: State::Idle,
            node: start,
            start,
            locale,
            trail: VecDeque::with_capacity(TRAIL_MAX),
            typed: VecDeque::with_capacity(TYPED_MAX),
            entry: Entry::default(),
            listening: None,
            values: Values::default(),
            said: Vec::with_capacity(SAID_ROOM),
            watch: None,
            priority: 0,
            entries: 0,
            hops: 0,
            silences: 0,
            invalids: 0,
        }
    }

    pub fn locale(&self) -> LocaleId {
        self.locale
    }

    /// What the newest step lets the caller hear.
    pub fn said(&self) -> &[SoundId] {
        &self.said
    }

    /// Whether the caller left the menu, by `Step::Queue` or `Step::End`; every later event is ignored.
    pub fn is_over(&self) -> bool {
        self.state == State::Over
    }

    pub fn handle(&mut self, menu: &Menu, around: &Around<'_>, now: Now, event: Event<'_>, out: &mut Vec<Step>) {
        self.hops = 0;
        self.forget_ways();
        let turn = &mut Turn { menu, around, now, out };
        match (self.state, event) {
            (State::Idle, Event::Start) => self.enter(turn, self.start),
            (State::Idle | State::Away | State::Over, Event::Digit(_)) => {}
            (_, Event::Digit(digit)) => self.on_digit(turn, digit),
            (State::Playing, Event::Played) => self.on_played(turn),
            (State::Reading, Event::Played) => self.ask_to_confirm(turn),
            (State::Waiting | State::Typing | State::Confirming, Event::Deadline) => self.on_silence(turn),
            (State::Fetching, Event::Deadline) => self.on_no_answer(turn),
            (State::Fetching, Event::Fetched(values)) => self.on_fetched(turn, values),
            (State::Fetching, Event::Synthesized(clip)) => self.on_synthesized(turn, clip),
            (State::Away, Event::Refused) => self.on_refused(turn),
            (State::Waiting, Event::Speaking) => self.on_speaking(turn),
            (State::Waiting | State::Speaking, Event::Spoken) => self.on_spoken(turn),
            (State::Speaking | State::Understanding, Event::Deadline) => self.listen_on(turn),
            (State::Understanding, Event::Understood(text)) => self.on_understood(turn, text),
            _ => {}
        }
    }

    fn on_digit(&mut self, turn: &mut Turn<'_>, digit: Digit) {
        let Some(node) = turn.menu.node(self.node) else { return };
        let speaks = self.state == State::Playing || matches!(node.kind, Kind::Speak(_));
        let deaf = speaks && !node.interrupt;
        let digits = matches!(node.kind, Kind::Digits(_));
        match (digit, &node.kind) {
            // While digits are asked for, 0 is one.
            (Digit::Number(0), _) if !digits => self.ask_for_person(turn),
            _ if deaf => self.remember(digit),
            (_, Kind::Digits(asked)) => self.type_digit(turn, asked, digit),
            (Digit::Star, _) => self.go(turn, Target::Back),
            (Digit::Pound, _) if self.state != State::Fetching => self.go(turn, Target::Repeat),
            (_, Kind::Menu(keys)) => self.choose(turn, keys, digit),
            (_, Kind::Rate { tries, next, .. }) => self.rate(turn, digit, *tries, *next),
            (_, Kind::Http(_)) => self.remember(digit),
            // Nothing was said yet that could be said again.
            (Digit::Pound, Kind::Speak(_)) => {}
            _ => {
                self.remember(digit);
                self.on_played(turn);
            }
        }
    }

    fn remember(&mut self, digit: Digit) {
        if self.typed.len() < TYPED_MAX {
            self.typed.push_back(digit);
        }
    }

    /// The prompt is over, by its end or by a key.
    fn on_played(&mut self, turn: &mut Turn<'_>) {
        let Some(node) = turn.menu.node(self.node) else { return };
        match &node.kind {
            Kind::Play { next } | Kind::OnAir { next, .. } => self.pass(turn, Way::On, *next),
            Kind::Speak(speak) => self.pass(turn, Way::On, speak.next),
            Kind::Menu(keys) => self.await_choice(turn, keys),
            Kind::Rate { silence, .. } => self.await_key(turn, *silence),
            Kind::Digits(asked) => self.await_digits(turn, asked),
            Kind::End => self.leave(turn, Step::End),
            Kind::Http(_)
            | Kind::Queue { .. }
            | Kind::Transfer(_)
            | Kind::Hours { .. }
            | Kind::When { .. }
            | Kind::Set { .. } => {}
        }
    }

    fn on_silence(&mut self, turn: &mut Turn<'_>) {
        let Some(node) = turn.menu.node(self.node) else { return };
        match &node.kind {
            Kind::Menu(keys) => self.choose_nothing(turn, keys),
            Kind::Rate { tries, next, .. } => self.rate_nothing(turn, *tries, *next),
            Kind::Digits(asked) => self.type_nothing(turn, asked),
            _ => {}
        }
    }

    fn go(&mut self, turn: &mut Turn<'_>, target: Target) {
        match target {
            Target::Node(node) => {
                self.push_trail(turn.menu);
                self.enter(turn, node);
            }
            Target::Back => match self.trail.pop_back() {
                Some(node) => self.enter(turn, node),
                None => self.again(turn, &[]),
            },
            Target::Repeat => self.again(turn, &[]),
        }
    }

    /// On from a node that asks for nothing; one that leads back leads to a person where there was no choice yet.
    fn pass(&mut self, turn: &mut Turn<'_>, way: Way, target: Target) {
        self.took(way);
        match target {
            Target::Back if self.trail.is_empty() => self.go(turn, Target::Node(turn.menu.person)),
            _ => self.go(turn, target),
        }
    }

    fn push_trail(&mut self, menu: &Menu) {
        if !menu.node(self.node).is_some_and(|node| node.kind.is_choice()) {
            return;
        }
        if self.trail.len() == TRAIL_MAX {
            self.trail.pop_front();
        }
        self.trail.push_back(self.node);
    }

    fn ask_for_person(&mut self, turn: &mut Turn<'_>) {
        self.typed.clear();
        self.go(turn, Target::Node(turn.menu.person));
    }

    fn enter(&mut self, turn: &mut Turn<'_>, id: NodeId) {
        if self.is_exhausted() {
            return self.give_up(turn);
        }
        let Some(node) = turn.menu.node(id) else { return };
        self.stop_waiting(turn);
        (self.node, self.silences, self.invalids) = (id, 0, 0);
        self.entry.clear();
        turn.out.push(Step::Enter(id));
        match &node.kind {
            Kind::Hours { hours, open, closed } => {
                let is_open = turn.menu.hours.get(*hours).is_some_and(|h| h.is_open(turn.now.wall));
                let (way, next) = if is_open { (Way::Open, open) } else { (Way::Closed, closed) };
                self.pass(turn, way, *next);
            }
            Kind::When { cases, otherwise } => {
                let judge = self.judge(turn);
                let holds = cases.iter().zip(0..).find(|((tests, _), _)| judge.all(tests));
                let (way, next) =
                    holds.map_or((Way::Otherwise, *otherwise), |((_, next), case)| (Way::Case(case), *next));
                self.pass(turn, way, next);
            }
            Kind::Set { .. } => self.set(turn, &node.kind),
            Kind::Queue { .. } => self.leave_for_queue(turn, node),
            Kind::Transfer(transfer) => self.transfer(turn, node, transfer),
            Kind::Http(http) => self.fetch(turn, node, http),
            Kind::Speak(speak) => self.synthesize(turn, node, speak),
            Kind::Play { .. }
            | Kind::OnAir { .. }
            | Kind::Menu(_)
            | Kind::Digits(_)
            | Kind::Rate { .. }
            | Kind::End => {
                self.play(turn, node, &[]);
            }
        }
    }

    /// The same node again, with `first` before its prompt; its counts of silence and invalid keys stand.
    fn again(&mut self, turn: &mut Turn<'_>, first: &[Say]) {
        if self.is_exhausted() {
            return self.give_up(turn);
        }
        let Some(node) = turn.menu.node(self.node) else { return };
        self.stop_waiting(turn);
        self.entry.clear();
        match &node.kind {
            Kind::Http(http) => self.fetch(turn, node, http),
            Kind::Speak(speak) => self.synthesize(turn, node, speak),
            _ => self.play(turn, node, first),
        }
    }

    /// To a person at once.
    fn give_up(&mut self, turn: &mut Turn<'_>) {
        turn.out.push(Step::Enter(turn.menu.person));
        if let Some(person) = turn.menu.node(turn.menu.person) {
            self.leave_for_queue(turn, person);
        }
    }

    fn is_exhausted(&mut self) -> bool {
        self.entries = self.entries.saturating_add(1);
        self.hops = self.hops.saturating_add(1);
        self.entries > ENTRIES_MAX || self.hops > HOPS_MAX
    }

    fn judge<'a>(&'a self, turn: &Turn<'a>) -> Judge<'a> {
        let (hours, around) = (&turn.menu.hours, turn.around);
        Judge { hours, around, now: turn.now, locale: self.locale, values: &self.values }
    }

    /// Gathers the sounds of `first` and `then` for the step that follows.
    fn say(&mut self, turn: &Turn<'_>, first: &[Say], then: &[Say]) {
        let mut said = std::mem::take(&mut self.said);
        said.clear();
        let judge = self.judge(turn);
        say::fill(first, &judge, &mut said);
        say::fill(then, &judge, &mut said);
        let heard = self.watch.is_some().then(|| [say::words(first, &judge), say::words(then, &judge)].concat());
        self.said = said;
        self.hears(heard);
    }

    fn play(&mut self, turn: &mut Turn<'_>, node: &Node, first: &[Say]) {
        if let Kind::OnAir { slot, .. } = &node.kind {
            let names = turn.around.on_air.get(slot).map_or(&[][..], Vec::as_slice);
            self.said.clear();
            self.said.extend(names.iter().filter_map(|name| turn.around.prompts.sound(self.locale, name)));
            self.hears_sounds();
        } else {
            self.say(turn, first, &node.prompt);
        }
        self.state = State::Playing;
        let skipped = !self.typed.is_empty() && node.interrupt;
        if self.said.is_empty() || skipped {
            return self.on_played(turn);
        }
        turn.out.push(Step::Play);
    }

    fn leave(&mut self, turn: &mut Turn<'_>, step: Step) {
        self.stop_waiting(turn);
        self.state = State::Over;
        turn.out.push(step);
    }

    fn stop_waiting(&mut self, turn: &mut Turn<'_>) {
        if self.state.waits() {
            turn.out.push(Step::StopWaiting);
        }
        if self.state == State::Fetching {
            turn.out.push(Step::StopFetching);
        }
        if self.listening.take().is_some() {
            turn.out.push(Step::StopListening);
        }
        self.state = State::Idle;
    }

    fn wait(&mut self, turn: &mut Turn<'_>, state: State, silence: Duration) {
        self.state = state;
        turn.out.push(Step::Wait { until: turn.now.time + silence });
    }
}
