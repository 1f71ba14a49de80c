//! The guide to routing, example by example: its configuration loads without a warning, and its story is what the queue does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use acd::{Acd, Action, Command, Decline, Reservation};
use base::{AgentId, CallId, CallerKey, GroupId, Now, Time};
use settings::Plans;

use crate::kit::{load, root};

const GUIDES: [&str; 2] = ["docs/routing.md", "docs/routing.zh.md"];

/// The fenced blocks of a page, in pairs.
fn examples(page: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    for (kind, fence) in [("toml", "```toml\n"), ("story", "```story\n")] {
        let parts = page.split(fence).skip(1).filter_map(|rest| rest.split("```").next());
        blocks.push((kind, parts.map(str::to_owned).collect::<Vec<_>>()));
    }
    let [(_, plans), (_, stories)] = &blocks[..] else { unreachable!("two kinds") };
    assert_eq!(plans.len(), stories.len(), "each example has a story");
    plans.iter().cloned().zip(stories.iter().cloned()).collect()
}

/// What the guides write into queues.toml.
pub(crate) fn written() -> Vec<String> {
    let page = |guide: &&str| std::fs::read_to_string(root().join(guide)).expect("the guide");
    GUIDES.iter().flat_map(|guide| examples(&page(guide))).map(|(plan, _)| plan).collect()
}

/// What a line of a story makes happen.
enum Deed<'a> {
    Signs { agent: &'a str, on: bool },
    Ready(&'a str),
    Away(&'a str),
    Calls { who: &'a str, group: &'a str, priority: u8 },
    Talks { agent: &'a str, to: &'a str },
    Declines(&'a str),
    HangsUp(&'a str),
    Presses(&'a str),
    Answers(&'a str),
    DoesNotAnswer(&'a str),
    Asks(&'a str),
    TimePasses,
}

fn deed(line: &str) -> Deed<'_> {
    let words: Vec<_> = line.split_whitespace().collect();
    match words[..] {
        ["time", "passes"] => Deed::TimePasses,
        [agent, "signs", "on"] => Deed::Signs { agent, on: true },
        [agent, "signs", "off"] => Deed::Signs { agent, on: false },
        [agent, "is", "ready"] => Deed::Ready(agent),
        [agent, "is", "away"] => Deed::Away(agent),
        [agent, "talks", "to", to] => Deed::Talks { agent, to },
        [agent, "declines"] => Deed::Declines(agent),
        [who, "hangs", "up"] => Deed::HangsUp(who),
        [who, "presses", "1"] => Deed::Presses(who),
        [who, "answers"] => Deed::Answers(who),
        [who, "does", "not", "answer"] => Deed::DoesNotAnswer(who),
        [who, "asks"] => Deed::Asks(who),
        [who, "calls", group] => Deed::Calls { who, group, priority: 5 },
        [who, "calls", group, "at", priority] => {
            Deed::Calls { who, group, priority: priority.parse().expect("a priority") }
        }
        _ => panic!("no story knows what `{line}` means"),
    }
}

/// The queue of an example, and who is who.
struct Story {
    acd: Acd,
    now: Now,
    agents: Vec<String>,
    groups: Vec<String>,
    callers: Vec<String>,
    /// The call of each caller, or the next one to who is called back.
    calls: Vec<CallId>,
    /// Whose phone rings for whom.
    rings: BTreeMap<u32, (u32, Reservation)>,
    talks: BTreeMap<u32, u32>,
}

impl Story {
    fn new(plans: Plans) -> Story {
        let agents = plans.call.agents.iter().map(|agent| agent.number.clone()).collect();
        let groups = plans.acd.groups.iter().map(|group| group.name.clone()).collect();
        let now = Now { time: Time::from_millis(1_000_000), ..Now::default() };
        let acd = Acd::new(plans.acd, now.time);
        Story {
            acd,
            now,
            agents,
            groups,
            callers: Vec::new(),
            calls: Vec::new(),
            rings: BTreeMap::new(),
            talks: BTreeMap::new(),
        }
    }

    fn agent(&self, number: &str) -> AgentId {
        let place = self.agents.iter().position(|known| known == number);
        AgentId(place.unwrap_or_else(|| panic!("no agent is {number}")) as u32)
    }

    fn caller(&self, name: &str) -> u32 {
        self.callers.iter().rposition(|known| known == name).unwrap_or_else(|| panic!("{name} has not called")) as u32
    }

    /// Lets time pass until then, stopping at each deadline on the way.
    fn pass(&mut self, until: Time, said: &mut Vec<String>) {
        while let Some(next) = self.acd.next_timeout().filter(|next| *next <= until) {
            self.now = self.now.plus(next - self.now.time);
            let mut out = Vec::new();
            self.acd.handle_timeout(self.now, &mut out);
            self.hear(out, said);
        }
        self.now = self.now.plus(until - self.now.time);
    }

    fn tell(&mut self, command: Command, said: &mut Vec<String>) {
        let mut out = Vec::new();
        self.acd.handle(self.now, command, &mut out);
        self.hear(out, said);
    }

    fn hear(&mut self, out: Vec<Action>, said: &mut Vec<String>) {
        for action in out {
            match action {
                Action::Reserve { agent, call, reservation, .. } => {
                    self.rings.insert(agent.0, (call.serial, reservation));
                    let (agent, caller) = (&self.agents[agent.0 as usize], &self.callers[call.serial as usize]);
                    said.push(format!("{agent} rings for {caller}"));
                }
                Action::Withdraw { agent, .. } => {
                    self.rings.remove(&agent.0);
                    said.push(format!("{} stops", self.agents[agent.0 as usize]));
                }
                Action::Promised { call, kept } => {
                    let caller = &self.callers[call.serial as usize];
                    said.push(format!("{caller} {} called back", if kept { "is" } else { "is not" }));
                    if kept {
                        self.calls[call.serial as usize] = call.again();
                    }
                }
                Action::CallsBack { call, .. } => self.calls[call.serial as usize] = call,
                Action::Refused { reason: acd::Refusal::CalledAgain, .. } => {}
                Action::Refused { call, .. } => said.push(format!("{} is refused", self.callers[call.serial as usize])),
                Action::Moved { call, to, .. } => {
                    let (caller, group) = (&self.callers[call.serial as usize], &self.groups[usize::from(to.0)]);
                    said.push(format!("{caller} moves to {group}"));
                }
                Action::Located { call, position, wait, .. } => {
                    let seconds = |end: Duration| end.as_secs().to_string();
                    let wait = wait.map(|wait| (seconds(wait.low()), wait.high().map_or("ever".to_owned(), seconds)));
                    let wait = wait.map(|(low, high)| format!(" for {low} to {high} s")).unwrap_or_default();
                    said.push(format!("{} is number {position}{wait}", self.callers[call.serial as usize]));
                }
                Action::Surge { group, on } => {
                    let more = if on { "" } else { " no more" };
                    said.push(format!("{} is in surge{more}", self.groups[usize::from(group.0)]));
                }
                _ => {}
            }
        }
    }

    fn carry_out(&mut self, deed: &Deed<'_>, said: &mut Vec<String>) {
        let id = |serial: u32| self.calls[serial as usize];
        let command = match *deed {
            Deed::TimePasses => return,
            Deed::Signs { agent, on } => Command::SignedOn { agent: self.agent(agent), on },
            Deed::Ready(agent) => Command::Ready { agent: self.agent(agent) },
            Deed::Away(agent) => Command::Away { agent: self.agent(agent) },
            Deed::Calls { who, group, priority } => {
                let place = self.groups.iter().position(|known| known == group);
                let group = GroupId(place.unwrap_or_else(|| panic!("no group is {group}")) as u16);
                let call = CallId { serial: self.callers.len() as u32, ..CallId::default() };
                self.callers.push(who.to_owned());
                self.calls.push(call);
                // Whoever has one name has one number.
                let first = self.callers.iter().position(|known| known == who).unwrap_or_default();
                let caller = Some(CallerKey([first as u64, 0]));
                Command::Enqueue { call, caller, group, priority, since: self.now.time }
            }
            Deed::Talks { agent, to } => {
                let (agent, caller) = (self.agent(agent), self.caller(to));
                let (rings, reservation) = self.rings.remove(&agent.0).expect("a phone that rings");
                assert_eq!(rings, caller, "the phone rings for somebody else");
                self.talks.insert(caller, agent.0);
                Command::Accepted { call: id(caller), agent, reservation }
            }
            Deed::Declines(agent) => {
                let agent = self.agent(agent);
                let (caller, reservation) = self.rings.remove(&agent.0).expect("a phone that rings");
                Command::Declined { call: id(caller), agent, reservation, cause: Decline::Rejected }
            }
            Deed::Presses(who) => {
                let (number, called, locale) = (who.to_owned(), "12345".to_owned(), "zh-CN".to_owned());
                let citizen = acd::Citizen { number, called, locale };
                Command::CallBack { call: id(self.caller(who)), citizen: Box::new(citizen) }
            }
            Deed::Answers(who) => Command::Reached { call: id(self.caller(who)) },
            Deed::DoesNotAnswer(who) => {
                let caller = self.caller(who);
                let agent = AgentId(self.talks.remove(&caller).expect("an agent who calls"));
                Command::Unreached { call: id(caller), agent }
            }
            Deed::Asks(who) => Command::Locate { call: id(self.caller(who)) },
            Deed::HangsUp(who) => {
                let caller = self.caller(who);
                match self.talks.remove(&caller) {
                    Some(agent) => Command::Ended { call: id(caller), agent: AgentId(agent) },
                    None => Command::HungUp { call: id(caller) },
                }
            }
        };
        self.tell(command, said);
    }

    /// One line: what was said up to the end of it has to be what it says.
    fn line(&mut self, began: Time, line: &str) {
        let (what, follows) = line.split_once("->").unwrap_or((line, ""));
        let (seconds, what) = what.split_once(" s ").unwrap_or_else(|| panic!("`{line}` has no time"));
        let seconds: u64 = seconds.trim().parse().expect("seconds");
        let mut said = Vec::new();
        self.pass(began + Duration::from_secs(seconds), &mut said);
        self.carry_out(&deed(what), &mut said);
        let wanted: Vec<_> = follows.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
        assert_eq!(said, wanted, "at `{line}`");
    }
}

/// A configuration with these queues, whose menu leads to the group `consult`.
fn folder(place: usize, queues: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("routing").join(place.to_string());
    std::fs::create_dir_all(dir.join("menu")).expect("a folder for the example");
    for file in ["hotline.toml", "menu/12345.toml"] {
        std::fs::copy(Path::new("tests/bad/routing").join(file), dir.join(file)).expect("a file to begin with");
    }
    if queues.contains("call_back_key") {
        let main = dir.join("hotline.toml");
        let before = std::fs::read_to_string(&main).expect("just copied");
        let outward = "[[trunk]]\nname = \"out\"\ntargets = [\"sip:192.0.2.7\"]\ncaller = \"02012345\"\n\
                       [[dial]]\nname = \"mobile\"\nprefixes = [\"1\"]\ntrunks = [\"out\"]\n";
        std::fs::write(main, format!("{before}\n{outward}")).expect("a file that can be written");
    }
    std::fs::write(dir.join("queues.toml"), queues).expect("a folder that can be written");
    dir
}

#[test]
fn every_example_of_the_guides_does_what_it_says() {
    let mut lines = Vec::new();
    for guide in GUIDES {
        let page = std::fs::read_to_string(root().join(guide)).expect("the guide is there");
        let mut of_guide = Vec::new();
        for (place, (toml, story)) in examples(&page).into_iter().enumerate() {
            let plans =
                load(&folder(place, &toml)).unwrap_or_else(|report| panic!("{guide}, example {place}: {report}"));
            assert!(plans.warnings.is_empty(), "{guide}, example {place}: {:?}", plans.warnings);
            let mut story_of = Story::new(plans);
            let began = story_of.now.time;
            for line in story.lines() {
                story_of.line(began, line);
            }
            of_guide.push((toml, story));
        }
        lines.push(of_guide);
    }
    assert!(lines[0].len() > 4);
    assert_eq!(lines[0], lines[1], "both languages show the same examples");
}
