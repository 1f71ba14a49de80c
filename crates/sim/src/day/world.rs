//! The loop of a day: whatever is due next happens, one thing at a time.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use base::{CallId, Flow, Map, NetworkId, Now, Rng, Time, Wall, WorkerId};
use phone::Input as Heard;
use staff::{HALF_HOUR, HALVES, Profile};
use switch::{Effects, Exchange, Input};

use super::addresses::{self, Person};
use super::arrivals::Arrivals;
use super::people::People;
use super::quiet::Quiet;
use super::tally::Tally;
use super::{Broken, Day, Report};
use crate::addresses::server;
use crate::check::{Owners, Queue, Records};
use crate::kill::Disk;
use crate::network::{Impairment, Network, Packet};
use crate::world::STORY_MAX;

/// Midnight in China, of a Wednesday that is no holiday; time begins where it could not be taken for a duration.
const MIDNIGHT: Now = Now { time: Time::from_millis(1_000_000), wall: Wall(1_790_092_800_000) };
/// Before the first call agents sign on.
pub(super) const WARM_UP: Duration = Duration::from_secs(30);
/// After the last call could arrive: a line that was too long for its agents, or had none, goes home.
const PATIENCE_MAX: Duration = Duration::from_secs(2 * 3600);
/// And then transactions, probes and wrap-up end.
const LIFE_MAX: Duration = Duration::from_secs(3 * 3600);
/// Transactions end, and agents who lost their phones to a restart are given up; places for redials last as long as they are kept, and so do calls that are counted.
const AFTERMATH: Duration = Duration::from_secs(200);
/// Ten times what the worst day of a large city takes.
const STEPS_MAX: u64 = 400_000_000;
/// Carriers and their customers lose no more than this of what they send, late or twice.
const DELAY_MIN: Duration = Duration::from_millis(5);
const DELAY_MAX: Duration = Duration::from_millis(25);

/// Sets who comes and goes apart from what else the operator changes.
const PERSONNEL: u64 = 0x7374_6166;

/// What somebody will do at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    Wake(Person),
    Arrive,
    Redial {
        number: String,
    },
    /// The plan of shifts is looked at for this half hour of the run.
    Shift {
        half: usize,
    },
    Look,
    /// The operator has another configuration hold.
    Reload,
    /// Whoever still waits or talks hangs up.
    Close,
    Register(usize),
    Return(usize),
    /// A citizen does so unless something happened since.
    CitizenHangsUp {
        who: Person,
        serial: u64,
        turn: u32,
    },
    DeskHangsUp {
        desk: usize,
        call: u32,
    },
    CitizenVanishes {
        who: Person,
        serial: u64,
        turn: u32,
    },
    DeskVanishes {
        desk: usize,
        call: u32,
    },
}

/// What may happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Start,
    Deadline,
    Notice,
    Media,
    Packet,
    Deed,
}

pub(super) struct World {
    pub(super) profile: Profile,
    pub(super) number: String,
    pub(super) now: Now,
    pub(super) start: Now,
    end: Time,
    first_half: usize,
    halves: usize,
    pub(super) exchange: Exchange,
    pub(super) deadline: Option<Time>,
    pub(super) effects: Effects,
    pub(super) disk: Disk,
    pub(super) quiet: Quiet,
    pub(super) sounds: Vec<Duration>,
    pub(super) network: Network,
    pub(super) people: People,
    arrivals: Arrivals,
    agenda: BTreeMap<(Time, u64), Deed>,
    order: u64,
    /// Which citizen a call is of.
    pub(super) callers: Map<CallId, (Person, u64)>,
    pub(super) owners: Owners,
    pub(super) queue: Queue,
    pub(super) records: Records,
    pub(super) tally: Tally,
    pub(super) closed: bool,
    pub(super) restarts: u64,
    /// Citizens who were cut off and will dial again.
    pub(super) redials: usize,
    messages: u64,
    pub(super) steps: u64,
    pub(super) rng: Rng,
    /// Draws what the operator does, so that everybody else does what they did without any.
    pub(super) operator: Rng,
    /// And who is taken out of the configuration and put in again.
    pub(super) personnel: Rng,
    /// Agents who were not in a configuration that came to hold, each time.
    pub(super) removals: u64,
    tells: bool,
    story: VecDeque<String>,
}

impl World {
    pub(super) fn new(day: &Day, tells: bool) -> World {
        let mut rng = Rng::from_number(day.seed);
        let profile = day.profile.clone();
        let first_half = day.first_half % HALVES;
        let halves = day.halves.clamp(1, Day::HALVES_MAX);
        let opening = HALF_HOUR * first_half as u32;
        let start = MIDNIGHT.plus(opening + WARM_UP);
        let now = MIDNIGHT.plus(opening);
        let hotline = day.hotline.clone().for_day(&profile);
        let register_for = hotline.roster.expires_max.min(Duration::from_secs(3600));
        let length = HALF_HOUR * halves as u32;
        let kills = kills(&profile, opening, length).map(|after| start.time + after).collect();
        let carrier = carrier::Plan { trunks: vec![carrier::Trunk::default()] };
        let (call, acd, roster) = (hotline.call.clone(), hotline.acd.clone(), hotline.roster.clone());
        let mut disk = Disk::new(switch::Plans { call, acd: acd.clone(), roster, carrier }, kills, rng.fork(), None);
        let mut effects = Effects::default();
        let exchange = disk.start(config(), now, &mut effects);
        let loss = profile.loss;
        let impairment = Impairment { loss, duplicate: loss / 2.0, delay_min: DELAY_MIN, delay_max: DELAY_MAX };
        let names = acd.groups.iter().map(|group| group.name.clone());
        let mut world = World {
            number: hotline.number(),
            now,
            start,
            end: start.time + length,
            first_half,
            halves,
            exchange,
            deadline: None,
            effects,
            disk,
            quiet: Quiet::new(hotline.sounds.clone(), LEASES),
            sounds: hotline.sounds.clone(),
            network: Network::new(impairment, rng.fork()),
            people: People::new(&hotline.call, register_for, &profile, now, rng.fork()),
            arrivals: Arrivals::new(&profile, opening, opening + length, rng.fork()),
            agenda: BTreeMap::new(),
            order: 0,
            callers: Map::default(),
            owners: Owners { plan: acd.clone(), prompt: true },
            tally: Tally::new(start.time, halves, day.within, names),
            queue: Queue::new(acd),
            records: Records::calm(),
            closed: false,
            restarts: 0,
            redials: 0,
            messages: 0,
            steps: 0,
            rng: rng.fork(),
            operator: Rng::from_number(!day.seed),
            personnel: Rng::from_number(!day.seed ^ PERSONNEL),
            removals: 0,
            profile,
            tells,
            story: VecDeque::new(),
        };
        world.open();
        world.operator_comes(day.reloads, length);
        world
    }

    fn open(&mut self) {
        for half in 0..self.halves {
            // A minute is enough to sign on in.
            let at = if half == 0 { self.now.time } else { self.start.time + HALF_HOUR * half as u32 };
            self.plan(at, Deed::Shift { half });
        }
        self.plan(self.start.time, Deed::Look);
        self.plan(self.end + PATIENCE_MAX, Deed::Close);
        self.expect_next();
    }

    pub(super) fn run(mut self) -> Result<Report, Box<Broken>> {
        match self.live() {
            Ok(()) => Ok(self.report()),
            Err(what) => {
                let after = self.now.time.since(self.start.time);
                Err(Box::new(Broken { after, at: self.now.time, what, story: self.story.into() }))
            }
        }
    }

    fn report(self) -> Report {
        Report {
            halves: self.tally.halves,
            groups: self.tally.groups,
            promises: self.tally.waits.groups,
            ended: self.records.ended,
            restarts: self.restarts,
            removals: self.removals,
            reservations: self.queue.reserved,
            messages: self.messages,
            steps: self.steps,
        }
    }

    fn live(&mut self) -> Result<(), String> {
        let last = self.end + LIFE_MAX;
        self.begin()?;
        while !self.is_over() {
            if !self.step(last)? {
                return Err(format!("not over {LIFE_MAX:?} after the last call: {}", self.leftovers()));
            }
        }
        self.at_rest()?;
        self.close_down()?;
        let acd = &self.disk.plans().acd;
        let end = self.now.time + AFTERMATH + acd.redial.max(acd.repeat);
        while self.step(end)? {}
        self.at_rest()?;
        match self.exchange.next_timeout() {
            Some(at) => Err(format!("nobody is left and something is due at {at:?}: {}", self.leftovers())),
            None => Ok(()),
        }
    }

    fn is_over(&self) -> bool {
        self.now.time >= self.end
            && self.redials == 0
            && self.exchange.is_idle()
            && self.disk.is_safe()
            && self.people.is_calm()
            && self.quiet.notices.is_empty()
    }

    fn at_rest(&self) -> Result<(), String> {
        self.owners.idle(&self.exchange)?;
        self.queue.finish()?;
        self.records.finish()?;
        let (ready, bound) = (self.exchange.switch.leases_ready(WorkerId(0)), self.quiet.ends());
        match ready == bound {
            true => Ok(()),
            false => Err(format!("{bound} media ends are bound and the switch knows {ready}")),
        }
    }

    fn leftovers(&self) -> String {
        let (roster, queue) = (self.exchange.roster.view(), self.exchange.acd.view(self.now));
        format!("{:?}, {roster:?}, {queue:?}", self.exchange.switch.phases())
    }

    /// Everybody goes home.
    fn close_down(&mut self) -> Result<(), String> {
        self.closed = true;
        for desk in 0..self.people.desks.len() {
            self.people.desks[desk].wanted = false;
            self.with_desk(desk, |phone, now, out| phone.unregister(now, out))?;
        }
        Ok(())
    }

    pub(super) fn plan(&mut self, at: Time, deed: Deed) {
        self.order += 1;
        self.agenda.insert((at.max(self.now.time), self.order), deed);
    }

    pub(super) fn expect_next(&mut self) {
        let opening = HALF_HOUR * self.first_half as u32;
        if let Some(at) = self.arrivals.next(&self.profile) {
            self.plan(self.start.time + at.saturating_sub(opening), Deed::Arrive);
        }
    }

    /// Agents on duty in a half hour of the run.
    pub(super) fn on_duty(&self, half: usize) -> usize {
        self.profile.agents[(self.first_half + half) % HALVES] as usize
    }

    /// The earliest of everything; of what is due at once, the owners' own business first.
    fn next(&self) -> (Time, Source) {
        let notice = self.quiet.notices.front().map(|_| self.now.time);
        let sources = [
            (self.disk.back_at(), Source::Start),
            (notice, Source::Notice),
            (self.deadline, Source::Deadline),
            (self.quiet.next(), Source::Media),
            (self.network.next(), Source::Packet),
            (self.agenda.keys().next().map(|(at, _)| *at), Source::Deed),
        ];
        let due = sources.into_iter().filter_map(|(at, source)| Some((at?, source)));
        due.min_by_key(|(at, _)| *at).unwrap_or((Time::MAX, Source::Deadline))
    }

    /// The next thing happens, unless nothing is due until `last`.
    fn step(&mut self, last: Time) -> Result<bool, String> {
        let (at, source) = self.next();
        let at = at.max(self.now.time);
        if at > last {
            self.now = self.clock(last);
            return Ok(false);
        }
        self.steps += 1;
        if self.steps > STEPS_MAX {
            return Err(format!("{STEPS_MAX} steps, the last one {source:?}"));
        }
        self.now = self.clock(at);
        match source {
            Source::Start => self.restart()?,
            Source::Deadline => self.turn(Input::Deadline)?,
            Source::Media => self.quiet.handle_timeout(self.now.time),
            Source::Packet => self.packet()?,
            Source::Notice => {
                if let Some(notice) = self.quiet.notices.pop_front() {
                    self.turn(Input::Notice { worker: WorkerId(0), notice })?;
                }
            }
            Source::Deed => {
                if let Some((_, deed)) = self.agenda.pop_first() {
                    self.act(deed)?;
                }
            }
        }
        Ok(true)
    }

    fn clock(&self, at: Time) -> Now {
        MIDNIGHT.plus(at.since(MIDNIGHT.time))
    }

    fn packet(&mut self) -> Result<(), String> {
        let Some(Packet { from, to, bytes }) = self.network.arrive(self.now.time) else { return Ok(()) };
        let flow = Flow::udp(NetworkId(0), from);
        if to == server() {
            // Nobody listens there until the next process does.
            return if self.disk.is_up() { self.turn(Input::Message { flow, bytes: &bytes }) } else { Ok(()) };
        }
        let Some(who) = addresses::owner(to) else { return Err(format!("a message for {to}, where nobody lives")) };
        let now = self.now;
        let People { desks, citizens, out, .. } = &mut self.people;
        let handset = match who {
            Person::Desk(place) => desks.get_mut(place).map(|desk| &mut desk.handset),
            Person::Citizen(place) => citizens.get_mut(place).and_then(|c| c.as_mut()).map(|c| &mut c.handset),
        };
        // Who has hung up long ago has no phone there any more.
        let Some(handset) = handset.filter(|handset| !handset.gone) else { return Ok(()) };
        handset.phone.handle(now, Heard::Sip { flow, bytes: &bytes }, out);
        self.carry_out(who)
    }

    pub(super) fn send(&mut self, packet: Packet) {
        self.messages += 1;
        self.network.send(self.now.time, packet);
    }

    pub(super) fn tells(&self) -> bool {
        self.tells
    }

    pub(super) fn tell(&mut self, line: impl FnOnce() -> String) {
        if !self.tells {
            return;
        }
        if self.story.len() == STORY_MAX {
            self.story.pop_front();
        }
        self.story.push_back(format!("{:?} {}", self.now.time, line()));
    }
}

/// Media ends to keep ready: as many as calls that begin within what a worker needs to bind more.
const LEASES: u16 = 64;

pub(super) fn config() -> switch::Config {
    switch::Config {
        id: base::SwitchId::default(),
        epoch: base::Epoch::default(),
        product: "sim".to_owned(),
        nonce_key: [7; 32],
        workers: 1,
        leases_ready: LEASES,
        drill: None,
    }
}

pub(super) fn fresh_media(sounds: &[Duration]) -> Quiet {
    Quiet::new(sounds.to_vec(), LEASES)
}

/// From the first call of the run: when the process is killed, on every day of it.
fn kills(profile: &Profile, opening: Duration, length: Duration) -> impl Iterator<Item = Duration> {
    let day = HALF_HOUR * HALVES as u32;
    let days = (0..).map(move |n| day * n).take_while(move |start| *start < opening + length);
    let all = days.flat_map(|start| profile.restarts.iter().map(move |at| start + *at));
    all.filter(move |at| *at >= opening && *at < opening + length).map(move |at| at - opening)
}
