//! The operator: another configuration each second, and where a test wants it the engine killed and started again.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::kit::engine::{Engine, replace};

/// The agents who are taken out of the configuration and put in again: the last ones.
pub(super) const COME_AND_GO: usize = 2;
/// The first of those who serve complaints and what the third key leads to; all before serve consult.
const SECOND_DESK: usize = 30;
/// From one configuration to the next.
const EVERY: Duration = Duration::from_secs(1);

/// What is other than in the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Change {
    Skills,
    Strategy,
    Limits,
    Group,
    Agents,
    Announcements,
}

/// Each is made and taken back in turn; a group and agents come and go twice as often.
const TURNS: [Change; 8] = [
    Change::Group,
    Change::Skills,
    Change::Agents,
    Change::Strategy,
    Change::Group,
    Change::Limits,
    Change::Agents,
    Change::Announcements,
];

/// What the configuration says now.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    agents: usize,
    changed: Vec<Change>,
}

impl State {
    pub(super) fn new(agents: usize) -> State {
        State { agents, changed: Vec::new() }
    }

    fn is(&self, change: Change) -> bool {
        self.changed.contains(&change)
    }

    fn turn(&mut self, change: Change) {
        if self.is(change) {
            self.changed.retain(|c| *c != change);
        } else {
            self.changed.push(change);
        }
    }

    pub(super) fn write(&self, config: &Path) {
        fs::write(config.join("queues.toml"), self.queues()).expect("written");
        fs::write(config.join("menu/12345.toml"), self.menu()).expect("written");
        let [from, to] = if self.is(Change::Limits) { ["2000", "1900"] } else { ["1900", "2000"] };
        let server = config.join("hotline.toml");
        if fs::read_to_string(&server).expect("the file").contains(&format!("\ncalls = {from}")) {
            replace(&server, &format!("\ncalls = {from}"), &format!("\ncalls = {to}"));
        }
        let number = self.is(Change::Announcements);
        let text = fs::read_to_string(&server).expect("the file");
        let said = format!("say_agent_number = {number}");
        fs::write(&server, text.replace(&format!("say_agent_number = {}", !number), &said)).expect("written");
    }

    fn queues(&self) -> String {
        let strategy = if self.is(Change::Strategy) { "fewest_calls" } else { "longest_idle" };
        let (every, position) = if self.is(Change::Announcements) { (3, true) } else { (30, false) };
        // Less room than callers want: the next ones go on to consult.
        let limit = if self.is(Change::Limits) { 5 } else { 200 };
        let mut text = String::from(
            "[back_off]\nrejected_s = 1\nbusy_s = 1\nno_answer_s = 1\nunreachable_s = 1\n\n[agents]\npause_after_unanswered = 0\n",
        );
        let mut group = |name: &str, limit: u32, overflow: &str| {
            let _ = write!(
                text,
                "\n[[group]]\nname = \"{name}\"\nring_s = 2\nlimit = {limit}\noverflow = \"{overflow}\"\nstrategy = \"{strategy}\"\n\
                 announce_every_s = {every}\nannounce_position = {position}\n"
            );
        };
        group("consult", 1000, "message");
        group("complaint", limit, "consult");
        if self.is(Change::Group) {
            group("night", 200, "complaint");
        }
        let here = if self.is(Change::Agents) { self.agents - COME_AND_GO } else { self.agents };
        for place in 0..here {
            let (number, skills) = (1001 + place, self.skills(place));
            let _ = write!(
                text,
                "\n[[agent]]\nnumber = \"{number}\"\npassword = \"example-{number}\"\nskills = {skills}\n"
            );
        }
        text
    }

    fn skills(&self, place: usize) -> String {
        let night = if self.is(Change::Group) { ", night = 1" } else { "" };
        let (first, second) = if self.is(Change::Skills) { (3, 1) } else { (1, 2) };
        match place {
            _ if place >= SECOND_DESK => format!("{{ complaint = {first}, consult = {second}{night} }}"),
            // A third of the first desk serves complaints at times.
            _ if place.is_multiple_of(3) && self.is(Change::Skills) => "{ complaint = 1, consult = 1 }".to_owned(),
            _ => "{ consult = 1 }".to_owned(),
        }
    }

    /// Who presses 3 comes to the group that comes and goes, or to the second desk.
    fn menu(&self) -> String {
        let third = if self.is(Change::Group) { "night" } else { "complaint" };
        let mut text = String::from(
            "locales = [\"zh-CN\"]\nstart = \"main\"\nperson = \"first\"\n\n[node.main]\nkind = \"menu\"\nprompt = \"main-menu\"\n\
             silence_s = 30\nkeys = { 1 = \"first\", 2 = \"second\", 3 = \"third\" }\n",
        );
        for (node, group) in [("first", "consult"), ("second", "complaint"), ("third", third)] {
            let _ = write!(text, "\n[node.{node}]\nkind = \"queue\"\ngroup = \"{group}\"\npriority = 5\n");
        }
        text
    }
}

/// What the hall is told, each at the moment at which it was so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// Those who come and go may register again.
    AgentsAreBack,
    Killed(Instant),
    Ready(Instant),
}

/// Works on a thread of its own until it is dropped or sent home.
pub(super) struct Operator {
    pub(super) told: Receiver<Told>,
    home: Sender<()>,
    works: JoinHandle<(Engine, Account)>,
}

/// How often each change was made or taken back.
pub(super) type Account = BTreeMap<Change, u32>;

impl Operator {
    /// `kills`: the seconds in which the engine is killed, and started with another configuration.
    pub(super) fn start(engine: Engine, state: State, kills: &'static [u32]) -> Operator {
        let (tells, told) = channel();
        let (home, goes_home) = channel();
        let shift = Shift { engine, state, account: Account::new(), tells, goes_home };
        Operator { told, home, works: std::thread::spawn(move || shift.work(kills)) }
    }

    /// # Panics
    /// As the operator did.
    pub(super) fn still_works(&self) {
        assert!(!self.works.is_finished(), "the operator has given up: see above");
    }

    /// Everything is put back to what it was in the beginning.
    pub(super) fn go_home(self) -> (Engine, Account) {
        drop(self.home);
        self.works.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

struct Shift {
    engine: Engine,
    state: State,
    account: Account,
    tells: Sender<Told>,
    goes_home: Receiver<()>,
}

impl Shift {
    fn work(mut self, kills: &[u32]) -> (Engine, Account) {
        let began = Instant::now();
        for second in 1.. {
            let next = began + EVERY * second;
            let rest = next.saturating_duration_since(Instant::now());
            if self.goes_home.recv_timeout(rest) != Err(RecvTimeoutError::Timeout) {
                break;
            }
            let change = TURNS[second as usize % TURNS.len()];
            self.state.turn(change);
            self.state.write(&self.engine.dir.path().join("config"));
            *self.account.entry(change).or_default() += 1;
            if kills.contains(&second) {
                self = self.kill();
            } else {
                self.reload(&[change]);
            }
        }
        let changed = std::mem::take(&mut self.state.changed);
        self.state.write(&self.engine.dir.path().join("config"));
        self.reload(&changed);
        (self.engine, self.account)
    }

    fn kill(self) -> Shift {
        self.engine.process.signal("KILL");
        // Not before: while the signal is on its way the engine takes calls.
        let _ = self.tells.send(Told::Killed(Instant::now()));
        let engine = self.engine.restart();
        let _ = self.tells.send(Told::Ready(Instant::now()));
        Shift { engine, ..self }.agents_are_back()
    }

    fn agents_are_back(self) -> Shift {
        if !self.state.is(Change::Agents) {
            let _ = self.tells.send(Told::AgentsAreBack);
        }
        self
    }

    /// The engine says itself what has changed.
    fn reload(&self, changes: &[Change]) {
        let (status, said) = self.engine.api("POST", &self.engine.admin_token(), "/reload", "");
        assert_eq!((status, &said["restart_needed"]), (200, &json!([])), "{said}");
        for change in changes {
            let (list, name) = match change {
                Change::Group => (added_or_removed(&said["groups"], self.state.is(*change)), "night"),
                Change::Agents => (added_or_removed(&said["agents"], !self.state.is(*change)), "1050"),
                Change::Skills => (&said["agents"]["changed"], "1001"),
                Change::Strategy | Change::Limits | Change::Announcements => (&said["groups"]["changed"], "complaint"),
            };
            assert!(list.as_array().is_some_and(|all| all.contains(&json!(name))), "{change:?}: {said}");
        }
        if changes.contains(&Change::Agents) && !self.state.is(Change::Agents) {
            let _ = self.tells.send(Told::AgentsAreBack);
        }
    }
}

fn added_or_removed(said: &Value, added: bool) -> &Value {
    &said[if added { "added" } else { "removed" }]
}
